"""Cumulative depth: sums by distance, what is not known, ranges and a scale that keeps still; and its picture."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ladder_support import book, market
from tests.orders_support import SECOND, event
from ttxt_core.events import BookState, BookStatus, ResetReason, StreamReset
from ttxt_tui.paint.depth import columns_of, paint_depth
from ttxt_tui.paint.heat_ramp import Shading
from ttxt_tui.state.depth import RANGES_BPS, DepthState, DepthView
from ttxt_tui.theme import Palette, load_theme

PALETTE, PLAIN = Palette(load_theme("ttxt-dark")), Palette(load_theme("no-color"))
BIDS = [(9_999.0, 1.0), (9_996.0, 2.0), (9_990.0, 4.0)]
ASKS = [(10_001.0, 8.0), (10_009.0, 16.0)]


def depth(
    bids: list[tuple[float, float]] = BIDS, asks: list[tuple[float, float]] = ASKS, levels: int = 3
) -> DepthState:
    of = market()
    of.apply(book(bids, asks, depth=levels))
    return DepthState(of)


def ranged(state: DepthState, bps: int) -> DepthState:
    """`state` with a range of `bps`."""
    state.step_range(-len(RANGES_BPS))
    state.step_range(RANGES_BPS.index(bps))
    return state


def test_a_stair_is_what_rests_up_to_its_outer_end() -> None:
    view = ranged(depth(), 10).view(10, SECOND)
    assert view.mid == 10_000.0
    assert view.bids == (1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 7.0)
    assert view.asks == (8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 24.0, 24.0)


def test_beyond_what_the_stream_carries_nothing_is_known() -> None:
    view = ranged(depth(), 20).view(10, SECOND)
    assert view.bids[:5] == (1.0, 3.0, 3.0, 3.0, 7.0)
    assert view.bids[5:] == (None,) * 5, "three levels came of three"
    assert view.asks[5:] == (24.0,) * 5, "two levels came of three: there are no more"


@given(
    st.lists(st.tuples(st.integers(1, 900), st.floats(0.001, 1e6)), min_size=1, max_size=30),
    st.sampled_from(RANGES_BPS),
    st.integers(1, 60),
)
def test_a_stair_equals_the_sum_of_the_levels_within(levels: list[tuple[int, float]], bps: int, columns: int) -> None:
    bids = sorted({10_000.0 - away: size for away, size in levels}.items(), reverse=True)
    state = ranged(depth(bids, [(10_000.5, 1.0)], levels=10_000), bps)
    view = state.view(columns, SECOND)
    assert view.mid is not None
    step = view.mid * bps * 1e-4 / columns
    for number, size in enumerate(view.bids, 1):
        end = view.mid - number * step
        assert size == pytest.approx(sum(size for price, size in bids if price >= end - 1e-9), rel=1e-9)
    known = [size for size in view.bids if size is not None]
    assert known == sorted(known)


def test_the_first_range_is_what_the_book_fills_and_keys_change_it() -> None:
    state = depth()
    assert state.view(10, SECOND).range_bps == 5
    assert [state.step_range(1) for _ in range(3)] == [10, 20, 50]
    assert [state.step_range(-1) for _ in range(9)][-3:] == [1, 1, 1]
    assert state.step_range(100) == RANGES_BPS[-1]


def test_the_scale_stays_while_the_largest_is_within_it() -> None:
    of = market()
    state = ranged(DepthState(of), 20)
    fulls = []
    for size in (10.0, 11.0, 12.0, 14.0, 9.0, 8.0, 40.0, 39.0, 21.0, 12.0):
        of.apply(book([(99.9, size)], [(100.1, 1.0)], depth=50))
        fulls.append(state.view(10, SECOND).full)
    assert fulls == [10.0, 15.0, 15.0, 15.0, 15.0, 15.0, 40.0, 40.0, 40.0, 15.0]


def test_an_untrusted_book_says_so_and_a_reset_leaves_none() -> None:
    state = depth()
    state.market.apply(event(BookStatus(BookState.GAP, "lost"), at=SECOND))
    assert state.view(10, 3 * SECOND).trouble.startswith("GAP")
    state.market.apply(event(StreamReset(ResetReason.SEEK), at=SECOND))
    view = state.view(10, SECOND)
    assert (view.mid, view.bids, view.trouble) == (None, (), "SYNCING")


def test_another_market_has_its_own_range() -> None:
    state = ranged(depth(), 100)
    state.show(depth().market)
    assert state.view(10, SECOND).range_bps == 5


# -- the picture -----------------------------------------------------------------------------------------


def painted(shading: Shading, width: int = 40, palette: Palette = PALETTE) -> list[str]:
    view = ranged(depth(), 10).view(columns_of(width), SECOND)
    strips = paint_depth(view, palette, width, 10, shading, price_decimals=1, currency="BTC")
    return [strip.text for strip in strips]


def test_stairs_in_plain_characters() -> None:
    assert painted(Shading.ASCII) == GOLDEN


GOLDEN = [
    " bids  7.000  asks  24.00   23% bids    ",
    "...............:................  30.00 ",
    "               :             ..         ",
    "               :             ##         ",
    "               :             ##         ",
    "...............:.............##.  15.00 ",
    "               :             ##         ",
    "|              : ##############         ",
    "||||||||||.... : ##############         ",
    "−10        10,000.00     +10 bp         ",
]


def test_stairs_are_their_sides_colours_and_without_any_they_differ() -> None:
    columns = columns_of(40)
    view = ranged(depth(), 10).view(columns, SECOND)
    for palette, shading in ((PALETTE, Shading.COLOUR), (PLAIN, Shading.GLYPHS)):
        row = paint_depth(view, palette, 40, 10, shading, price_decimals=1)[-2]
        cells = [segment.style for segment in row for _ in segment.text]
        assert cells[0] != cells[2 * columns]


def test_before_a_book_there_are_no_stairs() -> None:
    view = DepthState(market()).view(10, SECOND)
    strips = paint_depth(view, PALETTE, 30, 8, Shading.COLOUR, price_decimals=1)
    assert any("SYNCING" in strip.text for strip in strips)


SIZES = st.one_of(st.none(), st.floats(0, 1e12))
VIEWS = st.builds(
    DepthView,
    st.one_of(st.none(), st.floats(1e-9, 1e9)),
    st.sampled_from(RANGES_BPS),
    st.lists(SIZES, max_size=45).map(tuple),
    st.lists(SIZES, max_size=45).map(tuple),
    st.floats(0, 1e12),
    st.sampled_from(["", "STALE 12s", "日本\x1b"]),
)


@settings(max_examples=100, deadline=None)
@given(view=VIEWS, width=st.integers(1, 90), height=st.integers(1, 30), shading=st.sampled_from(Shading))
def test_no_state_and_no_size_breaks_it(view: DepthView, width: int, height: int, shading: Shading) -> None:
    for palette in (PALETTE, PLAIN):
        if palette is PLAIN and shading is Shading.COLOUR:
            continue
        strips = paint_depth(view, palette, width, height, shading, price_decimals=2, currency=view.trouble)
        assert len(strips) == height
        assert all(sum(cell_len(segment.text) for segment in strip) == width for strip in strips)
