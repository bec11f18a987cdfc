"""What is ours on a ladder: working orders, what is staged, where an order is being moved to, the position's prices.

Owns how an order is written in a ladder's cell. A pane collects the marks of its instrument and hands them to
`LadderState.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.events.orders import OrderState, QuantityUnit
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.figures import scaled, trimmed


class OwnKind(StrEnum):
    """What an own cell shows first of all."""

    NONE = "none"
    WORKING = "working"
    PENDING = "pending"
    """A command is on its way, or its outcome is not known."""
    STOP = "stop"
    TARGET = "target"
    GHOST = "ghost"
    """Where an order is being moved to."""
    STAGED = "staged"
    """Waits for Enter."""


class OwnCell(NamedTuple):
    """One side's own column in one row."""

    text: str = ""
    kind: OwnKind = OwnKind.NONE
    is_selected: bool = False


NOTHING: Final = OwnCell()


class OwnOrder(NamedTuple):
    """A working order as the ladder needs it.

    Attributes:
        ticks: its limit; of one that waits, what it waits for.
        quantity: what is left, base currency.
        is_stop, is_target: it waits for a price that is worse than the market's, or better.
    """

    client_order_id: str
    side: Side
    ticks: int
    quantity: Decimal
    state: OrderState
    is_stop: bool = False
    is_selected: bool = False
    is_target: bool = False

    @property
    def waits(self) -> bool:
        """It is in no book."""
        return self.is_stop or self.is_target


class PendingMark(NamedTuple):
    """Something that is no order yet: what is staged, or the target of a move; `prefix` tells which."""

    side: Side
    ticks: int
    quantity: Decimal | None = None
    prefix: str = "›"


class LadderMarks(NamedTuple):
    """All that is ours on one instrument. Prices are those of the position; None where there is none."""

    orders: Sequence[OwnOrder] = ()
    staged: PendingMark | None = None
    ghosts: Sequence[PendingMark] = ()
    entry: Decimal | None = None
    break_even: Decimal | None = None
    liquidation: Decimal | None = None


def own_orders(orders: Iterable[ManagedOrder], info: InstrumentInfo, selected: str | None = None) -> list[OwnOrder]:
    """The orders that have a price to stand at; `selected` is the client order id of the chosen one."""
    marks: list[OwnOrder] = []
    for order in orders:
        waits = order.is_waiting and order.trigger_price is not None
        price = order.trigger_price if waits else order.price
        if price is None:
            continue
        left = order.remaining
        if order.quantity_unit is QuantityUnit.QUOTE and price:
            left = info.round_quantity(left / price)
        marks.append(
            OwnOrder(
                order.client_order_id or order.order_id or "",
                order.side,
                round(price / info.tick_size),
                left,
                order.state,
                waits and order.is_stop,
                bool(selected) and order.name == selected,
                waits and order.is_take_profit,
            )
        )
    return marks


_SUFFIX: Final = {
    OrderState.UNKNOWN: "?",
    OrderState.PENDING_CANCEL: "×",
    OrderState.PENDING_AMEND: "~",
    OrderState.PENDING_NEW: "…",
}
"""Marks of what is on its way, the gravest first."""


def own_cells(
    orders: Iterable[tuple[int, OwnOrder]],
    staged: tuple[int, PendingMark] | None,
    ghosts: Iterable[tuple[int, PendingMark]],
    info: InstrumentInfo,
    width: int,
) -> dict[tuple[Side, int], OwnCell]:
    """(side, row) → the own cell of that row, in at most `width` characters; each mark comes with its row.

    The first character says what it is (`+` staged, `›` where a move goes, `!` waits for its price, `•` selected), the
    last what is on its way (`…` sending, `~` amending, `×` cancelling, `?` unknown).
    """
    by_row: dict[tuple[Side, int], list[OwnOrder]] = {}
    for row, order in orders:
        by_row.setdefault((order.side, row), []).append(order)
    cells = {place: _order_cell(found, info, width) for place, found in by_row.items()}
    for row, ghost in ghosts:
        place = (ghost.side, row)
        cells[place] = OwnCell(_added(cells.get(place), ghost.prefix, ghost.quantity, info, width), OwnKind.GHOST)
    if staged is not None:
        row, mark = staged
        place = (mark.side, row)
        cells[place] = OwnCell(_added(cells.get(place), "+", mark.quantity, info, width), OwnKind.STAGED)
    return cells


def _added(there: OwnCell | None, prefix: str, quantity: Decimal | None, info: InstrumentInfo, width: int) -> str:
    """What comes to a row, behind what stands there already where both have room."""
    if there is not None and quantity is not None:
        both = f"{trimmed(there.text.rstrip())}{prefix}{trimmed(info.format_quantity(quantity))} "
        if len(both) <= width:
            return both
    return _written(prefix, quantity, " ", info, width)


def _order_cell(orders: Sequence[OwnOrder], info: InstrumentInfo, width: int) -> OwnCell:
    states = {order.state for order in orders}
    suffix = next((mark for state, mark in _SUFFIX.items() if state in states), " ")
    is_selected = any(order.is_selected for order in orders)
    kind = OwnKind.PENDING if suffix != " " else _kind(orders)
    prefix = "•" if is_selected else "!" if all(order.waits for order in orders) else ""
    total = sum((order.quantity for order in orders), Decimal(0))
    return OwnCell(_written(prefix, total, suffix, info, width), kind, is_selected)


def _kind(orders: Sequence[OwnOrder]) -> OwnKind:
    if all(order.is_stop for order in orders):
        return OwnKind.STOP
    return OwnKind.TARGET if all(order.is_target for order in orders) else OwnKind.WORKING


def _written(prefix: str, quantity: Decimal | None, suffix: str, info: InstrumentInfo, width: int) -> str:
    """The quantity with the lot's decimals, or shorter where that has no room; the suffix is always the last cell."""
    room = width - len(prefix) - 1
    if quantity is None:
        return f"{prefix}{suffix}"
    text = info.format_quantity(quantity)
    if len(text) > room:
        text = trimmed(text)
    if len(text) > room:
        text = _shortened(text, quantity, room)
    return f"{prefix}{text}{suffix}"


def _shortened(text: str, quantity: Decimal, room: int) -> str:
    """`.00025` for 0.00025 where that has room, else as many digits as have."""
    if quantity >= 1:
        return scaled(quantity)
    bare = text.removeprefix("0")
    if len(bare) > room:
        bare = f"{quantity:.{max(room - 1, 1)}f}".removeprefix("0")
    return bare if bare.strip(".0") else scaled(quantity)
