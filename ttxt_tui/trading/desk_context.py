"""What the rules of trading may see and do: the session's parts and the two clocks, handed in once.

Owns the questions that several rules ask (position, free money, touch, trust) and the one way a command goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, Clock
from ttxt_core.events import (
    AmendOrder,
    CreateOrder,
    Event,
    InstrumentKey,
    MessageHeader,
    OrderCommand,
    PositionSide,
    Side,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.router import CommandRouter, cancel_command, command_header
from ttxt_tui.config.settings import Trading
from ttxt_tui.state.market import MarketState, Trust
from ttxt_tui.trading.touch import Touch, touch_of

ZERO = Decimal(0)
SPOT = "spot"
MOST_BEHIND_NS = 500 * MILLISECOND_NS
"""A screen older than this is no screen to enter orders by."""


@dataclass(frozen=True, slots=True)
class DeskContext:
    """The parts of a session that trading uses.

    Attributes:
        account: whose orders they are.
        market_clock: the session's time. human_clock: monotonic time for what people wait for.
        market_of: the market of an instrument; None before it was heard of.
        new_id: gives a client order id that was never given before.
        send_pair: sends a stop and a target of which one cancels the other; gives why they were refused, or None.
        fees_of: the maker's and the taker's fee of an instrument, as fractions; None where not known.
        behind_ns: for how long the terminal has not kept up with the screen.
        view_only: why nothing at all is sent; empty where commands go out.
    """

    account: str
    orders: OrderManager
    router: CommandRouter
    market_clock: Clock
    human_clock: Clock
    market_of: Callable[[InstrumentKey], MarketState | None]
    new_id: Callable[[], str]
    send_pair: Callable[[InstrumentKey, CreateOrder, CreateOrder], str | None]
    fees_of: Callable[[InstrumentInfo], tuple[Decimal | None, Decimal | None]]
    behind_ns: Callable[[], int]
    settings: Trading
    view_only: Callable[[], str] = lambda: ""

    def human_ns(self) -> int:
        """Human time now."""
        return self.human_clock.monotonic_ns()

    # -- commands ----------------------------------------------------------------------------------------

    def send(self, key: InstrumentKey, command: OrderCommand) -> str | None:
        """Hand a command to the router; why it was refused here, or None when it went out.

        The router publishes a refusal too, as an ack; this gives its words to whoever pressed the key.
        """
        return self.router.send(Event(self.header(key), command))

    def refusal(self, header: MessageHeader, command: CreateOrder | AmendOrder) -> str:
        """Why `command` would be refused if it was sent now; empty when it would go out."""
        return self.router.refusal(Event(header, command)) or ""

    def cancel(self, order: ManagedOrder) -> str | None:
        """Cancel `order`; why it could not be sent, or None when it was. No limit and no disarming stops it."""
        return self.router.send(cancel_command(order, self.market_clock.now_ns()))

    def header(self, key: InstrumentKey) -> MessageHeader:
        """The header of a command on `key` that is made now."""
        return command_header(key, self.market_clock.now_ns())

    # -- what is known -----------------------------------------------------------------------------------

    def find(self, name: str) -> ManagedOrder | None:
        """An order by its client order id; one that was made elsewhere also by the venue's id, while it works."""
        own = self.orders.by_client_id(name)
        if own is not None or not name:
            return own
        return next((o for o in self.orders.working() if name in (o.client_order_id, o.order_id)), None)

    def touch(self, key: InstrumentKey) -> Touch:
        """The touch of `key` in ticks; empty while its book is not VALID."""
        market = self.market_of(key)
        return Touch(None, None) if market is None else touch_of(market)

    def trust(self, key: InstrumentKey) -> Trust:
        """Whether the book of `key` may be traded on now."""
        market = self.market_of(key)
        if market is None:
            return Trust(is_good=False, text=f"no market of {key.pair} yet", reason="nothing was heard of it")
        return market.trust(self.market_clock.now_ns())

    def position(self, key: InstrumentKey) -> Decimal:
        """Base currency: above zero long, below short; on spot what is owned."""
        return self.orders.accounts.held(key, self.account)

    def position_side(self, key: InstrumentKey) -> PositionSide:
        """What an exit has to name; see `AccountBook.side_of`."""
        return self.orders.accounts.side_of(key, self.account)

    def entry_price(self, key: InstrumentKey) -> Decimal | None:
        """What the position on `key` was opened at; None without one, and on spot."""
        update = self.orders.accounts.positions.get((key, self.account, PositionSide.ONE_WAY))
        return None if update is None or not update.quantity else update.entry_price

    def closable(self, key: InstrumentKey) -> Decimal:
        """What an exit can close: the position, or on spot the base currency in whole lots, what orders hold too."""
        held = self.position(key)
        market = self.market_of(key)
        return market.info.round_quantity(held) if market is not None else held

    def free_base(self, key: InstrumentKey) -> Decimal:
        """On spot: the base currency that no order holds, in whole lots."""
        market = self.market_of(key)
        if market is None:
            return ZERO
        free = self.orders.accounts.balance(key.venue, self.account, market.info.spec.base).free
        return market.info.round_quantity(free)

    def free_quote(self, key: InstrumentKey, settle: str) -> Decimal:
        """The notional that what is free of the settle (or quote) currency can open, in that currency.

        On a contract that is the free margin times the leverage, less what the taker's fee takes of it.
        """
        free = self.orders.accounts.balance(key.venue, self.account, settle).free
        update = self.orders.accounts.positions.get((key, self.account, PositionSide.ONE_WAY))
        leverage = update.leverage if update is not None else None
        if leverage is None:
            return free
        market = self.market_of(key)
        taker = None if market is None else self.fees_of(market.info)[1]
        return free * leverage / (1 + leverage * max(ZERO, taker or ZERO))

    def spendable(self, key: InstrumentKey, side: Side, price: Decimal) -> Decimal:
        """What `25%` and `max` are taken of, in quote currency: of a spot sale the worth of the free base currency."""
        market = self.market_of(key)
        if market is None:
            return ZERO
        if key.category == SPOT and side is Side.SELL:
            return self.free_base(key) * price
        return self.free_quote(key, market.info.spec.settle)

    def no_entry(self, key: InstrumentKey) -> str:
        """Why nothing may be entered on `key` now; empty when it may. Exits and cancels never ask."""
        if view_only := self.view_only():
            return view_only
        market = self.market_of(key)
        if market is not None and market.info.is_inverse:
            return "inverse contracts are shown here, not traded: sizes and profit are reckoned in base and quote"
        if not self.router.is_armed:
            return f"disarmed: A arms ({self.router.disarmed_because})"
        behind_ns = self.behind_ns()
        if behind_ns > MOST_BEHIND_NS:
            return f"screen behind {behind_ns / NANOSECONDS:.1f} s: no entries"
        trust = self.trust(key)
        return "" if trust.is_good else f"{trust.text}: no entries ({trust.reason})"
