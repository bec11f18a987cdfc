"""ttxt_core: connects clients to crypto exchanges with standardized events over replaceable queues.

``from ttxt_core import …`` gives every public name. Modules load on first use, so that a program pays only for
what it touches.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ttxt_core.client import BaseClient as BaseClient
    from ttxt_core.client import IEventHandler as IEventHandler
    from ttxt_core.clock import ManualClock as ManualClock
    from ttxt_core.clock import ReplayClock as ReplayClock
    from ttxt_core.clock import SystemClock as SystemClock
    from ttxt_core.connectors.normalizer import NormalizerBase as NormalizerBase
    from ttxt_core.events import *  # noqa: F403
    from ttxt_core.instruments import InstrumentInfo as InstrumentInfo
    from ttxt_core.instruments import TradingPair as TradingPair
    from ttxt_core.orderbook import LocalOrderbook as LocalOrderbook
    from ttxt_core.orders.limits import RiskLimits as RiskLimits
    from ttxt_core.orders.manager import OrderManager as OrderManager
    from ttxt_core.orders.router import CommandRouter as CommandRouter
    from ttxt_core.queues.asyncio_queue import AsyncioQueue as AsyncioQueue
    from ttxt_core.queues.base import FullPolicy as FullPolicy
    from ttxt_core.queues.base import IQueue as IQueue
    from ttxt_core.queues.base import IQueueActor as IQueueActor
    from ttxt_core.queues.base import IQueueConsumer as IQueueConsumer
    from ttxt_core.queues.base import IQueuePublisher as IQueuePublisher
    from ttxt_core.queues.fanout import FanOut as FanOut
    from ttxt_core.recording.reader import read_events as read_events
    from ttxt_core.recording.recorder import MarketDataRecorder as MarketDataRecorder
    from ttxt_core.recording.replayer import MarketDataReplayer as MarketDataReplayer
    from ttxt_core.session import Session as Session
    from ttxt_core.simulation.exchange_simulator import ExchangeSimulator as ExchangeSimulator
    from ttxt_core.simulation.practice_market import PracticeMarket as PracticeMarket

_MODULES: dict[str, tuple[str, ...]] = {
    "client": ("BaseClient", "IEventHandler"),
    "clock": ("ManualClock", "ReplayClock", "SystemClock"),
    "connectors.normalizer": ("NormalizerBase",),
    "instruments": ("InstrumentInfo", "TradingPair"),
    "orderbook": ("LocalOrderbook",),
    "orders.limits": ("RiskLimits",),
    "orders.manager": ("OrderManager",),
    "orders.router": ("CommandRouter",),
    "queues.asyncio_queue": ("AsyncioQueue",),
    "queues.base": ("FullPolicy", "IQueue", "IQueueActor", "IQueueConsumer", "IQueuePublisher"),
    "queues.fanout": ("FanOut",),
    "recording.reader": ("read_events",),
    "recording.recorder": ("MarketDataRecorder",),
    "recording.replayer": ("MarketDataReplayer",),
    "session": ("Session",),
    "simulation.exchange_simulator": ("ExchangeSimulator",),
    "simulation.practice_market": ("PracticeMarket",),
    "events": (
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
        "OrderState",
        "OrderType",
        "OrderUpdate",
        "Orderbook",
        "PositionSide",
        "PositionUpdate",
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
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - built from the table above, so that the two can't differ


def __getattr__(name: str) -> Any:
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module 'ttxt_core' has no attribute {name!r}")
    return getattr(import_module(f"ttxt_core.{module}"), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
