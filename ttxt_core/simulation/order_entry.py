"""Order entry: what the simulated exchange refuses, and why. Checks only; nothing is changed here.

Owns the shape of an order, its steps and limits, the judgement of an arriving order by the book, and the money it
needs. A refusal is an `OrderError` whose `answered` is the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from ttxt_core.errors import InstrumentError, OrderError
from ttxt_core.events.market import Side
from ttxt_core.events.orders import (
    CreateOrder,
    OrderState,
    OrderType,
    PositionSide,
    ProtectPosition,
    QuantityUnit,
    TimeInForce,
    TriggerBy,
    stop_direction,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.simulation.accounts import EXACT, INVERSE, ZERO, Account, initial_margin
from ttxt_core.simulation.matching import Rung, lots_for_value
from ttxt_core.simulation.own_order import OwnOrder, StopTrigger, value_of
from ttxt_core.simulation.position_exits import ExitTerms, wanted_exits, why_misplaced
from ttxt_core.simulation.simulated_market import SimulatedMarket

SPOT = "spot"
LINEAR = "linear"
CATEGORIES = (SPOT, LINEAR, INVERSE)
NO_INDEX = "no index price is known here"


class Proposal(NamedTuple):
    """What an order would still trade: lots, and their value in ticks × lots."""

    side: Side
    lots: int
    value: int


class Arrival(NamedTuple):
    """What the book gives an order that arrives: what it takes, and the queue that its rest would stand behind."""

    plan: list[Rung]
    queue_ahead: int | None


def refuse(order: str, reason: str, hint: str = "") -> OrderError:
    """The error that refuses `order` for `reason`."""
    return OrderError(f"enter order {order}", reason, hint)


def reason_of(error: OrderError | InstrumentError) -> str:
    """Why a command was refused, as its ack says it."""
    return error.answered if isinstance(error, OrderError) else f"{error.asked}: {error.answered}"


def new_order(command: CreateOrder, market: SimulatedMarket, order_id: str, now_ns: int) -> OwnOrder:
    """The order that `command` asks for, in ticks and lots.

    Raises:
        OrderError: the order can't be, whatever the book.
    """
    info, spec = market.info, market.info.spec
    reason = _bad_shape(command, market)
    if reason is not None:
        raise refuse(command.client_order_id, reason)
    if spec.status != "trading":
        raise refuse(command.client_order_id, f"{market.key} is not trading: {spec.status}")
    is_limit = command.order_type is OrderType.LIMIT
    waits = command.trigger_price is not None
    reduce_only = command.reduce_only or command.close_on_trigger
    quantity = _base_quantity(command, market)
    reference = command.price if is_limit else command.trigger_price if waits else _touch(command.side, market)
    reason = info.check_order(quantity, reference, is_market=not is_limit, reduce_only=reduce_only)
    reason = reason or _misplaced_exit(command, reference, info)
    if reason is not None:
        raise refuse(command.client_order_id, reason)
    return OwnOrder(
        command=command,
        key=market.key,
        order_id=order_id,
        side=command.side,
        quantity=info.to_lots(quantity),
        price=info.to_ticks(command.price) if is_limit and command.price is not None else 0,
        trigger=_trigger(command, info),
        reduce_only=reduce_only,
        created_ns=now_ns,
        state=OrderState.UNTRIGGERED if waits else OrderState.NEW,
    )


def judge_arrival(order: OwnOrder, market: SimulatedMarket) -> Arrival:
    """What `order` meets as it arrives.

    On a book that is not VALID nothing can be taken: an order that could only rest there by the last book that
    was known, rests; any other is refused.

    Raises:
        OrderError: it would take and is post-only, it must take and can't, or the book is not VALID.
        InstrumentError: the feed does not fit the instrument's steps.
    """
    command = order.command
    plan = market.plan(order.side, order.remaining, order.limit)
    must_take = not order.price or command.time_in_force is not TimeInForce.GTC
    if command.post_only:
        own = market.matching.own_in_the_way(order, plan)
        if plan or own:
            at = plan[0].price if plan else own[0].price
            whose = "the book" if plan else "an own order"
            raise refuse(command.client_order_id, f"post-only would take {whose} at {market.info.price(at)}")
    elif not market.is_valid and (must_take or plan):
        raise refuse(command.client_order_id, f"nothing can be taken: {market.invalid_reason}")
    elif not order.price and not plan:
        raise refuse(command.client_order_id, "no liquidity: the other side of the book is empty")
    return Arrival(plan, None if must_take else market.queue_at(order.side, order.price))


def reducible_lots(side: Side, market: SimulatedMarket, account: Account, replaced: OwnOrder | None = None) -> int:
    """How many lots a reduce-only order on `side` may trade: the position against it.

    Spot has no position: there it is the base currency that is free, with what `replaced` holds of it.
    """
    info, balances = market.info, account.balances
    if market.key.category == SPOT:
        if side is Side.BUY:
            return 0
        base = info.spec.base
        held = balances.held_for(base, replaced.order_id) if replaced is not None else ZERO
        return int(EXACT.add(balances.free(base), held) // info.lot_size)
    quantity = account.position(market.key).quantity
    against = quantity if side is Side.SELL else -quantity
    return int(against // info.lot_size) if against > 0 else 0


def closing_side(market: SimulatedMarket, account: Account) -> Side:
    """The side that closes the linear position; of one that is flat, SELL."""
    return Side.BUY if account.position(market.key).quantity < 0 else Side.SELL


def check_protection(command: ProtectPosition, market: SimulatedMarket, account: Account) -> list[ExitTerms]:
    """The exits that `command` gives the open position.

    Raises:
        OrderError: there is no position, or it can't have such exits. InstrumentError: a price is off the grid.
    """
    name, exits = command.client_order_id, wanted_exits(command)
    if command.position_side is not PositionSide.ONE_WAY:
        raise refuse(name, "one net position is kept here, not two sides")
    if not exits:
        raise refuse(name, "the command names no exit")
    if market.key.category == SPOT or not account.position(market.key).quantity:
        raise refuse(name, "there is no position to protect")
    side = closing_side(market, account)
    for terms in exits:
        if not terms.price:
            continue
        if terms.by is TriggerBy.INDEX and market.index is None:
            raise refuse(name, NO_INDEX)
        now = market.reference(terms.by or TriggerBy.LAST)
        reason = why_misplaced(terms, side, None if now is None else market.info.exact_price(now))
        if reason is not None:
            raise refuse(name, reason)
        terms.trigger(side, market.info)
    return exits


def check_funds(
    order: OwnOrder,
    plan: list[Rung],
    market: SimulatedMarket,
    account: Account,
    replaced: OwnOrder | None = None,
) -> None:
    """Refuse what the account can't afford. `replaced` is the working order that `order` stands for.

    Raises:
        OrderError: less is free than the order would hold; of a linear position, than it would open, and the fee.
    """
    info, spec, balances = market.info, market.info.spec, account.balances
    proposal = proposal_of(order, plan)
    if market.key.category == SPOT:
        currency = spec.quote if order.side is Side.BUY else spec.base
        needed = spot_hold(info, proposal)
        if replaced is not None:
            needed = EXACT.subtract(needed, balances.held_for(currency, replaced.order_id))
    else:
        currency = spec.settle
        resting = market.resting_orders()
        others = [other for other in resting if other is not replaced]
        before = linear_margin(market, account, resting)
        needed = EXACT.subtract(linear_margin(market, account, others, proposal), before)
        if order.reduce_only or needed <= 0:
            return
        worth = value_of(info, proposal.lots, proposal.value)
        needed = EXACT.add(needed, EXACT.multiply(worth, max(ZERO, market.fees.taker)))
    free = balances.free(currency)
    if needed > free:
        reason = f"insufficient balance: needs {needed:f} {currency}, {free:f} is free"
        raise refuse(order.command.client_order_id, reason)


def proposal_of(order: OwnOrder, plan: list[Rung]) -> Proposal:
    """What an arriving order may still trade: at its limit the whole, without a limit what the book gives."""
    if order.price:
        return Proposal(order.side, order.remaining, order.remaining * order.price)
    lots = sum(rung.lots for rung in plan)
    return Proposal(order.side, lots, sum(rung.price * rung.lots for rung in plan))


def spot_hold(info: InstrumentInfo, proposal: Proposal) -> Decimal:
    """What a spot order holds: quote for a buy, base for a sell. Fees come out of what is received."""
    return value_of(info, proposal.lots, proposal.value) if proposal.side is Side.BUY else info.quantity(proposal.lots)


def linear_margin(
    market: SimulatedMarket,
    account: Account,
    orders: Iterable[OwnOrder],
    proposal: Proposal | None = None,
) -> Decimal:
    """Initial margin of the position and of what `orders` and `proposal` would open beyond closing it."""
    position = account.position(market.key)
    held = int(abs(position.quantity) // market.info.lot_size)
    entries = [Proposal(o.side, o.remaining, o.remaining * o.price) for o in orders if not o.reduce_only]
    if proposal is not None:
        entries.append(proposal)
    notional = abs(position.cost)
    for side in Side:
        closes = held if (position.quantity > 0) == (side is Side.SELL) else 0
        lots = sum(entry.lots for entry in entries if entry.side is side)
        value = sum(entry.value for entry in entries if entry.side is side)
        if lots > closes:
            opening = -(-value * (lots - closes) // lots)
            notional = EXACT.add(notional, value_of(market.info, lots - closes, opening))
    return initial_margin(notional, market.leverage)


def _bad_shape(command: CreateOrder, market: SimulatedMarket) -> str | None:
    """Why such an order does not exist here."""
    kind, immediate = command.order_type, command.time_in_force is not TimeInForce.GTC
    is_limit, is_stop = kind is OrderType.LIMIT, kind is OrderType.STOP_MARKET
    trigger, is_spot = command.trigger_price, market.key.category == SPOT
    is_exit = command.reduce_only or command.close_on_trigger
    exits = wanted_exits(command)
    by = {command.trigger_by, *(terms.by for terms in exits)}
    complaints = (
        (is_limit and command.price is None, "a limit order needs a price"),
        (not is_limit and command.price is not None, f"a {kind} order takes no price"),
        (is_stop and trigger is None, "a stop order needs a trigger price"),
        (kind is OrderType.MARKET and trigger is not None, "a market order has no trigger: send a stop order"),
        (trigger is not None and not (trigger.is_finite() and trigger > 0), f"trigger {trigger} is not above zero"),
        (
            trigger is None and (command.trigger_by is not None or command.trigger_direction is not None),
            "there is no trigger price",
        ),
        (command.post_only and (not is_limit or immediate), "only a resting limit order can be post-only"),
        (command.position_side is not PositionSide.ONE_WAY, "one net position is kept here, not two sides"),
        (
            market.key.category not in CATEGORIES or market.info.is_inverse != (market.key.category == INVERSE),
            f"category {market.key.category} is not simulated",
        ),
        (
            market.info.is_inverse and command.quantity_unit is QuantityUnit.QUOTE,
            "an inverse contract counts in quote currency in any case",
        ),
        (bool(exits) and is_spot, "no exits are attached on spot here: send them once it is filled"),
        (bool(exits) and is_exit, "an exit has no exits of its own"),
        (TriggerBy.INDEX in by and market.index is None, NO_INDEX),
    )
    return next((reason for is_bad, reason in complaints if is_bad), None)


def _misplaced_exit(command: CreateOrder, reference: Decimal | None, info: InstrumentInfo) -> str | None:
    """Why the attached exits can't be where they are asked for, should the entry fill at `reference`.

    Raises:
        InstrumentError: a price is off the instrument's grid.
    """
    side = command.side.opposite
    for terms in wanted_exits(command):
        reason = why_misplaced(terms, side, reference)
        if reason is not None:
            return reason
        terms.trigger(side, info)
    return None


def _base_quantity(command: CreateOrder, market: SimulatedMarket) -> Decimal:
    """The quantity in base currency; one in quote is what it pays for, rounded down to a lot."""
    info = market.info
    if command.quantity_unit is QuantityUnit.BASE or not command.quantity.is_finite():
        return command.quantity
    price = command.price or command.trigger_price
    if price is not None:
        return info.round_quantity(command.quantity / price) if price.is_finite() and price > 0 else ZERO
    steps = command.quantity / (info.tick_size * info.lot_size)
    value = int(steps.to_integral_value(ROUND_DOWN))
    return info.quantity(lots_for_value(value, market.rungs(command.side.opposite)))


def _touch(side: Side, market: SimulatedMarket) -> Decimal | None:
    """The best price that an order on `side` would take."""
    best = next(market.rungs(side.opposite), None)
    return None if best is None else market.info.price(best.price)


def _trigger(command: CreateOrder, info: InstrumentInfo) -> StopTrigger | None:
    """Without a direction a stop is one that limits a loss: a buy stop waits for a rise, a sell stop for a fall."""
    if command.trigger_price is None:
        return None
    price = info.to_ticks(command.trigger_price)
    direction = command.trigger_direction or stop_direction(command.side)
    return StopTrigger(price, command.trigger_by or TriggerBy.LAST, direction)
