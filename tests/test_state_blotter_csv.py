"""Orders and fills as CSV: every digit, times in UTC, whatever is in a text."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from tests.trading_support import LINEAR, START_NS, Floor
from ttxt_core.events import Event, Fill, FillKind, MessageHeader, Side, Source
from ttxt_tui.state.blotter_csv import FILL_COLUMNS, ORDER_COLUMNS, fills_csv, orders_csv
from ttxt_tui.trading.terms import Exits

D = Decimal


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def fill(price: Decimal, fee: Decimal, execution_id: str = "e1") -> Event[Fill]:
    header = MessageHeader(*LINEAR, START_NS + 1, START_NS, 1, Source.PRACTICE)
    data = Fill("a", "c1", "o1", execution_id, FillKind.TRADE, Side.SELL, price, D("0.001"), fee, "USDT", False, None)
    return Event(header, data)


def test_an_order_is_a_line_with_what_it_asked_for_and_what_came_of_it() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 950, "0.5")
    floor.hold("1")
    working, filled = rows_of(orders_csv([*floor.orders.history, *floor.orders.working()]))
    assert tuple(working) == ORDER_COLUMNS
    assert working["client_order_id"] == order.client_order_id
    assert (working["side"], working["price"], working["quantity"], working["state"]) == ("buy", "95.0", "0.500", "new")
    assert working["made_utc"].endswith("Z")
    assert working["made_utc"] < filled["made_utc"], "the first made comes first"
    assert (D(filled["filled"]), filled["state"]) == (D(1), "filled")


def test_what_an_order_waits_for_and_which_exits_come_with_it_are_told() -> None:
    floor = Floor()
    floor.desk.ticket(Side.BUY, 950, D(1), exits=Exits(940, 990))
    floor.desk.send()
    floor.hold("1")
    floor.desk.protect(930)
    floor.wait()
    rows = rows_of(orders_csv(floor.orders.working()))
    entry, stop = next(row for row in rows if row["stop_loss"]), next(row for row in rows if row["trigger_by"])
    assert (entry["stop_loss"], entry["take_profit"], entry["trigger_price"]) == ("94.0", "99.0", "")
    assert (stop["trigger_price"], stop["trigger_by"], stop["trigger_direction"]) == ("93.0", "last", "fall")
    assert (stop["stop_loss"], stop["parent_client_order_id"], stop["linked_to"]) == ("", "", "")


def test_a_fill_is_a_line() -> None:
    (row,) = rows_of(fills_csv([fill(D("0.00001234"), D("-0.0000001"))]))
    assert tuple(row) == FILL_COLUMNS
    assert row["time_utc"] == "2026-09-21T14:13:20.000000001Z"
    assert (row["price"], row["fee"], row["liquidity"], row["realised_pnl"]) == (
        "0.00001234",
        "-0.0000001",
        "taker",
        "",
    )


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12), st.text(max_size=20))
def test_numbers_are_exact_and_never_have_an_exponent(number: Decimal, text: str) -> None:
    (row,) = rows_of(fills_csv([fill(number, number, text.replace("\r", "").replace("\x00", ""))]))
    assert D(row["price"]) == number
    assert "e" not in row["price"].lower()
    assert row["execution_id"] == text.replace("\r", "").replace("\x00", "")
