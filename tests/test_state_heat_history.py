"""The heatmap's history: one look a tick, what is known and what is not, and how much is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.heat_support import ASKS, BIDS, START, playing, seen
from tests.ladder_support import book, delta, market, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import BookState, BookStatus, ResetReason, Side, StreamReset
from ttxt_tui.state.heat_history import (
    COLUMNS_KEPT,
    LARGEST_CODE,
    MOST_PRINTS,
    SIZE_OF,
    TICK_NS,
    WIDTHS,
    HeatColumn,
    code_of,
)
from ttxt_tui.state.heatmap import HeatmapState
from ttxt_tui.state.market import STALE_AFTER_NS

# -- the history -----------------------------------------------------------------------------------------


@given(st.floats(1e-3, 2.0**31))
def test_a_code_is_within_a_sixteenth_of_an_octave(lots: float) -> None:
    code = code_of(lots)
    assert 1 <= code <= LARGEST_CODE
    if 1 < code < LARGEST_CODE:
        assert 2 ** (-1 / 16) - 1e-9 <= SIZE_OF[code] / lots <= 2 ** (1 / 16) + 1e-9


def test_no_size_has_no_code_and_none_is_too_large() -> None:
    assert [code_of(lots) for lots in (0.0, -1.0, float("nan"), float("inf"), 1e300)] == [0, 0, 0, 254, 254]


def test_the_book_is_looked_at_once_a_tick_however_many_events_come() -> None:
    of = playing()
    before = of.heat.version
    for number in range(1_000):
        at = START + 6 * SECOND + number * TICK_NS // 1_000
        of.apply(delta([(100.0, 1.0 + number)], at=at))
    assert of.heat.version == before + 1


def test_a_column_is_the_book_at_its_end_and_of_every_width_the_same_look() -> None:
    of = playing(3)
    of.apply(delta([(100.0, 0.0), (99.8, 5.0)], at=START + 3 * SECOND + TICK_NS // 2))
    of.apply(delta([(99.7, 5.0)], at=START + 4 * SECOND))
    look = of.heat.columns(SECOND)[-2].look()
    assert look is not None
    assert look.bids is not None
    assert look.bids.best == 999, "the best bid is what was left at the end of that second"
    assert [*look.bids.distances] == [0, 1, 4]
    assert of.heat.columns(10 * SECOND)[-1].look() == look


def test_where_the_book_was_not_valid_there_is_nothing_to_see() -> None:
    of = playing(3.5)
    of.apply(event(BookStatus(BookState.GAP, "lost"), at=START + 3 * SECOND + 3 * TICK_NS))
    of.apply(delta(at=START + 6 * SECOND))
    of.apply(book(BIDS, ASKS, at=START + 6 * SECOND + TICK_NS))
    of.apply(delta(at=START + 8 * SECOND))
    columns = list(of.heat.columns(SECOND))
    assert [column.slot - START // SECOND for column in columns] == list(range(columns[0].slot - START // SECOND, 9))
    known = {column.slot - START // SECOND: (column.look() is not None, column.is_broken) for column in columns}
    assert known[2] == (True, False)
    assert known[3] == (True, True), "before the gap it was known"
    assert known[4] == known[5] == (False, True)
    assert known[6] == (True, True)
    assert known[7] == (True, False)


def test_a_column_that_only_began_with_a_book_does_not_show_it() -> None:
    of = playing(3)
    of.apply(event(BookStatus(BookState.GAP, "lost"), at=START + 3 * SECOND + 1))
    of.apply(delta(at=START + 5 * SECOND))
    assert [column.look() is not None for column in of.heat.columns(SECOND)] == [True] * 3 + [False] * 3


def test_a_silent_market_goes_on_until_it_is_stale() -> None:
    of = playing(1)
    of.pass_quiet_time(START + 1 * SECOND + TICK_NS)
    of.pass_quiet_time(START + 1 * SECOND + STALE_AFTER_NS + 3 * SECOND)
    known = [column.look() is not None for column in of.heat.columns(SECOND)]
    assert known[:11] == [True] * 11
    assert known[-2:] == [False] * 2


FAR = st.dictionaries(st.integers(1, 60_000), st.floats(0.001, 1e6), max_size=60)
NEAR = st.dictionaries(st.integers(1, 700), st.floats(0.001, 1e6), max_size=60)


@given(below=NEAR, above=FAR)
def test_a_look_remembers_every_level(below: dict[int, float], above: dict[int, float]) -> None:
    of = market()
    bids = [((70_000 - away) / 10, size) for away, size in sorted(below.items())]
    asks = [((70_000 + away) / 10, size) for away, size in sorted(above.items())]
    of.apply(book(bids, asks, at=START, depth=100))
    of.apply(delta(at=START + SECOND))
    look = of.heat.columns(SECOND)[-1].look()
    assert look is not None
    for side, told, sign in ((look.bids, below, -1), (look.asks, above, 1)):
        remembered = {}
        if side is not None:
            aways = ((side.best + sign * distance - 70_000) * sign for distance in side.distances)
            remembered = dict(zip(aways, side.codes, strict=True))
        assert remembered == {away: code_of(size * 1_000) for away, size in told.items()}


def test_columns_are_used_again_and_nothing_of_the_old_is_left() -> None:
    of = playing(COLUMNS_KEPT + 20)
    of.apply(trades((100.0, 1.0, Side.BUY), at=START + (COLUMNS_KEPT + 20) * SECOND))
    ids = {id(column) for column in of.heat.columns(SECOND)}
    for second in range(COLUMNS_KEPT + 21, 2 * COLUMNS_KEPT + 50):
        of.apply(book([(99.0, 1.0)], [], at=START + second * SECOND, depth=50))
    columns = of.heat.columns(SECOND)
    assert {id(column) for column in columns} == ids
    assert len({column.slot for column in columns}) == COLUMNS_KEPT
    assert all(column.look() == columns[0].look() and not list(column.trades()) for column in columns)
    look = columns[0].look()
    assert look is not None
    assert look.asks is None


def test_nothing_is_known_before_the_first_book() -> None:
    of = market()
    of.apply(event(BookStatus(BookState.GAP, "lost"), at=START))
    of.apply(trades((100.0, 1.0, Side.BUY), at=START + SECOND))
    assert not any(of.heat.columns(width) for width in WIDTHS.values())
    assert HeatmapState(of).view(10, 10, START) is None


def test_columns_are_bounded_and_have_no_hole() -> None:
    of = playing(1)
    for second in range(2, COLUMNS_KEPT + 60, 7):
        of.apply(book(BIDS, ASKS, at=START + second * SECOND))
    for width in WIDTHS.values():
        slots = [column.slot for column in of.heat.columns(width)]
        assert len(slots) <= COLUMNS_KEPT
        assert slots == list(range(slots[0], slots[0] + len(slots)))
    of.apply(book(BIDS, ASKS, at=START + 1_000_000 * SECOND))
    assert len(of.heat.columns(SECOND)) == 1, "after a leap in time the old columns are of no use"


def test_of_many_trades_a_finished_column_keeps_the_largest() -> None:
    column = HeatColumn()
    column.begin(1, None)
    for ticks in range(1, 3 * MOST_PRINTS):
        column.add_trade(Side.SELL, ticks, float(ticks))
    column.add_trade(Side.SELL, 7, 1_000.0)
    column.close()
    kept = list(column.trades())
    assert len(kept) == MOST_PRINTS
    assert kept[0] == (Side.SELL, 7, 1_007.0)
    assert min(size for _, _, size in kept) > MOST_PRINTS
    column.add_trade(Side.BUY, 1, 9.0)
    assert list(column.trades()) == kept, "it is finished"


def test_a_column_that_is_used_again_knows_its_own_trades_alone() -> None:
    column = HeatColumn()
    for slot, prices in enumerate((range(1, 9), range(20, 23), range(0))):
        column.begin(slot, None)
        for ticks in prices:
            column.add_trade(Side.BUY, ticks, 0.1)
        column.close()
        assert list(column.trades()) == [(Side.BUY, ticks, 0.1) for ticks in prices]


@pytest.mark.parametrize("reason", [ResetReason.SEEK, ResetReason.SESSION])
def test_another_time_clears_the_history_and_the_view(reason: ResetReason) -> None:
    of = playing()
    state = HeatmapState(of)
    state.scroll(3)
    of.apply(event(StreamReset(reason), at=START))
    assert state.view(10, 10, START) is None
    of.apply(book(BIDS, ASKS, at=START - 600 * SECOND))
    of.apply(book(BIDS, ASKS, at=START - 599 * SECOND))
    assert seen(state).stripes[-1].slot == START // SECOND - 599
    assert state.is_following


def test_a_reconnect_is_a_gap_and_what_was_seen_before_stays() -> None:
    of = playing(3)
    of.apply(event(StreamReset(ResetReason.RECONNECT), at=START + 4 * SECOND))
    of.apply(delta(at=START + 6 * SECOND))
    known = [column.look() is not None for column in of.heat.columns(SECOND)]
    assert known == [True] * 4 + [False] * 3
