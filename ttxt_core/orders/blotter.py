"""The blotter of a session: what it knows of its market, its orders and its result, kept before anyone is told.

Owns the attempts (a replay begins a new one with every seek) and the figures about order round trips and the feed.
Every event of the session passes through it on its way to the consumers, so nobody can know more than it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import InstrumentError
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.market import MarketTrades, Orderbook
from ttxt_core.events.orders import Fill, OrderAck, OrderUpdate
from ttxt_core.events.status import ResetReason, StreamReset
from ttxt_core.orders.ledger import Ledger, ResultSheet
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.market_view import BookOf, MarketView

STOCK_NS = NANOSECONDS
"""How often, in market time, the result is looked at between fills: for drawdown and loss limit."""
ROUND_TRIPS = 256
"""Order round trips that the percentiles are of."""


class Blotter:
    """Market, orders and result of one session.

    Attributes:
        market, orders: what commands are judged by.
        ledger: the running attempt's result. attempts: the sheets of the attempts before, those that traded.
        feed_lag_ns: age, by the venue's time, of the last book or trade as it came; None before one.
        market_events: how many came.
        fill_model: how simulated orders are filled, for the sheets; empty at a venue.
    """

    def __init__(self, clock: Clock, book_of: BookOf) -> None:
        self.market = MarketView(book_of)
        self.orders = OrderManager(clock)
        self.ledger = Ledger(clock.now_ns(), self._mark)
        self.attempts: list[ResultSheet] = []
        self.feed_lag_ns: int | None = None
        self.market_events = 0
        self.fill_model = ""
        self._clock = clock
        self._stock_ns = 0
        self._market_ns = clock.now_ns()
        self._round_trips: deque[int] = deque(maxlen=ROUND_TRIPS)

    def on_market_event(self, event: Event[Any]) -> bool:
        """Take in an event of the market source, and give whether it is time to look at the loss limit."""
        kind, header = type(event.data), event.header
        self.market_events += 1
        if kind is StreamReset:
            self._on_reset(event)
            return False
        self._market_ns = header.receive_time_ns
        self.market.on_event(event)
        if kind is Orderbook or kind is MarketTrades:
            self.feed_lag_ns = self._clock.now_ns() - (header.venue_time_ns or header.receive_time_ns)
        if 0 <= header.receive_time_ns - self._stock_ns < STOCK_NS:
            return False
        self._stock_ns = header.receive_time_ns
        self.ledger.take_stock()
        return True

    def on_account_event(self, event: Event[Any]) -> bool:
        """Take in an ack, an update, a fill, a wallet or a position, and give whether the result changed."""
        kind = type(event.data)
        if kind is OrderAck:
            self._time(event)
        is_news = self.orders.on_event(event)
        if kind is OrderUpdate and (order := self.orders.order_of(event)) is not None:
            self._measure([order])
        if kind is not Fill or not is_news:
            return False
        self.ledger.on_fill(event)
        if event.header.key in self.ledger.trips.open:
            self._measure(self.orders.protective(event.header.key))  # that stood before the position did
        return True

    def loss(self, currency: str) -> Decimal:
        """What the running attempt lost in `currency`; negative when it made money."""
        return self.ledger.loss(currency)

    def sheet(self) -> ResultSheet:
        """The running attempt's result as it stands."""
        return self._sheet(self._clock.now_ns())

    @property
    def last_round_trip_ns(self) -> int | None:
        """From the send of the last answered command to its answer; None before one."""
        return self._round_trips[-1] if self._round_trips else None

    @property
    def p99_round_trip_ns(self) -> int | None:
        """What 99 of 100 of the last round trips kept to."""
        trips = sorted(self._round_trips)
        return trips[-(-99 * len(trips) // 100) - 1] if trips else None

    def _measure(self, orders: Iterable[ManagedOrder]) -> None:
        """By the first stop of a position its result is measured."""
        for order in orders:
            if order.is_protective and order.is_working and order.trigger_price is not None:
                self.ledger.protect(order.key, order.trigger_price)

    def _on_reset(self, event: Event[StreamReset]) -> None:
        if event.data.reason is not ResetReason.RECONNECT:
            if self.ledger.fills:
                # The clock may have been moved before the stream says so: the attempt ended where its market did.
                self.attempts.append(self._sheet(self._market_ns))
            self.ledger = Ledger(event.header.receive_time_ns, self._mark)
            self._stock_ns = event.header.receive_time_ns
        self.market.on_event(event)
        self.orders.on_event(event)

    def _sheet(self, ended_ns: int) -> ResultSheet:
        return replace(self.ledger.sheet(len(self.attempts) + 1, ended_ns), fill_model=self.fill_model)

    def _time(self, event: Event[OrderAck]) -> None:
        order = self.orders.order_of(event)
        took_ns = None if order is None else order.answer_took_ns(event)
        if took_ns is not None:
            self._round_trips.append(took_ns)

    def _mark(self, key: InstrumentKey) -> Decimal | None:
        """What a position in `key` is valued at."""
        try:
            return self.market.mark(key)
        except InstrumentError:
            return None  # a book off its grid has no price; that it is, the router says when it is traded on
