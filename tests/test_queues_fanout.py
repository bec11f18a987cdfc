"""Fan-out: every consumer gets what it asked for, whatever the others do."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.market_events import BTC, BTC_LINEAR, ETH, ack, delta, event, number_of, snapshot, trade, wallet
from ttxt_core.errors import QueueClosedError, QueueError, QueueFullError
from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrades,
    Orderbook,
    ResetReason,
    StreamReset,
    Ticker,
    Wallet,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.queues.fanout import FanOut


def instrument(key: InstrumentKey = BTC, tick: str = "0.1") -> Event[Instrument]:
    return event(Instrument("BTCUSDT", "BTC", "USDT", "USDT", Decimal(tick), Decimal("0.001")), key)


def book_of(batch: list[Event[Any]], book: LocalOrderbook | None = None) -> LocalOrderbook:
    """A book kept from `batch` as a client keeps it."""
    kept = LocalOrderbook() if book is None else book
    for some in batch:
        if type(some.data) is Orderbook:
            kept.update(some)
        elif type(some.data) is BookStatus and some.data.state is BookState.GAP:
            kept.mark_gap(some.data.reason)
    return kept


def test_every_mailbox_gets_every_event_that_it_accepts() -> None:
    fan_out = FanOut()
    everything = fan_out.subscribe("everything")
    trades = fan_out.subscribe("trades", accepts=frozenset({MarketTrades}))
    account = fan_out.subscribe("account", accepts=frozenset({Wallet}), policy=FullPolicy.ERROR)
    events = [trade(0), snapshot(1), wallet(), delta(2), trade(1)]
    fan_out.publish_many_nowait(events)
    assert everything.get_batch_nowait() == events
    assert trades.get_batch_nowait() == [events[0], events[4]]
    assert account.get_batch_nowait() == [events[2]]
    assert fan_out.stats()["trades"].delivered == 2


def test_a_later_subscriber_gets_what_comes_after() -> None:
    fan_out = FanOut()
    fan_out.publish_nowait(trade(0))
    mailbox = fan_out.subscribe("late")
    fan_out.publish_nowait(trade(1))
    assert [number_of(some) for some in mailbox.get_batch_nowait()] == [1]


@pytest.mark.parametrize("policy", [FullPolicy.DROP_OLDEST, FullPolicy.CONFLATE])
def test_a_slow_consumer_does_not_hold_up_the_others(policy: FullPolicy) -> None:
    fan_out = FanOut()
    slow = fan_out.subscribe("slow", capacity=4, policy=policy)
    fast = fan_out.subscribe("fast", policy=FullPolicy.ERROR)
    fan_out.publish_nowait(snapshot(1))
    for number in range(2, 300):
        fan_out.publish_nowait(delta(number, bids=[(90.0 + number % 7, float(number % 3))]))
        fan_out.publish_nowait(trade(number))
    received = fast.get_batch_nowait()
    assert len(received) == 1 + 298 * 2
    book = book_of(slow.get_batch_nowait())
    assert book.state is BookState.VALID
    assert book.bids() == book_of(received).bids()
    fan_out.publish_nowait(delta(300, bids=[(99.5, 1.0)]))
    assert book_of(slow.get_batch_nowait(), book).best_bid == (100.0, 1.0)
    assert (book.state, book.sequence) == (BookState.VALID, 300)
    assert fan_out.stats()["fast"].dropped == 0
    assert fan_out.stats()["slow"].dropped > 0


def test_a_mailbox_that_raises_does_not_keep_the_event_from_the_others() -> None:
    fan_out = FanOut()
    stuck = fan_out.subscribe("stuck", capacity=1, policy=FullPolicy.ERROR)
    after = fan_out.subscribe("after")
    fan_out.publish_nowait(ack(0))
    with pytest.raises(QueueFullError, match="stuck"):
        fan_out.publish_nowait(ack(1))
    assert [number_of(some) for some in after.get_batch_nowait()] == [0, 1]
    assert [number_of(some) for some in stuck.get_batch_nowait()] == [0]


async def test_publish_waits_for_blocking_mailboxes_only() -> None:
    fan_out = FanOut()
    blocking = fan_out.subscribe("blocking", capacity=1, policy=FullPolicy.BLOCK)
    other = fan_out.subscribe("other", capacity=10)
    await fan_out.publish(trade(0))
    publisher = asyncio.create_task(fan_out.publish(trade(1)))
    await asyncio.sleep(0)
    assert not publisher.done()
    assert len(other) == 2
    assert len(blocking.get_batch_nowait()) == 1
    await publisher
    assert [number_of(some) for some in blocking.get_batch_nowait()] == [1]


async def test_what_a_mailbox_gets_while_another_blocks_is_no_gap() -> None:
    fan_out = FanOut()
    blocking = fan_out.subscribe("blocking", capacity=1, policy=FullPolicy.BLOCK)
    losing = fan_out.subscribe("losing", capacity=1, policy=FullPolicy.DROP_OLDEST)
    publisher = asyncio.create_task(publish_all(fan_out, [snapshot(1), *(delta(number) for number in range(2, 20))]))
    book = LocalOrderbook()
    for _ in range(100):
        await asyncio.sleep(0)
        book_of(losing.get_batch_nowait(), book)
        assert not book.reason.startswith("gap")
        blocking.get_batch_nowait()
    await publisher
    assert (book.state, book.sequence) == (BookState.VALID, 19)


async def publish_all(fan_out: FanOut, events: list[Event[Any]]) -> None:
    for some in events:
        await fan_out.publish(some)


async def test_publish_reaches_all_even_when_one_raises() -> None:
    fan_out = FanOut()
    fan_out.subscribe("stuck", capacity=1, policy=FullPolicy.ERROR)
    blocking = fan_out.subscribe("blocking", policy=FullPolicy.BLOCK)
    await fan_out.publish(ack(0))
    with pytest.raises(QueueFullError):
        await fan_out.publish(ack(1))
    assert len(blocking) == 2


def test_a_late_subscriber_may_ask_for_what_is_known() -> None:
    fan_out = FanOut()
    fan_out.publish_many_nowait(
        [
            instrument(tick="1"),
            instrument(),
            snapshot(1),
            delta(2, bids=[(100.5, 2.0)]),
            trade(0),
            delta(7, key=ETH),
            instrument(BTC_LINEAR),
            snapshot(4, key=BTC_LINEAR),
        ]
    )
    late = fan_out.subscribe("late", snapshot=True)
    fan_out.publish_nowait(delta(3))
    batch = late.get_batch_nowait()
    assert batch[:2] == [instrument(), instrument(BTC_LINEAR)]
    spot, linear, follows = batch[2:]
    assert spot.data.bids == [(100.5, 2.0), (100.0, 1.0)]
    assert (spot.header.key, spot.data.is_snapshot, spot.data.sequence) == (BTC, True, 2)
    assert (linear.header.key, linear.data.sequence) == (BTC_LINEAR, 4)
    assert follows.data.sequence == 3
    only_trades = fan_out.subscribe("trades", snapshot=True, accepts=frozenset({MarketTrades}))
    assert only_trades.get_batch_nowait() == []


@pytest.mark.parametrize(
    "void",
    [
        event(BookStatus(BookState.GAP, "checksum")),
        event(BookStatus(BookState.STALE, "silent")),
        event(BookStatus(BookState.SYNCING, "reconnect")),
        event(StreamReset(ResetReason.SEEK), InstrumentKey("", "", "")),
        event(StreamReset(ResetReason.RECONNECT), InstrumentKey("bybit", "spot", "")),
        delta(9),
    ],
)
def test_a_book_that_is_not_valid_is_not_handed_on(void: Event[Any]) -> None:
    fan_out = FanOut()
    fan_out.publish_many_nowait([snapshot(1), snapshot(1, key=BTC_LINEAR), void, delta(2)])
    late = fan_out.subscribe("late", snapshot=True)
    keys = [some.header.key for some in late.get_batch_nowait()]
    assert keys == ([] if void.header.venue == "" else [BTC_LINEAR])
    fan_out.publish_nowait(snapshot(20))
    later = fan_out.subscribe("later", snapshot=True)
    assert BTC in [some.header.key for some in later.get_batch_nowait()]


def test_without_kept_books_nobody_gets_snapshots() -> None:
    fan_out = FanOut("feed", keeps_books=False)
    with pytest.raises(QueueError, match="keeps no books"):
        fan_out.subscribe("late", snapshot=True)
    mailbox = fan_out.subscribe("small", capacity=1)
    fan_out.publish_many_nowait([snapshot(1), delta(2), delta(3)])
    assert [type(some.data) for some in mailbox.get_batch_nowait()] == [BookStatus]


def test_names_are_unique_while_they_are_subscribed() -> None:
    fan_out = FanOut()
    mailbox = fan_out.subscribe("screen")
    with pytest.raises(QueueError, match="the name is taken"):
        fan_out.subscribe("screen")
    fan_out.unsubscribe(mailbox)
    fan_out.unsubscribe(mailbox)
    again = fan_out.subscribe("screen")
    fan_out.unsubscribe(mailbox)
    fan_out.publish_nowait(trade(0))
    assert (len(mailbox), len(again), mailbox.is_closed) == (0, 1, True)


async def test_a_mailbox_that_its_consumer_closed_is_forgotten() -> None:
    fan_out = FanOut()
    gone = [fan_out.subscribe("losing"), fan_out.subscribe("blocking", policy=FullPolicy.BLOCK)]
    stays = fan_out.subscribe("stays")
    for mailbox in gone:
        mailbox.close()
    await fan_out.publish(trade(0))
    fan_out.publish_nowait(trade(1))
    assert list(fan_out.stats()) == ["stays"]
    assert len(stays) == 2


async def test_closing_ends_all_consumers_after_what_waits() -> None:
    fan_out = FanOut("feed")
    mailboxes: list[AsyncioQueue] = [fan_out.subscribe("a"), fan_out.subscribe("b")]
    fan_out.publish_nowait(trade(0))
    fan_out.close()
    for mailbox in mailboxes:
        assert [number_of(some) async for some in mailbox] == [0]
    with pytest.raises(QueueClosedError, match="feed"):
        fan_out.publish_nowait(trade(1))
    with pytest.raises(QueueClosedError):
        await fan_out.publish(trade(1))
    with pytest.raises(QueueClosedError):
        fan_out.subscribe("c")


def test_a_late_consumer_gets_the_candles_and_the_ticker_too() -> None:
    fan_out = FanOut("feed")
    candles = [Kline(60, 60 * n, 1.0, 2.0, 0.5, 1.5, 3.0, 4.0, is_closed=n < 3) for n in (1, 2, 3)]
    fan_out.publish_many_nowait([instrument(), snapshot(1)])
    fan_out.publish_many_nowait([event(candle) for candle in candles])
    fan_out.publish_many_nowait([event(Ticker(last=1.0, mark=2.0)), event(Ticker(last=3.0)), delta(2)])
    fan_out.publish_many_nowait([event(msgspec.structs.replace(candles[2], close=9.0))])
    late = fan_out.subscribe("late", snapshot=True).get_batch_nowait()
    assert [type(some.data) for some in late] == [Instrument, Orderbook, Kline, Kline, Kline, Ticker]
    assert [some.data.start_ns for some in late[2:5]] == [60, 120, 180]
    assert late[4].data.close == 9.0
    assert (late[5].data.last, late[5].data.mark) == (3.0, 2.0)
    assert {some.header.receive_time_ns for some in late[1:]} == {late[-1].header.receive_time_ns}
