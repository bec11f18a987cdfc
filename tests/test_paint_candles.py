"""The candle chart as text: what a chart looks like, and that no state and no size breaks it."""

import unicodedata
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.candles import Candle, CandleView, Fill, Overlay, PriceLine, lay_out, paint_candles
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.theme import Palette, load_theme

PALETTE = Palette(load_theme("ttxt-dark"))
MINUTE = 60_000_000_000
START = 1_790_000_040_000_000_000 // MINUTE * MINUTE


def candle(minute: int, prices: tuple[float, float, float, float], volume: float = 1.0) -> Candle:
    return Candle(START + minute * MINUTE, *prices, volume)


CANDLES = (
    candle(0, (100.0, 101.5, 99.5, 101.0), 4),
    candle(1, (101.0, 102.0, 100.0, 100.5), 2),
    candle(2, (100.5, 103.0, 100.5, 103.0), 8),
    candle(3, (103.0, 103.5, 102.0, 102.5), 3),
    # Minute 4 had no trade.
    candle(5, (102.5, 104.0, 102.0, 103.5), 5),
    candle(6, (103.5, 103.5, 103.5, 103.5), 0),
    candle(7, (103.5, 105.0, 103.0, 104.5), 6)._replace(closed=False),
)
VIEW = CandleView(
    CANDLES,
    MINUTE,
    1,
    last_price=104.5,
    lines=(PriceLine(101.5, "LONG 2", "position"), PriceLine(90.0, "BUY 1", "own_order")),
    fills=(Fill(START + 2 * MINUTE, 101.0, is_buy=True),),
    pitch=3,
)


def text(view: CandleView, width: int = 44, height: int = 16, glyphs: Glyphs = Glyphs.SEXTANT) -> list[str]:
    return [strip.text for strip in paint_candles(view, PALETTE, width, height, glyphs)]


def style_at(strips: list[Strip], column: int, row: int) -> Style:
    position = 0
    for segment in strips[row]:
        position += segment.cell_length
        if column < position and segment.style is not None:
            return segment.style
    raise AssertionError("no cell there")


def test_a_chart_in_sextants() -> None:
    assert text(VIEW) == [
        " O 103.5  H 105.0  L 103.0  C 104.5   +0.97%",
        " ┊              ┊              ┊            ",
        "┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈🬭🬲🬏┈ 104.5 ",
        "┈┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈┈┈┈┈┈┈🬏┈┈┊┈██▌┈ 104.0 ",
        " ┊              ┊     🬓    🬹🬺🬓🬋🬋🬃🬂🬕🬀        ",
        " ┊              ┊ ██▌🬎🬝🬄   🬎🬝🬄 ┊            ",
        "┈┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈🬓┈██▌┈🬀┈┈┈┈┈🬀┈┈┊┈┈┈┈┈ 102.0 ",
        "╌ LONG 2 ╌╌╌╌🬓╌╌▌╌██▌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 101.5 ",
        " ┊          ██▌🬎🬝🬄🬎🬎🬄          ┊            ",
        "┈┊┈┈┈┈┈┈┈┈┈┈🬎🬝🬄┈🬄┈┈▲┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈ 100.0 ",
        " ┊           🬀  ┊              ┊            ",
        " ┊              ┊              ┊     ▼ 90.0 ",
        "                  ██             ▂▂   8.000 ",
        "            ▄▄    ██ ▁▁    ▇▇    ██         ",
        "            ██ ▆▆ ██ ██    ██    ██         ",
        "              14:15          14:20          ",
    ]


def test_a_chart_in_ascii_with_the_crosshair_on_a_missing_candle() -> None:
    assert text(replace(VIEW, crosshair=START + 4 * MINUTE), glyphs=Glyphs.ASCII) == [
        " no trades                                  ",
        " :              :        :     :            ",
        ".................................|... 104.5 ",
        ".:..............:........:.|...:.++.. 104.0 ",
        " :              :    |   : ++ ++ |          ",
        " :              : ++ ##  : ++  :            ",
        ".:..............:.++.|...:.|...:..... 102.0 ",
        "- LONG 2 ---|--|--++----------------- 101.5 ",
        " :          ++ ## ++     :     :            ",
        ".:..........|...:..^.....:.....:..... 100.0 ",
        " :              :        :     :            ",
        " :              :        :     :     v 90.0 ",
        "                  ##             ..   8.000 ",
        "            ::    ## ..    ##    ##         ",
        "            ## || ## ##    ##    ##         ",
        "                   Sep 21 14:18             ",
    ]


def test_no_candles_yet() -> None:
    rows = text(CandleView((), MINUTE, 1))
    assert any("no candles yet" in row for row in rows)
    rows = text(CandleView((), MINUTE, 1, last_price=67_986.0))
    assert any(row.endswith(" 67,986.0 ") for row in rows)


@pytest.mark.parametrize(("price", "decimals", "printed"), [(1e-8, 8, "0.00000001"), (1e6, 2, "1,000,000.00")])
def test_prices_are_printed_in_the_instruments_precision(price: float, decimals: int, printed: str) -> None:
    view = CandleView([candle(0, (price, price, price, price))], MINUTE, decimals, last_price=price)
    rows = text(view, 60, 20)
    assert any(row.endswith(f" {printed} ") for row in rows)
    labels = [row[row.rindex(" ", 0, -1) :] for row in rows[1:-5] if row[-2].isdigit()]
    assert len(labels) >= 2
    assert {label.rindex(".") - len(label) for label in labels} == {-decimals - 2}, "decimal points below each other"


def test_rising_and_falling_candles_have_their_colours_and_volume_the_dim_ones() -> None:
    strips = paint_candles(VIEW, PALETTE, 44, 16, Glyphs.SEXTANT)
    assert style_at(strips, 18, 7) is PALETTE.style("up", "panel")
    assert style_at(strips, 15, 8) is PALETTE.style("down", "panel")
    assert style_at(strips, 18, 13) is PALETTE.style("up_dim", "panel")
    assert style_at(strips, 15, 14) is PALETTE.style("down_dim", "panel")


def test_tags_say_last_price_and_lines_and_what_is_out_of_sight_is_not_filled() -> None:
    strips = paint_candles(VIEW, PALETTE, 44, 16, Glyphs.SEXTANT)
    assert style_at(strips, 40, 2) is PALETTE.style("tag_text", "up", bold=True)
    assert style_at(strips, 40, 7) is PALETTE.style("tag_text", "position", bold=True)
    assert style_at(strips, 40, 11) is PALETTE.style("own_order", "panel")


def test_candles_cover_lines_and_lines_cover_the_grid() -> None:
    lines = [PriceLine(price, "", "stop") for price in (100.0, 103.2)]
    strips = paint_candles(replace(VIEW, lines=lines, last_price=103.2), PALETTE, 44, 16, Glyphs.SEXTANT)
    assert style_at(strips, 18, 5) is PALETTE.style("up", "panel")
    assert {segment.text[0] for segment in strips[4] if segment.style is PALETTE.style("stop", "panel", dim=True)} == {
        "╌"
    }
    assert "┈" not in strips[4].text
    assert "┈" not in strips[9].text


def test_an_overlay_is_dotted_and_breaks_where_it_has_no_value_or_a_candle_is_missing() -> None:
    values = (None, 104.9, 104.9, 104.9, 104.9, None, 99.6)
    strips = paint_candles(
        replace(VIEW, overlays=[Overlay("EMA", "overlay_1", values)]), PALETTE, 60, 16, Glyphs.SEXTANT
    )
    style = PALETTE.style("overlay_1", "panel")
    dots = [segment.text for strip in strips[1:] for segment in strip if segment.style is style]
    drawn = "".join(dots).replace(" ", "")
    assert drawn
    assert all(0x2800 < ord(char) <= 0x28FF for char in drawn)
    # Minutes 1 to 3 are joined, minute 5 stands alone after the gap, minute 7 alone after the missing value.
    assert sum((ord(char) - 0x2800).bit_count() for char in drawn) == (1 + 6 + 6) + 1 + 1
    assert (
        "EMA 99.6"
        in paint_candles(
            replace(VIEW, overlays=[Overlay("EMA", "overlay_1", values)]), PALETTE, 90, 16, Glyphs.SEXTANT
        )[0].text
    )


def test_lines_in_one_row_have_their_labels_beside_each_other() -> None:
    rows = text(replace(VIEW, lines=[PriceLine(103.2, "STOP 1", "stop"), PriceLine(103.21, "SELL 2", "own_order")]))
    assert any(" STOP 1 ╌ SELL 2 " in row for row in rows)


def test_a_label_can_not_change_the_width() -> None:
    rows = text(replace(VIEW, lines=[PriceLine(103.0, "多 \x1b[2J", "stop")]))
    assert {cell_len(row) for row in rows} == {44}
    assert any(" ? ?[2J " in row for row in rows)


def test_the_crosshair_points_at_the_close_or_at_a_price() -> None:
    pointed = replace(VIEW, crosshair=START + 2 * MINUTE)
    assert any(row.endswith(" 103.0 ") for row in text(pointed))
    assert any(row.endswith(" 102.5 ") for row in text(replace(pointed, crosshair_price=102.5)))
    assert not any(row.endswith(" 103.0 ") for row in text(VIEW))
    layout = lay_out(VIEW, 44, 16)
    assert layout.slots == 12
    row = next(row for row in range(16) if layout.price_at(row) is not None)
    assert row == layout.legend_rows
    assert layout.price_at(row) == pytest.approx(105.0, abs=0.6)
    assert layout.price_at(0) is layout.price_at(15) is None


def test_a_column_tells_its_time() -> None:
    layout = lay_out(VIEW, 44, 16)
    for minute, column in ((0, 12), (0, 14), (4, 24), (7, 35)):
        assert layout.time_at(column) == START + minute * MINUTE
        assert layout.column((START + minute * MINUTE) // MINUTE) == 12 + 3 * minute
    assert layout.time_at(36) is None
    assert layout.time_at(40) is None
    assert layout.time_at(-1) is None


def test_scrolling_back_shows_what_was_there() -> None:
    back = text(replace(VIEW, offset=4, fills=()))
    assert "C 102.5" in back[0]
    assert not any("104.5 " in row for row in back[2:])


def test_of_two_candles_of_one_time_the_later_is_drawn() -> None:
    again = CANDLES[3]._replace(high=200.0, close=200.0)
    assert text(replace(VIEW, candles=(*CANDLES[:3], again, *CANDLES[3:]))) == text(VIEW)


def test_a_tick_changes_few_rows() -> None:
    cache = RowCache()
    before = paint_candles(VIEW, PALETTE, 44, 16, Glyphs.SEXTANT, rows=cache)
    same = paint_candles(VIEW, PALETTE, 44, 16, Glyphs.SEXTANT, rows=cache)
    assert all(one is other for one, other in zip(before, same, strict=True))
    ticked = (*CANDLES[:-1], CANDLES[-1]._replace(close=104.6))
    after = paint_candles(replace(VIEW, candles=ticked, last_price=104.6), PALETTE, 44, 16, Glyphs.SEXTANT, rows=cache)
    changed = [row for row, (one, other) in enumerate(zip(before, after, strict=True)) if one is not other]
    assert 1 <= len(changed) <= 3
    assert {0, 2} <= set(changed)


@pytest.mark.parametrize(
    "wrong", [{"interval_ns": 0}, {"price_decimals": -1}, {"pitch": 0}, {"pitch": 5}, {"offset": -1}]
)
def test_a_view_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(VIEW, **wrong)  # type: ignore[arg-type]


PRICES = st.one_of(
    st.floats(0, 2e6),
    st.sampled_from([0.0, -1.0, 1e-8, 1e6, 1e15, -1e15, 1e300, nan, inf, -inf]),
    st.floats(),
)
TIMES = st.one_of(st.integers(-20, 200).map(lambda minute: START + minute * MINUTE), st.integers(-(2**63), 2**63))
ANY_CANDLES = st.lists(st.builds(Candle, TIMES, PRICES, PRICES, PRICES, PRICES, PRICES, st.booleans()), max_size=30)
SOUND_CANDLES = st.builds(
    lambda first, moves: [
        Candle(START + i * MINUTE, first, first + abs(move), first - abs(move), first + move, abs(move))
        for i, move in enumerate(moves)
        if move != 7.0
    ],
    st.sampled_from([1e-8, 0.5, 67_986.0, 1e6]),
    st.lists(st.one_of(st.just(7.0), st.floats(-1, 1)), max_size=120),
)
LABELS = st.text(max_size=8)
LINE_ROLES = st.sampled_from(["own_order", "position", "stop", "liquidation", "staged_buy"])
VIEWS = st.builds(
    CandleView,
    candles=st.one_of(ANY_CANDLES, SOUND_CANDLES),
    interval_ns=st.one_of(st.just(MINUTE), st.sampled_from([1, 1_000_000_000, 86_400 * 10**9, 10**20])),
    price_decimals=st.integers(0, 18),
    last_price=st.none() | PRICES,
    lines=st.lists(st.builds(PriceLine, PRICES, LABELS, LINE_ROLES), max_size=4),
    overlays=st.lists(
        st.builds(Overlay, LABELS, st.just("overlay_1"), st.lists(st.none() | PRICES, max_size=40)), max_size=2
    ),
    fills=st.lists(st.builds(Fill, TIMES, PRICES, st.booleans()), max_size=4),
    crosshair=st.none() | TIMES,
    crosshair_price=st.none() | PRICES,
    has_profile=st.booleans(),
    pitch=st.integers(1, 4),
    offset=st.one_of(st.just(0), st.integers(0, 300)),
)


@settings(max_examples=200)
@given(VIEWS, st.integers(1, 130), st.integers(1, 50), st.sampled_from(Glyphs))
def test_no_state_and_no_size_breaks_the_chart(view: CandleView, width: int, height: int, glyphs: Glyphs) -> None:
    strips = paint_candles(view, PALETTE, width, height, glyphs)
    assert len(strips) == height
    for strip in strips:
        assert strip.cell_length == width
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert not any(unicodedata.category(char) in {"Cc", "Cf"} for char in strip.text)
    again = paint_candles(view, PALETTE, width, height, glyphs)
    assert [list(strip) for strip in again] == [list(strip) for strip in strips]


def test_it_says_where_candles_begin_when_there_is_room() -> None:
    short = replace(VIEW, candles=CANDLES[:3], lines=(), fills=(), pitch=1)
    assert any("no candles before Sep 21 14:14" in row for row in text(short, width=60))
    assert not any("no candles" in row for row in text(short, width=30)), "no room: nothing is half said"
    assert not any("no candles" in row for row in text(replace(short, pitch=4), width=22)), "the first is out of sight"


def test_the_largest_volume_is_never_cut() -> None:
    candles = [candle._replace(volume=314_212.0) for candle in CANDLES]
    cheap = replace(VIEW, candles=candles, lines=(), fills=(), overlays=())
    assert any(row.rstrip().endswith(" 314K") for row in text(cheap))
    assert not any("…" in row for row in text(cheap))
