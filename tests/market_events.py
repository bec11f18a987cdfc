"""Market events made short, for the tests of books, queues and clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ttxt_core.events import (
    AckOutcome,
    Command,
    Event,
    EventData,
    InstrumentKey,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    OrderAck,
    Orderbook,
    Side,
    Source,
    Wallet,
)

BTC = InstrumentKey("bybit", "spot", "BTC/USDT")
BTC_LINEAR = InstrumentKey("bybit", "linear", "BTC/USDT")
ETH = InstrumentKey("bybit", "spot", "ETH/USDT")

Levels = Iterable[tuple[float, float]]


def header(key: InstrumentKey = BTC, *, time_ns: int = 0, source: Source = Source.LIVE) -> MessageHeader:
    return MessageHeader(*key, venue_time_ns=time_ns, receive_time_ns=time_ns, source=source)


def event(data: EventData, key: InstrumentKey = BTC, *, time_ns: int = 0) -> Event[Any]:
    return Event(header(key, time_ns=time_ns), data)


def snapshot(
    sequence: int = 1,
    bids: Levels = ((100.0, 1.0),),
    asks: Levels = ((101.0, 1.0),),
    key: InstrumentKey = BTC,
    depth: int = 0,
) -> Event[Orderbook]:
    return event(Orderbook(list(bids), list(asks), True, sequence, None, depth), key)


def delta(
    sequence: int,
    bids: Levels = (),
    asks: Levels = (),
    key: InstrumentKey = BTC,
    previous: int | None = -1,
) -> Event[Orderbook]:
    """A delta that follows `sequence` - 1, or `previous` when that is given; None: the venue has no sequence."""
    before = sequence - 1 if previous == -1 else previous
    return event(Orderbook(list(bids), list(asks), False, sequence, before), key)


def trade(number: int, key: InstrumentKey = BTC) -> Event[MarketTrades]:
    """A trade whose id is `number`."""
    return event(MarketTrades([MarketTrade(100.0, 1.0, Side.BUY, str(number), number)]), key, time_ns=number)


def ack(number: int, key: InstrumentKey = BTC) -> Event[OrderAck]:
    """The ack of order `number`."""
    return event(OrderAck("main", str(number), Command.CREATE, AckOutcome.ACCEPTED), key, time_ns=number)


def wallet() -> Event[Wallet]:
    return event(Wallet("main", [], is_snapshot=True))


def number_of(some: Event[Any]) -> int:
    """What `trade` and `ack` were given."""
    return some.header.receive_time_ns
