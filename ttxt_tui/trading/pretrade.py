"""The pre-trade line: what an order would do, computed before it is sent. Pure.

Owns the effect on the position in words, what would fill at once and at what price, and the fee.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ttxt_core.events import BookState, Side, stop_direction
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.figures import trimmed
from ttxt_tui.trading.terms import NO_EXITS, Exits, Trigger

ZERO = Decimal(0)


class ExitWorth(NamedTuple):
    """An exit: its price, and what the position would have made there, quote currency, below zero for a loss."""

    price: Decimal
    gain: Decimal


class Pretrade(NamedTuple):
    """What an order would do.

    Attributes:
        label: `SELL 0.75 (closes)`.
        price: its limit. quantity: base currency. notional: quote currency, at the limit or, for what fills at once,
            at the book's prices.
        bps_from_mid: of the limit price, above zero when it is above the middle; None without a middle.
        fills_now: base currency that would fill on arrival. average: the price it would get; None when nothing would.
        fee: quote currency: the taker's for what fills at once, the maker's for the rest; None when not known.
        position_after: base currency, if it filled.
        breach: the limit that it would break, in words; empty when it may go.
        waits: what it waits for, in words: `when mark ≤ 66,000.0`; empty when it does not.
        stop, target: the exits that come with it, or that it is. None where there is none, or its worth is not known.
        is_market: it has no limit; its price is the one that it is judged by.
    """

    label: str
    side: Side
    price: Decimal
    quantity: Decimal
    notional: Decimal
    bps_from_mid: float | None
    fills_now: Decimal
    average: float | None
    fee: Decimal | None
    position_after: Decimal
    breach: str = ""
    waits: str = ""
    stop: ExitWorth | None = None
    target: ExitWorth | None = None
    is_market: bool = False

    @property
    def reward(self) -> Decimal | None:
        """R: what the target makes over what the stop loses; None without both."""
        if self.stop is None or self.target is None or self.stop.gain >= 0:
            return None
        return self.target.gain / -self.stop.gain


def effect(side: Side, quantity: Decimal, position: Decimal, info: InstrumentInfo, *, reduce_only: bool = False) -> str:
    """What the order does to the position, in words: `BUY 0.25`, `SELL 0.75 (closes)`.

    `position` is above zero long, below short; on spot what is owned of the base currency.
    """
    amount = f"{side.upper()} {shown(quantity, info)}"
    if info.key.category == SPOT:
        return f"{amount} (of {shown(position, info)})" if side is Side.SELL and position else amount
    after = _after(side, quantity, position, reduce_only=reduce_only)
    if reduce_only and after == position:
        return f"{amount} (nothing to reduce)"
    if not position or (position > 0) == (side is Side.BUY):
        return amount
    if not after:
        return f"{amount} (closes)"
    if (after > 0) == (position > 0):
        return f"{amount} (reduces to {shown(abs(after), info)})"
    return f"{amount} (reverses to {'long' if after > 0 else 'short'} {shown(abs(after), info)})"


def _after(side: Side, quantity: Decimal, position: Decimal, *, reduce_only: bool) -> Decimal:
    """The position if the order filled; one that only reduces stops at zero."""
    after = position + (quantity if side is Side.BUY else -quantity)
    if not reduce_only:
        return after
    if not position or (position > 0) == (side is Side.BUY):
        return position
    return max(after, ZERO) if position > 0 else min(after, ZERO)


def shown(quantity: Decimal, info: InstrumentInfo | None) -> str:
    """A quantity without the zeros behind its last digit; as it is where the instrument is not known."""
    return f"{quantity:f}" if info is None else trimmed(info.format_quantity(quantity))


def named(position: Decimal, info: InstrumentInfo | None) -> str:
    """`LONG 0.75`, `SHORT 0.2`, `FLAT`."""
    if not position:
        return "FLAT"
    return f"{'LONG' if position > 0 else 'SHORT'} {shown(abs(position), info)}"


def described(order: ManagedOrder, info: InstrumentInfo | None) -> str:
    """What of an order is still to fill: `SELL stop 1 BTC/USDT @ 95.0`."""
    price = order.price if order.price is not None else order.trigger_price
    at = "" if info is None or price is None else f" @ {info.format_price(price, group=True)}"
    stop = " stop" if order.trigger_price is not None else ""
    return f"{order.side.upper()}{stop} {shown(order.remaining, info)} {order.key.pair}{at}"


def pretrade(
    *,
    side: Side,
    ticks: int,
    quantity: Decimal,
    info: InstrumentInfo,
    book: LocalOrderbook,
    position: Decimal,
    fees: tuple[Decimal | None, Decimal | None],
    breach: str = "",
    is_market: bool = False,
    reduce_only: bool = False,
    label: str = "",
    trigger: Trigger | None = None,
    exits: Exits = NO_EXITS,
    entry: Decimal | None = None,
    waits: str = "",
) -> Pretrade:
    """The line for an order at `ticks`; `fees` are the maker's and the taker's, as fractions.

    A market order walks the book without a limit; `ticks` is then only the price that the rest is valued at. `label`
    stands in for the effect in words. `entry` is what the position was opened at: what an order that only reduces is
    measured by; any other is measured by its own price. `waits` stands in for the words of the trigger.
    """
    price = info.price(ticks)
    fills_now, average, cost = ZERO, None, ZERO
    mid = None
    if book.state is BookState.VALID:
        mid = book.mid
    if book.state is BookState.VALID and trigger is None and not (reduce_only and exits != NO_EXITS):
        fills_now, cost = _takes(side, None if is_market else ticks, quantity, info, book)
        average = float(cost / fills_now) if fills_now else None
    rests = quantity - fills_now
    maker, taker = fees
    at_rest = taker if is_market else maker
    fee = None
    if (taker is not None or not fills_now) and (at_rest is not None or not rests):
        fee = cost * (taker or ZERO) + rests * price * (at_rest or ZERO)
    notional = cost + rests * price
    if reduce_only and trigger is not None:
        exits = _as_exit(side, trigger)
    paid = entry if reduce_only else notional / quantity if quantity else None
    opened = side.opposite if reduce_only else side
    return Pretrade(
        label=label or effect(side, quantity, position, info, reduce_only=reduce_only),
        side=side,
        price=price,
        quantity=quantity,
        notional=notional,
        bps_from_mid=(float(price) / mid - 1) * 1e4 if mid else None,
        fills_now=fills_now,
        average=average,
        fee=fee,
        position_after=_after(side, quantity, position, reduce_only=reduce_only),
        breach=breach,
        waits=waits or ("" if trigger is None else trigger.words(info)),
        stop=_worth(exits.stop, opened, quantity, paid, info),
        target=_worth(exits.target, opened, quantity, paid, info),
        is_market=is_market,
    )


def _as_exit(side: Side, trigger: Trigger) -> Exits:
    """A waiting order that only reduces is an exit itself: a stop, or a target."""
    is_stop = trigger.direction is stop_direction(side)
    return Exits(stop=trigger.ticks) if is_stop else Exits(target=trigger.ticks)


def _worth(
    ticks: int | None, opened: Side, quantity: Decimal, paid: Decimal | None, info: InstrumentInfo
) -> ExitWorth | None:
    """What leaving at `ticks` a position that was opened on a side at the price `paid` makes; fees are left out."""
    if ticks is None or paid is None or info.is_inverse:
        return None
    price = info.price(ticks)
    return ExitWorth(price, quantity * (price - paid if opened is Side.BUY else paid - price))


def _takes(
    side: Side, limit: int | None, quantity: Decimal, info: InstrumentInfo, book: LocalOrderbook
) -> tuple[Decimal, Decimal]:
    """What an order up to `limit` ticks would fill at once, base currency, and what that costs, quote currency.

    Prices and sizes of the book go to the nearest step: this is an estimate to look at, and must not fail.
    """
    tick, lot = float(info.tick_size), float(info.lot_size)
    filled = cost = ZERO
    for price, size in book.asks() if side is Side.BUY else book.bids():
        ticks = round(price / tick)
        if filled >= quantity or (limit is not None and (ticks > limit if side is Side.BUY else ticks < limit)):
            break
        lots = min(quantity - filled, info.quantity(round(size / lot)))
        filled += lots
        cost += lots * info.price(ticks)
    return filled, cost
