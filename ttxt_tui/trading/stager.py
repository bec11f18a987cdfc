"""The stager: what is staged, from the key that names it to the Enter that sends it.

Owns the staged order of the active symbol. The rules on it are in `staging`; cancels, closings and moves are not its
matter.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Unpack

from msgspec import structs

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import (
    AmendOrder,
    Command,
    CreateOrder,
    InstrumentKey,
    ProtectPosition,
    QuantityUnit,
    Side,
    TimeInForce,
)
from ttxt_core.orders.limits import can_increase_exposure
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.oco import LOCAL_MARK
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.brackets import Brackets
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.feedback import SILENT, Feedback
from ttxt_tui.trading.pairs import LocalPair, PairTerms
from ttxt_tui.trading.pretrade import Pretrade, pretrade, shown
from ttxt_tui.trading.staging import (
    PASSIVE,
    TAKING,
    Intent,
    Staged,
    TicketTerms,
    follow,
    price_for,
    takes_by_now,
)
from ttxt_tui.trading.terms import NO_EXITS, Exits, trigger_by
from ttxt_tui.trading.touch import passive, stands_at

NOTHING_STAGED: Final = Feedback("nothing staged: b or s at the cursor", LogLevel.INFO)
_NO_POSITION: Final = Feedback("the position that was to be reversed is gone", LogLevel.WARN)


class Stager:
    """Stages one order at a time and sends it once.

    Attributes:
        staged: what Enter would send; None when it would send nothing.
        brackets: the exits that entries take along by choice.
    """

    def __init__(self, context: DeskContext, no_entry: Callable[[InstrumentKey], str]) -> None:
        """`no_entry` says why nothing may be entered on an instrument now, or nothing."""
        self.staged: Staged | None = None
        self.brackets = Brackets(context.settings.brackets)
        self._context = context
        self._no_entry = no_entry

    # -- staging -----------------------------------------------------------------------------------------

    def stage(
        self,
        market: MarketState,
        intent: Intent,
        side: Side,
        quantity: Decimal,
        ticks: int | None = None,
        *,
        reduce_only: bool = False,
    ) -> Feedback:
        """Stage an order of `intent`; `ticks` pins its price, without it the price follows the touch."""
        if not reduce_only and (why := self._no_entry(market.key)):
            return Feedback(why, LogLevel.WARN)
        touch, note = self._context.touch(market.key), ""
        if ticks is None:
            found = price_for(intent, side, touch, self._context.settings.take_cap_ticks)
            if found is None:
                return Feedback("that side of the book is empty", LogLevel.WARN)
            ticks, note = found
        staged = self._new(intent, side, ticks, quantity)
        staged.note, staged.reduce_only = note, reduce_only
        staged.was_passive = not touch.crosses(side, ticks)
        staged.post_only = intent in PASSIVE
        staged.has_own_size = staged.follows_position = intent is Intent.REVERSE
        staged.has_bracket = intent is not Intent.REVERSE
        if intent in TAKING:
            staged.time_in_force = TimeInForce.IOC
        self.staged = staged
        return self._said(market)

    def ticket(
        self, market: MarketState, side: Side, ticks: int, quantity: Decimal, **terms: Unpack[TicketTerms]
    ) -> Feedback:
        """Stage what the ticket says."""
        if not terms.get("reduce_only") and (why := self._no_entry(market.key)):
            return Feedback(why, LogLevel.WARN)
        self.staged = self.drafted(market, side, ticks, quantity, **terms)
        return self._said(market)

    def drafted(
        self, market: MarketState, side: Side, ticks: int, quantity: Decimal, **terms: Unpack[TicketTerms]
    ) -> Staged:
        """What a ticket says, as it would be staged."""
        staged = structs.replace(self._new(Intent.LIMIT, side, ticks, quantity), **terms)
        staged.was_passive = staged.post_only or not self._context.touch(market.key).crosses(side, ticks)
        staged.has_own_size = True
        return staged

    def pair(self, market: MarketState, side: Side, quantity: Decimal, exits: Exits, *, rests: bool) -> Feedback:
        """Stage two exits of which one cancels the other."""
        self.staged = self.drafted_pair(side, quantity, exits, rests=rests)
        return self._said(market)

    def drafted_pair(self, side: Side, quantity: Decimal, exits: Exits, *, rests: bool) -> Staged:
        """Two exits, as they would be staged; they are valued at the target."""
        staged = self._new(Intent.PAIR, side, exits.target or 0, quantity)
        staged.exits, staged.rests = exits, rests
        staged.reduce_only = staged.has_own_size = True
        return staged

    def edit(self, market: MarketState, order: ManagedOrder) -> Feedback:
        """Load a working limit order of this market: its price and its total can be changed, Enter amends it."""
        ticks = stands_at(order, market.info)
        if ticks is None or not order.is_working or order.key != market.key:
            return Feedback("that order can't be edited", LogLevel.WARN)
        if order.price is None or order.is_waiting:
            return Feedback("an order that waits is moved with K J or :amend", LogLevel.INFO)
        if order.quantity_unit is not QuantityUnit.BASE:
            return Feedback("that order can't be edited before the venue has answered", LogLevel.WARN)
        staged = self._new(Intent.EDIT, order.side, ticks, order.quantity)
        staged.edits, staged.reduce_only, staged.has_own_size = order.identity[2], order.reduce_only, True
        staged.post_only = order.post_only
        self.staged = staged
        return self._said(market)

    def shift(self, market: MarketState, by_ticks: int) -> Feedback:
        """Change the price of a staged edit; as every move it stops short of taking."""
        staged = self.staged
        if staged is None:
            return NOTHING_STAGED
        staged.ticks = passive(staged.side, staged.ticks + by_ticks, self._context.touch(market.key))
        return self._said(market)

    def reprice(self, market: MarketState, ticks: int) -> Feedback:
        """Put what is staged at a price that was named; one that would take now wants a second Enter."""
        staged = self.staged
        if staged is None:
            return NOTHING_STAGED
        staged.ticks, staged.take_confirmed = ticks, False
        return self._said(market)

    def resize(self, market: MarketState, quantity: Decimal) -> Feedback:
        """Change the quantity of what is staged."""
        staged = self.staged
        if staged is None:
            return NOTHING_STAGED
        staged.quantity, staged.follows_position, staged.take_confirmed = quantity, False, False
        return self._said(market)

    # -- sending -----------------------------------------------------------------------------------------

    def send(self, market: MarketState) -> Feedback:
        """Send what is staged: once. A passive order that would take by now wants Enter once more."""
        staged = self.staged
        if staged is None:
            return NOTHING_STAGED
        if not self._follow_position(staged, market):
            self.staged = None
            return _NO_POSITION
        touch = self._context.touch(market.key)
        has_price = follow(staged, touch, self._context.settings.take_cap_ticks)
        command = self._command(staged, market)
        if isinstance(command, Feedback):
            return command
        order = None if staged.edits is None else self._context.find(staged.edits)
        is_entry = not isinstance(command, LocalPair) and can_increase_exposure(command, order)
        why = (self._no_entry(market.key) or self._misfit(staged, market)) if is_entry else ""
        if why or not has_price:
            return Feedback(why or "that side of the book is empty", LogLevel.WARN)
        if takes_by_now(staged, touch) and not staged.take_confirmed:
            if staged.post_only:
                return Feedback("post-only would take now: the venue would refuse it", LogLevel.WARN)
            staged.take_confirmed = True
            return Feedback(self.prompt(market), LogLevel.WARN)
        if fault := self._fault(staged, market):
            return Feedback(fault, LogLevel.WARN)
        words = self._words(staged, market)
        if isinstance(command, LocalPair):
            refused = self._context.send_pair(market.key, command.stop, command.target)
        else:
            refused = self._context.send(market.key, command)
        if refused is not None:
            return Feedback(f"not sent: {refused}", LogLevel.ERROR)
        self.staged = None
        return Feedback(f"{words} sent", LogLevel.OK)

    def drop(self) -> bool:
        """Forget what is staged; whether anything was."""
        was_staged, self.staged = self.staged is not None, None
        return was_staged

    def poll(self, market: MarketState | None, now_ns: int) -> Feedback:
        """Let human time pass: expiry, and the prices and quantities that follow. Something to say, or nothing."""
        staged = self.staged
        if staged is None or market is None:
            return SILENT
        if now_ns >= staged.expires_ns:
            self.staged = None
            return Feedback("staged order expired", LogLevel.INFO)
        if staged.edits is not None and not self._works(staged.edits):
            self.staged = None
            return Feedback("the order that was being edited does not work any more", LogLevel.WARN)
        if not self._follow_position(staged, market):
            self.staged = None
            return _NO_POSITION
        follow(staged, self._context.touch(market.key), self._context.settings.take_cap_ticks)
        return SILENT

    # -- reading -----------------------------------------------------------------------------------------

    def prompt(self, market: MarketState) -> str:
        """What is staged, spelled out: `BUY 0.25 @ 67,985.1 — Enter sends, Esc drops`; empty when nothing is."""
        staged = self.staged
        if staged is None:
            return ""
        note = f" ({staged.note})" if staged.note else ""
        verb = "amends" if staged.edits is not None else "sends"
        what = "would take now: Enter again" if staged.take_confirmed else f"Enter {verb}"
        return f"{self._words(staged, market)}{note} — {what}, Esc drops"

    def pretrade(self, market: MarketState) -> Pretrade | None:
        """What the staged order would do; None when nothing is staged."""
        return None if self.staged is None else self.judged(self.staged, market)

    def judged(self, staged: Staged, market: MarketState) -> Pretrade:
        """What `staged` would do; of an edit, what is left of the order."""
        context = self._context
        order = None if staged.edits is None else context.find(staged.edits)
        filled = Decimal(0) if order is None else order.filled
        position = context.position(market.key)
        return pretrade(
            side=staged.side,
            ticks=staged.ticks,
            quantity=max(staged.quantity - filled, Decimal(0)),
            info=market.info,
            book=market.book,
            position=position,
            fees=context.fees_of(market.info),
            breach=self._breach(staged, market),
            is_market=staged.is_market or (staged.intent is Intent.PAIR and not staged.rests),
            reduce_only=staged.reduce_only,
            label="" if order is None else f"amend {staged.side.upper()} {shown(staged.quantity, market.info)}",
            trigger=staged.trigger,
            exits=self.exits_of(staged, market),
            entry=context.entry_price(market.key),
            waits=self._kept(staged, market),
        )

    def exits_of(self, staged: Staged, market: MarketState) -> Exits:
        """The exits that come with `staged`: what only closes has none, but for a pair, which is nothing else."""
        position = self._context.position(market.key)
        closes = staged.reduce_only or (position and (position > 0) != (staged.side is Side.BUY))
        if staged.has_bracket and (closes or market.key.category == SPOT):
            return NO_EXITS
        return staged.attached(self._context.touch(market.key), self.brackets.chosen)

    # -- inside ------------------------------------------------------------------------------------------

    def _new(self, intent: Intent, side: Side, ticks: int, quantity: Decimal) -> Staged:
        expires_ns = self._context.human_ns() + int(self._context.settings.staged_seconds * NANOSECONDS)
        return Staged(intent, side, ticks, quantity, self._context.new_id(), expires_ns)

    def _words(self, staged: Staged, market: MarketState) -> str:
        context, key = self._context, market.key
        exits = self.exits_of(staged, market)
        words = staged.words(market.info, context.position(key), exits)
        if exits != NO_EXITS and any(order.is_position_exit for order in context.orders.protective(key)):
            words += " in place of those that stand"
        kept = self._kept(staged, market)
        return f"{words} · {kept}" if kept else words

    def _kept(self, staged: Staged, market: MarketState) -> str:
        """Of a pair: who keeps it."""
        if staged.intent is not Intent.PAIR:
            return ""
        return LOCAL_MARK if self._pair(staged, market).is_local(market) else "one cancels the other"

    def _pair(self, staged: Staged, market: MarketState) -> PairTerms:
        position = self._context.position(market.key)
        return PairTerms(staged.side, staged.quantity, staged.exits, staged.rests, position)

    def _said(self, market: MarketState) -> Feedback:
        return Feedback(self.prompt(market))

    def _works(self, name: str) -> bool:
        order = self._context.find(name)
        return order is not None and order.is_working

    def _follow_position(self, staged: Staged, market: MarketState) -> bool:
        """Keep a reversal at twice the position; whether there is still one to reverse."""
        if not staged.follows_position:
            return True
        position = self._context.position(market.key)
        if not position or (position > 0) == (staged.side is Side.BUY) or market.key.category == SPOT:
            return False
        staged.quantity = abs(position) * 2
        return True

    def _command(
        self, staged: Staged, market: MarketState
    ) -> CreateOrder | AmendOrder | LocalPair | ProtectPosition | Feedback:
        """What Enter sends, or why it can't be sent."""
        account = self._context.account
        if staged.intent is Intent.PAIR:
            return self._pair(staged, market).commands(market, account, staged.client_order_id, self._context.new_id)
        if staged.edits is None:
            return staged.command(market.info, account, self.exits_of(staged, market), trigger_by(market))
        order = self._context.find(staged.edits)
        if order is None or not order.is_working:
            return Feedback("that order does not work any more", LogLevel.WARN)
        for pending in (Command.AMEND, Command.CANCEL):
            if pending in order.in_flight:
                return Feedback(f"its last {pending} is not answered yet", LogLevel.WARN)
        if staged.quantity <= order.filled:
            filled = shown(order.filled, market.info)
            return Feedback(
                f"{filled} is filled already: a total must be above that, x cancels the rest", LogLevel.WARN
            )
        return staged.amendment(order, market.info) or Feedback("nothing was changed", LogLevel.INFO)

    def _misfit(self, staged: Staged, market: MarketState) -> str:
        """Why the instrument can't carry such an order."""
        price = market.info.price(staged.ticks)
        is_market, reduce_only = staged.is_market, staged.reduce_only
        fault = market.info.check_order(staged.quantity, price, is_market=is_market, reduce_only=reduce_only)
        return fault or ""

    def _fault(self, staged: Staged, market: MarketState) -> str:
        """Why its exits, or what it waits for, make no sense now."""
        if staged.intent is Intent.PAIR:
            return self._pair(staged, market).fault(market)
        if staged.trigger is not None and (why := staged.trigger.why_at_once(market)):
            return why
        exits = self.exits_of(staged, market)
        if staged.reduce_only and exits != NO_EXITS:
            return "an exit has no exits of its own"
        return exits.why_misplaced(staged.side, staged.ticks, market.info)

    def _breach(self, staged: Staged, market: MarketState) -> str:
        command = self._command(staged, market)
        if isinstance(command, Feedback):
            return "" if command.level is LogLevel.INFO else command.text
        fault = self._fault(staged, market) or self._misfit(staged, market)
        if fault or not isinstance(command, CreateOrder | AmendOrder):
            return fault
        return self._context.refusal(self._context.header(market.key), command)
