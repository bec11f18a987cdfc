"""A store with its order manager, as a session drives them, for the tests of the account's panes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from textual.strip import Strip

from tests.orders_support import ACCOUNT, LINEAR, SECOND, SPOT, ack, create, event, fill, update
from ttxt_core.clock import ManualClock
from ttxt_core.events import (
    Balance,
    CreateOrder,
    Event,
    Instrument,
    InstrumentKey,
    MarginMode,
    Orderbook,
    OrderState,
    OrderType,
    PositionUpdate,
    Side,
    Ticker,
    Wallet,
)
from ttxt_core.orders.manager import OrderManager
from ttxt_tui.state.status import SIMULATED
from ttxt_tui.state.store import Store
from ttxt_tui.theme import Palette, load_theme

ETH = InstrumentKey("practice", "linear", "ETH/USDT")
DOGE = InstrumentKey("practice", "linear", "DOGE/USDT")
PALETTE = Palette(load_theme("ttxt-dark"))
NO_COLOUR = Palette(load_theme("no-color"))
STEPS = {LINEAR: ("0.1", "0.001"), SPOT: ("0.1", "0.000001"), ETH: ("0.01", "0.01"), DOGE: ("0.00001", "1")}


class Screen:
    """A store that knows some instruments, and the manager that sees every event before it."""

    def __init__(self, *keys: InstrumentKey) -> None:
        self.clock = ManualClock()
        self.manager = OrderManager(self.clock)
        self.store = Store(self.manager, SIMULATED)
        for key in keys or (LINEAR,):
            self.feed(named(key))

    def feed(self, *events: Event[Any]) -> None:
        """What a session does with events of its own: the manager first, then the screen."""
        for one in events:
            self.manager.on_event(one)
        self.store.apply(events)

    def send(self, command: Event[CreateOrder]) -> None:
        """What a session does with a command."""
        self.manager.register(command)


def named(key: InstrumentKey, **fields: Any) -> Event[Instrument]:
    base, _, quote = key.pair.partition("/")
    tick, lot = STEPS[key]
    spec = Instrument(f"{base}{quote}", base, quote, quote, Decimal(tick), Decimal(lot), **fields)
    return event(spec, key=key)


def quote(bid: float, ask: float, key: InstrumentKey = LINEAR) -> Event[Orderbook]:
    return event(Orderbook([(bid, 5.0)], [(ask, 5.0)], True, 1), key=key)


def marked(mark: float, key: InstrumentKey = LINEAR) -> Event[Ticker]:
    return event(Ticker(mark=mark), key=key)


def holds(quantity: str, entry: str | None = None, key: InstrumentKey = LINEAR, **fields: Any) -> Event[PositionUpdate]:
    figures: dict[str, Any] = {name: Decimal(value) if type(value) is str else value for name, value in fields.items()}
    price = None if entry is None else Decimal(entry)
    return event(PositionUpdate(ACCOUNT, Decimal(quantity), price, **figures), key=key)


def wallet(**totals: str) -> Event[Wallet]:
    balances = [Balance(name, Decimal(total), Decimal(total), Decimal(0)) for name, total in totals.items()]
    return event(Wallet(ACCOUNT, balances, is_snapshot=True), key=InstrumentKey("practice", "", ""))


def text_of(strips: Iterable[Strip]) -> list[str]:
    """The texts of strips, without the blanks at their ends; each strip is as wide as it says."""
    return [strip.text.rstrip() for strip in strips]


def busy_screen() -> Screen:
    """Orders, fills and positions on four instruments: one of nearly everything that a pane can show."""
    screen = Screen(LINEAR, SPOT, ETH, DOGE)
    screen.feed(
        quote(65114.1, 65114.2), marked(65120.1), quote(1900.1, 1900.2, ETH), marked(1900.5, ETH),
        quote(65110.0, 65110.2, SPOT), quote(0.07051, 0.07052, DOGE),
    )  # fmt: skip
    screen.send(create("a", quantity="0.25", price="65110.2", at=20 * SECOND, post_only=True))
    screen.feed(
        ack("a"),
        update(
            "a", OrderState.PARTIALLY_FILLED, "0.1", quantity="0.25", price="65110.2", at=30 * SECOND, post_only=True,
            average_price=Decimal("65110.2"),
        ),
    )  # fmt: skip
    stop: dict[str, Any] = {"order_type": OrderType.STOP_MARKET, "trigger_price": Decimal(64800), "reduce_only": True}
    screen.send(create("b", Side.SELL, "0.75", None, at=60 * SECOND, **stop))
    screen.feed(ack("b"))
    screen.send(create("c", Side.SELL, "1.5", "1905.25", key=ETH, at=90 * SECOND, reduce_only=True))
    screen.send(create("d", quantity="0.0125", price="65100", key=SPOT, at=119 * SECOND))
    screen.feed(
        fill("a", "e1", "0.1", "65110.2", fee="1.302204", is_maker=True, at=30 * SECOND),
        fill("z", "e2", "25000", "0.07052", fee="0.96965", key=DOGE, side=Side.SELL, at=31 * SECOND),
        update("y", OrderState.REJECTED, quantity="1.5", price="1899.99", at=40, reason="post-only would take"),
        holds("0.75", "65092.7", leverage="10", margin_mode=MarginMode.CROSS, initial_margin="4881.9",
              liquidation_price="58912.4", realised_pnl="120.55", fees="23.41"),
        holds("-1.5", "1901.11", ETH, realised_pnl="-2.09", fees="1.2"),
        wallet(USDT="100000", BTC="0.5201"),
    )  # fmt: skip
    return screen
