"""The heatmap as text and colours: what it looks like, and that no state and no size breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from tests.ladder_support import book, delta, market, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import BookState, BookStatus, Side
from ttxt_tui.paint.candle_view import Fill, PriceLine
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.heat_ramp import HeatRamp, Shading, ramp_of
from ttxt_tui.paint.heat_view import HeatPicture, lay_out
from ttxt_tui.paint.heatmap import paint_heatmap
from ttxt_tui.state.heat_scale import LEVELS, UNKNOWN
from ttxt_tui.state.heatmap import HeatmapState, HeatStripe, HeatView, Print
from ttxt_tui.theme import Palette, Role, load_theme, theme_files

PALETTE = Palette(load_theme("ttxt-dark"))
PLAIN = Palette(load_theme("no-color"))
START = 1_790_000_000 * SECOND
LINES = (PriceLine(99.6, "BUY 1", "own_order", START + 6 * SECOND), PriceLine(250.0, "SELL 1", "own_order"))


def picture(lines: tuple[PriceLine, ...] = (), fills: tuple[Fill, ...] = (), rows: int = 12) -> HeatPicture:
    """Twelve seconds of a market with a wall, a gap, a large buy and a book of known depth."""
    of = market()
    for second in range(12):
        bids = [(100.0, 1.0), (99.8, 60.0 if second < 8 else 1.0), (99.6, 2.0)]
        if second in (4, 5):
            of.apply(event(BookStatus(BookState.GAP, "lost"), at=START + second * SECOND))
        else:
            of.apply(book(bids, [(100.1, 4.0), (100.3, 8.0)], at=START + second * SECOND, depth=3))
        if second == 9:
            of.apply(trades((100.1, 9.0, Side.BUY), at=START + second * SECOND))
    of.apply(delta(at=START + 12 * SECOND))
    state = HeatmapState(of)
    state.set_width("1s")
    state.view(30, rows, START)
    while state.group > 1:
        state.finer()
    view = state.view(30, rows, START + 12 * SECOND)
    return HeatPicture(view, 1, of.ticks_per_unit, lines, fills, (100.1, "up"), "BTC")


def painted(shading: Shading, palette: Palette = PALETTE, **told: tuple[object, ...]) -> list[Strip]:
    rows = 12 // (2 // shading.rows_per_cell) if shading is Shading.COLOUR else 12
    layout = lay_out(38, rows // shading.rows_per_cell + 2, 6, shading)
    return paint_heatmap(picture(rows=layout.price_rows, **told), palette, layout)  # type: ignore[arg-type]


def style_at(strips: list[Strip], column: int, row: int) -> Style:
    position = 0
    for segment in strips[row]:
        position += segment.cell_length
        if column < position and segment.style is not None:
            return segment.style
    raise AssertionError("no cell there")


def colour(style: Style) -> tuple[str, str]:
    assert style.color is not None
    assert style.bgcolor is not None
    return style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex


def test_a_heatmap_in_plain_characters() -> None:
    assert [strip.text for strip in painted(Shading.ASCII)] == GOLDEN


GOLDEN = [
    " 0.1 a row  * buys o sells            ",
    "                   ///                ",
    "                   ///          100.4 ",
    "                ---//-------          ",
    "                   ///          100.2 ",
    "                ---//---B---    100.1 ",
    "                ---//-------    100.0 ",
    "                   ///                ",
    "                @@@//@@          99.8 ",
    "                   ///                ",
    "                ...//.......     99.6 ",
    "                ////////////          ",
    "                ////////////     99.4 ",
    "      14:13:15       14:13:30         ",
]


def test_a_heatmap_in_colours_has_two_prices_a_cell() -> None:
    shown = picture()
    view = shown.view
    assert view is not None
    layout = lay_out(38, 8, 6, Shading.COLOUR)
    strips = paint_heatmap(shown, PALETTE, layout)
    ramp = ramp_of(PALETTE, Shading.COLOUR)
    stripe = view.stripes[2]
    x = layout.columns - 1 - (view.right - stripe.slot)
    for y in range(layout.plot_rows):
        upper, lower = stripe.levels[2 * y], stripe.levels[2 * y + 1]
        if {2 * y, 2 * y + 1} & {stripe.bid, stripe.ask}:
            continue
        char, style = ramp.cell(upper, lower)
        assert strips[1 + y].text[x] == char
        assert style_at(strips, x, 1 + y) is style
    assert stripe.bid is not None
    at_bid = style_at(strips, x, layout.line(stripe.bid))
    assert PALETTE.colour("bid") in colour(at_bid), "the path of the best bid"


def test_where_the_book_was_not_valid_it_is_hatched() -> None:
    shown = picture()
    view = shown.view
    assert view is not None
    layout = lay_out(38, 8, 6, Shading.COLOUR)
    strips = paint_heatmap(shown, PALETTE, layout)
    gaps = [stripe for stripe in view.stripes if set(stripe.levels) == {UNKNOWN}]
    assert [gap.slot - START // SECOND for gap in gaps] == [4, 5]
    for gap in gaps:
        x = layout.columns - 1 - (view.right - gap.slot)
        assert {strips[1 + y].text[x] for y in range(layout.plot_rows)} == {"╱"}


@pytest.mark.parametrize("name", [name for name in theme_files() if not load_theme(name).colourless])
def test_more_is_hotter_in_every_theme_and_marks_can_be_read(name: str) -> None:
    ramp = HeatRamp(Palette(load_theme(name)), Shading.COLOUR)
    colours = [colour(ramp.cell(level, level)[1])[1] for level in range(LEVELS)]
    assert len(set(colours)) == LEVELS
    light = [sum(int(one[i : i + 2], 16) for i in (1, 3, 5)) for one in colours]
    assert light in (sorted(light), sorted(light, reverse=True)), "ever lighter, or ever darker"


def test_a_style_is_the_same_whichever_half_is_hotter() -> None:
    ramp = HeatRamp(PALETTE, Shading.COLOUR)
    (char, style), (other, same) = ramp.cell(3, 9), ramp.cell(9, 3)
    assert (char, other) == ("▀", "▄")
    assert style is same


@pytest.mark.parametrize("shading", [Shading.GLYPHS, Shading.ASCII])
def test_without_colours_more_is_denser_and_sides_differ_by_their_glyph(shading: Shading) -> None:
    ramp = HeatRamp(PLAIN, shading)
    chars = [ramp.cell(level, level)[0] for level in range(LEVELS)]
    assert chars[0] == " "
    assert len(set(chars)) >= 5
    assert [chars.index(char) for char in dict.fromkeys(chars)] == sorted(chars.index(char) for char in set(chars))
    text = "".join(strip.text for strip in painted(shading, PLAIN))
    assert ("B" if shading is Shading.ASCII else "◉") in text


def test_own_orders_are_lines_from_when_they_were_made_with_a_tag() -> None:
    strips = painted(Shading.COLOUR, lines=LINES)
    row = next(strip.text for strip in strips if " 99.6 " in strip.text)
    plot = row[:30]
    assert "╌╌╌" in plot
    assert plot.index("╌") == plot.rindex("╌") - plot.count("╌") + 1, "one line, to the right edge"
    assert 0 < plot.count("╌") < 12
    assert any("▲ 250.0" in strip.text for strip in strips), "out of sight: at the end of the axis"


def test_own_fills_are_arrows() -> None:
    fills = (Fill(START + 6 * SECOND, 100.1, is_buy=True), Fill(START + 7 * SECOND, 99.9, is_buy=False))
    text = "".join(strip.text[:30] for strip in painted(Shading.COLOUR, fills=fills))
    assert text.count("▲") == text.count("▼") == 1


def test_an_unchanged_row_is_the_identical_strip() -> None:
    cache, layout, shown = RowCache(), lay_out(38, 8, 6, Shading.COLOUR), picture()
    before = paint_heatmap(shown, PALETTE, layout, rows=cache)
    after = paint_heatmap(shown, PALETTE, layout, rows=cache)
    assert all(one is other for one, other in zip(before, after, strict=True))


def test_before_a_book_it_says_so() -> None:
    strips = paint_heatmap(HeatPicture(None, 1, 10.0), PALETTE, lay_out(38, 8, 6, Shading.COLOUR))
    assert any("no book yet" in strip.text for strip in strips)


PIXEL = st.one_of(st.integers(0, LEVELS - 1), st.just(UNKNOWN))
PRICE = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def pictures(draw: st.DrawFn, columns: int, rows: int) -> HeatPicture:
    """Any picture for a plot of that size."""
    count = draw(st.integers(0, columns))
    right = draw(st.integers(0, 10**10))
    stripes = []
    for number in range(count):
        line = st.one_of(st.none(), st.integers(0, rows - 1))
        prints = st.builds(Print, st.integers(0, rows - 1), st.integers(0, 2), st.booleans())
        levels = bytes(draw(st.lists(PIXEL, min_size=rows, max_size=rows)))
        slot = right - count + 1 + number
        stripes.append(HeatStripe(slot, levels, draw(line), draw(line), tuple(draw(st.lists(prints, max_size=3)))))
    view = HeatView(
        tuple(stripes),
        right,
        "1s",
        SECOND,
        draw(st.sampled_from([1, 5, 10**6])),
        draw(st.integers(0, 10**9)),
        rows,
        (draw(st.floats(0, 1e9)), draw(st.floats(0, 1e9))),
        draw(st.one_of(st.none(), st.integers(0, 10**15))),
        draw(st.sampled_from(["", "STALE 12s", "GAP \x1b[0m"])),
    )
    lines = draw(st.lists(st.builds(PriceLine, PRICE, st.text(max_size=4), st.just("stop"), st.integers(0, 10**19))))
    fills = draw(st.lists(st.builds(Fill, st.integers(0, 10**19), PRICE, st.booleans()), max_size=3))
    price = draw(st.one_of(st.none(), PRICE))
    last: tuple[float, Role] | None = None if price is None else (price, "up")
    decimals = draw(st.integers(0, 8))
    return HeatPicture(view, decimals, 10.0**decimals, lines, fills, last, draw(st.text(max_size=5)))


SIZES = st.tuples(st.integers(1, 60), st.integers(1, 24), st.integers(0, 20))
LOOKS = [
    (PALETTE, Shading.COLOUR),
    *((palette, shading) for palette in (PALETTE, PLAIN) for shading in Shading if shading is not Shading.COLOUR),
]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), size=SIZES, look=st.sampled_from(LOOKS))
def test_no_state_and_no_size_breaks_it(
    data: st.DataObject, size: tuple[int, int, int], look: tuple[Palette, Shading]
) -> None:
    (width, height, prices), (palette, shading) = size, look
    layout = lay_out(width, height, prices, shading)
    shown = data.draw(pictures(layout.columns, max(layout.price_rows, 1)))
    strips = paint_heatmap(shown, palette, layout)
    assert len(strips) == height
    for strip in strips:
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert strip.text.isprintable()
