"""The watchlist: figures as text, sorting, and a cursor that no row jumps away from."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import DOGE, ETH, Screen, named, quote
from tests.ladder_support import trades
from tests.orders_support import LINEAR, SECOND, SPOT, event
from ttxt_core.events import InstrumentKey, MarketTrade, MarketTrades, Side, Ticker
from ttxt_tui.state.candles import Candle
from ttxt_tui.state.tones import Tone
from ttxt_tui.state.watchlist import GAP, SPARK_INTERVAL_NS, Holding, WatchColumn, Watchlist, WatchRow, sparkline

KEYS = (LINEAR, ETH, DOGE)


class Listed:
    """A watchlist of a store."""

    def __init__(self, *keys: InstrumentKey) -> None:
        self.screen = Screen(*keys)
        self.holdings: dict[InstrumentKey, Holding] = {}
        self.list = Watchlist(self.screen.store.markets, lambda key: self.holdings.get(key, Holding()))
        self.now_ns = SECOND

    def rows(self, height: int = 20, linked: InstrumentKey | None = None) -> list[WatchRow]:
        return self.list.rows(height, linked, self.now_ns, 8)

    def names(self, height: int = 20, linked: InstrumentKey | None = None) -> list[str]:
        return [row.short_symbol.partition(" ")[0] for row in self.rows(height, linked)]

    def tell(self, key: InstrumentKey, **figures: float) -> None:
        self.screen.feed(event(Ticker(**figures), key=key))  # type: ignore[arg-type]


def listed(**changes: float) -> Listed:
    made = Listed(*KEYS)
    for key, name in ((LINEAR, "btc"), (ETH, "eth"), (DOGE, "doge")):
        if name in changes:
            made.tell(key, last=100.0, change_24h=changes[name])
    return made


def test_a_row_says_how_the_instrument_stands() -> None:
    made = Listed(LINEAR)
    made.tell(LINEAR, last=65_120.1, change_24h=0.0147, turnover_24h=4.12e9)
    made.screen.feed(quote(65_120.0, 65_120.5))
    made.holdings[LINEAR] = Holding(Decimal("-0.750"), 3, 2, is_alerted=True)
    (row,) = made.rows(linked=LINEAR)
    assert (row.symbol, row.short_symbol, row.last, row.last_tone) == (
        "BTC/USDT perp",
        "BTC perp",
        "65,120.1",
        Tone.UP,
    )
    assert (row.change, row.spread, row.volume, row.trust) == ("+1.47%", "0.08", "4.12B", "")
    assert (row.position, row.is_long, row.orders) == ("0.75", False, "◆3")
    assert (row.alerts, row.is_alerted) == ("2", True)
    assert row.is_linked
    assert not row.is_cursor


def test_an_instrument_that_was_only_named_has_no_figures() -> None:
    (row,) = Listed(LINEAR).rows()
    assert (row.last, row.change, row.spread, row.volume, row.spark) == ("–", "–", "–", "–", ())
    assert row.trust == "SYNCING"


def test_without_a_day_the_change_is_that_of_the_session_and_says_so() -> None:
    made = Listed(LINEAR)
    made.screen.feed(trades((100.0, 1.0, Side.BUY)), trades((102.5, 1.0, Side.BUY), at=2 * SECOND))
    assert made.rows()[0].change == "s+2.50%"
    made.tell(LINEAR, change_24h=-0.01)
    assert made.rows()[0].change == "−1.00%"


def test_a_book_that_is_no_market_has_no_spread_and_says_why() -> None:
    made = Listed(LINEAR)
    made.screen.feed(quote(100.0, 100.1))
    assert made.rows()[0].spread == "10.0"
    made.now_ns += 30 * SECOND
    (row,) = made.rows()
    assert (row.spread, row.trust) == ("–", "STALE 30s")
    assert row.last_tone is Tone.DIM


def test_rows_are_sorted_by_name_then_by_what_was_asked_for() -> None:
    made = listed(btc=0.01, eth=0.03, doge=-0.02)
    assert made.names() == ["BTC", "DOGE", "ETH"]
    made.list.sort_by(WatchColumn.CHANGE)
    assert made.names() == ["ETH", "BTC", "DOGE"], "the largest first"
    made.list.sort_by(WatchColumn.CHANGE)
    assert made.names() == ["DOGE", "BTC", "ETH"], "once more turns them round"
    made.list.sort_next(-2)
    assert made.names() == ["BTC", "DOGE", "ETH"]
    made.list.sort_next(-1)
    assert made.list.column is WatchColumn.VOLUME


def test_what_has_no_figure_comes_last_either_way() -> None:
    made = listed(btc=0.01, doge=-0.02)
    made.list.sort_by(WatchColumn.CHANGE)
    assert made.names() == ["BTC", "DOGE", "ETH"]
    made.list.sort_by(WatchColumn.CHANGE)
    assert made.names() == ["DOGE", "BTC", "ETH"]


def test_no_row_moves_while_the_cursor_is_in_the_list() -> None:
    made = listed(btc=0.01, eth=0.03, doge=-0.02)
    made.list.sort_by(WatchColumn.CHANGE)
    assert made.names() == ["ETH", "BTC", "DOGE"]
    made.list.enter(ETH)
    made.list.move(1)
    assert made.list.cursor == LINEAR
    made.tell(DOGE, change_24h=0.5)
    assert made.names() == ["ETH", "BTC", "DOGE"]
    assert made.list.cursor == LINEAR
    made.list.leave()
    assert made.names() == ["DOGE", "ETH", "BTC"], "it has gone: they are sorted again"
    assert made.list.cursor is None


def test_an_instrument_that_comes_while_the_cursor_is_there_comes_last() -> None:
    made = Listed(ETH, LINEAR)
    made.names()
    made.list.enter(ETH)
    made.screen.feed(named(DOGE))
    assert made.names() == ["BTC", "ETH", "DOGE"]
    made.screen.store.keep_only([DOGE])
    assert made.names() == ["DOGE"]
    assert made.list.cursor == DOGE, "what was pointed at is gone"


def test_the_cursor_stays_in_the_list_and_in_sight() -> None:
    made = Listed(*KEYS, SPOT)
    assert made.names(2) == ["BTC", "BTC"]
    made.list.enter(LINEAR)
    made.list.move(99)
    assert made.names(2) == ["DOGE", "ETH"]
    assert made.list.cursor == ETH
    made.list.move(-99)
    assert made.names(2) == ["BTC", "BTC"]
    assert made.list.point_at(2) == DOGE, "below what is shown, still a line of the list"
    assert made.list.point_at(4) is None
    assert made.list.point_at(-1) is None
    assert made.names(2)[-1] == "DOGE"


def test_without_a_cursor_the_linked_row_is_in_sight() -> None:
    made = Listed(*KEYS)
    assert made.names(1, linked=ETH) == ["ETH"]
    assert made.names(0, linked=ETH) == []


def test_a_sparkline_is_of_closes_and_leaves_gaps() -> None:
    def candle(at: int, close: float) -> Candle:
        return Candle(at * SPARK_INTERVAL_NS, close, close, close, close, 1.0, True)

    line = sparkline([candle(3, 10.0), candle(4, 17.0), candle(6, 18.0)], 8 * SPARK_INTERVAL_NS)
    assert line == (1, 7, GAP, 7, GAP)
    assert sparkline([candle(3, 10.0)], 4 * SPARK_INTERVAL_NS) == (4,), "one price: in the middle"
    assert sparkline([], 0) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.floats(1e-5, 1e7), st.floats(0, 1e6), st.integers(0, 7_200)), max_size=30
    ),
    st.lists(st.sampled_from(["up", "down", "enter", "leave", "left", "right"]), max_size=12),
    st.integers(0, 5),
    st.integers(0, 60),
)
def test_any_market_can_be_listed(
    made: list[tuple[InstrumentKey, float, float, int]], keys: list[str], height: int, points: int
) -> None:
    listed = Listed(*KEYS)
    for key, price, size, second in sorted(made, key=lambda one: one[3]):
        at = second * SECOND + SECOND
        listed.screen.feed(event(MarketTrades([MarketTrade(price, size, Side.BUY, "", at)]), key=key, at=at))
        listed.now_ns = at
    steps: dict[str, Callable[[], None]] = {
        "up": lambda: listed.list.move(-1),
        "down": lambda: listed.list.move(1),
        "enter": lambda: listed.list.enter(ETH),
        "leave": listed.list.leave,
        "left": lambda: listed.list.sort_next(-1),
        "right": lambda: listed.list.sort_next(1),
    }
    for typed in keys:
        steps[typed]()
        rows = listed.list.rows(height, LINEAR, listed.now_ns, points)
        assert len(rows) <= height
        assert all(len(row.spark) <= points and set(row.spark) <= set(range(8)) for row in rows)
        if listed.list.cursor is not None and height:
            assert sum(row.is_cursor for row in rows) == 1


@pytest.mark.parametrize("column", list(WatchColumn))
def test_every_column_sorts_all_instruments(column: WatchColumn) -> None:
    made = listed(btc=0.01, eth=0.03)
    made.list.sort_by(column)
    assert sorted(made.names()) == ["BTC", "DOGE", "ETH"]
