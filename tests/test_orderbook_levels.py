"""The kept book against a plain dict, and what it says of its levels."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.market_events import BTC, ETH, delta, event, header, snapshot
from ttxt_core.errors import BookError
from ttxt_core.events import BookState, Orderbook, Side, decode_event, encode_event
from ttxt_core.orderbook import LocalOrderbook

SIZES = st.sampled_from([0.0, 0.001, 0.5, 1.0, 2.25, 1e6])
# Bids and asks may touch, so that some messages cross the book.
BIDS = st.lists(st.tuples(st.integers(1, 60).map(lambda tick: tick / 10), SIZES), max_size=8)
ASKS = st.lists(st.tuples(st.integers(60, 120).map(lambda tick: tick / 10), SIZES), max_size=8)


def best_first(levels: dict[float, float], side: Side) -> list[tuple[float, float]]:
    return sorted(levels.items(), reverse=side is Side.BUY)


class BookMachine(RuleBasedStateMachine):
    """Messages in any order; the oracle keeps plain dicts and sorts them anew every time."""

    def __init__(self) -> None:
        super().__init__()
        self.book = LocalOrderbook(BTC)
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.sequence = 0
        self.state = BookState.SYNCING
        self.depth = 0

    def apply(self, message: Orderbook) -> None:
        for kept, levels, side in ((self.bids, message.bids, Side.BUY), (self.asks, message.asks, Side.SELL)):
            for price, size in levels:
                kept[price] = size
            for price in [price for price, size in kept.items() if size == 0]:
                del kept[price]
            if self.depth:
                for price, _ in best_first(kept, side)[self.depth :]:
                    del kept[price]
        self.sequence = message.sequence
        is_crossed = bool(self.bids and self.asks) and max(self.bids) >= min(self.asks)
        self.state = BookState.GAP if is_crossed else BookState.VALID

    @initialize()
    def start(self) -> None:
        assert self.book.bids() == self.book.asks() == []

    @rule(bids=BIDS, asks=ASKS, sequence=st.integers(1, 1000), depth=st.sampled_from([0, 0, 3, 10]))
    def take_snapshot(
        self, bids: list[tuple[float, float]], asks: list[tuple[float, float]], sequence: int, depth: int
    ) -> None:
        message = Orderbook(bids, asks, True, sequence, None, depth)
        self.bids, self.asks, self.depth = {}, {}, depth
        self.apply(message)
        assert self.book.update(event(message)) is self.state

    @rule(bids=BIDS, asks=ASKS, has_sequence=st.booleans())
    def take_delta(self, bids: list[tuple[float, float]], asks: list[tuple[float, float]], has_sequence: bool) -> None:
        previous = self.sequence if has_sequence else None
        message = Orderbook(bids, asks, False, self.sequence + 1, previous, self.depth)
        if self.state is BookState.VALID:
            self.apply(message)
        assert self.book.update(event(message)) is self.state

    @rule(bids=BIDS, missed=st.integers(-2, 3).filter(bool))
    def take_delta_after_a_gap(self, bids: list[tuple[float, float]], missed: int) -> None:
        message = Orderbook(bids, [], False, self.sequence + missed + 1, self.sequence + missed, self.depth)
        if self.state is BookState.VALID:
            self.state = BookState.GAP
        assert self.book.update(event(message)) is self.state

    @rule(price=st.sampled_from([math.nan, 0.0, -1.0, math.inf]), bids=BIDS)
    def take_delta_with_a_bad_level(self, price: float, bids: list[tuple[float, float]]) -> None:
        message = Orderbook(bids, [(price, 1.0)], False, self.sequence + 1, self.sequence, self.depth)
        if self.state is BookState.VALID:
            self.state = BookState.GAP
        assert self.book.update(event(message)) is self.state

    @rule()
    def fall_silent(self) -> None:
        self.book.mark_stale("silent")
        self.state = BookState.STALE

    @rule()
    def forget(self) -> None:
        self.book.reset("seek")
        self.bids, self.asks, self.sequence, self.state = {}, {}, 0, BookState.SYNCING

    @invariant()
    def same_levels(self) -> None:
        bids, asks = best_first(self.bids, Side.BUY), best_first(self.asks, Side.SELL)
        assert self.book.bids() == bids
        assert self.book.asks() == asks
        assert list(self.book.levels(Side.BUY)) == bids
        assert list(self.book.levels(Side.SELL)) == asks
        for n in (0, 1, 3, 50):
            assert self.book.bids(n) == bids[:n]
            assert self.book.asks(n) == asks[:n]
        assert self.book.best_bid == (bids[0] if bids else None)
        assert self.book.best_ask == (asks[0] if asks else None)

    @invariant()
    def same_state(self) -> None:
        assert self.book.state is self.state
        assert bool(self.book.reason) is (self.state is not BookState.VALID)
        assert self.book.sequence == self.sequence


TestBookAgainstDict = BookMachine.TestCase
TestBookAgainstDict.settings = settings(max_examples=120, stateful_step_count=25)


@given(bids=BIDS, asks=ASKS, price=st.integers(1, 120).map(lambda tick: tick / 10), quantity=st.floats(0, 50))
def test_sums_over_levels(
    bids: list[tuple[float, float]], asks: list[tuple[float, float]], price: float, quantity: float
) -> None:
    book = LocalOrderbook()
    book.update(snapshot(bids=bids, asks=asks))
    assert book.cumulative(Side.BUY, price) == pytest.approx(sum(s for p, s in book.bids() if p >= price))
    assert book.cumulative(Side.SELL, price) == pytest.approx(sum(s for p, s in book.asks() if p <= price))
    for side, levels in ((Side.BUY, book.asks()), (Side.SELL, book.bids())):
        left, paid, reached = quantity, 0.0, None
        for level_price, size in levels:
            if left > 0:
                reached = level_price
                paid += level_price * min(size, left)
                left -= min(size, left)
        cost = book.cost_to_take(side, quantity)
        assert cost.quantity == pytest.approx(quantity - left)
        assert cost.cost == pytest.approx(paid)
        assert cost.worst == reached
        if reached is None:
            assert cost.average is None
        else:
            assert cost.average == pytest.approx(paid / (quantity - left))


def test_cost_of_a_sweep() -> None:
    book = LocalOrderbook()
    book.update(snapshot(bids=[(99.0, 4.0), (98.0, 4.0)], asks=[(100.0, 1.0), (101.0, 2.0), (103.0, 5.0)]))
    assert book.cost_to_take(Side.BUY, 2.0) == (2.0, 201.0, 100.5, 101.0)
    assert book.cost_to_take(Side.BUY, 3.0) == (3.0, 302.0, 302.0 / 3, 101.0)
    assert book.cost_to_take(Side.BUY, 100.0) == (8.0, 817.0, 817.0 / 8, 103.0)
    assert book.cost_to_take(Side.SELL, 5.0) == (5.0, 494.0, 98.8, 98.0)
    assert book.cumulative(Side.SELL, 102.0) == 3.0
    assert book.cumulative(Side.BUY, 99.0) == 4.0
    assert book.cumulative(Side.BUY, 99.5) == 0.0


@pytest.mark.parametrize("quantity", [0.0, -1.0, math.nan])
def test_no_quantity_takes_nothing(quantity: float) -> None:
    book = LocalOrderbook()
    book.update(snapshot())
    assert book.cost_to_take(Side.BUY, quantity) == (0.0, 0.0, None, None)


def test_mid_spread_and_sizes() -> None:
    book = LocalOrderbook()
    assert (book.mid, book.spread, book.best_bid, book.best_ask) == (None, None, None, None)
    book.update(snapshot(bids=[(100.0, 1.5)], asks=[]))
    assert (book.mid, book.spread) == (None, None)
    book.update(snapshot(bids=[(100.0, 1.5)], asks=[(100.5, 2.0)]))
    assert (book.mid, book.spread) == (100.25, 0.5)
    assert book.size_at(Side.BUY, 100.0) == 1.5
    assert book.size_at(Side.SELL, 100.5) == 2.0
    assert book.size_at(Side.SELL, 100.0) == 0.0


def test_a_snapshot_of_the_book_makes_the_same_book() -> None:
    book = LocalOrderbook()
    book.update(snapshot(7, bids=[(99.0, 1.0), (100.0, 2.0)], asks=[(102.0, 1.0), (101.0, 3.0)], depth=2))
    book.update(delta(8, asks=[(101.0, 0.5)]))
    copied = decode_event(encode_event(book.snapshot_event(header())))
    other = LocalOrderbook()
    assert other.update(copied) is BookState.VALID
    assert copied.data.bids == [(100.0, 2.0), (99.0, 1.0)]
    assert copied.data.is_snapshot
    assert (other.bids(), other.asks(), other.sequence, other.depth) == (book.bids(), book.asks(), 8, 2)


def test_no_snapshot_of_a_book_that_is_not_valid() -> None:
    book = LocalOrderbook(BTC)
    with pytest.raises(BookError, match="no snapshot yet"):
        book.snapshot_event(header())


def test_a_level_that_leaves_the_window_goes() -> None:
    book = LocalOrderbook()
    book.update(snapshot(1, bids=[(100.0, 1.0), (99.0, 1.0)], asks=[(101.0, 1.0), (102.0, 1.0)], depth=2))
    book.update(delta(2, bids=[(100.5, 1.0)], asks=[(100.9, 1.0)]))
    assert [price for price, _ in book.bids()] == [100.5, 100.0]
    assert [price for price, _ in book.asks()] == [100.9, 101.0]
    assert book.size_at(Side.BUY, 99.0) == 0.0


def test_another_instrument_is_refused() -> None:
    book = LocalOrderbook()
    book.update(snapshot(key=BTC))
    assert book.key == BTC
    with pytest.raises(BookError, match="ETH/USDT"):
        book.update(snapshot(key=ETH))
    with pytest.raises(BookError, match="linear"):
        book.update(snapshot(key=BTC._replace(category="linear")))
    with pytest.raises(BookError, match="okx"):
        book.update(snapshot(key=BTC._replace(venue="okx")))
    assert book.state is BookState.VALID
