"""Tables, tabs and lines of fields: exact widths whatever is in them, and columns that stand where they stand."""

from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, text_of
from ttxt_tui.paint.fields import fields_row
from ttxt_tui.paint.table import Align, Cell, Column, figure_cell, header_row, lay_out, message_rows, table_row
from ttxt_tui.paint.tabs import Tab, tab_row
from ttxt_tui.state.fields import Field
from ttxt_tui.state.tones import Tone

COLUMNS = (
    Column("Symbol", Align.LEFT, ((1, 3), (4, 8))),
    Column("Price", Align.RIGHT, ((0, 6),)),
    Column("Qty", Align.RIGHT, ((2, 5),)),
    Column("Note", Align.LEFT, ((3, 4),), grows=True),
)
WIDTHS = st.integers(0, 120)
TEXTS = st.text(max_size=20)
CELLS = st.builds(
    Cell,
    TEXTS,
    st.sampled_from(Tone),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.floats(allow_nan=True, allow_infinity=True),
)


def _row(width: int, *texts: str, selected: bool = False) -> str:
    cells = [figure_cell(text) if number in {1, 2} else Cell(text) for number, text in enumerate(texts)]
    return table_row(COLUMNS, cells, PALETTE, width, selected=selected).text


@given(st.lists(CELLS, min_size=4, max_size=4), WIDTHS, st.booleans(), st.sampled_from([PALETTE, NO_COLOUR]))
def test_a_row_has_exactly_its_width(cells: list[Cell], width: int, selected: bool, palette: object) -> None:
    for strip in (
        table_row(COLUMNS, cells, palette, width, selected=selected),  # type: ignore[arg-type]
        header_row(COLUMNS, palette, width),  # type: ignore[arg-type]
    ):
        assert strip.cell_length == width
        assert strip.text.isprintable()


@given(st.integers(0, 60))
def test_a_wider_table_only_gains(width: int) -> None:
    narrow, wide = lay_out(COLUMNS, width), lay_out(COLUMNS, width + 1)
    before = {placed.column: placed.width for placed in narrow if not COLUMNS[placed.column].grows}
    after = {placed.column: placed.width for placed in wide}
    assert before.keys() <= after.keys()
    assert all(after[column] >= size for column, size in before.items())
    assert sum(placed.width + placed.gap for placed in narrow) <= width or not narrow


def test_columns_come_in_the_order_of_what_matters() -> None:
    cells = ("BTC/USDT", "65.1", "0.250", "maker")
    assert [_row(width, *cells).rstrip() for width in (6, 7, 11, 17, 22, 27)] == [
        "",
        "   65.1",
        " BT…   65.1",
        " BT…   65.1 0.250",
        " BT…   65.1 0.250 mak…",
        " BTC/USDT   65.1 0.250 mak…",
    ]


def test_the_last_columns_take_what_is_left() -> None:
    assert _row(60, "BTC/USDT", "65.1", "0.250", "x" * 50) == " BTC/USDT   65.1 0.250 " + "x" * 36 + "…"


def test_a_selected_row_has_a_mark() -> None:
    assert _row(11, "ETH", "1", "", "", selected=True).startswith("▌ETH")


@given(st.lists(st.floats(0, 99_999), min_size=2, max_size=2))
def test_a_figure_never_moves_its_neighbours(prices: list[float]) -> None:
    one, other = (_row(30, "BTC/USDT", f"{price:,.1f}", "0.250", "maker") for price in prices)
    assert one.index("0.250") == other.index("0.250")
    assert one.index("maker") == other.index("maker")


def test_a_figure_gives_up_separators_and_zeros_before_its_last_digits() -> None:
    texts = [_row(8, "", text, "", "").strip() for text in ("1,234.5", "65,110.0", "0.120000", "123456.78")]
    assert texts == ["1234.5", "65110", "0.12", "123K"]


def test_a_title_that_does_not_fit_is_left_out() -> None:
    assert header_row(COLUMNS, PALETTE, 11).text == "      Price"
    assert header_row(COLUMNS, PALETTE, 27).text == " Symbol    Price   Qty Note"


@given(TEXTS, st.integers(0, 40))
def test_a_message_takes_the_rows_it_needs(text: str, width: int) -> None:
    rows = message_rows(text, PALETTE, width)
    assert rows
    assert all(row.cell_length == width for row in rows)


def test_an_empty_pane_says_what_to_do() -> None:
    rows = message_rows("no working orders — b/s stage, Enter sends", PALETTE, 34)
    assert text_of(rows) == [" no working orders — b/s stage,", " Enter sends"]


# -- tabs ------------------------------------------------------------------------------------------------------

TABS = [Tab("Working", 4), Tab("Fills", 12), Tab("History", 1340)]


def test_tabs_shorten_their_names_and_the_note_goes_first() -> None:
    assert text_of([tab_row(TABS, 0, PALETTE, 60, note="5-14 of 31")]) == [
        " Working 4    Fills 12   History 1k              5-14 of 31"
    ]
    assert text_of([tab_row(TABS, 0, PALETTE, 44, note="5-14 of 31")]) == [" Working 4    Fills 12   History 1k"]
    assert text_of([tab_row(TABS, 0, PALETTE, 34)]) == [" Work 4    Fill 12   Hist 1k"]


def test_the_shown_tab_stands_out_without_colour() -> None:
    plain = [segment.style for segment in tab_row(TABS, 0, NO_COLOUR, 60) if "Working" in segment.text]
    other = [segment.style for segment in tab_row(TABS, 1, NO_COLOUR, 60) if "Working" in segment.text]
    assert plain != other


@given(st.integers(0, 20_000), st.integers(0, 20_000), st.integers(30, 90))
def test_a_count_never_moves_the_other_tabs(one: int, other: int, width: int) -> None:
    places = {
        tab_row([Tab("Working", count), Tab("Fills", 0)], 0, PALETTE, width).text.index("Fill")
        for count in (one, other)
    }
    assert len(places) == 1


# -- lines of fields -------------------------------------------------------------------------------------------

FIELDS = (
    Field("12", "feed", "ms", Tone.OK, 4),
    Field("48/110", "order", "ms", width=7, rank=2),
    Field("→ LONG 1", rank=1, is_joined=True),
    Field("simulated: gone with it", brief="simulated", brief_rank=3, is_last=True),
)


def test_fields_give_way_by_rank_and_become_brief_first() -> None:
    assert text_of(fields_row(FIELDS, PALETTE, width) for width in (74, 60, 40, 20)) == [
        " feed 12 ms   · order 48/110 ms  → LONG 1         simulated: gone with it",
        " feed 12 ms   · order 48/110 ms  → LONG 1         simulated",
        " feed 12 ms   → LONG 1        simulated",
        " feed 12 ms  simulat",
    ]


ANY_FIELD = st.builds(
    Field,
    TEXTS,
    TEXTS,
    TEXTS,
    st.sampled_from(Tone),
    st.integers(0, 12),
    st.integers(0, 9),
    TEXTS,
    st.integers(0, 9),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(ANY_FIELD, max_size=7), WIDTHS)
def test_a_line_of_fields_has_exactly_its_width(fields: list[Field], width: int) -> None:
    strip = fields_row(fields, PALETTE, width)
    assert strip.cell_length == width
    assert strip.text.isprintable()


@given(st.lists(ANY_FIELD.filter(lambda field: field.rank > 0), max_size=6), WIDTHS)
def test_no_field_is_cut_while_another_one_can_give_way(fields: list[Field], width: int) -> None:
    whole = [field._replace(value="<>", label="", unit="", brief="", width=2) for field in fields]
    text = fields_row(whole, PALETTE, width).text
    assert text.count("<") == text.count(">")
