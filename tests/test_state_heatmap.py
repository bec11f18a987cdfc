"""The heatmap's view: what a column shows, an axis and a scale that stand still, keys."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.heat_support import ASKS, BIDS, START, in_ticks, playing, seen
from tests.ladder_support import book, delta, market, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import BookState, BookStatus, ResetReason, Side, StreamReset
from ttxt_tui.state.heat_history import (
    TICK_NS,
    WIDTHS,
)
from ttxt_tui.state.heat_scale import LEVELS, UNKNOWN, HeatScale
from ttxt_tui.state.heatmap import HeatmapState

# -- the view --------------------------------------------------------------------------------------------


def test_a_column_shows_each_size_at_its_price_and_hatches_what_is_not_known() -> None:
    state = in_ticks(playing(depth=3))
    view = seen(state)
    stripe = view.stripes[-1]
    levels = {view.top - line: level for line, level in enumerate(stripe.levels)}
    assert levels[999] > levels[995] > levels[1_000] > 0, "64, 4 and 1 lots of a thousand"
    assert levels[998] == levels[1_002] == 0
    assert (stripe.bid, stripe.ask) == (view.top - 1_000, view.top - 1_001)
    assert levels[994] == UNKNOWN, "three bids were sent, and the stream has three levels"
    assert levels[1_005] == 0, "two asks were sent: there are no more"


def test_rows_are_the_ladders_bids_round_down_and_asks_up() -> None:
    state = in_ticks(playing())
    state.coarser()
    state.coarser()
    assert state.group == 5
    view = seen(state)
    levels = {view.top - line: level for line, level in enumerate(view.stripes[-1].levels)}
    assert [row for row in range(198, 204) if levels[row]] == [199, 200, 201]
    assert view.stripes[-1].bid == view.top - 200
    assert view.stripes[-1].ask == view.top - 201


def test_rows_are_finer_in_a_taller_pane_until_a_key_chose_them() -> None:
    of = market()
    for second in range(3):
        levels = [[(9_000.0 + sign * tick / 10, 1.0) for tick in range(1, 100)] for sign in (-1, 1)]
        of.apply(book(*levels, at=START + second * SECOND, depth=99))
    state = HeatmapState(of)
    groups = [seen(state, rows=rows).group for rows in (4, 400, 4)]
    assert groups[0] == groups[2] > groups[1] == 1
    state.coarser()
    chosen = state.group
    assert [seen(state, rows=rows).group for rows in (4, 400)] == [chosen, chosen]


def test_trades_stand_where_they_traded_ranked_by_size() -> None:
    of = playing()
    for size in range(1, 100):
        of.apply(trades((100.0, size / 1_000, Side.SELL), at=START + (5 + size) * SECOND))
    of.apply(trades((100.1, 500.0, Side.BUY), at=START + 105 * SECOND))
    of.apply(book(BIDS, ASKS, at=START + 106 * SECOND))
    state = in_ticks(of)
    view = seen(state, columns=60)
    prints = {stripe.slot - START // SECOND: stripe.prints for stripe in view.stripes}
    (largest,) = prints[105]
    assert (largest.is_buy, largest.rank, view.top - largest.line) == (True, 2, 1_001)
    ranks = [stripe[0].rank if stripe else -1 for second, stripe in sorted(prints.items()) if second <= 104]
    assert ranks == sorted(ranks)
    assert ranks[0] == -1, "small trades are left out"


def test_the_price_axis_stands_still_until_the_market_nears_its_end() -> None:
    of = playing()
    state = in_ticks(of)
    tops = []
    for number in range(60):
        shift = number * 0.1
        at = START + (6 + number) * SECOND
        of.apply(book([(100.0 + shift, 1.0)], [(100.1 + shift, 1.0)], at=at))
        of.apply(delta(at=at + TICK_NS))
        tops.append(seen(state).top)
    moves = [after - before for before, after in pairwise(tops) if after != before]
    assert 5 <= len(moves) <= 12, "in 60 ticks it moves some times, by several rows"
    assert min(moves) >= 4
    assert state.market.ticks_of(105.9) < tops[-1]


def test_the_right_edge_moves_in_steps() -> None:
    of = playing()
    state = HeatmapState(of)
    edges = []
    for second in range(6, 66):
        of.apply(book(BIDS, ASKS, at=START + second * SECOND))
        view = seen(state, columns=100)
        assert 0 <= view.right - view.stripes[-1].slot < 10
        edges.append(view.right)
    assert len(set(edges)) <= 7


def test_it_scrolls_back_pauses_and_comes_back() -> None:
    of = playing(60)
    state = HeatmapState(of)
    state.scroll(20)
    view = seen(state)
    assert view.right == view.stripes[-1].slot == START // SECOND + 40
    assert view.behind_ns == 20 * SECOND
    of.apply(book(BIDS, ASKS, at=START + 70 * SECOND))
    assert seen(state).right == view.right, "it stands still while time goes on"
    state.scroll(-1_000)
    assert state.is_following
    assert state.toggle_pause()
    assert seen(state).behind_ns == 0
    state.scroll(10_000)
    assert seen(state).right == of.heat.columns(SECOND)[0].slot, "no further back than is known"
    assert not state.toggle_pause()
    assert seen(state).behind_ns is None


def test_columns_get_wider_and_narrower_and_a_paused_view_keeps_its_time() -> None:
    state = HeatmapState(playing(60))
    assert [state.step_width(1) for _ in range(4)] == ["2s", "5s", "10s", "10s"]
    assert [state.step_width(-1) for _ in range(6)] == ["5s", "2s", "1s", "250ms", "250ms", "250ms"]
    state.set_width("1s")
    state.scroll(20)
    assert seen(state).behind_ns == 20 * SECOND
    state.set_width("5s")
    assert seen(state).behind_ns == 20 * SECOND
    with pytest.raises(KeyError):
        state.set_width("7s")


def test_another_market_is_shown_from_its_middle() -> None:
    state = HeatmapState(playing(60))
    state.coarser()
    state.scroll(5)
    other = playing(2)
    state.show(other)
    assert state.is_following
    assert seen(state).stripes[-1].slot == other.heat.columns(SECOND)[-1].slot


def test_a_column_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    of = playing(60)
    state = HeatmapState(of)
    made: list[int] = []
    work: Callable[..., bytes] = state._codes

    def counted(*told: object) -> bytes:
        made.append(1)
        return work(*told)

    monkeypatch.setattr(state, "_codes", counted)
    seen(state, columns=40)
    assert len(made) == 37
    seen(state, columns=40)
    assert len(made) == 37
    of.apply(delta([(99.0, 3.0)], at=START + 60 * SECOND + TICK_NS // 2))
    of.apply(delta(at=START + 61 * SECOND))
    seen(state, columns=40)
    assert len(made) <= 39, "the last column, and the one that began"


# -- the scale -------------------------------------------------------------------------------------------


def test_a_scale_rises_from_the_small_to_the_large_and_keeps_what_is_nothing() -> None:
    scale = HeatScale()
    assert scale.observe([bytes([0, UNKNOWN, *range(40, 100)])])
    levels = bytes(range(255)).translate(scale.table)
    assert levels[0] == 0
    assert scale.table[UNKNOWN] == UNKNOWN
    assert list(levels[1:]) == sorted(levels[1:])
    assert (min(levels[1:]), max(levels)) == (1, LEVELS - 1)


def test_a_scale_does_not_move_for_little() -> None:
    scale = HeatScale()
    scale.observe([bytes(range(40, 100))])
    before = scale.table
    assert not scale.observe([bytes(range(42, 103))])
    assert not scale.observe([b""])
    assert scale.table is before
    assert scale.observe([bytes(range(80, 160))])
    assert scale.table != before


# -- whatever comes --------------------------------------------------------------------------------------

LEVEL = st.tuples(st.integers(1, 3_000).map(lambda ticks: ticks / 10), st.floats(0, 1e12))
STEPS = st.one_of(
    st.tuples(st.just("book"), st.lists(LEVEL, max_size=5), st.lists(LEVEL, max_size=5)),
    st.tuples(st.just("delta"), st.lists(LEVEL, max_size=3), st.lists(LEVEL, max_size=3)),
    st.tuples(st.just("trade"), LEVEL, st.sampled_from(Side)),
    st.tuples(st.just("status"), st.sampled_from(BookState)),
    st.tuples(st.just("reset"), st.sampled_from(ResetReason)),
    st.tuples(st.just("key"), st.sampled_from(["coarser", "finer", "toggle_pause", "follow"])),
    st.tuples(st.just("scroll"), st.integers(-500, 500)),
    st.tuples(st.just("width"), st.sampled_from(list(WIDTHS))),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(STEPS, st.integers(-3, 40)), max_size=30), st.integers(1, 80), st.integers(1, 60))
def test_no_state_breaks_the_view(steps: list[tuple[tuple[object, ...], int]], columns: int, rows: int) -> None:
    of = market()
    state, at = HeatmapState(of), START
    for (kind, *told), ticks in steps:
        at += ticks * TICK_NS
        match kind:
            case "book":
                of.apply(book(*told, at=at, depth=5))  # type: ignore[arg-type]
            case "delta":
                of.apply(delta(*told, at=at))  # type: ignore[arg-type]
            case "trade":
                of.apply(trades((*told[0], told[1]), at=at))  # type: ignore[misc]
            case "status":
                of.apply(event(BookStatus(told[0], "so"), at=at))  # type: ignore[arg-type]
            case "reset":
                of.apply(event(StreamReset(told[0]), at=at))  # type: ignore[arg-type]
            case "key":
                getattr(state, str(told[0]))()
            case "scroll":
                state.scroll(int(str(told[0])))
            case _:
                state.set_width(str(told[0]))
        view = state.view(columns, rows, at)
        if view is None:
            continue
        slots = [stripe.slot for stripe in view.stripes]
        assert 0 < len(slots) <= columns
        assert slots == list(range(slots[0], slots[0] + len(slots)))
        assert view.right - columns < slots[0] <= slots[-1] <= view.right
        for stripe in view.stripes:
            assert len(stripe.levels) == rows
            assert all(level < LEVELS or level == UNKNOWN for level in stripe.levels)
            assert all(line is None or 0 <= line < rows for line in (stripe.bid, stripe.ask))
            assert all(0 <= one.line < rows and 0 <= one.rank <= 2 for one in stripe.prints)
