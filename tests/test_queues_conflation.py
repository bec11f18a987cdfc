"""Merging what a slow consumer has not taken yet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.market_events import BTC, ETH, ack, delta, event, snapshot, trade
from ttxt_core.events import BookState, BookStatus, Event, MarketTrades, OrderAck, Orderbook, Ticker
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.queues.conflation import BookRun, merge_tickers


def conflating(capacity: int) -> AsyncioQueue:
    return AsyncioQueue(capacity=capacity, policy=FullPolicy.CONFLATE)


def test_deltas_become_one_with_the_last_sizes_and_the_whole_range() -> None:
    queue = conflating(2)
    queue.publish_nowait(delta(11, bids=[(100.0, 1.0), (99.0, 1.0)]))
    queue.publish_nowait(delta(12, bids=[(100.0, 0.0)], asks=[(101.0, 4.0)]))
    queue.publish_nowait(delta(13, bids=[(98.0, 2.0)], asks=[(101.0, 5.0)]))
    (merged,) = queue.get_batch_nowait()
    assert dict(merged.data.bids) == {100.0: 0.0, 99.0: 1.0, 98.0: 2.0}
    assert merged.data.asks == [(101.0, 5.0)]
    assert (merged.data.previous_sequence, merged.data.sequence, merged.data.is_snapshot) == (10, 13, False)
    assert (queue.stats.conflated, queue.stats.dropped) == (2, 0)


def test_nothing_is_merged_before_the_queue_is_full() -> None:
    queue = conflating(3)
    events = [delta(1), delta(2), delta(3)]
    for some in events:
        queue.publish_nowait(some)
    assert queue.get_batch_nowait() == events


def test_only_deltas_of_one_book_are_merged_and_take_the_place_of_the_last() -> None:
    queue = conflating(5)
    for some in (delta(1), delta(1, key=ETH), trade(0), delta(2), ack(1), delta(2, key=ETH)):
        queue.publish_nowait(some)
    batch = queue.get_batch_nowait()
    assert [(some.header.key, type(some.data)) for some in batch] == [
        (BTC, MarketTrades),
        (BTC, Orderbook),
        (BTC, OrderAck),
        (ETH, Orderbook),
    ]
    assert [some.data.sequence for some in batch if type(some.data) is Orderbook] == [2, 2]


def test_a_gap_of_the_feed_is_not_merged_away() -> None:
    queue = conflating(2)
    for some in (delta(1), delta(2), delta(5), delta(6)):
        queue.publish_nowait(some)
    spans = [(some.data.previous_sequence, some.data.sequence) for some in queue.get_batch_nowait()]
    assert spans == [(0, 2), (4, 6)]


def test_nothing_is_merged_across_a_change_of_status() -> None:
    queue = conflating(3)
    gap = event(BookStatus(BookState.GAP, "checksum"))
    for some in (delta(1), delta(2), gap, delta(3), delta(4)):
        queue.publish_nowait(some)
    first, status, second = queue.get_batch_nowait()
    assert (first.data.sequence, status, second.data.sequence) == (2, gap, 4)


def test_a_snapshot_replaces_what_waits_of_its_book() -> None:
    queue = conflating(3)
    for some in (snapshot(1), delta(2), delta(1, key=ETH), delta(3), snapshot(7), delta(8)):
        queue.publish_nowait(some)
    assert [(some.header.key, some.data.sequence) for some in queue.get_batch_nowait()] == [
        (ETH, 1),
        (BTC, 7),
        (BTC, 8),
    ]
    assert queue.stats.conflated == 3


def test_books_stay_whole_while_trades_can_go() -> None:
    queue = conflating(4)
    queue.publish_nowait(snapshot(1))
    for number in range(2, 50):
        queue.publish_nowait(delta(number, bids=[(90.0 + number % 5, float(number))]))
        queue.publish_nowait(trade(number))
    book, direct = LocalOrderbook(), LocalOrderbook()
    direct.update(snapshot(1))
    for number in range(2, 50):
        direct.update(delta(number, bids=[(90.0 + number % 5, float(number))]))
    for some in queue.get_batch_nowait():
        if type(some.data) is Orderbook:
            assert book.update(some) is BookState.VALID
    assert (book.bids(), book.sequence) == (direct.bids(), 49)


LEVELS = st.lists(st.tuples(st.integers(1, 20).map(float), st.sampled_from([0.0, 1.0, 2.5, 7.0])), max_size=6)


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=12), st.booleans())
def test_a_merged_delta_does_what_each_would(
    changes: list[tuple[list[tuple[float, float]], list[tuple[float, float]]]], has_sequence: bool
) -> None:
    start = snapshot(1, bids=[(5.0, 1.0)], asks=[(130.0, 1.0)])
    direct, merged = LocalOrderbook(), LocalOrderbook()
    direct.update(start)
    merged.update(start)
    run: BookRun | None = None
    for sequence, (bids, asks) in enumerate(changes, start=2):
        far_asks = [(price + 100, size) for price, size in asks]
        some = delta(sequence, bids, far_asks, previous=sequence - 1 if has_sequence else None)
        direct.update(some)
        if run is None:
            run = BookRun(sequence, some)
        else:
            assert run.merge(sequence, some)
    assert run is not None
    assert merged.update(run.event()) is direct.state is BookState.VALID
    assert (merged.bids(), merged.asks(), merged.sequence) == (
        direct.bids(),
        direct.asks(),
        direct.sequence,
    )


def test_tickers_are_merged_field_by_field() -> None:
    queue = conflating(2)
    figures = [
        Ticker(last=1.0, mark=5.0, funding_rate=0.0001),
        Ticker(mark=6.0),
        Ticker(last=2.0, open_interest=9.0),
    ]
    for ticker in figures:
        queue.publish_nowait(event(ticker))
    (merged,) = queue.get_batch_nowait()
    assert merged.data == Ticker(last=2.0, mark=6.0, funding_rate=0.0001, open_interest=9.0)


def test_tickers_of_too_many_instruments_go_before_books_do() -> None:
    queue = conflating(2)
    for some in (snapshot(1), event(Ticker(last=1.0)), event(Ticker(last=2.0), ETH)):
        queue.publish_nowait(some)
    book, gap, ticker = queue.get_batch_nowait()
    assert (book, gap.header.key, gap.data.missed) == (snapshot(1), BTC, 1)
    assert ticker == event(Ticker(last=2.0), ETH)


FIGURE = st.none() | st.floats(-1, 1)
TICKERS = st.builds(Ticker, last=FIGURE, bid=FIGURE, funding_rate=FIGURE, change_24h=FIGURE)


@given(st.lists(TICKERS, min_size=1, max_size=6))
def test_a_merged_ticker_says_what_each_said_last(tickers: list[Ticker]) -> None:
    merged: Event[Ticker] = event(tickers[0])
    for ticker in tickers[1:]:
        merged = merge_tickers(merged, event(ticker))
    for name in Ticker.__struct_fields__:
        said = [getattr(ticker, name) for ticker in tickers if getattr(ticker, name) is not None]
        assert getattr(merged.data, name) == (said[-1] if said else None)
