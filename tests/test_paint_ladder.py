"""The painted ladder: golden rows, exact widths whatever is shown, and nothing that moves when a figure changes."""

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.console import Console
from rich.style import Style
from textual.strip import Strip

from tests.ladder_support import PALETTE, Ladder, book, delta, market, own, ticker, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import BookState, BookStatus, OrderState, Side
from ttxt_tui.config.ladder import DEFAULT_COLUMNS, LadderColumn
from ttxt_tui.paint.ladder import CURSOR, HATCH, ladder_footer, ladder_header, ladder_row
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.state.ladder_markers import OffScreen
from ttxt_tui.state.ladder_rows import LadderRow, Zone
from ttxt_tui.state.own_marks import LadderMarks, OwnKind, OwnOrder, PendingMark
from ttxt_tui.theme import Palette, Role, load_theme

BIDS = [(67_985.0, 1.5), (67_984.9, 0.25), (67_984.7, 12.0), (67_984.5, 3.0)]
ASKS = [(67_985.1, 2.0), (67_985.2, 0.5), (67_985.4, 107.125)]
BEST_BID = 679_850
PALETTES = {name: Palette(load_theme(name)) for name in ("ttxt-dark", "no-color")}
MARKS = LadderMarks(
    [
        own(Side.BUY, BEST_BID - 1),
        own(Side.BUY, BEST_BID - 3, "0.5", OrderState.PENDING_CANCEL),
        own(Side.SELL, BEST_BID + 2, "1.25", is_selected=True),
        own(Side.SELL, BEST_BID - 4, "0.75", is_stop=True),
    ],
    PendingMark(Side.BUY, BEST_BID - 2, Decimal("0.25")),
    [PendingMark(Side.SELL, BEST_BID + 3, Decimal("1.25"))],
    entry=Decimal("67984.6"),
    break_even=Decimal("67984.8"),
    liquidation=Decimal(55_112),
)


def _ladder(height: int = 12) -> Ladder:
    of = market()
    of.apply(book(BIDS, ASKS))
    of.apply(ticker(mark=67_985.2))
    of.apply(trades((67_985.1, 0.5, Side.BUY)))
    ladder = Ladder(of, height)
    ladder.state.move_cursor(-2)
    return ladder


def _paint(ladder: Ladder, layout: LadderLayout, marks: LadderMarks = MARKS) -> list[Strip]:
    rows = ladder.rows(marks, layout.cells)
    state = ladder.state
    return [
        ladder_header(PALETTE, layout),
        *(ladder_row(row, PALETTE, layout) for row in rows),
        ladder_footer(state.cursor_info(), state.group_text, state.off_screen, PALETTE, layout.width),
    ]


def _painted(width: int) -> list[str]:
    ladder = _ladder()
    return [strip.text for strip in _paint(ladder, LadderLayout.for_width(width, ladder.state.price_width))]


def test_a_narrow_ladder() -> None:
    assert _painted(46) == [
        "   Buys        Bid    Price       Ask   Sells ",
        "                   67,985.5 ╱╱╱╱╱╱╱╱╱╱        ",
        "                   67,985.4   107.125         ",
        "                   67,985.3            ›1.250 ",
        "                   67,985.2M▏   0.500  •1.250 ",
        "                   67,985.1◂▏   2.000         ",
        "             1.500 67,985.0                   ",
        "  0.250      0.250 67,984.9                   ",
        " +0.250           ▸67,984.8B                  ",
        "  0.500×    12.000 67,984.7                   ",
        "                   67,984.6S           !0.750 ",
        "             3.000 67,984.5                   ",
        "        ╱╱╱╱╱╱╱╱╱╱ 67,984.4                   ",
        " −0.04 bp · Σ 1.750  ▼ liq −18.9 %  0.1 a row ",
    ]


def test_a_wide_ladder() -> None:
    assert _painted(70) == [
        "   Buys        Bid    Price            Ask   Sells     Last    Volume ",
        "                   67,985.5      ╱╱╱╱╱╱╱╱╱╱                           ",
        "                   67,985.4        107.125                            ",
        "                   67,985.3                 ›1.250                    ",
        "                   67,985.2 mark ▏   0.500  •1.250                    ",
        "                   67,985.1◂     ▏   2.000            0.500     0.500 ",
        "             1.500 67,985.0                                           ",
        "  0.250      0.250 67,984.9                                           ",
        " +0.250           ▸67,984.8 b/e                                       ",
        "  0.500×    12.000 67,984.7                                           ",
        "                   67,984.6 SE              !0.750                    ",
        "             3.000 67,984.5                                           ",
        "        ╱╱╱╱╱╱╱╱╱╱ 67,984.4                                           ",
        " −0.04 bp · Σ 1.750  ▼ liq −18.9 %                          0.1 a row ",
    ]


def _styles(strip: Strip, text: str) -> list[Style]:
    return [segment.style for segment in strip if text in segment.text and segment.style is not None]


def _role(name: Role) -> Color:
    return PALETTE.theme.roles[name].colour


def test_the_cursor_row_has_a_glyph_and_a_background_of_its_own() -> None:
    ladder = _ladder()
    layout = LadderLayout.for_width(46, 8)
    strips = _paint(ladder, layout)[1:-1]
    line = ladder.cursor_line
    assert line is not None
    assert [CURSOR in strip.text for strip in strips].index(True) == line
    assert sum(CURSOR in strip.text for strip in strips) == 1
    (style,) = _styles(strips[line], "67,984.8")
    assert style.bgcolor == _role("panel_alt")


def test_the_touch_is_bold_and_what_is_staged_is_filled() -> None:
    ladder = _ladder()
    layout = LadderLayout.for_width(46, 8)
    strips = _paint(ladder, layout)[1:-1]
    rows = ladder.rows(MARKS, layout.cells)
    for strip, row in zip(strips, rows, strict=True):
        (style,) = _styles(strip, row.price)
        assert bool(style.bold) is row.is_touch
    (chip,) = [style for strip in strips for style in _styles(strip, "+0.250")]
    assert chip.bgcolor == _role("staged_buy")


def test_every_figure_has_its_own_colour() -> None:
    ladder = _ladder()
    layout = LadderLayout.for_width(70, 8)
    for row in ladder.rows(MARKS, layout.cells):
        strip = ladder_row(row, PALETTE, layout)
        colours = [segment.style.color for segment in strip for _ in segment.text if segment.style is not None]
        price_at = layout.own + layout.size + 1
        price = _role("text_faint" if row.zone is Zone.SPREAD else "bid" if row.zone is Zone.BID else "ask")
        assert set(colours[price_at : price_at + layout.price]) == {price}
        bids_at, asks_at = layout.own, price_at + layout.price + layout.marker
        for text, start in ((row.bid, bids_at), (row.ask, asks_at)):
            if text:
                at = strip.text.index(text, start)
                assert set(colours[at : at + len(text)]) == {_role("text")}
        for cell, start in ((row.buys, 0), (row.sells, asks_at + layout.size)):
            if cell.kind in {OwnKind.WORKING, OwnKind.PENDING}:
                text = cell.text.strip()
                at = strip.text.index(text, start)
                assert set(colours[at : at + len(text)]) == {_role("own_order")}


def test_unknown_prices_are_hatched_and_empty_ones_are_not() -> None:
    layout = LadderLayout.for_width(46, 8)
    texts = [strip.text for strip in _paint(_ladder(), layout)[1:-1]]
    hatched = [HATCH * layout.size in text for text in texts]
    assert hatched == [True] + [False] * 10 + [True]
    assert texts[2][28:38].strip() == "", "nothing at 67,985.3, and known to be nothing"


def test_a_book_that_is_not_the_market_is_dim_and_its_heads_say_why() -> None:
    ladder = _ladder()
    layout = LadderLayout.for_width(46, 8)
    ladder.market.apply(event(BookStatus(BookState.GAP, "lost")))
    status = ladder.market.trust(4 * SECOND).text
    assert ladder_header(PALETTE, layout, status).text.strip() == "GAP 3s"
    for row in ladder.rows(cells=layout.cells):
        strip = ladder_row(row, PALETTE, layout)
        for style in _styles(strip, row.price):
            assert style.dim
        backgrounds = {segment.style.bgcolor for segment in strip if segment.style is not None}
        assert not backgrounds & {_role("bid_bar"), _role("ask_bar"), _role("bid_strong"), _role("ask_strong")}


def test_what_is_out_of_view_gives_way_from_the_farthest() -> None:
    hidden = (OffScreen("stop", False, 1, "−12t"), OffScreen("liq", False, 0, "−18.9 %"))
    wide = ladder_footer("−0.4 bp · Σ 1.750", "0.1 a row", hidden, PALETTE, 70).text
    assert wide.strip() == "−0.4 bp · Σ 1.750  ▼ stop −12t  ▼ liq −18.9 %" + " " * 14 + "0.1 a row"
    narrow = ladder_footer("−0.4 bp · Σ 1.750", "0.1 a row", hidden, PALETTE, 46).text
    assert "▼ stop −12t" in narrow
    assert "liq" not in narrow


def test_columns_come_with_width_in_the_order_that_is_wanted() -> None:
    shown = {
        width: [column for column in LadderColumn if getattr(LadderLayout.for_width(width, 8), column)]
        for width in (46, 56, 70, 84, 96)
    }
    assert shown == {
        46: [],
        56: ["last"],
        70: ["last", "volume"],
        84: ["last", "volume", "change"],
        96: ["last", "volume", "change", "queue"],
    }
    only = LadderLayout.for_width(80, 8, [LadderColumn.QUEUE])
    assert (only.queue > 0, only.last, only.volume, only.change) == (True, 0, 0, 0)


def test_columns_that_were_chosen_are_worth_shorter_bars() -> None:
    chosen = LadderLayout.for_width(52, 8, [LadderColumn.VOLUME])
    assert chosen.volume > 0
    assert LadderLayout.for_width(52, 8).volume == 0
    assert chosen.size >= 8


@given(st.integers(40, 130), st.integers(6, 12), st.lists(st.sampled_from(list(LadderColumn)), unique=True))
def test_a_column_of_the_pane_knows_its_side(width: int, price: int, columns: list[LadderColumn]) -> None:
    layout = LadderLayout.for_width(width, price, columns)
    heads = ladder_header(PALETTE, layout).text
    assert layout.side_at(heads.index("Buys")) is Side.BUY
    assert layout.side_at(heads.index("Sells")) is Side.SELL
    assert layout.side_at(heads.index("Bid")) is layout.side_at(heads.index("Price")) is None
    sides = [layout.side_at(column) for column in range(-1, width + 1)]
    assert sides.count(Side.BUY) == sides.count(Side.SELL) == layout.own


def test_a_line_about_the_cursor_without_room_leaves_the_grouping_out() -> None:
    text = ladder_footer("−12.3 bp · Σ 123.456 · queue 1.00–1.50", "1.0 a row", [], PALETTE, 44).text
    assert text == " −12.3 bp · Σ 123.456 · queue 1.00–1.50     "


def test_the_price_stays_in_its_column_over_a_thousand_changes() -> None:
    chance = random.Random(11)
    of = market()
    of.apply(book(BIDS, ASKS))
    ladder = Ladder(of, 24)
    layout = LadderLayout.for_width(90, ladder.state.price_width)
    at = (layout.own + layout.change + layout.size + 1, layout.own + layout.change + layout.size + 1 + layout.price)
    middle, changed = BEST_BID, 0
    before: list[LadderRow] = []
    for step in range(1_000):
        middle += chance.choice((-1, 0, 0, 0, 1))
        sizes = [float(10 ** chance.uniform(-3, 5)) for _ in range(40)]
        bids = [((middle - i) / 10, round(sizes[i], 3) or 0.001) for i in range(20)]
        asks = [((middle + 1 + i) / 10, round(sizes[20 + i], 3) or 0.001) for i in range(20)]
        of.apply(book(bids, asks, at=SECOND + step * 50_000_000))
        of.apply(trades(((middle + 1) / 10, sizes[0], Side.BUY), at=SECOND + step * 50_000_000))
        ladder.now_ns, ladder.human_ns = SECOND + step * 50_000_000, ladder.human_ns + 50_000_000
        rows = ladder.rows(MARKS, layout.cells)
        changed += len([1 for old, new in zip(before, rows, strict=False) if old != new])
        before = rows
        for row in rows:
            strip = ladder_row(row, PALETTE, layout)
            assert strip.cell_length == 90 == len(strip.text)
            assert strip.text[slice(*at)] == row.price.rjust(layout.price)
        sells = [row.ask for row in rows if row.ask and row.ask[-1].isdigit()]
        assert all(text[-4] == "." for text in sells), "decimals of a column line up"
    assert changed > 1_000


def test_an_unchanged_market_changes_no_row() -> None:
    ladder = _ladder()
    ladder.market.apply(book(BIDS, ASKS, depth=50))
    layout = LadderLayout.for_width(90, 8)
    before = ladder.rows(MARKS, layout.cells)
    ladder.market.apply(delta(bids=[(60_000.0, 1.0)]))
    assert ladder.rows(MARKS, layout.cells) == before


LEVELS = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 10**13)), max_size=40)
OWN = st.builds(
    own,
    st.sampled_from(list(Side)),
    st.integers(1, 500),
    st.sampled_from(["0.001", "12.5", "1234567", "99999999999"]),
    st.sampled_from(list(OrderState)),
    is_stop=st.booleans(),
    is_selected=st.booleans(),
)


@given(
    levels=st.tuples(LEVELS, LEVELS),
    steps=st.sampled_from([("0.1", "0.001"), ("0.00000001", "1"), ("5", "0.00000001"), ("0.25", "100")]),
    size=st.tuples(st.integers(0, 140), st.integers(0, 30)),
    orders=st.lists(OWN, max_size=6),
    view=st.tuples(
        st.sampled_from([None, 1, 5, 100]),
        st.sampled_from([None, *BookState]),
        st.sampled_from(list(PALETTES)),
    ),
)
def test_any_market_fits_any_pane(
    levels: tuple[list[tuple[int, int]], list[tuple[int, int]]],
    steps: tuple[str, str],
    size: tuple[int, int],
    orders: list[OwnOrder],
    view: tuple[int | None, BookState | None, str],
) -> None:
    of, (width, height), (group, state, theme) = market(*steps), size, view
    palette = PALETTES[theme]
    info = of.info
    bids, asks = (
        [(info.float_price(ticks + side * 400), info.float_size(lots)) for ticks, lots in some]
        for side, some in enumerate(levels)
    )
    of.apply(book(bids, asks))
    of.apply(ticker(mark=info.float_price(300), last=info.float_price(7)))
    if levels[0]:
        of.apply(trades((info.float_price(levels[0][0][0]), info.float_size(levels[0][0][1]), Side.SELL)))
    if state is not None:
        of.apply(event(BookStatus(state, "so it is")))
    ladder = Ladder(of, height, group)
    marks = LadderMarks(
        orders,
        PendingMark(Side.SELL, 17, Decimal("1234.5")),
        [PendingMark(Side.BUY, 3)],
        Decimal("0.3333"),
        Decimal(12),
        Decimal("0.00001"),
    )
    layout = LadderLayout.for_width(width, ladder.state.price_width, DEFAULT_COLUMNS)
    rows = ladder.rows(marks, layout.cells)
    assert len(rows) == height
    footer = ladder_footer(ladder.state.cursor_info(), ladder.state.group_text, ladder.state.off_screen, palette, width)
    status = of.trust(ladder.now_ns).text
    painted = [ladder_header(palette, layout, status), *(ladder_row(row, palette, layout) for row in rows), footer]
    assert [strip.cell_length for strip in painted] == [width] * len(painted)
    assert all(len(strip.text) == width for strip in painted)


def test_eight_rows_cost_the_terminal_less_than_two_kilobytes() -> None:
    ladder = _ladder()
    layout = LadderLayout.for_width(46, 8)
    console = Console(color_system="truecolor", force_terminal=True)
    sizes = sorted(len(strip.render(console).encode()) for strip in _paint(ladder, layout)[1:-1])
    assert sum(sizes[-8:]) < 2_048
