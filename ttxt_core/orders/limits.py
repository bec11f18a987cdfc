"""Limits on what may be sent. One pure function, `check`, judges a command by what is known at that moment.

Limits stop only what can increase exposure: cancels, reduce-only orders and amends that only make an order
smaller always pass. Exposure is judged on the position if every working entry filled, an unknown one too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from ttxt_core.events.market import Side
from ttxt_core.events.orders import AmendOrder, CancelOrder, CreateOrder, OrderCommand, OrderType, QuantityUnit
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.managed_order import ZERO, ManagedOrder
from ttxt_core.orders.manager import Exposure


class RiskLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits; None (or no entry) sets none.

    Attributes:
        max_order_quantity: by pair, of one order; base currency, of inverse contracts quote currency.
        max_order_notional: quote currency, of one order.
        price_band: how far beyond the opposite touch a price may lie, as a fraction: a buy above the best
            ask, a sell below the best bid.
        max_position_notional: quote currency, of one instrument if every working entry filled.
        max_leverage: worth of all the account's positions that settle in one currency, if every working entry filled,
            over its equity in that currency; not on spot.
        min_liquidation_distance: as a fraction of the mark price: a position that is nearer to its liquidation is not
            added to. It is judged by the position as it stands: what the next one's will be, only the venue knows.
        orders_per_second: entries and their amends. Cancels and exits have all the rest: they are never
            counted.
        daily_loss: quote currency, above zero; see `RiskContext.session_loss`.
        require_stop: an entry must carry a stop loss, or the instrument have a protective stop.
        max_data_age_ns: an older market is no market to trade on.
    """

    max_order_quantity: Mapping[str, Decimal] = {}
    max_order_notional: Decimal | None = None
    price_band: Decimal | None = None
    max_position_notional: Decimal | None = None
    max_leverage: Decimal | None = None
    min_liquidation_distance: Decimal | None = None
    orders_per_second: int | None = None
    daily_loss: Decimal | None = None
    require_stop: bool = False
    max_data_age_ns: int | None = None


SIMULATED_LIMITS = RiskLimits(
    max_order_notional=Decimal(1_000_000),
    price_band=Decimal("0.05"),
    max_position_notional=Decimal(5_000_000),
    max_leverage=Decimal(50),
    orders_per_second=50,
    daily_loss=Decimal(100_000),
    max_data_age_ns=30_000_000_000,
)
"""For PRACTICE and REPLAY: wide, so that they stop a slip of the finger and little else."""


class LimitBreach(Struct, frozen=True):
    """A command that was stopped.

    Attributes:
        limit: the limit's name, as in `RiskLimits`.
        value: what it is set to. attempted: what the command came to. Both as text, ready to show.
    """

    limit: str
    value: str
    attempted: str

    def __str__(self) -> str:
        return f"{self.limit} is {self.value}, this is {self.attempted}"


class RiskContext(Struct, frozen=True, kw_only=True):
    """What is known when a command is judged.

    Attributes:
        instrument: the command's. bid, ask: its touch; None where that side is empty.
        exposure: the account's on this instrument, before the command.
        order: the order that an amend changes; None for a create.
        has_unknown: an order on this instrument has an outcome that nobody knows.
        has_stop: a working stop would close what the command opens.
        entries_in_second: how many commands counted by `orders_per_second` went in the last second.
        session_loss: quote currency, above zero when money was lost: realised, unrealised, fees and funding.
        liquidation_distance: how far the mark may move against the position until it is liquidated, as a fraction;
            None when there is none, or the venue does not say.
        equity: of the account in the settle currency. other_notional: what its other positions that settle in it are
            worth at worst, in it.
    """

    instrument: InstrumentInfo
    bid: Decimal | None
    ask: Decimal | None
    exposure: Exposure
    order: ManagedOrder | None = None
    has_unknown: bool = False
    has_stop: bool = False
    entries_in_second: int = 0
    session_loss: Decimal = ZERO
    liquidation_distance: Decimal | None = None
    equity: Decimal = ZERO
    other_notional: Decimal = ZERO


class _Proposal(Struct, frozen=True):
    """The order as it would be after the command.

    `quantity` is the total and `added` what it adds to the exposure, both base currency. `price` is the
    limit price, else the trigger, else the opposite touch. `is_limit` tells whether it is the first.
    """

    side: Side
    quantity: Decimal
    added: Decimal
    price: Decimal
    is_limit: bool
    has_stop: bool


def can_increase_exposure(command: OrderCommand, order: ManagedOrder | None) -> bool:
    """Whether `command` (an amend: of `order`) can open or grow a position, or make one likelier.

    Only such commands are stopped by limits, by disarming and by stale data.
    """
    if isinstance(command, CreateOrder):
        return not (command.reduce_only or command.close_on_trigger)
    if not isinstance(command, AmendOrder):
        return False
    if order is None:
        return True
    if order.is_protective:
        return False
    moves = command.price is not None or command.trigger_price is not None
    return moves or (command.quantity is not None and command.quantity > order.quantity)


def check(
    limits: RiskLimits, command: CreateOrder | AmendOrder | CancelOrder, context: RiskContext
) -> LimitBreach | None:
    """The first limit that `command` would break; None when it may go.

    An amend is judged by the order that it makes, and needs `context.order`.
    """
    order = context.order
    if isinstance(command, CancelOrder) or not can_increase_exposure(command, order):
        return None
    stopped = _no_entries(limits, context) or _bad_number(command)
    if stopped is not None:
        return stopped
    proposal = _created(command, context) if isinstance(command, CreateOrder) else _amended(command, order, context)
    if proposal is None:
        return LimitBreach("price", "judged by the book", "an order without a price on an empty book")
    for rule in _RULES:
        if (breach := rule(limits, proposal, context)) is not None:
            return breach
    return None


def _no_entries(limits: RiskLimits, context: RiskContext) -> LimitBreach | None:
    """What stops every entry, however small."""
    if context.has_unknown:
        return LimitBreach("unknown_order", f"unsettled on {context.instrument.key.pair}", "an entry there")
    rate = limits.orders_per_second
    if rate is not None and context.entries_in_second >= rate:
        return LimitBreach("orders_per_second", str(rate), f"number {context.entries_in_second + 1}")
    most, quote = limits.daily_loss, context.instrument.spec.quote
    if most is not None and context.session_loss >= most:
        lost = f"an entry after losing {context.session_loss:,.2f} {quote}"
        return LimitBreach("daily_loss", f"{most:,f} {quote}", lost)
    return None


_AMENDED = ("quantity", "price", "trigger_price")
_CREATED = (*_AMENDED, "take_profit", "stop_loss")


def _bad_number(command: CreateOrder | AmendOrder) -> LimitBreach | None:
    """Figures that no comparison can be trusted with."""
    for name in _CREATED if isinstance(command, CreateOrder) else _AMENDED:
        value: Decimal | None = getattr(command, name)
        if value is not None and not (value.is_finite() and value > 0):
            return LimitBreach(name, "above zero only", str(value))
    return None


def _created(command: CreateOrder, context: RiskContext) -> _Proposal | None:
    limit = command.price if command.order_type is OrderType.LIMIT else None
    price = limit or command.trigger_price or _touch(command.side, context)
    if price is None:
        return None
    quantity = _in_base(command.quantity, command.quantity_unit, price)
    stop = command.stop_loss
    has_stop = stop is not None and (stop < price if command.side is Side.BUY else stop > price)
    return _Proposal(command.side, quantity, quantity, price, limit is not None, has_stop)


def _amended(command: AmendOrder, order: ManagedOrder | None, context: RiskContext) -> _Proposal | None:
    if order is None:
        return None
    limit = command.price or order.price
    price = limit or command.trigger_price or order.trigger_price or _touch(order.side, context)
    if price is None:
        return None
    quantity = _in_base(command.quantity or order.quantity, order.quantity_unit, price)
    added = max(ZERO, quantity - order.filled - _in_base(order.remaining, order.quantity_unit, price))
    has_stop = order.stop_loss is not None
    return _Proposal(order.side, quantity, added, price, limit is not None, has_stop)


def _touch(side: Side, context: RiskContext) -> Decimal | None:
    """The price that an order on `side` would take."""
    return context.ask if side is Side.BUY else context.bid


def _in_base(quantity: Decimal, unit: QuantityUnit, price: Decimal) -> Decimal:
    return quantity if unit is QuantityUnit.BASE else quantity / price


# -- the rules, in the order they are judged -----------------------------------------------------------------


def _order_quantity(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    most, unit = limits.max_order_quantity.get(context.instrument.key.pair), context.instrument.quantity_currency
    if most is None or proposal.quantity <= most:
        return None
    return LimitBreach("max_order_quantity", f"{most:,f} {unit}", f"{proposal.quantity:,f} {unit}")


def _order_notional(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    notional = context.instrument.notional(proposal.quantity, proposal.price)
    return _over("max_order_notional", limits.max_order_notional, notional, context)


def _price_band(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    band = limits.price_band
    if band is None or not proposal.is_limit:
        return None
    touch = _touch(proposal.side, context)
    if touch is None:
        return LimitBreach("price_band", f"{band:.2%}", "an order with no price against it")
    beyond = proposal.price / touch - 1 if proposal.side is Side.BUY else 1 - proposal.price / touch
    if beyond <= band:
        return None
    direction = "above the ask" if proposal.side is Side.BUY else "below the bid"
    return LimitBreach("price_band", f"{band:.2%}", f"{beyond:.2%} {direction}")


def _position_notional(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    notional = context.instrument.notional(_quantity_after(proposal, context), max(_prices(proposal, context)))
    return _over("max_position_notional", limits.max_position_notional, notional, context)


def _leverage(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    most, quantity, info = limits.max_leverage, _quantity_after(proposal, context), context.instrument
    if most is None or quantity <= 0 or info.key.category == SPOT:
        return None
    if context.equity <= 0:
        return LimitBreach("max_leverage", f"{most:f}×", f"on an equity of {context.equity:,.2f}")
    worth = max(info.settled(quantity, price) for price in _prices(proposal, context))
    leverage = (worth + context.other_notional) / context.equity
    return LimitBreach("max_leverage", f"{most:f}×", f"{leverage:,.2f}×") if leverage > most else None


def _liquidation(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    least, distance = limits.min_liquidation_distance, context.liquidation_distance
    if least is None or distance is None or distance >= least:
        return None
    if (context.exposure.position > 0) is not (proposal.side is Side.BUY):
        return None
    return LimitBreach("min_liquidation_distance", f"{least:.2%}", f"more of a position {distance:.2%} from it")


def _stop(limits: RiskLimits, proposal: _Proposal, context: RiskContext) -> LimitBreach | None:
    if not limits.require_stop or proposal.has_stop or context.has_stop:
        return None
    return LimitBreach("require_stop", "on", "an entry without a stop loss")


_RULES: tuple[Callable[[RiskLimits, _Proposal, RiskContext], LimitBreach | None], ...] = (
    _order_quantity,
    _order_notional,
    _price_band,
    _position_notional,
    _leverage,
    _liquidation,
    _stop,
)


def _quantity_after(proposal: _Proposal, context: RiskContext) -> Decimal:
    """The position on the order's side if every working entry filled.

    Below zero when the order would still leave the position on the other side.
    """
    exposure = context.exposure
    return (exposure.longest if proposal.side is Side.BUY else -exposure.shortest) + proposal.added


def _prices(proposal: _Proposal, context: RiskContext) -> list[Decimal]:
    """The prices at hand that a position can be valued at."""
    return [price for price in (proposal.price, context.bid, context.ask) if price is not None]


def _over(limit: str, most: Decimal | None, notional: Decimal, context: RiskContext) -> LimitBreach | None:
    quote = context.instrument.spec.quote
    if most is None or notional <= most:
        return None
    return LimitBreach(limit, f"{most:,f} {quote}", f"{notional:,.2f} {quote}")
