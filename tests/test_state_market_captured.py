"""The market panes on Bybit's own frames: sums, last prices and candles agree with the book and the tape."""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.ladder_support import ALL_CELLS, PALETTE, Ladder
from ttxt_core.events import InstrumentKey, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.paint.ladder import ladder_row
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.state.candles import INTERVALS
from ttxt_tui.state.grouping import row_of
from ttxt_tui.state.heat_history import MOST_LEVELS, TICK_NS, code_of
from ttxt_tui.state.heatmap import HeatmapState
from ttxt_tui.state.market import MarketState


@pytest.fixture(scope="module")
def markets(bybit_capture: Path) -> dict[InstrumentKey, MarketState]:
    """Every instrument of the capture that has a book, after its last frame."""
    from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
    from ttxt_core.connectors.captures import FrameKind, read_capture

    made = {name: BybitNormalizer(name) for name in ("linear", "spot")}
    of_connection = {"BYBIT.ws.2": made["linear"], "BYBIT.ws.3": made["spot"]}
    infos: dict[InstrumentKey, InstrumentInfo] = {}
    found: dict[InstrumentKey, MarketState] = {}
    for frame in read_capture(bybit_capture):
        if frame.kind is FrameKind.REPLY:
            category = "linear" if "category=linear" in frame.url else "spot"
            for event in made[category].instruments(frame.payload, 1):
                infos[event.header.key] = InstrumentInfo.from_event(event)
        elif frame.kind is FrameKind.RECEIVED:
            for event in of_connection[frame.connection].normalize(frame.payload, frame.receive_time_ns):
                key = event.header.key
                if key in infos:
                    found.setdefault(key, MarketState(infos[key])).apply(event)
    return {key: of for key, of in found.items() if of.book.best_bid is not None}


def test_the_same_pair_on_two_products_is_two_markets(markets: dict[InstrumentKey, MarketState]) -> None:
    assert len(markets) == 6
    assert {key.category for key in markets if key.pair == "BTC/USDT"} == {"linear", "spot"}


@pytest.mark.parametrize("group", [1, 5, 50])
def test_every_ladder_equals_its_book(markets: dict[InstrumentKey, MarketState], group: int) -> None:
    for of in markets.values():
        ladder = Ladder(of, 60, group)
        layout = LadderLayout.for_width(100, ladder.state.price_width)
        rows = ladder.rows(cells=ALL_CELLS._replace(size=20))
        ticks_of = of.info.to_ticks
        for side, levels in ((Side.BUY, of.book.bids()), (Side.SELL, of.book.asks())):
            sums: dict[int, int] = defaultdict(int)
            for price, size in levels:
                sums[row_of(side, ticks_of(price), group) * group] += of.info.to_lots(size)
            texts = {row.ticks: row.bid if side is Side.BUY else row.ask for row in rows}
            for ticks, text in texts.items():
                assert text == (
                    of.info.format_quantity(of.info.quantity(sums[ticks]), group=True) if sums[ticks] else ""
                )
        assert all(ladder_row(row, PALETTE, layout).cell_length == 100 for row in rows)
        assert sum(row.is_touch for row in rows) == 2


def test_a_heatmap_column_remembers_its_book(markets: dict[InstrumentKey, MarketState]) -> None:
    for of in markets.values():
        at = of.heat.due_ns + 1
        of.pass_quiet_time(at + TICK_NS)  # now the newest columns are of the book as it is
        column = of.heat.columns(TICK_NS)[-1]
        look = column.look()
        assert look is not None
        for side, seen in ((Side.BUY, look.bids), (Side.SELL, look.asks)):
            assert seen is not None
            sign = -1 if side is Side.BUY else 1
            remembered = [
                (seen.best + sign * away, code) for away, code in zip(seen.distances, seen.codes, strict=True)
            ]
            levels = list(of.book.levels(side))[:MOST_LEVELS]
            to_lots = of.info.to_lots
            assert remembered == [(of.info.to_ticks(price), code_of(to_lots(size))) for price, size in levels]
            assert not seen.is_whole or len(levels) < of.book.depth
        view = HeatmapState(of).view(60, 40, at)
        assert view is not None
        assert max(view.stripes[-1].levels) > 0
        bid, ask = view.stripes[-1].bid, view.stripes[-1].ask
        assert bid is not None
        assert ask is not None
        assert ask < bid


def test_the_chart_ends_where_the_tape_does(markets: dict[InstrumentKey, MarketState]) -> None:
    traded = [of for of in markets.values() if of.last_trade is not None]
    assert traded
    for of in traded:
        last = of.info.format_price(of.last_price or 0.0, group=True)
        assert of.tape.rows(1)[0].price == last
        for interval in INTERVALS.values():
            candle = of.candles.series(interval).last
            assert candle is not None
            assert of.info.format_price(candle.close, group=True) == last
            assert candle.low <= candle.close <= candle.high


def test_nothing_traded_is_lost(markets: dict[InstrumentKey, MarketState]) -> None:
    for of in markets.values():
        printed = sum(of.info.to_lots(float(row.size)) for row in of.tape.rows(2_000))
        assert printed == sum(of.info.to_lots(round(size, 8)) for size in of.traded.by_row(1).values())
