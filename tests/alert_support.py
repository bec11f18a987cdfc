"""Market events at chosen times, for the tests of alerts."""

from __future__ import annotations

from typing import Any

from tests.account_support import named
from tests.orders_support import LINEAR, SECOND, event
from ttxt_core.clock import ManualClock
from ttxt_core.events import Event, InstrumentKey, MarketTrade, MarketTrades, Orderbook, Side
from ttxt_core.orders.manager import OrderManager
from ttxt_tui.config.alerts import AlertKind, AlertRule, AlertSettings
from ttxt_tui.state.alerts import Alert, Alerts
from ttxt_tui.state.status import SIMULATED
from ttxt_tui.state.store import Store


class Watched:
    """A store whose alerts hear what is fed."""

    def __init__(self, *rules: AlertRule, keys: tuple[InstrumentKey, ...] = (LINEAR,)) -> None:
        self.store = Store(OrderManager(ManualClock()), SIMULATED, alerts=AlertSettings(watch=list(rules)))
        for key in keys:
            self.feed(named(key))

    @property
    def alerts(self) -> Alerts:
        return self.store.alerts

    @property
    def only(self) -> Alert:
        (alert,) = self.alerts.listed()
        return alert

    def feed(self, *events: Event[Any]) -> list[str]:
        """What fired of these events."""
        self.store.apply(events)
        return [firing.text for firing in self.alerts.take()]

    def wait(self, seconds: float) -> list[str]:
        """What fires because so much market time has gone since zero."""
        self.alerts.pass_time(int(seconds * SECOND))
        return [firing.text for firing in self.alerts.take()]


def rule(when: AlertKind, value: float, pair: str = "BTC/USDT", *, once: bool = False) -> AlertRule:
    return AlertRule(when, value, pair, once)


def trade(price: float, size: float = 1.0, *, seconds: float = 0.0, key: InstrumentKey = LINEAR) -> Event[MarketTrades]:
    return trades((price, size), seconds=seconds, key=key)


def trades(
    *prints: tuple[float, float],
    seconds: float = 0.0,
    side: Side = Side.BUY,
    is_block: bool = False,
    key: InstrumentKey = LINEAR,
) -> Event[MarketTrades]:
    """What one taker took."""
    at = int(seconds * SECOND)
    made = [MarketTrade(price, size, side, str(n), at, is_block) for n, (price, size) in enumerate(prints)]
    return event(MarketTrades(made), key=key, at=at)


def book(bid: float, ask: float, *, seconds: float = 0.0, key: InstrumentKey = LINEAR) -> Event[Orderbook]:
    return event(Orderbook([(bid, 5.0)], [(ask, 5.0)], True, int(seconds * 1000)), key=key, at=int(seconds * SECOND))
