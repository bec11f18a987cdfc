"""Exits of a position: the take-profit and the stop loss that stand with it, as large as it is, at market.

Owns what they are, where they belong, and the orders that they are made of. When they come and go is the desk's.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.events.orders import (
    CreateOrder,
    OrderState,
    OrderType,
    ProtectPosition,
    TriggerBy,
    TriggerDirection,
    stop_direction,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.simulation.own_order import OwnOrder, StopTrigger


class ExitKind(StrEnum):
    """A position has at most one of each."""

    TAKE_PROFIT = "take-profit"
    STOP_LOSS = "stop loss"


class ExitTerms(NamedTuple):
    """An exit that is asked for. `price` 0 removes it; `by` None goes by the last price."""

    kind: ExitKind
    price: Decimal
    by: TriggerBy | None

    def trigger(self, side: Side, info: InstrumentInfo) -> StopTrigger:
        """What releases it; `side` is the exit's own.

        Raises:
            InstrumentError: the price is off the instrument's grid.
        """
        return StopTrigger(info.to_ticks(self.price), self.by or TriggerBy.LAST, exit_direction(self.kind, side))


def wanted_exits(command: CreateOrder | ProtectPosition) -> list[ExitTerms]:
    """The exits that a command names."""
    asked = (
        (ExitKind.TAKE_PROFIT, command.take_profit, command.take_profit_by),
        (ExitKind.STOP_LOSS, command.stop_loss, command.stop_loss_by),
    )
    return [ExitTerms(kind, price, by) for kind, price, by in asked if price is not None]


def exit_direction(kind: ExitKind, side: Side) -> TriggerDirection:
    """Which way an exit on `side` waits."""
    stops = stop_direction(side)
    takes = TriggerDirection.FALL if stops is TriggerDirection.RISE else TriggerDirection.RISE
    return stops if kind is ExitKind.STOP_LOSS else takes


def why_misplaced(terms: ExitTerms, side: Side, reference: Decimal | None) -> str | None:
    """Why an exit on `side` can't be put where it is asked for; `reference` is the entry's or the market's price."""
    price = terms.price
    if not price.is_finite() or price <= 0:
        return f"{terms.kind} {price} is not above zero"
    if reference is None:
        return None
    is_above = exit_direction(terms.kind, side) is TriggerDirection.RISE
    if price > reference if is_above else price < reference:
        return None
    held = "long" if side is Side.SELL else "short"
    return f"the {terms.kind} of a {held} belongs {'above' if is_above else 'below'} {reference:f}, not at {price:f}"


class ExitOf(NamedTuple):
    """The position that an exit is for: the account, the side that closes it, its lots, and the entry's id if any."""

    account: str
    side: Side
    lots: int
    parent: str


def exit_order(position: ExitOf, terms: ExitTerms, info: InstrumentInfo, order_id: str, now_ns: int) -> OwnOrder:
    """The order that an exit is made of. It has no client order id: nobody sent it.

    Raises:
        InstrumentError: the price is off the instrument's grid.
    """
    trigger = terms.trigger(position.side, info)
    command = CreateOrder(
        account=position.account,
        client_order_id="",
        side=position.side,
        order_type=OrderType.STOP_MARKET,
        quantity=info.quantity(position.lots),
        reduce_only=True,
        trigger_price=terms.price,
        trigger_by=trigger.by,
        trigger_direction=trigger.direction,
        close_on_trigger=True,
    )
    return OwnOrder(
        command=command,
        key=info.key,
        order_id=order_id,
        side=position.side,
        quantity=position.lots,
        price=0,
        trigger=trigger,
        reduce_only=True,
        created_ns=now_ns,
        state=OrderState.UNTRIGGERED,
        parent=position.parent,
        is_position_exit=True,
    )
