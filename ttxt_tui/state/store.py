"""The store: every event of the session finds the models that it concerns here.

Owns the models, one market and one ladder an instrument, and which instrument is active. Orders and accounts are
tracked by the session's `OrderManager`; the store only writes down what came of them. It publishes nothing and reads no
clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from ttxt_core.errors import TtxtError
from ttxt_core.events import (
    AckOutcome,
    BookStatus,
    ConnectorError,
    ConnectorStatus,
    Event,
    FeedGap,
    Fill,
    FillKind,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrades,
    OrderAck,
    Orderbook,
    OrderNotice,
    OrderUpdate,
    PositionUpdate,
    ResetReason,
    Side,
    Source,
    StreamReset,
    Ticker,
    UnknownEvent,
    Wallet,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.manager import OrderManager
from ttxt_tui.config.alerts import AlertSettings
from ttxt_tui.config.ladder import Ladder
from ttxt_tui.state import log_texts
from ttxt_tui.state.account import AccountState
from ttxt_tui.state.alerts import Alerts
from ttxt_tui.state.ladder import LadderState
from ttxt_tui.state.log import Log, LogLevel
from ttxt_tui.state.market import STALE_AFTER_NS, MarketState
from ttxt_tui.state.orders import OrdersState
from ttxt_tui.state.status import Protection, StatusState

FILLS_SHOWN: Final = 2_000
"""Fills an instrument that charts can mark."""
EXECUTIONS_KEPT: Final = 200_000


class OwnFill(NamedTuple):
    """An own execution, for charts."""

    time_ns: int
    price: float
    side: Side


class Store:
    """All that the screen knows.

    Attributes:
        markets: by instrument, in the order in which they were named first.
        active: the instrument of the active ladder; None until one is known.
        log, alerts, orders, account, status: see their classes.
        version: changes with every event.
        on_instrument: called with the market of every instrument that was not known before.
        on_fill: called with every execution of an own order, once.
        on_reset: called after the models were cleared; what was staged and half typed is void.
    """

    def __init__(
        self,
        manager: OrderManager,
        protection: Protection,
        quote: str = "USDT",
        *,
        stale_after_ns: int = STALE_AFTER_NS,
        alerts: AlertSettings | None = None,
    ) -> None:
        """A store that knows no instrument yet.

        Args:
            manager: it has seen every event before the store does.
            protection: what is named in the status bar.
            quote: what the account is valued in.
            stale_after_ns: an older book is no market to trade on.
            alerts: what is watched from the start; None for nothing.
        """
        self.markets: dict[InstrumentKey, MarketState] = {}
        self.active: InstrumentKey | None = None
        self.log = Log()
        self.alerts = Alerts(alerts)
        self.orders = OrdersState(manager, self.market_of)
        self.account = AccountState(manager.accounts, self.market_of, quote)
        self.status = StatusState(protection)
        self.version = 0
        self.on_instrument: list[Callable[[MarketState], None]] = []
        self.on_fill: list[Callable[[InstrumentKey, OwnFill], None]] = []
        self.on_reset: list[Callable[[StreamReset], None]] = []
        self._manager = manager
        self._stale_after_ns = stale_after_ns
        self._ladders: dict[InstrumentKey, LadderState] = {}
        self._ladder_settings = Ladder()
        self._fills: dict[InstrumentKey, deque[OwnFill]] = {}
        self._executions: dict[tuple[str, str, str], None] = {}
        self._nameless: set[InstrumentKey] = set()
        self._appliers: dict[type, Callable[[Event[Any]], None]] = {
            **dict.fromkeys((Orderbook, MarketTrades, Ticker, Kline), self._on_market),
            Instrument: self._on_instrument,
            BookStatus: self._on_book_status,
            FeedGap: self._on_gap,
            StreamReset: self._on_reset,
            ConnectorStatus: self._on_connection,
            ConnectorError: self._on_logged,
            UnknownEvent: self._on_logged,
            OrderAck: self._on_ack,
            OrderUpdate: self._on_update,
            OrderNotice: self._on_logged,
            Fill: self._on_fill,
            Wallet: self.account.on_wallet,
            PositionUpdate: self.account.on_position,
        }

    # -- reading ---------------------------------------------------------------------------------------

    def market_of(self, key: InstrumentKey) -> MarketState | None:
        """What is known of an instrument; None when it was never named."""
        return self.markets.get(key)

    @property
    def market(self) -> MarketState | None:
        """The active instrument's market."""
        return None if self.active is None else self.markets.get(self.active)

    @property
    def ladder(self) -> LadderState | None:
        """The active instrument's ladder."""
        return None if self.active is None else self._ladders.get(self.active)

    def ladder_of(self, key: InstrumentKey) -> LadderState | None:
        """An instrument's ladder: cursor, scroll and grouping are its own."""
        return self._ladders.get(key)

    def configure_ladders(self, wanted: Ladder) -> None:
        """Every ladder, those to come too, follows its market as configured."""
        self._ladder_settings = wanted
        for ladder in self._ladders.values():
            ladder.window.configure(wanted)

    def fills_of(self, key: InstrumentKey) -> Sequence[OwnFill]:
        """The last executions of own orders, oldest first."""
        return self._fills.get(key, ())

    def activate(self, key: InstrumentKey) -> MarketState | None:
        """Make `key` the active instrument; None, and nothing changes, when it is not known."""
        market = self.markets.get(key)
        if market is not None and key != self.active:
            self.active = key
            self.version += 1
        return market

    def keep_only(self, keys: Collection[InstrumentKey]) -> None:
        """Forget all instruments but `keys`: a replay has changed what they are called."""
        for key in [key for key in self.markets if key not in keys]:
            del self.markets[key], self._ladders[key]
            self.account.forget(key)
        self.alerts.keep_only(keys)
        if self.active not in self.markets:
            self.active = None
        self.version += 1

    # -- events ----------------------------------------------------------------------------------------

    def apply(self, batch: Iterable[Event[Any]]) -> None:
        """Take in events, in order. One that can't be used is an error in the log; the others go on."""
        appliers, count = self._appliers, 0
        for event in batch:
            count += 1
            applier = appliers.get(type(event.data))
            if applier is None:
                continue  # a command of ours, an event type of somebody else
            try:
                applier(event)
            except TtxtError as error:
                self._log(event, log_texts.Line(LogLevel.ERROR, "data", str(error)))
        self.version += count
        self.status.errors = self.log.errors

    def _on_market(self, event: Event[Any]) -> None:
        key = event.header.key
        market = self.markets.get(key)
        if market is not None:
            market.apply(event)
            self.alerts.on_event(market, event)
        elif key not in self._nameless:
            self._nameless.add(key)
            self._log(event, log_texts.nameless(key))

    def _on_instrument(self, event: Event[Instrument]) -> None:
        key = event.header.key
        market = self.markets.get(key)
        if market is not None:
            market.apply(event)
            return
        market = self.markets[key] = MarketState(InstrumentInfo.from_event(event), self._stale_after_ns)
        ladder = self._ladders[key] = LadderState(market)
        ladder.window.configure(self._ladder_settings)
        self.account.on_instrument(market.info)
        self.alerts.on_instrument(market)
        if self.active is None:
            self.active = key
        for hook in self.on_instrument:
            hook(market)

    def _on_book_status(self, event: Event[BookStatus]) -> None:
        self._on_market(event)
        self._on_logged(event)

    def _on_gap(self, event: Event[FeedGap]) -> None:
        self._on_logged(event)
        if event.header.pair:
            self._on_market(event)
            return
        for market in self.markets.values():
            market.apply(event)

    def _on_reset(self, event: Event[StreamReset]) -> None:
        only = self.markets.get(event.header.key)
        for market in self.markets.values() if only is None else (only,):
            market.apply(event)
            if event.data.reason is not ResetReason.RECONNECT:
                self.alerts.on_reset(market)
        if event.data.reason is not ResetReason.RECONNECT:
            self._fills.clear()
            self._executions.clear()
            self.account.clear()
            self.orders.select(None)
        self._on_logged(event)
        for hook in self.on_reset:
            hook(event.data)

    def _on_ack(self, event: Event[OrderAck]) -> None:
        """What was refused on this side was said by whoever sent it: it is not told twice."""
        self.account.on_ack(event)
        if event.header.source is Source.CLIENT and event.data.outcome is AckOutcome.REJECTED:
            return
        self._log(event, log_texts.ack(event, self._manager.order_of(event), self._info(event)))

    def _on_update(self, event: Event[OrderUpdate]) -> None:
        self._log(event, log_texts.update(event, self._info(event)))

    def _on_fill(self, event: Event[Fill]) -> None:
        fill, header = event.data, event.header
        execution = (header.venue, fill.account, fill.identity)
        if execution in self._executions:
            return
        self._executions[execution] = None
        if len(self._executions) > EXECUTIONS_KEPT:
            del self._executions[next(iter(self._executions))]
        self.account.on_fill(event)
        if fill.kind is FillKind.TRADE:
            time_ns = header.venue_time_ns or header.receive_time_ns
            own = OwnFill(time_ns, float(fill.price), fill.side)
            self._fills.setdefault(header.key, deque(maxlen=FILLS_SHOWN)).append(own)
            for hook in self.on_fill:
                hook(header.key, own)
        self._log(event, log_texts.fill(event, self._info(event)))

    def _on_connection(self, event: Event[ConnectorStatus]) -> None:
        self.status.streams[event.data.stream] = event.data.state
        self._on_logged(event)

    def _on_logged(self, event: Event[Any]) -> None:
        self._log(event, log_texts.status(event))

    def _info(self, event: Event[Any]) -> InstrumentInfo | None:
        market = self.markets.get(event.header.key)
        return None if market is None else market.info

    def _log(self, event: Event[Any], line: log_texts.Line) -> None:
        header = event.header
        self.log.add(header.receive_time_ns or header.venue_time_ns, line.level, line.topic, line.text)
