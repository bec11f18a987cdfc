"""Painted prints: aligned, exactly as wide as the pane, with a glyph for each side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ladder_support import PALETTE, market
from tests.orders_support import SECOND
from ttxt_core.events import MarketTrade, Side
from ttxt_tui.paint.tape import TapeLayout, pressure_bar, tape_header, tape_row
from ttxt_tui.state.tape import Pressure, TapeState


def _tape(lot: str = "0.001") -> TapeState:
    tape = TapeState(market(lot=lot).info)
    for number in range(100):
        tape.add([MarketTrade(100.0 + number % 2 / 10, 0.1, Side.BUY, "", SECOND)], SECOND)
    tape.add([MarketTrade(67_986.5, 12.5, Side.SELL, "", 3 * SECOND + 123_000_000)], SECOND)
    tape.missed(4, SECOND)
    tape.add([MarketTrade(67_986.4, 0.001, Side.BUY, "", 4 * SECOND)], SECOND)
    return tape


def _texts(width: int) -> list[str]:
    tape = _tape()
    layout = TapeLayout.for_width(width, 8, tape.info)
    return [tape_header(PALETTE, layout).text, *(tape_row(row, PALETTE, layout).text for row in tape.rows(4))]


def test_a_wide_tape() -> None:
    assert _texts(36) == [
        " Time              Price       Size ",
        " 00:00:04.000 ▲ 67,986.4      0.001 ",
        "            · 4 missed ·            ",
        " 00:00:03.123 ▼ 67,986.5     12.500 ",
        " 00:00:01.000 ▲    100.1      0.100 ",
    ]


def test_a_narrow_tape_shortens_the_time_and_then_leaves_it_out() -> None:
    assert _texts(28)[1::2] == [" 00:04 ▲ 67,986.4     0.001 ", " 00:03 ▼ 67,986.5    12.500 "]
    assert _texts(22)[1::2] == [" ▲ 67,986.4     0.001 ", " ▼ 67,986.5    12.500 "]


def test_a_large_print_is_bold_on_a_bar_of_its_side() -> None:
    tape = _tape()
    layout = TapeLayout.for_width(36, 8, tape.info)
    large = next(row for row in tape.rows(9) if row.is_large)
    styles = [segment.style for segment in tape_row(large, PALETTE, layout)]
    assert large.size == "12.500"
    assert all(style is not None and style.bgcolor == PALETTE.theme.roles["ask_bar"].colour for style in styles)
    assert any(style is not None and style.bold for style in styles)


@pytest.mark.parametrize(
    ("buy", "sell", "share"), [(3.0, 1.0, 0.75), (1.0, 1.0, 0.5), (0.0, 5.0, 0.0), (5.0, 0.0, 1.0)]
)
def test_the_pressure_bar_is_split_by_share(buy: float, sell: float, share: float) -> None:
    strip = pressure_bar(Pressure(buy, sell), PALETTE, 42)
    bid = PALETTE.theme.roles["bid_bar"].colour
    cells = sum(segment.cell_length for segment in strip if segment.style is not None and segment.style.bgcolor == bid)
    assert cells == pytest.approx(40 * share, abs=1)
    assert strip.text.startswith("  ▲ ")


def test_no_trades_have_no_pressure() -> None:
    assert pressure_bar(Pressure(0.0, 0.0), PALETTE, 20).text.strip() == "no trades"


@given(
    width=st.integers(0, 120),
    price_width=st.integers(3, 16),
    price=st.floats(1e-8, 1e12),
    size=st.floats(0, 1e15),
    lot=st.sampled_from(["1", "0.001", "0.00000001"]),
)
def test_any_print_fits_any_width(width: int, price_width: int, price: float, size: float, lot: str) -> None:
    tape = TapeState(market(lot=lot).info)
    tape.add([MarketTrade(price, size, Side.SELL, "", SECOND)], SECOND)
    tape.missed(None, SECOND)
    layout = TapeLayout.for_width(width, price_width, tape.info)
    assert tape_header(PALETTE, layout).cell_length == width
    for row in tape.rows(9):
        assert tape_row(row, PALETTE, layout).cell_length == width
    assert pressure_bar(Pressure(size, price), PALETTE, width).cell_length == width


def test_a_filter_stands_over_the_sizes() -> None:
    layout = TapeLayout.for_width(36, 8, _tape().info)
    assert tape_header(PALETTE, layout, "0.500").text == " Time              Price    ≥ 0.500 "


def test_a_print_of_several_trades_says_of_how_many_where_there_is_room() -> None:
    tape = TapeState(market().info)
    tape.add([MarketTrade(100.0, 0.5, Side.BUY, "", SECOND)] * 3, SECOND)
    wide, narrow = (TapeLayout.for_width(width, 8, tape.info) for width in (40, 34))
    (row,) = tape.rows(1)
    assert tape_row(row, PALETTE, wide).text == " 00:00:01.000 ▲    100.0     1.500   ×3 "
    assert "×" not in tape_row(row, PALETTE, narrow).text
    assert tape_row(row._replace(trades=12_345), PALETTE, wide).text.rstrip().endswith(" ×999")
