"""ttxt_core: connects clients to crypto exchanges with standardized events over replaceable queues.

``from ttxt_core import …`` gives every public name. Modules load on first use, so that a program pays only for
what it touches.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ttxt_core.bootstrap import run as run
    from ttxt_core.client import BaseClient as BaseClient
    from ttxt_core.client import IEventHandler as IEventHandler
    from ttxt_core.clock import ManualClock as ManualClock
    from ttxt_core.clock import ReplayClock as ReplayClock
    from ttxt_core.clock import SystemClock as SystemClock
    from ttxt_core.connectors.base import ConnectorBase as ConnectorBase
    from ttxt_core.connectors.config import ConnectorConfig as ConnectorConfig
    from ttxt_core.connectors.denormalizer import DenormalizerBase as DenormalizerBase
    from ttxt_core.connectors.normalizer import NormalizerBase as NormalizerBase
    from ttxt_core.errors import QueueClosedError as QueueClosedError
    from ttxt_core.errors import TtxtError as TtxtError
    from ttxt_core.events import *  # noqa: F403
    from ttxt_core.instruments import InstrumentInfo as InstrumentInfo
    from ttxt_core.instruments import TradingPair as TradingPair
    from ttxt_core.orderbook import LocalOrderbook as LocalOrderbook
    from ttxt_core.orders.limits import RiskLimits as RiskLimits
    from ttxt_core.orders.manager import OrderManager as OrderManager
    from ttxt_core.orders.router import CommandRouter as CommandRouter
    from ttxt_core.orders.router import new_client_order_id as new_client_order_id
    from ttxt_core.queues.asyncio_queue import AsyncioQueue as AsyncioQueue
    from ttxt_core.queues.base import FullPolicy as FullPolicy
    from ttxt_core.queues.base import IQueue as IQueue
    from ttxt_core.queues.base import IQueueActor as IQueueActor
    from ttxt_core.queues.base import IQueueConsumer as IQueueConsumer
    from ttxt_core.queues.base import IQueuePublisher as IQueuePublisher
    from ttxt_core.queues.base import QueueStats as QueueStats
    from ttxt_core.queues.fanout import FanOut as FanOut
    from ttxt_core.recording.reader import read_events as read_events
    from ttxt_core.recording.recorder import MarketDataRecorder as MarketDataRecorder
    from ttxt_core.recording.replayer import MarketDataReplayer as MarketDataReplayer
    from ttxt_core.session import Session as Session
    from ttxt_core.simulation.exchange_simulator import ExchangeSimulator as ExchangeSimulator
    from ttxt_core.simulation.practice_market import PracticeMarket as PracticeMarket
    from ttxt_core.web.connection import HTTPRequest as HTTPRequest
    from ttxt_core.web.connection import Transport as Transport
    from ttxt_core.web.connection import WSConnection as WSConnection
    from ttxt_core.web.connection_factory import ConnectionFactory as ConnectionFactory
    from ttxt_core.web.factory import WebAssistantFactory as WebAssistantFactory
    from ttxt_core.web.requests import RESTRequest as RESTRequest
    from ttxt_core.web.requests import RESTResponse as RESTResponse
    from ttxt_core.web.requests import WSBinaryRequest as WSBinaryRequest
    from ttxt_core.web.requests import WSJSONRequest as WSJSONRequest
    from ttxt_core.web.requests import WSPlainTextRequest as WSPlainTextRequest
    from ttxt_core.web.requests import WSRequest as WSRequest
    from ttxt_core.web.requests import WSResponse as WSResponse
    from ttxt_core.web.rest_assistant import RESTAssistant as RESTAssistant
    from ttxt_core.web.ws_assistant import WSAssistant as WSAssistant

_MODULES: dict[str, tuple[str, ...]] = {
    "bootstrap": ("run",),
    "client": ("BaseClient", "IEventHandler"),
    "clock": ("ManualClock", "ReplayClock", "SystemClock"),
    "connectors.base": ("ConnectorBase",),
    "connectors.config": ("ConnectorConfig",),
    "connectors.denormalizer": ("DenormalizerBase",),
    "connectors.normalizer": ("NormalizerBase",),
    "errors": ("QueueClosedError", "TtxtError"),
    "instruments": ("InstrumentInfo", "TradingPair"),
    "orderbook": ("LocalOrderbook",),
    "orders.limits": ("RiskLimits",),
    "orders.manager": ("OrderManager",),
    "orders.router": ("CommandRouter", "new_client_order_id"),
    "queues.asyncio_queue": ("AsyncioQueue",),
    "queues.base": ("FullPolicy", "IQueue", "IQueueActor", "IQueueConsumer", "IQueuePublisher", "QueueStats"),
    "queues.fanout": ("FanOut",),
    "recording.reader": ("read_events",),
    "recording.recorder": ("MarketDataRecorder",),
    "recording.replayer": ("MarketDataReplayer",),
    "session": ("Session",),
    "simulation.exchange_simulator": ("ExchangeSimulator",),
    "simulation.practice_market": ("PracticeMarket",),
    "web.connection": ("HTTPRequest", "Transport", "WSConnection"),
    "web.connection_factory": ("ConnectionFactory",),
    "web.factory": ("WebAssistantFactory",),
    "web.requests": (
        "RESTRequest",
        "RESTResponse",
        "WSBinaryRequest",
        "WSJSONRequest",
        "WSPlainTextRequest",
        "WSRequest",
        "WSResponse",
    ),
    "web.rest_assistant": ("RESTAssistant",),
    "web.ws_assistant": ("WSAssistant",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}
_EVENTS = "events"
"""The module that lists its own names: every public one is a name here too."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    module = _HOME.get(name)
    if module is None and not name.startswith("_") and name in _event_names():
        module = _EVENTS
    if module is None:
        raise AttributeError(f"module 'ttxt_core' has no attribute {name!r}")
    return getattr(import_module(f"ttxt_core.{module}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOME, *_event_names()])


def _event_names() -> list[str]:
    names: list[str] = import_module(f"ttxt_core.{_EVENTS}").__all__
    return names
