"""Clients: classes with a method an event type, fed from a queue.

Owns dispatch and what happens when a method raises. It must not know where events come from.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ttxt_core.errors import QueueClosedError
from ttxt_core.events import (
    AmendOrder,
    BookStatus,
    CancelOrder,
    ConnectorError,
    ConnectorStatus,
    CreateOrder,
    Event,
    FeedGap,
    Fill,
    Instrument,
    Kline,
    MarketTrades,
    OrderAck,
    Orderbook,
    OrderNotice,
    OrderUpdate,
    PositionUpdate,
    ProtectPosition,
    StreamReset,
    Ticker,
    UnknownEvent,
    Wallet,
)
from ttxt_core.queues.base import IQueueConsumer

if TYPE_CHECKING:  # a client of a queue of its own needs no session
    from ttxt_core.session import Session

Handler = Callable[[Event[Any]], Awaitable[None]]

_log = logging.getLogger(__name__)


class IEventHandler:
    """One method for each event type. Override those you need: the others are never called and cost nothing.

    For an event type of your own, define a method for it and name it in `handlers`::

        def handlers(self):
            return {**super().handlers(), MyEvent: self.on_my_event}
    """

    def handlers(self) -> Mapping[type, Handler]:
        """The method for each type of event data; a type that is not in it is skipped."""
        overridden = {}
        for kind, name in _METHODS.items():
            if getattr(type(self), name) is not getattr(IEventHandler, name):
                overridden[kind] = getattr(self, name)
        return overridden

    async def on_start(self, session: Session) -> None:
        """The session is about to begin: keep it, to send commands and to read its books, orders and instruments."""

    async def on_stop(self) -> None:
        """The session is about to end: until this returns events still come, and commands are still carried out."""

    async def on_orderbook(self, event: Event[Orderbook]) -> None:
        """An order book snapshot or delta."""

    async def on_market_trades(self, event: Event[MarketTrades]) -> None:
        """Public trades."""

    async def on_kline(self, event: Event[Kline]) -> None:
        """A candle, open or closed."""

    async def on_ticker(self, event: Event[Ticker]) -> None:
        """Figures about an instrument; None means unchanged."""

    async def on_instrument(self, event: Event[Instrument]) -> None:
        """An instrument, new or changed."""

    async def on_create_order(self, event: Event[CreateOrder]) -> None:
        """Command: a new order."""

    async def on_amend_order(self, event: Event[AmendOrder]) -> None:
        """Command: change an order."""

    async def on_cancel_order(self, event: Event[CancelOrder]) -> None:
        """Command: take an order out."""

    async def on_protect_position(self, event: Event[ProtectPosition]) -> None:
        """Command: the exits of a position."""

    async def on_order_ack(self, event: Event[OrderAck]) -> None:
        """The answer to a command."""

    async def on_order_update(self, event: Event[OrderUpdate]) -> None:
        """The state of an own order."""

    async def on_order_notice(self, event: Event[OrderNotice]) -> None:
        """What was done about an order without being asked."""

    async def on_fill(self, event: Event[Fill]) -> None:
        """An execution of an own order."""

    async def on_wallet(self, event: Event[Wallet]) -> None:
        """Balances."""

    async def on_position_update(self, event: Event[PositionUpdate]) -> None:
        """A position."""

    async def on_connector_status(self, event: Event[ConnectorStatus]) -> None:
        """A stream's connection changed."""

    async def on_connector_error(self, event: Event[ConnectorError]) -> None:
        """An error on the way from or to a venue."""

    async def on_book_status(self, event: Event[BookStatus]) -> None:
        """The validity of an order book changed."""

    async def on_stream_reset(self, event: Event[StreamReset]) -> None:
        """Everything known from the stream is void: clear."""

    async def on_feed_gap(self, event: Event[FeedGap]) -> None:
        """Events are missing here."""

    async def on_unknown_event(self, event: Event[UnknownEvent]) -> None:
        """An event whose type is not registered here."""


_METHODS: dict[type, str] = {
    Orderbook: "on_orderbook",
    MarketTrades: "on_market_trades",
    Kline: "on_kline",
    Ticker: "on_ticker",
    Instrument: "on_instrument",
    CreateOrder: "on_create_order",
    AmendOrder: "on_amend_order",
    CancelOrder: "on_cancel_order",
    ProtectPosition: "on_protect_position",
    OrderAck: "on_order_ack",
    OrderUpdate: "on_order_update",
    OrderNotice: "on_order_notice",
    Fill: "on_fill",
    Wallet: "on_wallet",
    PositionUpdate: "on_position_update",
    ConnectorStatus: "on_connector_status",
    ConnectorError: "on_connector_error",
    BookStatus: "on_book_status",
    StreamReset: "on_stream_reset",
    FeedGap: "on_feed_gap",
    UnknownEvent: "on_unknown_event",
}


class BaseClient(IEventHandler):
    """Reads events from one end of a queue and calls the method for each, one after the other.

    Attributes:
        consumer: where it takes its events.
        handler: whose methods it calls; the client itself when none is given.
    """

    def __init__(self, consumer: IQueueConsumer, handler: IEventHandler | None = None) -> None:
        self.consumer = consumer
        self.handler = handler if handler is not None else self

    async def run(self) -> None:
        """Handle events until the queue is closed and empty, or the task is cancelled."""
        handlers = self.handler.handlers()
        while True:
            try:
                batch = await self.consumer.get_batch()
            except QueueClosedError:
                return
            await self._handle(batch, handlers)

    async def on_error(self, event: Event[Any], error: Exception) -> None:
        """The method for `event` raised `error`; the events after it go on. Logs it with its traceback.

        Override it to report errors elsewhere. An error raised here ends `run`.
        """
        _log.error(
            "%s could not handle %s of %s: %r",
            type(self.handler).__name__,
            type(event.data).__name__,
            event.header.key,
            error,
            exc_info=error,
        )

    async def _handle(self, batch: Iterable[Event[Any]], handlers: Mapping[type, Handler]) -> None:
        for event in batch:
            handler = handlers.get(type(event.data))
            if handler is None:
                continue
            try:
                await handler(event)
            except Exception as error:  # noqa: BLE001 - user code may raise anything; on_error tells what
                await self.on_error(event, error)
