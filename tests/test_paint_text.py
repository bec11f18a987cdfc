"""Text in strips: exact widths, figures without exponents, bars, and nothing that a terminal would obey."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from ttxt_tui.paint.canvas import Canvas, RowCache
from ttxt_tui.paint.text import (
    bar,
    compact,
    fit,
    fit_centre,
    fit_decimal,
    fit_right,
    percent,
    price_text,
    printable,
    single_width,
    strip,
)
from ttxt_tui.theme import Palette, load_theme

PALETTE = Palette(load_theme("ttxt-dark"))
NO_COLOUR = Palette(load_theme("no-color"))
PLAIN, LOUD = PALETTE.style("text", "panel"), PALETTE.style("up", "panel")
ANY_TEXT = st.text(max_size=30)
WIDTHS = st.integers(0, 40)


@given(ANY_TEXT, WIDTHS)
def test_fitted_text_has_exactly_its_width(text: str, width: int) -> None:
    for fitted in (fit(text, width), fit_right(text, width), fit_centre(text, width)):
        assert cell_len(fitted) == width
        assert fitted.isprintable()


@given(st.lists(st.tuples(ANY_TEXT, st.sampled_from([PLAIN, LOUD])), max_size=6), WIDTHS)
def test_a_strip_has_exactly_its_width(runs: list[tuple[str, Style]], width: int) -> None:
    painted = strip(runs, width, PLAIN)
    assert painted.cell_length == cell_len(painted.text) == width
    assert painted.text.isprintable()


@given(ANY_TEXT)
def test_single_width_text_is_as_wide_as_it_is_long(text: str) -> None:
    assert cell_len(single_width(text)) == len(single_width(text)) == len(text)


def test_what_is_too_long_says_so() -> None:
    assert fit("BTCUSDT", 7) == "BTCUSDT"
    assert fit("BTCUSDT", 5) == "BTCU…"
    assert fit_right("67,985.1", 6) == "67,98…"
    assert fit_right("1.5", 6) == "   1.5"
    assert fit_centre("ab", 5) == " ab  "
    assert fit("币安人生", 5) == "币安…"
    assert fit("x", 0) == ""


def test_a_name_can_not_command_the_terminal() -> None:
    assert printable("A\x1b[2JB\u202eC\n") == "A\ufffd[2JB\ufffdC\ufffd"
    assert strip([("A\x1b[2J", PLAIN)], 6, PLAIN).text == "A\ufffd[2J "


def test_decimals_line_up() -> None:
    column = [fit_decimal(figure, 6, 4) for figure in ("1,234.5", "0.125", "12", "-3.1")]
    assert column == [" 1,234.5  "[:6] + ".5  ", "     0.125", "    12    ", "    -3.1  "]
    assert {len(figure) for figure in column} == {10}


def test_prices_have_their_own_precision_and_no_exponent() -> None:
    assert price_text(67986.0, 1) == "67,986.0"
    assert price_text(1e-8, 8) == "0.00000001"
    assert price_text(1_000_000, 2) == "1,000,000.00"
    assert price_text(1.432e-05, 8) == "0.00001432"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.000"), (0.5, "0.500"), (0.00001, "~0"), (9.9996, "10.00"), (99.996, "100.0"), (999.96, "1.000K"),
        (12345, "12.35K"), (999_999, "1.000M"), (4.12e9, "4.120B"), (1e15, "1000T"), (1e19, ">9999T"),
        (-12.5, "−12.50"),
    ],
)  # fmt: skip
def test_sizes_are_compact(value: float, text: str) -> None:
    assert compact(value) == text


@given(st.floats(0, 1e20))
def test_compact_sizes_are_short_and_have_no_exponent(value: float) -> None:
    assert len(compact(value)) <= 6
    assert "e" not in compact(value)


def test_percent_has_its_sign() -> None:
    assert [percent(value) for value in (1.468, -0.84, 0, -0.001)] == ["+1.47%", "−0.84%", "+0.00%", "+0.00%"]


def bar_text(fraction: float, *, from_right: bool = False, text: str = "") -> list[tuple[str, str]]:
    """The runs of a bar in 8 cells: their text, and whether they are on the bar, its end or beside it."""
    names = {
        id(PALETTE.style("text", "bid_bar")): "bar",
        id(PALETTE.style("text", "panel")): "beside",
        id(PALETTE.style("bid_bar", "panel")): "end",
        id(PALETTE.style("bid_bar", "panel", reverse=True)): "end reversed",
    }
    runs = bar(PALETTE, text, 8, fraction, text_role="text", bar_role="bid_bar", surface="panel", from_right=from_right)
    return [(run, names[id(style)]) for run, style in runs]


def test_a_bar_ends_at_an_eighth_of_a_cell() -> None:
    assert bar_text(0) == [("        ", "beside")]
    assert bar_text(0.5) == [("    ", "bar"), ("    ", "beside")]
    assert bar_text(0.3125) == [("  ", "bar"), ("▌", "end"), ("     ", "beside")]
    assert bar_text(1e-9) == [("▏", "end"), ("       ", "beside")]
    assert bar_text(1) == bar_text(7.5) == bar_text(1 + 1e-9) == [("        ", "bar")]
    assert bar_text(nan) == bar_text(inf) == bar_text(-1) == [("        ", "beside")]


def test_a_bar_from_the_right_is_the_mirror_image() -> None:
    assert bar_text(0.5, from_right=True) == [("    ", "beside"), ("    ", "bar")]
    assert bar_text(0.34375, from_right=True) == [("     ", "beside"), ("▎", "end reversed"), ("  ", "bar")]


def test_a_bar_ends_beside_a_character_not_in_it() -> None:
    assert bar_text(0.3125, text="1.234567") == [("1.2", "bar"), ("34567", "beside")]
    assert bar_text(0.28, text="1.234567") == [("1.", "bar"), ("234567", "beside")]
    assert bar_text(0.3125, text=" 1.23456", from_right=True) == [(" 1.23", "beside"), ("456", "bar")]


@given(ANY_TEXT, WIDTHS, st.floats(), st.booleans(), st.sampled_from([PALETTE, NO_COLOUR]))
def test_a_bar_never_changes_the_width(
    text: str, width: int, fraction: float, from_right: bool, palette: Palette
) -> None:
    runs = bar(
        palette, text, width, fraction, text_role="text", bar_role="ask_bar", surface="panel_alt", from_right=from_right
    )
    assert sum(cell_len(run) for run, _ in runs) == width


def test_unchanged_rows_are_the_identical_strips() -> None:
    cache = RowCache()
    first = Canvas(10, 3, PLAIN)
    first.write(2, 1, "abc", LOUD)
    before = cache.strips(first)
    second = Canvas(10, 3, PLAIN)
    second.write(2, 1, "abd", LOUD)
    second.write(8, 2, "cut", LOUD)
    second.write(0, 7, "outside", LOUD)
    after = cache.strips(second)
    assert [one is other for one, other in zip(before, after, strict=True)] == [True, False, False]
    assert [row.text for row in after] == [" " * 10, "  abd     ", " " * 8 + "cu"]


def test_blanks_join_the_run_before_them_only_where_that_looks_the_same() -> None:
    def segments(style: Style) -> int:
        canvas = Canvas(9, 1, PLAIN)
        canvas.write(0, 0, "abc", style)
        return len(list(RowCache().strips(canvas)[0]))

    assert segments(LOUD) == 1
    assert segments(PALETTE.style("tag_text", "up")) == 2
    assert segments(PALETTE.style("text", "panel", reverse=True)) == 2
