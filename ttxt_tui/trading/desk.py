"""TradingDesk: one method for each money key. It says what happened in a line and sends only events.

Owns the active instrument, and how the parts of trading act together. What each does is in its own module: staging and
sending in `stager`, sizes in `sizing`, own orders in `own_orders`, closing in `closings`, stops in `protection`. No
method raises for what a user can press.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Unpack

from ttxt_core.events import InstrumentKey, ResetReason, Side
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.config.settings import Sizes
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.closings import Closings
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.expressions import QuantityExpression
from ttxt_tui.trading.feedback import SILENT, Feedback
from ttxt_tui.trading.interlock import Interlock
from ttxt_tui.trading.one_key import OneKey
from ttxt_tui.trading.own_orders import OwnOrders
from ttxt_tui.trading.pretrade import Pretrade
from ttxt_tui.trading.protection import Protection
from ttxt_tui.trading.sizes import Chosen, SizeBook
from ttxt_tui.trading.sizing import NO_SIZE, Sizing
from ttxt_tui.trading.stager import NOTHING_STAGED, Stager
from ttxt_tui.trading.staging import Intent, Staged, TicketTerms
from ttxt_tui.trading.targets import Targets
from ttxt_tui.trading.terms import Exits

_NO_MARKET: Final = Feedback("no market yet", LogLevel.WARN)


BY_KEY: Final = "by key"
"""Why the router is disarmed when the trader did it."""


class TradingDesk:
    """Trades the active instrument. `staged`, `selected` and `active` are read by panes, and set here only.

    Attributes:
        stager: what is staged, what a draft would do, and which bracket is chosen.
    """

    def __init__(self, context: DeskContext, sizes: Sizes, first_preset: int | None) -> None:
        """`first_preset`: the preset that counts before one was chosen; None where sizes start empty."""
        self.context = context
        self.active: InstrumentKey | None = None
        self._closings = Closings(context)
        self.stager = Stager(context, self.no_entry)
        self._own = OwnOrders(context, self.no_entry)
        self._protection = Protection(context)
        self._targets = Targets(context)
        self._interlock = Interlock(context)
        self._one_key = OneKey(context)
        self._sizing = Sizing(context, SizeBook(sizes, first_preset), self.stager)

    # -- what is looked at -------------------------------------------------------------------------------

    def activate(self, key: InstrumentKey | None) -> None:
        """Trade `key` from now on; what was staged on another symbol is dropped."""
        if key != self.active:
            self.active, self._own.selected = key, None
            self.stager.drop()
            self._closings.take_back()

    def reset(self, reason: ResetReason = ResetReason.SEEK) -> None:
        """The stream was reset: what is staged is void, after a seek also all that was moving or closing."""
        self.stager.drop()
        self._closings.take_back()
        if reason is not ResetReason.RECONNECT:
            self._own.selected = None
            self._own.halt()
            self._closings.reset()
            self._protection.reset()
            self._targets.reset()
            self._interlock.forget()

    @property
    def market(self) -> MarketState | None:
        """The market of the active instrument."""
        return None if self.active is None else self.context.market_of(self.active)

    @property
    def staged(self) -> Staged | None:
        """What Enter would send."""
        return self.stager.staged

    @property
    def selected(self) -> str | None:
        """Client order id of the selected own order."""
        return self._own.selected

    @property
    def size(self) -> Chosen | None:
        """The size chosen for the active symbol."""
        market = self.market
        return None if market is None else self._sizing.chosen(market)

    @property
    def ghosts(self) -> Mapping[str, int]:
        """Client order id → where that order is being moved to, in ticks."""
        return self._own.ghosts

    @property
    def alerts(self) -> list[str]:
        """What stays on screen until it is no longer so: `STILL LONG 0.2`."""
        return self._closings.alerts

    @property
    def prompt(self) -> str:
        """What is staged, spelled out: `BUY 0.25 @ 67,985.1 — Enter sends, Esc drops`; empty when nothing is."""
        market = self.market
        return "" if market is None else self.stager.prompt(market)

    def pretrade(self) -> Pretrade | None:
        """What the staged order would do; None when nothing is staged."""
        market = self.market
        return None if market is None else self.stager.pretrade(market)

    def no_entry(self, key: InstrumentKey) -> str:
        """Why nothing may be entered on `key` now, be it that it is being closed; empty when it may."""
        return self.context.no_entry(key) or self._closings.busy(key)

    @property
    def limits(self) -> RiskLimits:
        """What entries must keep to."""
        return self.context.router.limits

    # -- staging -----------------------------------------------------------------------------------------

    def stage(self, side: Side, ticks: int) -> Feedback:
        """A limit order pinned at `ticks`."""
        return self._stage(Intent.LIMIT, side, ticks)

    def join(self, side: Side) -> Feedback:
        """A post-only order at the touch on its own side, which it follows until sent."""
        return self._stage(Intent.JOIN, side)

    def improve(self, side: Side) -> Feedback:
        """A post-only order a tick inside the spread; with a one-tick spread it joins and says so."""
        return self._stage(Intent.IMPROVE, side)

    def take(self, side: Side) -> Feedback:
        """A marketable order up to a capped price."""
        return self._stage(Intent.TAKE, side)

    def reverse(self) -> Feedback:
        """The order that turns the position around, whatever that is when it is sent; always staged."""
        market = self.market
        if market is None:
            return _NO_MARKET
        position = self.context.position(market.key)
        if market.key.category == SPOT or not position:
            return Feedback("no position to reverse", LogLevel.WARN)
        side = Side.SELL if position > 0 else Side.BUY
        return self.stager.stage(market, Intent.REVERSE, side, abs(position) * 2)

    def amend(self, client_order_id: str, ticks: int | None, quantity: Decimal | None) -> Feedback:
        """Load an own limit order with another price or total, None for the one it has; Enter amends it."""
        said, market = self.edit(client_order_id), self.market
        if market is not None and self.staged is not None and ticks is not None:
            said = self.stager.reprice(market, ticks)
        if market is not None and self.staged is not None and quantity is not None:
            said = self.stager.resize(market, quantity)
        return said

    def edit(self, client_order_id: str) -> Feedback:
        """Load an own order: sizes change its total, `move` its price; Enter amends it."""
        order, market = self.context.find(client_order_id), self.market
        if order is None or market is None:
            return Feedback("that order can't be edited", LogLevel.WARN)
        return self.stager.edit(market, order)

    def ticket(self, side: Side, ticks: int, quantity: Decimal, **terms: Unpack[TicketTerms]) -> Feedback:
        """Stage what the ticket says; `ticks` is the limit, or for a market order the price it is judged by."""
        market = self.market
        return _NO_MARKET if market is None else self.stager.ticket(market, side, ticks, quantity, **terms)

    def pair(self, side: Side, quantity: Decimal, exits: Exits, *, rests: bool) -> Feedback:
        """Stage a stop and a target of which one cancels the other; `rests`: the target rests in the book."""
        market = self.market
        return _NO_MARKET if market is None else self.stager.pair(market, side, quantity, exits, rests=rests)

    def send(self) -> Feedback:
        """Send what is staged: once. A passive order that would take by now wants Enter once more."""
        market, staged = self.market, self.staged
        if market is None or staged is None:
            return NOTHING_STAGED
        said = self.stager.send(market)
        if said.level is LogLevel.OK and staged.edits is not None:
            self._own.halt(staged.edits)
        return said

    def unstage(self) -> bool:
        """Drop what is staged (the focus changed, keys were pasted); whether anything was."""
        return self.stager.drop()

    def back_out(self) -> bool:
        """Drop the last thing that was half done; whether there was any."""
        if self.stager.drop() or self._closings.take_back() or self._own.halt():
            return True
        was_selected, self._own.selected = self._own.selected is not None, None
        return was_selected

    # -- sizes -------------------------------------------------------------------------------------------

    def preset(self, number: int) -> Feedback:
        """Choose size preset 1 to 5."""
        return _NO_MARKET if self.market is None else self._sizing.preset(self.market, number)

    def presets(self) -> list[Decimal]:
        """The sizes of the preset keys on the active symbol, base currency; empty before there is a price."""
        return [] if self.market is None else self._sizing.presets(self.market)

    def position_size(self) -> Feedback:
        """Choose the size of the open position."""
        return _NO_MARKET if self.market is None else self._sizing.of_position(self.market)

    def choose_size(self, quantity: QuantityExpression) -> Feedback:
        """Choose a size that was typed."""
        return _NO_MARKET if self.market is None else self._sizing.typed(self.market, quantity)

    def step_size(self, steps: int) -> Feedback:
        """Change the size by `steps` steps."""
        return _NO_MARKET if self.market is None else self._sizing.step(self.market, steps)

    # -- own orders --------------------------------------------------------------------------------------

    def own_orders(self) -> list[ManagedOrder]:
        """Working orders on the active symbol, highest price first."""
        market = self.market
        return [] if market is None else self._own.on(market)

    def select_next(self, step: int) -> ManagedOrder | None:
        """Select the next own order down the ladder, or with -1 up."""
        market = self.market
        return None if market is None else self._own.select_next(market, step)

    def select(self, client_order_id: str | None) -> None:
        """Select one order, or none."""
        self._own.selected = client_order_id

    def move(self, by_ticks: int) -> Feedback:
        """Move the selected order by `by_ticks`; while an edit is staged, its price, which Enter then sends."""
        market, staged = self.market, self.staged
        if market is not None and staged is not None and staged.edits is not None:
            return self.stager.shift(market, by_ticks)
        return self._own.move(by_ticks)

    def move_to(self, client_order_id: str, ticks: int | None, limit_ticks: int | None = None) -> Feedback:
        """Move an own order, one that waits too, to a price; of one that waits with a limit, that as well."""
        return self._own.move_to(client_order_id, ticks, limit_ticks)

    # -- cancels -----------------------------------------------------------------------------------------

    def cancel_aimed(self, orders: Sequence[ManagedOrder]) -> Feedback:
        """Cancel own orders in the cursor's row, stops too: they were aimed at."""
        return self._own.cancel(orders) if orders else Feedback("no own order at this price", LogLevel.WARN)

    def cancel_order(self, client_order_id: str) -> Feedback:
        """Cancel one order."""
        order = self.context.find(client_order_id)
        if order is None or not order.is_working:
            return Feedback("that order does not work any more", LogLevel.WARN)
        return self._own.cancel([order])

    def cancel_newest(self) -> Feedback:
        """Cancel the newest working entry on the active symbol."""
        return _NO_MARKET if self.active is None else self._own.cancel_newest(self.active)

    def cancel_symbol(self) -> Feedback:
        """Cancel the entries on the active symbol; stops stay."""
        return _NO_MARKET if self.active is None else self._own.cancel_entries(self.active)

    def cancel_stops(self) -> Feedback:
        """Cancel what protects the position on the active symbol; exits that are closing it just now go on."""
        return _NO_MARKET if self.active is None else self._own.cancel_stops(self.active)

    def cancel_everywhere(self) -> Feedback:
        """Cancel all entries; stops stay."""
        return self._own.cancel_entries(None)

    # -- closing and protecting --------------------------------------------------------------------------

    def flatten_prompt(self) -> Feedback:
        """What flattening would close, and which keys do it."""
        return _NO_MARKET if self.active is None else self._closings.prompt(self.active)

    def flatten(self, fraction: Decimal) -> Feedback:
        """Close `fraction` of the position; on a book that can't be trusted it asks once, then goes at market."""
        if self.active is None:
            return _NO_MARKET
        said = self._closings.flatten(self.active, fraction)
        if not self.asks_at_market:
            self.stager.drop()
        return said

    @property
    def asks_at_market(self) -> bool:
        """A closing at market waits for being confirmed."""
        return self._closings.asks_at_market

    def protect(self, ticks: int, limit_ticks: int | None = None) -> Feedback:
        """Put the position's protective stop at `ticks`, with or without a limit; one that stands there is moved."""
        if self.active is None:
            return _NO_MARKET
        for order in self.context.orders.protective(self.active):
            if order.is_stop:
                self._own.halt(order.identity[2])
        return self._protection.put(self.active, ticks, limit_ticks)

    def target(self, ticks: int) -> Feedback:
        """Put the position's take-profit at `ticks`; one that stands there is moved."""
        if self.active is None:
            return _NO_MARKET
        standing = self._targets.standing(self.active)
        if standing is not None:
            return self._own.move_to(standing.identity[2], ticks)
        return self._targets.put(self.active, ticks)

    def panic_listing(self) -> list[str]:
        """What `panic` would do, a line each."""
        return self._closings.listing()

    def panic(self) -> Feedback:
        """Cancel every order, stops too, and close every position."""
        self.stager.drop()
        self._own.halt()
        return self._closings.panic()

    def arm(self, arm: Callable[[], str | None] | None = None) -> Feedback:
        """Let entries pass; not while the market that would be traded can't be trusted.

        Args:
            arm: does it, and gives why it can't be; the router's own way where none is given.
        """
        trust = None if self.active is None else self.context.trust(self.active)
        if trust is not None and not trust.is_good:
            return Feedback(f"not armed: {trust.text} ({trust.reason})", LogLevel.WARN)
        self._one_key.end()
        if (reason := (arm or self.context.router.arm)()) is not None:
            return Feedback(f"not armed: {reason}", LogLevel.WARN)
        self._interlock.armed()
        return Feedback("ARMED", LogLevel.OK)

    def disarm(self, reason: str = "") -> Feedback:
        """Refuse entries at once and cancel those that work; stops stay. `reason`: why, when it was no key."""
        self.stager.drop()
        for order in self.context.orders.entries():
            self._own.halt(order.identity[2])
        swept = self._own.swept(self.context.router.disarm(reason or BY_KEY))
        self._interlock.disarmed()
        why = f": {reason}" if reason else ""
        return Feedback(f"DISARMED{why} · {swept.text}", LogLevel.WARN)

    @property
    def is_one_key(self) -> bool:
        """A key that stages an order sends it as well."""
        return self._one_key.is_on

    def use_one_key(self, most: Decimal | None) -> Feedback:
        """Send by one key what is worth up to `most` in quote currency; None: stage everything again."""
        return self._one_key.use(most)

    # -- time --------------------------------------------------------------------------------------------

    def poll(self, now_ns: int) -> list[Feedback]:
        """Let human time pass: expiry, touch following, moves, closings, stops. What there is to say."""
        self._one_key.poll()
        said = [self._interlock.poll(self.active), self.stager.poll(self.market, now_ns)]
        said += self._own.poll(now_ns)
        said += self._closings.poll(now_ns)
        said += self._protection.poll(now_ns)
        self._targets.poll(now_ns)
        return [feedback for feedback in said if feedback is not SILENT]

    # -- inside ------------------------------------------------------------------------------------------

    def _stage(self, intent: Intent, side: Side, ticks: int | None = None) -> Feedback:
        market = self.market
        if market is None:
            return _NO_MARKET
        if why := self.no_entry(market.key):
            return Feedback(why, LogLevel.WARN)
        size = self.size
        if size is None:
            return NO_SIZE
        said = self.stager.stage(market, intent, side, size.quantity, ticks)
        staged, pretrade = self.staged, self.stager.pretrade(market) if self.is_one_key else None
        if staged is None or pretrade is None or said.level is LogLevel.WARN:
            return said
        why = self._one_key.why_staged(staged, pretrade, market.info)
        return Feedback(f"staged: {why}; Enter sends", LogLevel.WARN) if why else self.send()
