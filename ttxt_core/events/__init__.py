"""Events: everything that flows. `EventLike` is the union of the built-in data types.

To add an event of your own: define a subclass of `EventData` with a tag, call `register_event`, extend the
normalizer, handler and denormalizer you use with a method for it, and dispatch it in your client.
"""

from __future__ import annotations

from ttxt_core.events.account import Balance, MarginMode, PositionUpdate, Wallet
from ttxt_core.events.envelope import Event, EventData, InstrumentKey, MessageHeader, Source, UnknownEvent
from ttxt_core.events.market import Instrument, Kline, MarketTrade, MarketTrades, Orderbook, Side, Ticker
from ttxt_core.events.orders import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    Fill,
    FillKind,
    OrderAck,
    OrderCommand,
    OrderNotice,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionSide,
    ProtectPosition,
    QuantityUnit,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
    stop_direction,
)
from ttxt_core.events.registry import decode_event, encode_event, register_event
from ttxt_core.events.status import (
    BookState,
    BookStatus,
    ConnectionState,
    ConnectorError,
    ConnectorStatus,
    FeedGap,
    ResetReason,
    StreamReset,
)

EventLike = (
    Orderbook
    | MarketTrades
    | Kline
    | Ticker
    | Instrument
    | CreateOrder
    | AmendOrder
    | CancelOrder
    | ProtectPosition
    | OrderAck
    | OrderUpdate
    | OrderNotice
    | Fill
    | Wallet
    | PositionUpdate
    | ConnectorStatus
    | ConnectorError
    | BookStatus
    | StreamReset
    | FeedGap
    | UnknownEvent
)

MARKET_EVENTS: frozenset[type] = frozenset(
    {Orderbook, MarketTrades, Kline, Ticker, Instrument, BookStatus, FeedGap, UnknownEvent}
)
"""What a recording holds of the built-in types; it holds those of others too."""

_BUILT_IN: dict[str, type[EventData]] = {
    "ob": Orderbook,
    "tr": MarketTrades,
    "kl": Kline,
    "tk": Ticker,
    "in": Instrument,
    "co": CreateOrder,
    "ao": AmendOrder,
    "xo": CancelOrder,
    "pp": ProtectPosition,
    "oa": OrderAck,
    "ou": OrderUpdate,
    "on": OrderNotice,
    "fi": Fill,
    "wa": Wallet,
    "po": PositionUpdate,
    "cs": ConnectorStatus,
    "ce": ConnectorError,
    "bs": BookStatus,
    "sr": StreamReset,
    "fg": FeedGap,
}
for _tag, _cls in _BUILT_IN.items():
    register_event(_cls, _tag)

__all__ = [
    "MARKET_EVENTS",
    "AckOutcome",
    "AmendOrder",
    "Balance",
    "BookState",
    "BookStatus",
    "CancelOrder",
    "Command",
    "ConnectionState",
    "ConnectorError",
    "ConnectorStatus",
    "CreateOrder",
    "Event",
    "EventData",
    "EventLike",
    "FeedGap",
    "Fill",
    "FillKind",
    "Instrument",
    "InstrumentKey",
    "Kline",
    "MarginMode",
    "MarketTrade",
    "MarketTrades",
    "MessageHeader",
    "OrderAck",
    "OrderCommand",
    "OrderNotice",
    "OrderState",
    "OrderType",
    "OrderUpdate",
    "Orderbook",
    "PositionSide",
    "PositionUpdate",
    "ProtectPosition",
    "QuantityUnit",
    "ResetReason",
    "Side",
    "Source",
    "StreamReset",
    "Ticker",
    "TimeInForce",
    "TriggerBy",
    "TriggerDirection",
    "UnknownEvent",
    "Wallet",
    "decode_event",
    "encode_event",
    "register_event",
    "stop_direction",
]
