"""The equity curve as text, and where the account pane has room for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, text_of
from ttxt_tui.paint.account import account_plan, beside
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.equity import equity_curve, equity_head, plot_columns
from ttxt_tui.paint.text import strip
from ttxt_tui.state.equity import EquityView
from ttxt_tui.theme import Palette

MINUTE = 60_000_000_000


def view_of(*columns: float | None) -> EquityView:
    values = [0.0, *(value for value in columns if value is not None)]
    return EquityView(columns, values[-1], min(values), max(values), 0.0, MINUTE)


def drawn(view: EquityView, width: int, height: int, glyphs: Glyphs = Glyphs.QUADRANT) -> list[str]:
    return text_of(equity_curve(view, PALETTE, width, height, glyphs))


def test_a_gain_stands_on_zero_and_a_loss_hangs_from_it() -> None:
    assert drawn(view_of(0, 0, 5, 5, 0, 0, -5, -5), 6, 4) == [
        "  ⣿⡇",
        "  ⣿⡇",
        " ⠉⠉⠉⣿",
        "    ⣿",
    ]


def test_without_braille_the_crest_and_the_body_differ_by_character() -> None:
    lines = drawn(view_of(4, 4, 4, 4), 4, 3, Glyphs.ASCII)
    assert lines == [" ##", " ::", " ::"]


def test_gain_and_loss_differ_in_colour_and_crest_from_body() -> None:
    rows = equity_curve(view_of(8, 8, 8, 8, -8, -8, -8, -8), PALETTE, 6, 8, Glyphs.QUADRANT)
    looks = {segment.style for row in rows for segment in row if segment.text.strip()}
    wanted = {PALETTE.style(role, "panel") for role in ("up", "up_dim", "down", "down_dim")}
    assert looks == wanted


def test_a_wide_one_has_its_amounts_at_the_right() -> None:
    columns = plot_columns(60)
    lines = drawn(view_of(*[index * 40 / columns for index in range(columns)]), 60, 12)
    assert [line.split()[-1] for line in lines if line[-1].isdigit()] == ["+39.59", "+20.00", "0.00"]


def test_its_head_says_how_far_it_went() -> None:
    view = view_of(1, 12.5, -3)._replace(fall=15.5)
    assert text_of(equity_head(view, "USDT", PALETTE, width) for width in (70, 30, 12)) == [
        " Equity USDT · 1:00 · high +12.50 low −3.00 fall 15.50",
        " Equity USDT · 1:00",
        " Equity USDT",
    ]
    assert text_of([equity_head(None, "USDT", PALETTE, 20)]) == [" Equity"]


def test_rows_that_stay_are_the_same_objects() -> None:
    cache = RowCache()
    first = equity_curve(view_of(1, 2, 3), PALETTE, 30, 6, Glyphs.HALF, rows=cache)
    again = equity_curve(view_of(1, 2, 3), PALETTE, 30, 6, Glyphs.HALF, rows=cache)
    assert all(one is other for one, other in zip(first, again, strict=True))


COLUMNS = st.lists(st.none() | st.floats(-1e12, 1e12), max_size=120)


@given(COLUMNS, st.integers(0, 120), st.integers(0, 20), st.sampled_from(Glyphs), st.sampled_from([PALETTE, NO_COLOUR]))
def test_any_curve_has_exactly_its_size(
    columns: list[float | None], width: int, height: int, glyphs: Glyphs, palette: Palette
) -> None:
    view = view_of(*columns)
    rows = equity_curve(view, palette, width, height, glyphs)
    assert len(rows) == height
    for row in [*rows, equity_head(view, "USDT", palette, width)]:
        assert row.cell_length == width
        assert row.text.isprintable()


@given(st.integers(0, 200), st.integers(0, 60), st.integers(0, 9), st.integers(0, 9))
def test_the_parts_of_the_account_have_room(width: int, height: int, positions: int, balances: int) -> None:
    plan = account_plan(width, height, positions, balances)
    rest = max(height - 2 - max(positions, 1), 0)
    assert max(plan.balances, plan.curve) <= rest
    if not plan.is_beside:
        assert plan.balances + plan.curve <= rest
    if plan.curve:
        assert plan.curve_width(width) >= 24


@pytest.mark.parametrize(
    ("size", "plan"),
    [((30, 16), (4, 9, False)), ((62, 11), (4, 4, False)), ((90, 9), (4, 6, True)), ((90, 30), (4, 23, False))],
)
def test_the_curve_goes_below_or_beside(size: tuple[int, int], plan: tuple[int, int, bool]) -> None:
    assert account_plan(*size, 1, 3) == plan


def test_a_row_of_both_has_the_width_of_the_pane() -> None:
    style = PALETTE.style("text", "panel")
    for left, right in ((strip([("a", style)], 40, style), None), (None, strip([("b", style)], 30, style))):
        row = beside(left, right, PALETTE, 70)
        assert sum(len(segment.text) for segment in row) == 70
