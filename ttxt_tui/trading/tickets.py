"""Tickets: what a filled form means as an order. It is read anew on every key, so that what it would do can be shown.

Owns which of the form's fields a type of order has. Nothing is sent here: a ticket is staged, Enter sends it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.errors import OrderError
from ttxt_core.events import OrderType, Side, TimeInForce, TriggerBy, stop_direction
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.desk_context import SPOT
from ttxt_tui.trading.expressions import PriceExpression, read_exit, read_price, read_quantity
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.ordering import exits_at, order_terms, pair_terms, trigger_at
from ttxt_tui.trading.pretrade import Pretrade
from ttxt_tui.trading.staging import TicketTerms
from ttxt_tui.trading.terms import Exits, take_direction

PAIR: Final = "OCO"
TYPES: Final = ("limit", "market", "stop", "stop-limit", "TP", "TP-limit", PAIR)
IN_FORCE: Final = ("GTC", "post-only", "IOC", "FOK")
_TIMES: Final = {"IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_LIMITS: Final = ("limit", "stop-limit", "TP-limit")
_TYPES: Final = {"market": OrderType.MARKET, "stop": OrderType.STOP_MARKET, "TP": OrderType.STOP_MARKET}
_WAITING: Final = ("stop", "stop-limit", "TP", "TP-limit")


class TicketForm(NamedTuple):
    """What the form says: prices and quantity as typed, of the fields that the type has.

    Attributes:
        side: None while none was chosen; a pair needs none. type: of `TYPES`. in_force: of `IN_FORCE`.
        trigger: what a stop or a take-profit waits for, `by` the price that is watched.
        stop, target: exits that come with it, or of a pair the two. rests: of a pair: the target rests in the book.
    """

    side: Side | None
    type: str
    price: str
    quantity: str
    in_force: str = "GTC"
    reduce_only: bool = False
    trigger: str = ""
    by: TriggerBy = TriggerBy.LAST
    stop: str = ""
    target: str = ""
    rests: bool = False


def fields_of(type: str, *, reduce_only: bool) -> tuple[str, ...]:
    """The fields of the form that such an order has, from above."""
    if type == PAIR:
        return "type", "quantity", "stop", "target", "rests"
    fields = ["side", "type"]
    fields += ["trigger", "by"] if type in _WAITING else []
    fields += ["price"] if type in _LIMITS else []
    fields += ["quantity"]
    fields += ["in_force"] if type == "limit" else []
    fields += ["reduce"]
    return (*fields, *(() if reduce_only else ("stop", "target")))


def judged(desk: TradingDesk, form: TicketForm) -> Pretrade:
    """What the order would do.

    Raises:
        OrderError: something is missing, or can't be read or worked out now.
    """
    market, stager = _market(desk), desk.stager
    if form.type == PAIR:
        side, quantity, exits = _pair(desk, market, form)
        return stager.judged(stager.drafted_pair(side, quantity, exits, rests=form.rests), market)
    order = _order(desk, market, form)
    return stager.judged(stager.drafted(market, order.side, order.ticks, order.quantity, **order.terms), market)


def stage(desk: TradingDesk, form: TicketForm) -> Feedback:
    """Stage the order.

    Raises:
        OrderError: as `judged`.
    """
    market = _market(desk)
    if form.type == PAIR:
        side, quantity, exits = _pair(desk, market, form)
        return desk.pair(side, quantity, exits, rests=form.rests)
    order = _order(desk, market, form)
    return desk.ticket(order.side, order.ticks, order.quantity, **order.terms)


def doubt(desk: TradingDesk, form: TicketForm) -> str:
    """What is to be thought of before such an order is staged; empty when nothing is."""
    market = desk.market
    if market is None or form.type not in _WAITING or form.reduce_only or market.key.category == SPOT:
        return ""
    position = desk.context.position(market.key)
    closes = position and (position > 0) == (form.side is Side.SELL)
    return "not reduce-only: it would open a position if this one is gone by then" if closes else ""


class _Order(NamedTuple):
    side: Side
    ticks: int
    quantity: Decimal
    terms: TicketTerms


def _market(desk: TradingDesk) -> MarketState:
    if desk.market is None:
        raise OrderError("fill in a ticket", "there is no market yet")
    return desk.market


def _pair(desk: TradingDesk, market: MarketState, form: TicketForm) -> tuple[Side, Decimal, Exits]:
    quantity = read_quantity(form.quantity) if form.quantity.strip() else None
    return pair_terms(desk.context, market, read_price(form.stop), read_price(form.target), quantity)


def _order(desk: TradingDesk, market: MarketState, form: TicketForm) -> _Order:
    side, context = form.side, desk.context
    if side is None:
        raise OrderError("fill in a ticket", "no side: b or s on Side")
    trigger = None
    if form.type in _WAITING:
        direction = take_direction(side) if form.type.startswith("TP") else stop_direction(side)
        trigger = trigger_at(context, market, side, read_price(form.trigger), by=form.by, direction=direction)
    price = read_price(form.price) if form.type in _LIMITS else None
    if price is None and trigger is not None:
        price = PriceExpression(None, market.info.price(trigger.ticks))
    ticks, quantity = order_terms(context, market, side, price, read_quantity(form.quantity))
    stop, target = (
        read_exit(text) if text.strip() and not form.reduce_only else None for text in (form.stop, form.target)
    )
    terms = TicketTerms(
        order_type=_TYPES.get(form.type, OrderType.LIMIT),
        time_in_force=_TIMES.get(form.in_force, TimeInForce.GTC) if form.type == "limit" else TimeInForce.GTC,
        post_only=form.type == "limit" and form.in_force == "post-only",
        reduce_only=form.reduce_only,
        trigger=trigger,
        exits=exits_at(context, market, side, ticks, stop=stop, target=target),
    )
    return _Order(side, ticks, quantity, terms)
