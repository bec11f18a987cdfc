"""The ticket as a line and as a box: what an order would do, in the words that matter first."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.strip import Strip

from tests.account_support import NO_COLOUR, PALETTE, Screen, quote, text_of
from tests.orders_support import LINEAR, SPOT
from ttxt_core.events import InstrumentKey, Side
from ttxt_tui.paint.ticket import BOX_HEIGHT, pretrade_line, ticket_box, ticket_line
from ttxt_tui.paint.ticket_view import ticket_view
from ttxt_tui.state.ticket import PresetChip, PretradeView, TicketView
from ttxt_tui.trading.pretrade import pretrade

PRESETS = [Decimal(text) for text in ("0.01", "0.05", "0.1", "0.25", "1")]
FEES = (Decimal("0.0002"), Decimal("0.00055"))


def _view(
    side: Side | None = None,
    price: str = "65110.2",
    quantity: str = "0.25",
    *,
    position: str = "0",
    key: InstrumentKey = LINEAR,
    breach: str = "",
    warning: str = "",
) -> TicketView:
    screen = Screen(key)
    screen.feed(quote(65110.2, 65110.4, key))
    market = screen.store.market
    assert market is not None
    line = None
    if side is not None:
        line = pretrade(
            side=side,
            ticks=market.info.to_ticks(Decimal(price)),
            quantity=Decimal(quantity),
            info=market.info,
            book=market.book,
            position=Decimal(position),
            fees=FEES,
            breach=breach,
        )
    return ticket_view(
        market.info, PRESETS, Decimal(quantity) if quantity else None, 4, line, is_staged=True, warning=warning
    )


def _line(view: TicketView, width: int) -> str:
    return ticket_line(view, PALETTE, width).text.rstrip()


def _box(view: TicketView, width: int, height: int = BOX_HEIGHT) -> list[str]:
    return text_of(ticket_box(view, PALETTE, width, height))


def test_the_line_has_the_presets_and_the_size() -> None:
    assert _line(_view(), 70) == "  1 0.010   2 0.050   3 0.100  [4 0.250]  5 1.000  0.250 BTC"
    assert _line(_view(), 34) == "  1   2   3  [4]  5  0.250 BTC"
    assert _line(_view(quantity=""), 34).endswith("no size: 1–5")
    assert _line(_view(warning="disarmed: A"), 46).endswith("0.250 BTC  disarmed: A")


def test_the_line_says_what_a_staged_order_does() -> None:
    buy = _view(Side.BUY, position="0.5")
    assert _line(buy, 100) == (
        " ▲ BUY 0.25 @ 65,110.2 → LONG 0.75 · 16,277.55 USDT · fee 3.26 · rests · 0.0 bp from mid"
    )
    assert _line(buy, 46) == " ▲ BUY 0.25 @ 65,110.2 → LONG 0.75"
    assert _line(buy, 34) == " ▲ BUY 0.25 @ 65,110.2"
    closes = _view(Side.SELL, "65120.0", position="0.25")
    assert _line(closes, 46) == " ▼ SELL 0.25 (closes) @ 65,120.0 → flat"


def test_a_breach_is_never_left_out() -> None:
    view = _view(Side.SELL, "65120.0", "12.75", position="0.75", breach="position 12 over the limit 10")
    assert _line(view, 100).startswith(
        " ▼ SELL 12.75 (reverses to short 12) @ 65,120.0 → SHORT 12 · position 12 over the limit 10"
    )
    assert _line(view, 46) == " ▼ SELL 12.75 @ 65,120.0 · ✗ limit"
    assert _box(view, 34)[-1] == " position 12 over the limit 10"


def test_the_pretrade_line_names_its_symbol() -> None:
    view = _view(Side.BUY, position="0.5")
    assert pretrade_line(view, PALETTE, 120).text.startswith(" BTC/USDT perp · ▲ BUY 0.25 @ 65,110.2")
    assert pretrade_line(view, PALETTE, 40).text.startswith(" BTC perp · ▲ BUY 0.25 @ 65,110.2")
    assert pretrade_line(_view(), PALETTE, 60).text == ticket_line(_view(), PALETTE, 60).text


def test_the_box_spells_the_order_out() -> None:
    assert _box(_view(Side.BUY, "65120.0", "7.5", position="0.5"), 40) == [
        "  1   2   3  [4]  5",
        "",
        " Price     +1.5 bp        65,120.0 USDT",
        " Size                         7.500 BTC",
        " Notional               488,352.00 USDT",
        " Fee                        211.61 USDT",
        " At once        5 @ 65,110.4, 2.5 rests",
        " After                           LONG 8",
        "        ▲ BUY 7.5 — Enter sends",
    ]


def test_the_box_keeps_what_matters_where_it_is_low() -> None:
    rows = _box(_view(Side.SELL, "65120.0", "0.25"), 40, 4)
    assert [row.split()[0] for row in rows] == ["1", "Price", "Size", "▼"]
    assert _box(_view(), 40, 1)[0].split() == ["b", "BUY", "s", "SELL"]


def test_spot_speaks_of_what_is_owned() -> None:
    view = _view(Side.SELL, "65120.0", "0.25", position="0.5", key=SPOT)
    assert view.pretrade is not None
    assert (view.pretrade.effect, view.pretrade.after) == ("SELL 0.25 (of 0.5)", "own 0.25")


@pytest.mark.parametrize("side", list(Side))
def test_the_side_is_told_without_colour(side: Side) -> None:
    view = _view(side, "65110.2")
    mark = "▲ BUY" if side is Side.BUY else "▼ SELL"
    assert mark in ticket_line(view, NO_COLOUR, 60).text
    assert mark in ticket_box(view, NO_COLOUR, 40, BOX_HEIGHT)[-1].text


TEXT = st.text(max_size=24)
VIEWS = st.builds(
    TicketView,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.lists(st.builds(PresetChip, TEXT, TEXT, st.booleans()), max_size=6).map(tuple),
    TEXT,
    st.none() | st.builds(PretradeView, st.sampled_from(Side), *([TEXT] * 9), st.booleans(), *([TEXT] * 4)),
    TEXT,
    TEXT,
)


@given(VIEWS, st.integers(0, 130), st.integers(0, 12), st.sampled_from([PALETTE, NO_COLOUR]))
def test_any_ticket_has_exactly_its_size(view: TicketView, width: int, height: int, palette: object) -> None:
    box: list[Strip] = ticket_box(view, palette, width, height)  # type: ignore[arg-type]
    assert len(box) == height
    for strip in (*box, ticket_line(view, PALETTE, width), pretrade_line(view, PALETTE, width)):
        assert strip.cell_length == width
        assert strip.text.isprintable()
