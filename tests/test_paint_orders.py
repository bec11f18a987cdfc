"""The Orders pane as text at the widths it has on the screens that matter, and its widths under any figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, Screen, busy_screen, text_of
from tests.orders_support import LINEAR, SECOND, ack, create, update
from ttxt_core.events import OrderState, Side
from ttxt_core.orders.oco import LOCAL_MARK
from ttxt_tui.paint.orders import orders_header, orders_row, orders_tabs
from ttxt_tui.state.order_rows import FillRow, OrderRow
from ttxt_tui.state.orders import OrdersTab
from ttxt_tui.state.tones import Tone

NOW = 130 * SECOND


def _lines(screen: Screen, tab: OrdersTab, width: int) -> list[str]:
    state = screen.store.orders
    state.show(tab)
    rows = state.rows(9, NOW)
    return text_of([orders_header(tab, PALETTE, width), *(orders_row(row, tab, PALETTE, width) for row in rows)])


WORKING = {
    34: [
        " Symbol       Price    Qty State",
        " BTC.p  ▲B 65,110.2  0.250 partial",
        " BTC.p  ▼S 64,800.0  0.750 stop",
        "▌ETH.p  ▼S 1,905.25   1.50 sending",
        " BTC.s  ▲B 65,100.0 0.0125 sending",
    ],
    46: [
        " Symbol    Side       Price      Qty State",
        " BTC perp  ▲ BUY  65,110.2  0.250    partial",
        " BTC perp  ▼ SELL 64,800.0  0.750    stop",
        "▌ETH perp  ▼ SELL  1,905.25 1.50     sending",
        " BTC spot  ▲ BUY  65,100.0  0.012500 sending",
    ],
    78: [
        "   # Symbol    Side       Price      Qty   Filled State    Age    Away Note",
        "   1 BTC perp  ▲ BUY  65,110.2  0.250    0.100    partial   1m     39t",
        "   2 BTC perp  ▼ SELL 64,800.0  0.750    0.000    stop      1m  48.2bp R",
        "▌  3 ETH perp  ▼ SELL  1,905.25 1.50     0.00     sending  40s    505t R",
        "   4 BTC spot  ▲ BUY  65,100.0  0.012500 0.000000 sending  11s    100t",
    ],
}


@pytest.mark.parametrize("width", WORKING)
def test_working_orders(width: int) -> None:
    screen = busy_screen()
    screen.store.orders.select("c")
    assert _lines(screen, OrdersTab.WORKING, width) == WORKING[width]


def test_fills() -> None:
    assert _lines(busy_screen(), OrdersTab.FILLS, 34) == [
        " Time  Symbol       Price    Qty",
        " 00:00 DOGE.p ▼S  0.07052 25,000",
        " 00:00 BTC.p  ▲B 65,110.2  0.100",
    ]
    assert _lines(busy_screen(), OrdersTab.FILLS, 78) == [
        " Time     Symbol         Side       Price      Qty       Fee   Realised By",
        " 00:00:31 DOGE/USDT perp ▼ SELL   0.07052   25,000    0.9696            taker",
        " 00:00:30 BTC/USDT perp  ▲ BUY   65,110.2    0.100    1.3022            maker",
    ]


def test_history() -> None:
    assert _lines(busy_screen(), OrdersTab.HISTORY, 46) == [
        " Symbol    Side       Price      Qty State",
        " BTC perp  ▲ BUY    1,900.0    1.500 reject✗",
    ]
    assert _lines(busy_screen(), OrdersTab.HISTORY, 112)[1].endswith(" rejected  post-only would take")


def test_the_tabs_have_their_counts() -> None:
    counts = busy_screen().store.orders.counts()
    (line,) = text_of([orders_tabs(counts, OrdersTab.WORKING, PALETTE, 60, note="1-4 of 9")])
    assert line == " Working 4    Fills 2    History 1                 1-4 of 9"


def test_a_narrow_pane_still_tells_every_state_apart() -> None:
    rows = [orders_row(_any_row(state=state), OrdersTab.WORKING, PALETTE, 34) for state in OrderState]
    assert len({row.text.split()[-1] for row in rows}) == len(OrderState)


def _any_row(**fields: Any) -> OrderRow:
    row = OrderRow(
        id="a", symbol="BTC/USDT perp", short_symbol="BTC perp", side=Side.BUY, kind="LIMIT", price="65,110.2",
        quantity="0.250", filled="0.000", share=0.0, average="", state=OrderState.NEW, tone=Tone.DIM, time="00:00:00",
        age="3s", distance="4t", flags=(), reason="", selected=False,
    )  # fmt: skip
    return row._replace(**fields)


@pytest.mark.parametrize(
    ("width", "note"),
    [(78, "R L"), (92, "R L ⇄ #4"), (140, "R · LOCAL · ⇄ #4"), (170, f"R · {LOCAL_MARK} · ⇄ #4 · limit 66,990.0")],
)
def test_a_leg_of_a_local_pair_says_so_at_every_width(width: int, note: str) -> None:
    row = _any_row(flags=("R", "LOCAL"), links="⇄ #4", terms="limit 66,990.0", kind="STOP-L")
    assert orders_row(row, OrdersTab.WORKING, PALETTE, width).text.rstrip().endswith(note)


TEXT = st.text(max_size=24)
ORDER_ROWS = st.builds(
    OrderRow, TEXT, TEXT, TEXT, st.sampled_from(Side), TEXT, TEXT, TEXT, TEXT, st.floats(), TEXT,
    st.sampled_from(OrderState), st.sampled_from(Tone), TEXT, TEXT, TEXT,
    st.sets(st.sampled_from(["R", "ext", "LOCAL", "loses queue"])).map(tuple), TEXT, st.booleans(), TEXT, TEXT, TEXT,
)  # fmt: skip
FILL_ROWS = st.builds(
    FillRow, TEXT, TEXT, TEXT, st.sampled_from(Side), TEXT, TEXT, TEXT, TEXT, TEXT, st.sampled_from(Tone), TEXT
)


@given(ORDER_ROWS | FILL_ROWS, st.integers(0, 160), st.sampled_from([PALETTE, NO_COLOUR]))
def test_any_row_has_exactly_its_width(row: OrderRow | FillRow, width: int, palette: object) -> None:
    for tab in (OrdersTab.FILLS,) if isinstance(row, FillRow) else (OrdersTab.WORKING, OrdersTab.HISTORY):
        strip = orders_row(row, tab, palette, width)  # type: ignore[arg-type]
        assert strip.cell_length == width
        assert strip.text.isprintable()


NUMBERS = st.tuples(st.integers(1, 999_999), st.integers(1, 99_999), st.integers(0, 100))


@given(st.lists(NUMBERS, min_size=2, max_size=2), st.sampled_from([34, 46, 78, 100, 130]))
def test_columns_stand_still_while_figures_change(figures: list[tuple[int, int, int]], width: int) -> None:
    lines = []
    for price, size, filled in figures:
        screen = Screen(LINEAR)
        quantity = Decimal(size) / 1000
        total = str(quantity)
        done = str((quantity * filled / 100).quantize(Decimal("0.001")))
        screen.send(create("a", quantity=total, price=str(Decimal(price) / 10)))
        state = OrderState.PARTIALLY_FILLED
        screen.feed(ack("a"), update("a", state, done, quantity=total, price=str(Decimal(price) / 10)))
        row = screen.store.orders.rows(3, NOW)[0]
        lines.append(orders_row(row, OrdersTab.WORKING, PALETTE, width).text)
    one, other = lines
    assert one.index("partial") == other.index("partial")
    assert one[:9] == other[:9]


def test_the_side_is_told_without_colour() -> None:
    buy, sell = (orders_row(_any_row(side=side), OrdersTab.WORKING, NO_COLOUR, 60).text for side in Side)
    assert "▲ BUY" in buy
    assert "▼ SELL" in sell


def test_what_is_filled_is_a_bar_behind_the_quantity() -> None:
    on_bar = PALETTE.style("text", "field")
    for share, text in ((0.0, ""), (0.5, "   0"), (1.0, "   0.250")):
        row = orders_row(_any_row(share=share), OrdersTab.WORKING, PALETTE, 46)
        assert "".join(segment.text for segment in row if segment.style is on_bar) == text
