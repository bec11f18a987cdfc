"""Closing a position: cancel its entries, send capped exits, re-price what is left, and say what remains.

Owns one closing of one instrument as a small state machine. An exit is a reduce-only marketable limit, or on data that
can't be trusted (asked before, by whoever starts it) a reduce-only market order. What is left is re-priced a few times
in a few seconds, counted from the venue's position; an exit whose outcome is not known is settled before another goes.
All of its times are market time: in a replay that is held nothing is late.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.events import CreateOrder, InstrumentKey, OrderState, OrderType, Side, TimeInForce
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import SPOT, ZERO, DeskContext
from ttxt_tui.trading.exits import doubt, exits_under_way
from ttxt_tui.trading.feedback import SILENT, Feedback
from ttxt_tui.trading.pretrade import named, shown
from ttxt_tui.trading.sizes import fraction_of
from ttxt_tui.trading.touch import beyond

REPRICES: Final = 3
WITHIN_NS: Final = 3 * NANOSECONDS
RETRY_NS: Final = 750 * MILLISECOND_NS
"""The same price is tried again only after this long: until then the book has hardly more there."""
CATCH_UP_NS: Final = 500 * MILLISECOND_NS
"""How long after an exit's end its fills may be missing from the venue's position."""


class SentExit(NamedTuple):
    """An exit that was sent; `before` is the position that it was sent against."""

    name: str
    side: Side
    price: Decimal | None
    before: Decimal
    sent_ns: int


class Flattening:
    """The closing of `fraction` of the position on `key`. A whole one follows the position until it is zero."""

    def __init__(
        self,
        context: DeskContext,
        key: InstrumentKey,
        fraction: Decimal,
        *,
        at_market: bool = False,
        after: SentExit | None = None,
        keep: Decimal = ZERO,
    ) -> None:
        """A closing that has not begun.

        Args:
            context: the session's parts.
            key: the instrument.
            fraction: how much of the position; what is left of a part is planned when the closing begins.
            at_market: allows market orders while the book can't be trusted.
            after: what was sent last before it.
            keep: of a whole closing on spot: what is to stay, base currency.
        """
        self.key = key
        self.is_done = False
        self._context = context
        self._fraction = fraction
        self._at_market = at_market
        self._keep = self._target = keep
        self._side: Side | None = None
        """Which way a part is closed; None while it is not known, and for a whole, which goes either way."""
        self._is_planned = fraction >= 1
        self._cancelled: list[tuple[ManagedOrder, Decimal]] = []
        """The entries that were cancelled, and what of each was filled by then."""
        self._raced_ns: int | None = None
        self._exit = after
        self._is_settled = self._exit is None
        self._ended_ns: int | None = None
        self._tries = 0
        self._why = ""
        self._deadline_ns = context.market_clock.now_ns() + WITHIN_NS
        self._complaint = ""
        self._given_up_at: Decimal | None = None

    # -- reading -----------------------------------------------------------------------------------------

    @property
    def last_exit(self) -> SentExit | None:
        """The exit that was sent last; None before one."""
        return self._exit

    @property
    def is_busy(self) -> bool:
        """It is still at it: more exits may go out by themselves."""
        return not self.is_done and self._given_up_at is None

    @property
    def left(self) -> Decimal:
        """What is still to close, base currency; never below zero."""
        position = self._context.closable(self.key)
        if self._side is not None and (position > 0) != (self._side is Side.SELL):
            return ZERO
        left = max(ZERO, abs(position) - self._target)
        return ZERO if self.key.category == SPOT and left < self._least() else left

    @property
    def remains(self) -> str:
        """`STILL LONG 0.2` once the tries are used up, or can't go on, and something is left; empty before."""
        left = self.left
        is_unknown = any(order.state is OrderState.UNKNOWN for order in exits_under_way(self._context, self.key))
        why = "the outcome of an exit is not known" if is_unknown else self._complaint
        if not why or not left:
            return ""
        part = f", {shown(left, self._info)} of it to close" if self._target else ""
        return f"STILL {self._standing()} {self.key.pair}{part}: {why}"

    # -- going on ----------------------------------------------------------------------------------------

    def start(self, *, sweeps: bool = True) -> Feedback:
        """Begin: cancel the instrument's entries, send the first exit.

        Without `sweeps` the cancels were sent before, and a flat position may still be opened by a fill that wins.
        """
        position = self._context.closable(self.key)
        if sweeps and not exits_under_way(self._context, self.key) and (fault := self._fault(position)):
            self.is_done = True
            return Feedback(fault, LogLevel.WARN)
        self._cancelled = [(order, order.filled) for order in self._context.orders.entries(self.key)]
        if sweeps:
            self._context.router.cancel_entries(self.key)
        cancelled = f"{len(self._cancelled)} cancelled, " if self._cancelled else ""
        part = "" if self._fraction >= 1 else f"{self._fraction:.0%} of "
        said = self.poll()
        if said.level is LogLevel.ERROR:
            return said
        return Feedback(f"{cancelled}closing {part}{named(position, self._info)} {self.key.pair}", LogLevel.OK)

    def poll(self) -> Feedback:
        """Go on. Something to say, or nothing."""
        if self.is_done or self._waits_for_exits():
            return SILENT
        if not self._is_planned:
            self._plan()
        left = self.left
        if self._given_up_at is not None:
            return self._watch(left)
        if left:
            return self._try(left)
        if self._waits_for_entries():
            return self._give_up("an entry is not cancelled yet") if self._is_late else SILENT
        return self._finish()

    # -- inside ------------------------------------------------------------------------------------------

    @property
    def _info(self) -> InstrumentInfo | None:
        market = self._context.market_of(self.key)
        return None if market is None else market.info

    @property
    def _is_late(self) -> bool:
        return self._context.market_clock.now_ns() > self._deadline_ns

    def _least(self) -> Decimal:
        """The smallest quantity that an exit can have."""
        info = self._info
        return ZERO if info is None else info.spec.min_quantity or info.lot_size

    def _fault(self, position: Decimal) -> str:
        """Why there is nothing to do."""
        pair, info = self.key.pair, self._info
        if not position:
            return f"{pair} is flat: nothing to close"
        if info is None:
            return ""
        if self.key.category == SPOT and abs(position) < self._least():
            return f"{shown(position, info)} {info.spec.base} is dust: less than the smallest order"
        if fraction_of(abs(position), self._fraction, info) < min(self._least(), abs(position)):
            return f"{self._fraction:.0%} of {shown(abs(position), info)} is less than an order can be: Enter for all"
        return ""

    def _plan(self) -> None:
        """Which part of the position to close; it is known once no other exit can change it."""
        position, info = self._context.closable(self.key), self._info
        to_close = abs(position) if info is None else fraction_of(abs(position), self._fraction, info)
        self._side = Side.SELL if position > 0 else Side.BUY
        self._target = abs(position) - to_close
        self._is_planned = True

    def _waits_for_exits(self) -> bool:
        """An exit is under way, or has just ended and the venue's position does not show all of it yet."""
        if exits_under_way(self._context, self.key):
            return True
        sent = self._exit
        if self._is_settled or sent is None:
            return False
        order, now_ns = self._context.find(sent.name), self._context.market_clock.now_ns()
        filled = ZERO if order is None else order.filled
        closed = abs(sent.before) - abs(self._context.closable(self.key))
        self._ended_ns = self._ended_ns or now_ns
        if closed < filled and now_ns - self._ended_ns < CATCH_UP_NS:
            return True
        self._is_settled, self._ended_ns = True, None
        if order is not None and filled and filled >= order.quantity:
            self._tries, self._exit = max(0, self._tries - 1), None  # it did all it could: the next is no re-pricing
        reason = None if order is None else order.reason
        self._why = reason or "the book had no more within the cap"
        return False

    def _waits_for_entries(self) -> bool:
        """A fill may still win the race against a cancel, or did and the venue's position may not show it yet."""
        if any(order.is_working for order, _ in self._cancelled):
            return True
        if all(order.filled == filled for order, filled in self._cancelled):
            return False
        now_ns = self._context.market_clock.now_ns()
        self._raced_ns = self._raced_ns or now_ns
        return now_ns - self._raced_ns < CATCH_UP_NS

    def _try(self, left: Decimal) -> Feedback:
        """Send the next exit, or wait for what it needs, or give up."""
        if self._tries > REPRICES or (self._tries and self._is_late):
            return self._give_up(self._why)
        why = doubt(self._context, self.key)
        if why and not self._at_market:
            return self._give_up(f"{why}: f again closes at market") if self._is_late else SILENT
        quantity = self._sellable(left)
        if not quantity:
            return self._give_up("orders hold the rest") if self._is_late else SILENT
        return self._send(quantity, is_market=bool(why))

    def _sellable(self, left: Decimal) -> Decimal:
        """What may go out as one order; on spot no more than what no order holds, once the cancels are through."""
        if self.key.category != SPOT:
            return left
        waits = any(order.is_working for order, _ in self._cancelled) and not self._is_late
        free = min(left, self._context.free_base(self.key))
        return ZERO if waits or free < self._least() else free

    def _send(self, quantity: Decimal, *, is_market: bool) -> Feedback:
        context, info = self._context, self._info
        position, now_ns = context.closable(self.key), context.market_clock.now_ns()
        side = Side.SELL if position > 0 else Side.BUY
        price = None if is_market or info is None else self._capped(side, info)
        last = self._exit
        if last is not None and (last.side, last.price) == (side, price) and now_ns - last.sent_ns < RETRY_NS:
            return SILENT
        if info is not None:
            most = info.spec.max_market_quantity if price is None else info.spec.max_quantity
            quantity = quantity if most is None else min(quantity, info.round_quantity(most))
        self._exit, self._is_settled = SentExit(context.new_id(), side, price, position, now_ns), False
        self._tries += 1
        refused = context.send(
            self.key,
            CreateOrder(
                account=context.account,
                client_order_id=self._exit.name,
                side=side,
                order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
                quantity=quantity,
                price=price,
                time_in_force=TimeInForce.IOC,
                reduce_only=True,
                position_side=context.position_side(self.key),
            ),
        )
        return SILENT if refused is None else self._give_up(refused)

    def _capped(self, side: Side, info: InstrumentInfo) -> Decimal | None:
        """The limit of an exit: some ticks past the touch; None where there is none."""
        opposite = self._context.touch(self.key).opposite(side)
        return None if opposite is None else info.price(beyond(side, opposite, self._context.settings.take_cap_ticks))

    def _give_up(self, why: str) -> Feedback:
        """Try no more; what is left stays on screen until it is gone."""
        self._complaint, self._is_settled = why, True
        self._given_up_at = abs(self._context.closable(self.key))
        remains = self.remains
        return Feedback(remains, LogLevel.ERROR) if remains else SILENT

    def _watch(self, left: Decimal) -> Feedback:
        """After the last try: it is over when nothing is left, or a part is when the position was made larger."""
        if not left and not self._waits_for_entries():
            return self._finish()
        self.is_done = bool(self._target) and abs(self._context.closable(self.key)) > (self._given_up_at or ZERO)
        return SILENT

    def _finish(self) -> Feedback:
        self.is_done = True
        pair, text = self.key.pair, f"FLAT on {self.key.pair}"
        if self._keep:
            text = f"{pair}: what was bought is sold, {shown(self._keep, self._info)} {pair.partition('/')[0]} stays"
        elif self._target:
            text = f"{self._standing()} {pair} is left, as asked"
        return Feedback(text, LogLevel.OK)

    def _standing(self) -> str:
        return named(self._context.closable(self.key), self._info)
