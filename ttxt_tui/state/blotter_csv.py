"""Orders and fills as CSV: exact decimals, times in ISO 8601 UTC to the nanosecond. Pure: it writes no file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO
from typing import Final

from ttxt_core.events import Event, Fill
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.recording.times import format_time

ORDER_COLUMNS: Final = (
    "made_utc", "updated_utc", "venue", "category", "pair", "account", "client_order_id", "order_id", "side", "type",
    "time_in_force", "price", "trigger_price", "quantity", "quantity_unit", "filled", "average_price", "state",
    "post_only", "reduce_only", "made_elsewhere", "reason", "trigger_by", "trigger_direction", "take_profit",
    "stop_loss", "parent_client_order_id", "linked_to",
)  # fmt: skip
FILL_COLUMNS: Final = (
    "time_utc", "venue", "category", "pair", "account", "execution_id", "client_order_id", "order_id", "kind", "side",
    "price", "quantity", "fee", "fee_currency", "liquidity", "realised_pnl",
)  # fmt: skip


def orders_csv(orders: Iterable[ManagedOrder]) -> str:
    """A line for each order, in the order in which they were made."""
    made_first = sorted(orders, key=lambda order: order.created_ns)
    return _table(ORDER_COLUMNS, (_order(order) for order in made_first))


def fills_csv(fills: Iterable[Event[Fill]]) -> str:
    """A line for each fill, in the order given."""
    return _table(FILL_COLUMNS, (_fill(event) for event in fills))


def _order(order: ManagedOrder) -> list[str]:
    return [
        _time(order.created_ns),
        _time(order.updated_ns),
        *order.key,
        order.account,
        order.client_order_id,
        order.order_id or "",
        order.side.value,
        order.order_type.value,
        order.time_in_force.value,
        _exact(order.price),
        _exact(order.trigger_price),
        _exact(order.quantity),
        order.quantity_unit.value,
        _exact(order.filled),
        _exact(order.average_price),
        order.state.value,
        _yes(order.post_only),
        _yes(order.is_protective),
        _yes(order.is_external),
        order.reason or "",
        "" if order.trigger_by is None else order.trigger_by.value,
        "" if order.trigger_direction is None else order.trigger_direction.value,
        _exact(order.take_profit),
        _exact(order.stop_loss),
        order.parent,
        order.linked_to,
    ]


def _fill(event: Event[Fill]) -> list[str]:
    fill, header = event.data, event.header
    return [
        _time(header.venue_time_ns or header.receive_time_ns),
        *header.key,
        fill.account,
        fill.execution_id,
        fill.client_order_id,
        fill.order_id,
        fill.kind.value,
        fill.side.value,
        _exact(fill.price),
        _exact(fill.quantity),
        _exact(fill.fee),
        fill.fee_currency,
        "maker" if fill.is_maker else "taker",
        _exact(fill.realised_pnl),
    ]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _time(time_ns: int) -> str:
    return format_time(time_ns) if time_ns else ""


def _exact(number: Decimal | None) -> str:
    """Every digit, never an exponent."""
    return "" if number is None else f"{number:f}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
