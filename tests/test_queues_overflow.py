"""A mailbox whose consumer is slow: what it loses, what it never loses, and that it says so."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.market_events import BTC, BTC_LINEAR, ETH, ack, delta, event, number_of, snapshot, trade, wallet
from ttxt_core.errors import QueueFullError
from ttxt_core.events import (
    BookState,
    BookStatus,
    ConnectionState,
    ConnectorStatus,
    Event,
    FeedGap,
    InstrumentKey,
    MarketTrades,
    OrderAck,
    Orderbook,
    ResetReason,
    Source,
    StreamReset,
    UnknownEvent,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.queues.kept_market import KeptMarket

LOSING = [FullPolicy.DROP_OLDEST, FullPolicy.CONFLATE]


@pytest.mark.parametrize("policy", LOSING)
@pytest.mark.parametrize(("capacity", "published"), [(1, 5), (3, 5), (100, 250)])
def test_the_oldest_trades_go_and_their_place_says_how_many(policy: FullPolicy, capacity: int, published: int) -> None:
    queue = AsyncioQueue(capacity=capacity, policy=policy, name="screen")
    for number in range(published):
        queue.publish_nowait(trade(number))
    gap, *kept = queue.get_batch_nowait()
    assert gap.data == FeedGap("mailbox screen was full", published - capacity)
    assert gap.header.key == BTC
    assert [number_of(some) for some in kept] == list(range(published - capacity, published))
    assert (queue.stats.published, queue.stats.dropped, queue.stats.highest) == (
        published,
        published - capacity,
        capacity,
    )
    queue.publish_nowait(trade(published))
    assert [type(some.data) for some in queue.get_batch_nowait()] == [MarketTrades]


@pytest.mark.parametrize("policy", LOSING)
def test_a_gap_stands_where_the_trades_were(policy: FullPolicy) -> None:
    queue = AsyncioQueue(capacity=3, policy=policy)
    for some in (trade(0), ack(1), trade(2), trade(3, ETH), trade(4), ack(5)):
        queue.publish_nowait(some)
    batch = queue.get_batch_nowait()
    assert [(type(some.data), some.header.pair, number_of(some)) for some in batch] == [
        (OrderAck, "BTC/USDT", 1),
        (FeedGap, "BTC/USDT", 2),
        (FeedGap, "ETH/USDT", 3),
        (MarketTrades, "BTC/USDT", 4),
        (OrderAck, "BTC/USDT", 5),
    ]
    assert [some.data.missed for some in batch if type(some.data) is FeedGap] == [2, 1]


@pytest.mark.parametrize("policy", LOSING)
def test_what_may_not_be_lost_is_an_error_when_there_is_no_room(policy: FullPolicy) -> None:
    queue = AsyncioQueue(capacity=3, policy=policy, name="orders")
    queue.publish_nowait(trade(0))
    lossless = [ack(1), wallet(), event(ConnectorStatus("private", ConnectionState.CONNECTED))]
    for some in lossless:
        queue.publish_nowait(some)
    with pytest.raises(QueueFullError, match="OrderAck of bybit spot BTC/USDT to mailbox orders"):
        queue.publish_nowait(ack(9))
    queue.publish_nowait(trade(10))
    batch = queue.get_batch_nowait()
    assert [some for some in batch if type(some.data) is not FeedGap] == lossless
    assert sum(some.data.missed for some in batch if type(some.data) is FeedGap) == 2
    assert queue.stats.published == 5


def test_a_type_of_ones_own_may_be_lost() -> None:
    queue = AsyncioQueue(capacity=1, policy=FullPolicy.DROP_OLDEST)
    for tag in ("a", "b"):
        queue.publish_nowait(Event(trade(0).header, UnknownEvent(tag, b"")))
    gap, kept = queue.get_batch_nowait()
    assert (gap.data.missed, kept.data.tag) == (1, "b")


def test_a_book_that_lost_an_event_is_broken_until_a_snapshot() -> None:
    queue = AsyncioQueue(capacity=3, policy=FullPolicy.DROP_OLDEST, name="slow")
    for some in (snapshot(1), delta(2, bids=[(99.0, 1.0)]), trade(0), delta(3), delta(4)):
        queue.publish_nowait(some)
    batch = queue.get_batch_nowait()
    assert [some.data for some in batch] == [
        BookStatus(BookState.GAP, "mailbox slow was full"),
        trade(0).data,
    ]
    for some in (delta(5), trade(6), delta(7)):
        queue.publish_nowait(some)
    assert [type(some.data) for some in queue.get_batch_nowait()] == [MarketTrades]
    queue.publish_nowait(snapshot(8))
    queue.publish_nowait(delta(9))
    assert [some.data.sequence for some in queue.get_batch_nowait()] == [8, 9]
    assert queue.stats.dropped == 6


def test_a_broken_book_is_given_the_publishers_kept_one() -> None:
    asked: list[InstrumentKey] = []
    answers: list[Event[Orderbook] | None] = [None, snapshot(5)]

    def request(key: InstrumentKey) -> Event[Orderbook] | None:
        asked.append(key)
        return answers.pop(0)

    queue = AsyncioQueue(capacity=2, policy=FullPolicy.DROP_OLDEST, request_snapshot=request)
    for some in (snapshot(1), delta(2), delta(3)):
        queue.publish_nowait(some)
    assert [type(some.data) for some in queue.get_batch_nowait()] == [BookStatus]
    queue.publish_nowait(delta(4))
    queue.publish_nowait(trade(0))
    assert [type(some.data) for some in queue.get_batch_nowait()] == [MarketTrades, Orderbook]
    queue.publish_nowait(delta(6))
    assert [some.data.sequence for some in queue.get_batch_nowait()] == [6]
    assert asked == [BTC, BTC]


def test_one_broken_book_leaves_the_others_alone() -> None:
    queue = AsyncioQueue(capacity=3, policy=FullPolicy.DROP_OLDEST)
    for some in (snapshot(1), snapshot(1, key=ETH), snapshot(1, key=BTC_LINEAR), delta(2, key=ETH)):
        queue.publish_nowait(some)
    status, *books = queue.get_batch_nowait()
    assert (status.header.key, type(status.data)) == (BTC, BookStatus)
    assert [some.header.key for some in books] == [ETH, BTC_LINEAR, ETH]


def test_the_notice_keeps_the_source_of_what_was_lost() -> None:
    queue = AsyncioQueue(capacity=1, policy=FullPolicy.DROP_OLDEST)
    replayed = trade(0)
    header = type(replayed.header)(*BTC, source=Source.REPLAY)
    queue.publish_nowait(Event(header, replayed.data))
    queue.publish_nowait(ack(1))
    assert queue.get_batch_nowait()[0].header.source is Source.REPLAY


@pytest.mark.parametrize("policy", LOSING)
def test_notices_of_a_consumer_that_takes_little_are_added_up(policy: FullPolicy) -> None:
    queue = AsyncioQueue(capacity=4, policy=policy)
    for number in range(200):
        if number % 10 == 0:
            queue.publish_nowait(ack(number))
        queue.publish_nowait(trade(number))
        if number % 10 == 9:
            # The ack goes; the notice that stands behind it waits, beside as many events as there is room for.
            assert [type(some.data) for some in queue.get_batch_nowait(limit=1)] == [OrderAck]
            assert len(queue) == 4
    taken = queue.get_batch_nowait()
    assert [type(some.data) for some in taken] == [FeedGap, *[MarketTrades] * 3]
    trades = [some for some in taken if type(some.data) is MarketTrades]
    missed = sum(some.data.missed for some in taken if type(some.data) is FeedGap)
    assert len(trades) + missed == 200
    assert queue.stats.dropped == missed


KEYS = st.sampled_from([BTC, ETH])
LEVEL = st.tuples(st.integers(1, 9).map(float), st.sampled_from([0.0, 1.0, 2.0]))
LEVELS = st.lists(LEVEL, max_size=3)
# How often each kind of step comes, so that mailboxes overflow and there is still something in them to lose.
WEIGHTS = {"delta": 12, "trade": 3, "gap": 1, "snapshot": 1, "status": 1, "reset": 1, "ack": 1, "drain": 2}
STEP = st.tuples(
    st.sampled_from([what for what, weight in WEIGHTS.items() for _ in range(weight)]),
    KEYS,
    LEVELS,
    st.sampled_from([None, None, 1, 3]),
)
STEPS = st.lists(STEP, min_size=15, max_size=60)


class Consumer:
    """Keeps books of what a mailbox gives it, as a client would, and everything it was given."""

    def __init__(self) -> None:
        self.books: dict[InstrumentKey, LocalOrderbook] = defaultdict(LocalOrderbook)
        self.taken: list[Event[Any]] = []
        self.reasons: list[str] = []

    def take(self, batch: list[Event[Any]]) -> None:
        self.taken += batch
        for some in batch:
            book = self.books[some.header.key]
            if type(some.data) is Orderbook:
                was = book.state
                book.update(some)
                if was is BookState.VALID and book.state is BookState.GAP:
                    self.reasons.append(book.reason)
            elif type(some.data) is BookStatus and some.data.state is BookState.GAP:
                book.mark_gap(some.data.reason)
            elif type(some.data) is StreamReset:
                for each in self.books.values():
                    each.reset("reset")


def made(what: str, number: int, key: InstrumentKey, sequences: dict[InstrumentKey, int], levels: Any) -> Event[Any]:
    """The next event of a feed whose books stand at `sequences`."""
    if what == "trade":
        return trade(number, key)
    if what == "ack":
        return ack(number, key)
    if what == "status":
        return event(BookStatus(BookState.GAP, "the feed's own"), key)
    if what == "reset":
        return event(StreamReset(ResetReason.SEEK), InstrumentKey("", "", ""))
    sequences[key] += 2 if what == "gap" else 1
    build = snapshot if what == "snapshot" else delta
    return build(sequences[key], bids=levels, key=key)


@pytest.mark.parametrize("policy", LOSING)
@settings(max_examples=250)
@given(steps=STEPS, capacity=st.integers(2, 12), gives_snapshots=st.booleans())
def test_nothing_is_lost_in_silence(
    policy: FullPolicy,
    steps: list[tuple[str, InstrumentKey, list[tuple[float, float]], int | None]],
    capacity: int,
    gives_snapshots: bool,
) -> None:
    kept = KeptMarket()
    queue = AsyncioQueue(capacity=capacity, policy=policy, request_snapshot=kept.snapshot if gives_snapshots else None)
    consumer, direct = Consumer(), Consumer()
    sequences: dict[InstrumentKey, int] = defaultdict(int)
    refused = 0
    begin = [snapshot(0, key=key) for key in (BTC, ETH)]
    for some in begin:
        kept.update(some)
    direct.take(begin)
    consumer.take(begin)
    for number, (what, key, levels, limit) in enumerate(steps):
        if what == "drain":
            consumer.take(queue.get_batch_nowait(limit))
            continue
        some = made(what, number, key, sequences, levels)
        kept.update(some)
        try:
            queue.publish_nowait(some)
        except QueueFullError:
            refused += 1
            continue
        direct.take([some])
        assert len(queue) <= capacity
    consumer.take(queue.get_batch_nowait())
    assert queue.get_batch_nowait() == []

    def of(taken: list[Event[Any]], kind: type) -> list[int]:
        return [number_of(some) for some in taken if type(some.data) is kind]

    # Lossless ones all came, in order; so did the trades that came, and the rest is accounted for.
    assert of(consumer.taken, OrderAck) == of(direct.taken, OrderAck)
    trades, published = of(consumer.taken, MarketTrades), of(direct.taken, MarketTrades)
    assert trades == sorted(trades)
    missed = sum(some.data.missed for some in consumer.taken if type(some.data) is FeedGap)
    assert len(trades) + missed == len(published)
    mixed = [some for some in consumer.taken if type(some.data) in (OrderAck, MarketTrades)]
    assert mixed == sorted(mixed, key=number_of)
    # A gap of the feed stays visible, and the mailbox makes none of its own.
    assert len(consumer.reasons) <= len(direct.reasons)
    if refused:
        return
    for key, truth in direct.books.items():
        book = consumer.books[key]
        if truth.state is BookState.VALID and (gives_snapshots or book.state is BookState.VALID):
            assert book.state is BookState.VALID, book.reason
            assert (book.bids(), book.asks(), book.sequence) == (truth.bids(), truth.asks(), truth.sequence)
        elif truth.state is not BookState.VALID:
            assert book.state is not BookState.VALID
