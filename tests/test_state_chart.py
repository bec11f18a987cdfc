"""Overlays equal their definitions however the candles came; the chart's settings stay within what there is."""

import random
import statistics

import pytest

from tests.ladder_support import PALETTE, market, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import Kline, ResetReason, Side, StreamReset
from ttxt_tui.paint.candles import paint_candles
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.chart_view import candle_view
from ttxt_tui.state.candles import Candle, CandleSeries
from ttxt_tui.state.chart import ChartState
from ttxt_tui.state.overlays import Bollinger, Ema, Study, Vwap

HOUR = 3_600 * SECOND


def _walk(count: int, seed: int = 1) -> list[Candle]:
    chance, price, made = random.Random(seed), 100.0, list[Candle]()
    for number in range(count):
        close = price + chance.uniform(-2, 2)
        high, low = max(price, close) + 1, min(price, close) - 1
        made.append(Candle(number * HOUR, price, high, low, close, float(chance.randint(0, 9)), closed=True))
        price = close
    return made


def _ema(candles: list[Candle], length: int) -> list[float | None]:
    values: list[float | None] = [None] * (length - 1)
    value = statistics.fmean(candle.close for candle in candles[:length])
    values.append(value)
    for candle in candles[length:]:
        value = candle.close * 2 / (length + 1) + value * (1 - 2 / (length + 1))
        values.append(value)
    return values


def _vwap(candles: list[Candle]) -> list[float | None]:
    values: list[float | None] = []
    for index, candle in enumerate(candles):
        day = [one for one in candles[: index + 1] if one.time_ns // (24 * HOUR) == candle.time_ns // (24 * HOUR)]
        volume = sum(one.volume for one in day)
        turnover = sum((one.high + one.low + one.close) / 3 * one.volume for one in day)
        values.append(turnover / volume if volume else None)
    return values


def _upper(candles: list[Candle], length: int) -> list[float | None]:
    values: list[float | None] = [None] * (length - 1)
    for end in range(length, len(candles) + 1):
        closes = [candle.close for candle in candles[end - length : end]]
        values.append(statistics.fmean(closes) + 2 * statistics.pstdev(closes))
    return values


def _close_to(values: object, expected: list[float | None]) -> bool:
    return [None if v is None else round(v, 6) for v in values] == [  # type: ignore[attr-defined]
        None if v is None else round(v, 6) for v in expected
    ]


def _agree(studies: list[Study], series: CandleSeries) -> None:
    ema, vwap, bands = (study.lines(series) for study in studies)
    candles = series.candles
    assert _close_to(ema[0][1], _ema(candles, 20))
    assert _close_to(vwap[0][1], _vwap(candles))
    assert _close_to(bands[1][1], _upper(candles, 20))
    assert [name for name, _ in bands] == ["BB", "BB upper", "BB lower"]


def test_overlays_equal_their_definitions_as_candles_come_tick_and_change() -> None:
    series, studies = CandleSeries(HOUR), [Ema(), Vwap(), Bollinger()]
    candles = _walk(70)
    for candle in candles[:40]:
        series.put(candle)
    _agree(studies, series)
    for candle in candles[40:]:
        series.put(candle._replace(close=candle.open, volume=0.0, closed=False))
        _agree(studies, series)
        series.put(candle)
        _agree(studies, series)
    series.put(candles[30]._replace(close=500.0, high=500.0))
    _agree(studies, series)
    other = CandleSeries(HOUR)
    for candle in _walk(50, seed=2):
        other.put(candle)
    _agree(studies, other)
    _agree(studies, series)


def test_overlays_of_no_candles_are_empty() -> None:
    series = CandleSeries(HOUR)
    for candle in _walk(30):
        series.put(candle)
    ema = Ema()
    assert len(ema.lines(series)[0][1]) == 30
    series.clear()
    assert ema.lines(series) == [("EMA20", [])]


def test_a_tick_computes_one_value() -> None:
    series, ema = CandleSeries(HOUR), Ema()
    for candle in _walk(100):
        series.put(candle)
    computed: list[int] = []
    extend = ema._extend
    ema._extend = lambda candles, first: (computed.append(len(candles) - first), extend(candles, first))[1]  # type: ignore[method-assign]
    ema.lines(series)
    series.put(series.candles[-1]._replace(close=1.0))
    ema.lines(series)
    ema.lines(series)
    assert computed == [100, 1]


def _chart() -> ChartState:
    of = market()
    for candle in _walk(60):
        of.apply(event(Kline(HOUR, *candle[:5], candle.volume, 0.0, is_closed=True)))
    return ChartState(of, "1h")


def test_intervals_go_up_and_down_and_end() -> None:
    chart = _chart()
    assert [chart.step_interval(1) for _ in range(4)] == ["4h", "1d", "1d", "1d"]
    assert [chart.step_interval(-1) for _ in range(8)][-3:] == ["5s", "1s", "1s"]
    with pytest.raises(KeyError):
        chart.set_interval("7m")


def test_zoom_and_scroll_stay_within_what_there_is() -> None:
    chart = _chart()
    for _ in range(9):
        chart.zoom(1)
    assert chart.pitch == 4
    for _ in range(9):
        chart.zoom(-1)
    assert chart.pitch == 1
    chart.scroll(1_000)
    assert chart.offset == 59
    chart.scroll(-1_000)
    assert chart.offset == 0


def test_the_crosshair_begins_at_the_newest_candle_and_goes_no_further() -> None:
    chart = _chart()
    chart.move_crosshair(-1)
    assert chart.crosshair_ns == 59 * HOUR
    chart.move_crosshair(-2)
    assert chart.crosshair_ns == 57 * HOUR
    chart.move_crosshair(100)
    assert chart.crosshair_ns == 59 * HOUR
    chart.point_at(None)
    assert chart.crosshair_ns is None
    empty = ChartState(market())
    empty.move_crosshair(1)
    assert empty.crosshair_ns is None


def test_another_market_keeps_the_settings_but_not_the_place() -> None:
    chart = _chart()
    chart.zoom(1)
    chart.scroll(5)
    chart.toggle_overlay("VWAP")
    chart.show(market())
    assert (chart.interval, chart.pitch, chart.offset, chart.shown_overlays) == ("1h", 3, 0, ["VWAP"])


def test_overlays_are_chosen_by_name() -> None:
    chart = _chart()
    assert chart.overlay_names == ["EMA20", "VWAP", "BB20"]
    assert chart.toggle_overlay("BB20")
    assert [len(lines) for _, lines in chart.overlays()] == [3]
    assert not chart.toggle_overlay("BB20")
    assert chart.overlays() == []
    with pytest.raises(KeyError):
        chart.toggle_overlay("MACD")


def test_the_charts_last_is_the_tapes() -> None:
    chart = _chart()
    chart.market.apply(trades((123.4, 1.0, Side.BUY), at=59 * HOUR + SECOND))
    chart.toggle_overlay("EMA20")
    view = candle_view(chart)
    assert view.last_price == 123.4 == float(chart.market.tape.rows(1)[0].price)
    strips = paint_candles(view, PALETTE, 110, 20, Glyphs.SEXTANT)
    assert any("123.4" in strip.text for strip in strips)
    assert any("EMA20" in strip.text for strip in strips)


def test_a_reset_leaves_an_empty_chart() -> None:
    chart = _chart()
    chart.toggle_overlay("BB20")
    candle_view(chart)
    chart.market.apply(event(StreamReset(ResetReason.SEEK)))
    view = candle_view(chart)
    assert (list(view.candles), view.last_price) == ([], None)
    assert len(paint_candles(view, PALETTE, 60, 20, Glyphs.SEXTANT)) == 20


def test_the_view_goes_along_with_the_crosshair() -> None:
    chart = _chart()
    chart.slots = 10
    chart.move_crosshair(-1)
    for _ in range(9):
        chart.move_crosshair(-1)
    assert (chart.crosshair_ns, chart.offset) == (50 * HOUR, 0)
    chart.move_crosshair(-1)
    assert (chart.crosshair_ns, chart.offset) == (49 * HOUR, 1)
    for _ in range(100):
        chart.move_crosshair(-1)
    assert (chart.crosshair_ns, chart.offset) == (0, 50)
    for _ in range(100):
        chart.move_crosshair(1)
    assert (chart.crosshair_ns, chart.offset) == (59 * HOUR, 0)


def test_pages_and_ends() -> None:
    chart = _chart()
    chart.slots = 20
    chart.page(1)
    assert chart.offset == 15
    chart.page(-1)
    assert chart.offset == 0
    chart.to_oldest()
    assert chart.offset == 40, "the first candle is at the left edge"
    chart.point_at(50 * HOUR, 101.5)
    assert candle_view(chart).crosshair_price == 101.5
    chart.to_newest()
    view = candle_view(chart)
    assert (view.offset, view.crosshair, view.crosshair_price) == (0, None, None)
    empty = ChartState(market())
    empty.to_oldest()
    empty.page(1)
    assert empty.offset == 0


def test_a_view_of_the_past_stays_there_as_candles_come() -> None:
    chart = _chart()
    chart.scroll(5)
    chart.market.apply(event(Kline(HOUR, 60 * HOUR, 100.0, 101.0, 99.0, 100.0, 1.0, 0.0, is_closed=True)))
    assert chart.offset == 6
    chart.scroll(-6)
    chart.market.apply(event(Kline(HOUR, 61 * HOUR, 100.0, 101.0, 99.0, 100.0, 1.0, 0.0, is_closed=True)))
    assert chart.offset == 0, "the newest is followed"
