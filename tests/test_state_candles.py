"""Candles: from the venue, from shorter ones, from trades; gaps stay gaps and the last close is the tape's last."""

import random

import pytest

from tests.orders_support import SECOND
from ttxt_core.events import Kline, MarketTrade, Side
from ttxt_tui.state.candles import INTERVALS, MOST_CANDLES, Candle, CandleSeries, CandleStore

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


Prices = tuple[float, float, float, float]


def _kline(start: int, prices: Prices, volume: float = 1.0, *, interval: int = MINUTE, closed: bool = True) -> Kline:
    return Kline(interval, start, *prices, volume, volume * prices[3], closed)


def _flat(start: int, price: float, volume: float = 1.0, *, interval: int = MINUTE, closed: bool = True) -> Kline:
    return _kline(start, (price, price, price, price), volume, interval=interval, closed=closed)


def _trade(at: int, price: float, size: float = 1.0) -> MarketTrade:
    return MarketTrade(price, size, Side.BUY, "", at)


def _candles(store: CandleStore, name: str) -> list[Candle]:
    return store.series(INTERVALS[name]).candles


def test_trades_make_candles_of_every_interval() -> None:
    store = CandleStore()
    store.apply_trades([_trade(60 * SECOND, 100.0), _trade(60 * SECOND + 5, 103.0), _trade(61 * SECOND, 99.0, 2.0)])
    store.apply_trades([_trade(66 * SECOND, 101.0)])
    assert _candles(store, "1s") == [
        (60 * SECOND, 100.0, 103.0, 100.0, 103.0, 2.0, True),
        (61 * SECOND, 99.0, 99.0, 99.0, 99.0, 2.0, True),
        (66 * SECOND, 101.0, 101.0, 101.0, 101.0, 1.0, False),
    ]
    assert _candles(store, "5s") == [
        (60 * SECOND, 100.0, 103.0, 99.0, 99.0, 4.0, True),
        (65 * SECOND, 101.0, 101.0, 101.0, 101.0, 1.0, False),
    ]
    for name in ("1m", "5m", "15m", "1h", "4h", "1d"):
        assert [candle[1:6] for candle in _candles(store, name)] == [(100.0, 103.0, 99.0, 101.0, 5.0)]


def test_the_venues_candles_count_in_their_interval() -> None:
    store = CandleStore()
    store.apply_trades([_trade(MINUTE + 1, 50.0)])
    store.apply_kline(_kline(MINUTE, (49.0, 51.0, 48.0, 50.0), 7.0, closed=False))
    assert _candles(store, "1m") == [(MINUTE, 49.0, 51.0, 48.0, 50.0, 7.0, False)]


def test_trades_move_the_venues_candle_and_leave_its_volume() -> None:
    store = CandleStore()
    store.apply_kline(_kline(MINUTE, (49.0, 51.0, 48.0, 50.0), 7.0, closed=False))
    store.apply_trades([_trade(MINUTE + SECOND, 52.5)])
    assert _candles(store, "1m") == [(MINUTE, 49.0, 52.5, 48.0, 52.5, 7.0, False)]
    store.apply_kline(_kline(MINUTE, (49.0, 51.0, 48.0, 50.5), 9.0, closed=False))
    assert _candles(store, "1m")[-1].close == 52.5, "the message was made before the trade"
    assert _candles(store, "1m")[-1].high == 52.5


def test_a_trade_of_the_next_interval_begins_its_candle_before_the_venue_does() -> None:
    store = CandleStore()
    store.apply_kline(_flat(MINUTE, 50.0, 7.0, closed=False))
    store.apply_trades([_trade(2 * MINUTE, 51.0, 0.5), _trade(2 * MINUTE + 1, 52.0, 0.5)])
    assert _candles(store, "1m")[-1] == (2 * MINUTE, 51.0, 52.0, 51.0, 52.0, 1.0, False)
    store.apply_kline(_flat(MINUTE, 50.0, 8.0))
    store.apply_kline(_kline(2 * MINUTE, (51.0, 52.0, 51.0, 52.0), 3.0, closed=False))
    assert [(c.volume, c.closed) for c in _candles(store, "1m")] == [(8.0, True), (3.0, False)]


def test_longer_candles_are_put_together() -> None:
    store = CandleStore()
    for number in range(7):
        price = 100.0 + number
        store.apply_kline(_kline(HOUR + number * MINUTE, (price, price + 2, price - 3, price + 1), 2.0))
    assert _candles(store, "5m") == [
        (HOUR, 100.0, 106.0, 97.0, 105.0, 10.0, True),
        (HOUR + 5 * MINUTE, 105.0, 108.0, 102.0, 107.0, 4.0, False),
    ]
    assert [candle[1:] for candle in _candles(store, "1h")] == [(100.0, 108.0, 97.0, 107.0, 14.0, False)]


def test_the_longest_interval_that_the_venue_sends_is_the_source() -> None:
    store = CandleStore()
    store.apply_kline(_flat(HOUR, 100.0, 1.0))
    store.apply_kline(_flat(HOUR, 200.0, 5.0, interval=5 * MINUTE))
    store.apply_kline(_flat(HOUR + 5 * MINUTE, 300.0, 1.0))
    assert _candles(store, "5m") == [(HOUR, 200.0, 200.0, 200.0, 200.0, 5.0, True)]
    assert _candles(store, "15m") == [(HOUR, 200.0, 200.0, 200.0, 200.0, 5.0, False)]


def test_a_candle_that_never_came_is_a_gap() -> None:
    store = CandleStore()
    store.apply_kline(_flat(MINUTE, 100.0))
    store.apply_kline(_flat(4 * MINUTE, 100.0))
    assert [candle.time_ns for candle in _candles(store, "1m")] == [MINUTE, 4 * MINUTE]


def test_old_candles_that_come_late_find_their_place() -> None:
    store = CandleStore()
    for start in (5, 6, 2, 3, 1):
        store.apply_kline(_flat(HOUR + start * MINUTE, float(start)))
    assert [candle.close for candle in _candles(store, "1m")] == [1.0, 2.0, 3.0, 5.0, 6.0]
    assert [(candle.open, candle.close) for candle in _candles(store, "5m")] == [(1.0, 3.0), (5.0, 6.0)]


def test_history_that_comes_after_trades_joins_them() -> None:
    store = CandleStore()
    store.apply_trades([_trade(HOUR + 9 * MINUTE + SECOND, 109.0)])
    for number in range(9):
        store.apply_kline(_flat(HOUR + number * MINUTE, 100.0 + number))
    store.apply_trades([_trade(HOUR + 9 * MINUTE + 2 * SECOND, 110.0)])
    assert [candle.close for candle in _candles(store, "1m")][-2:] == [108.0, 110.0]
    assert _candles(store, "1h")[-1].close == 110.0


def test_a_trade_that_comes_late_changes_nothing() -> None:
    store = CandleStore()
    store.apply_trades([_trade(2 * MINUTE, 100.0)])
    before = list(_candles(store, "1m"))
    store.apply_trades([_trade(MINUTE, 1.0)])
    assert _candles(store, "1m") == before


def test_intervals_that_no_chart_offers_are_left_out() -> None:
    store = CandleStore()
    store.apply_kline(_flat(0, 1.0, interval=3 * MINUTE))
    store.apply_kline(_flat(7, 1.0))
    assert all(not _candles(store, name) for name in INTERVALS)
    with pytest.raises(KeyError):
        store.series(3 * MINUTE)


def test_it_forgets() -> None:
    store = CandleStore()
    store.apply_kline(_flat(MINUTE, 100.0))
    store.apply_trades([_trade(MINUTE + 1, 100.0)])
    store.clear()
    assert all(not _candles(store, name) for name in INTERVALS)
    store.apply_trades([_trade(SECOND, 7.0)])
    assert _candles(store, "1m")[-1].close == 7.0, "an earlier time is as good as any after a seek"


def test_it_is_bounded() -> None:
    series = CandleSeries(SECOND)
    for number in range(MOST_CANDLES * 2):
        series.put(Candle(number * SECOND, 1.0, 1.0, 1.0, 1.0, 1.0, closed=True))
    assert MOST_CANDLES <= len(series.candles) <= MOST_CANDLES + 500
    assert series.candles[-1].time_ns == (MOST_CANDLES * 2 - 1) * SECOND


def test_a_revision_tells_of_changes_before_the_last_candle_only() -> None:
    series = CandleSeries(SECOND)
    for number in range(3):
        series.put(Candle(number * SECOND, 1.0, 1.0, 1.0, 1.0, 1.0, closed=True))
    revision, version = series.revision, series.version
    series.put(Candle(2 * SECOND, 2.0, 2.0, 2.0, 2.0, 2.0, closed=True))
    assert (series.revision, series.version) == (revision, version + 1)
    series.put(Candle(1 * SECOND, 2.0, 2.0, 2.0, 2.0, 2.0, closed=True))
    assert series.revision > revision


def test_candles_of_trades_equal_counting() -> None:
    chance = random.Random(5)
    at, price, made = HOUR, 1_000, list[MarketTrade]()
    for _ in range(3_000):
        at += int(chance.expovariate(1.0) * SECOND)
        price = max(price + chance.randint(-3, 3), 1)
        made.append(_trade(at, float(price), float(chance.randint(1, 9))))
    store = CandleStore()
    index = 0
    while index < len(made):
        count = chance.randint(1, 5)
        store.apply_trades(made[index : index + count])
        index += count
    for name, interval in INTERVALS.items():
        expected: dict[int, list[MarketTrade]] = {}
        for trade in made:
            expected.setdefault(trade.time_ns // interval * interval, []).append(trade)
        assert [candle[:6] for candle in _candles(store, name)] == [
            (
                start,
                some[0].price,
                max(trade.price for trade in some),
                min(trade.price for trade in some),
                some[-1].price,
                sum(trade.size for trade in some),
            )
            for start, some in expected.items()
        ]
        assert [candle.closed for candle in _candles(store, name)] == [True] * (len(expected) - 1) + [False]
