"""The order flow: what it emits is a market that a consumer can trust, and it is like a real one."""

from dataclasses import replace
from itertools import pairwise
from random import Random
from statistics import mean, median, pvariance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.practice_reading import SECOND_NS, START_NS, Reader
from ttxt_core.events import Instrument, Orderbook, Source, Ticker
from ttxt_core.simulation.flow_book import LEAST_LEVELS, BookSide, Liquidity
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import (
    BTC_LINEAR,
    BTC_SPOT,
    DEFAULT_PAIRS,
    DOGE_LINEAR,
    ETH_LINEAR,
    SOL_LINEAR,
    PracticePair,
)

ALL_PAIRS = (BTC_LINEAR, ETH_LINEAR, SOL_LINEAR, DOGE_LINEAR, BTC_SPOT)


def names(pair: PracticePair) -> str:
    return f"{pair.key.pair}-{pair.key.category}"


@pytest.fixture(scope="module", params=ALL_PAIRS, ids=names)
def usual(request: pytest.FixtureRequest) -> Reader:
    """Some four minutes at 20 events a second, read and checked."""
    return Reader(request.param).run(OrderFlow(request.param, 1, 20.0, START_NS), 3_000)


def run_events(seed: int, steps: int = 200) -> list[object]:
    return list(Reader(ETH_LINEAR).run(OrderFlow(ETH_LINEAR, seed, 50.0, START_NS), steps).events)


def test_a_seed_gives_one_market() -> None:
    assert run_events(7) == run_events(7)
    assert run_events(7) != run_events(8)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**63),
    pair=st.sampled_from(ALL_PAIRS),
    rate=st.sampled_from([0.3, 5.0, 200.0, 5_000.0]),
)
def test_every_event_fits_the_book_it_meets(seed: int, pair: PracticePair, rate: float) -> None:
    flow = OrderFlow(pair, seed, rate, START_NS)
    reader = Reader(pair).run(flow, 150)
    for kept, side in ((reader.book.bids(), flow.bids), (reader.book.asks(), flow.asks)):
        assert LEAST_LEVELS <= len(kept) <= 2 * pair.shape.reach
        assert [(reader.info.to_ticks(price), reader.info.to_lots(size)) for price, size in kept] == side.best_first()


def test_a_delta_takes_away_what_was_traded() -> None:
    """Exactly that most of the time; else makers pulled the rest, or quoted anew in the same interval."""
    flow = OrderFlow(SOL_LINEAR, 1, 20.0, START_NS)
    reader = Reader(SOL_LINEAR).run(flow, 0)
    exact = []
    for _ in range(1_500):
        before = {**dict(reader.book.bids(40)), **dict(reader.book.asks(40))}
        told = len(reader.trades)
        reader.run(flow, 1)
        if len(reader.trades) == told:
            continue
        traded: dict[float, int] = {}
        for trade in reader.trades[-1][1].trades:
            traded[trade.price] = traded.get(trade.price, 0) + reader.info.to_lots(trade.size)
        book = reader.book.asks() if reader.trades[-1][1].trades[0].side == "buy" else reader.book.bids()
        after = dict(book)
        exact += [
            reader.info.to_lots(before[price]) - lots == reader.info.to_lots(after.get(price, 0.0))
            for price, lots in traded.items()
        ]
    assert len(exact) > 200
    assert mean(exact) > 0.6


def book_side(sign: int) -> BookSide:
    random = Random(5)
    return BookSide(sign, 10_000, Liquidity(ETH_LINEAR.shape, random), random)


@given(sign=st.sampled_from([1, -1]), lots=st.integers(1, 200_000), distance=st.integers(1, 80))
@settings(max_examples=30)
def test_taking_conserves_size_and_stops_at_the_limit(sign: int, lots: int, distance: int) -> None:
    side = book_side(sign)
    limit = side.best - sign * distance
    before = dict(side.levels)
    taken = side.take(lots, limit)
    assert sum(part for _, part in taken) <= lots
    assert all(sign * (tick - limit) > 0 for tick, _ in taken)
    for tick, part in taken:
        assert side.levels.get(tick, 0) == before[tick] - part
    assert sum(part for _, part in taken) == lots or side.best == limit
    assert side.levels[side.best] > 0
    assert not any(sign * (tick - side.best) > 0 for tick in side.levels)
    changed = {tick for tick in before.keys() | side.levels.keys() if before.get(tick) != side.levels.get(tick)}
    assert dict(side.take_changes()) == {tick: side.levels.get(tick, 0) for tick in changed}
    assert side.take_changes() == []


@given(sign=st.sampled_from([1, -1]), distance=st.integers(1, 80))
@settings(max_examples=20)
def test_a_sweep_and_a_better_quote_move_the_touch(sign: int, distance: int) -> None:
    side = book_side(sign)
    before, old = dict(side.levels), side.best
    cleared = side.sweep(old - sign * distance)
    assert side.best == old - sign * distance
    assert cleared == [(tick, before[tick]) for tick in range(old, side.best, -sign) if tick in before]
    assert not any(sign * (tick - side.best) > 0 for tick in side.levels)
    side.improve(old)
    assert side.best == old
    assert side.levels[old] > 0
    assert not any(sign * (tick - old) > 0 for tick in side.levels)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**63), pair=st.sampled_from(ALL_PAIRS))
def test_a_stampede_neither_crosses_nor_empties_the_book(seed: int, pair: PracticePair) -> None:
    """Market orders of several times the whole book, and a value that runs through it at once."""
    wild = replace(pair, trade_lots=pair.trade_lots * 1_000, volatility_bp=400.0)
    flow = OrderFlow(wild, seed, 20.0, START_NS)
    reader = Reader(wild).run(flow, 100)
    assert len(reader.book.bids()) >= LEAST_LEVELS
    assert len(reader.book.asks()) >= LEAST_LEVELS


def test_it_opens_with_instrument_book_and_figures() -> None:
    first, second, third = OrderFlow(BTC_LINEAR, 1, 20.0, START_NS).opening()
    assert isinstance(first.data, Instrument)
    assert isinstance(second.data, Orderbook)
    assert second.data.is_snapshot
    assert second.data.bids == sorted(second.data.bids, reverse=True)
    assert second.data.asks == sorted(second.data.asks)
    assert isinstance(third.data, Ticker)
    assert first.header.key == BTC_LINEAR.key
    assert first.header.source is Source.PRACTICE
    assert first.header.venue_time_ns == START_NS


def test_prices_begin_where_the_pair_says() -> None:
    for pair in ALL_PAIRS:
        flow = OrderFlow(pair, 3, 20.0, START_NS)
        reader = Reader(pair).run(flow, 0)
        assert reader.book.best_bid is not None
        assert reader.book.best_bid[0] == pytest.approx(pair.start_price, abs=float(pair.spec.tick_size))
        assert reader.spreads == [1]


# -- is it like a real one? The bounds are wide around the captured figures ------------------------------------


def test_the_spread_is_mostly_one_tick_and_sometimes_wider(usual: Reader) -> None:
    assert median(usual.spreads) == 1
    assert mean(spread == 1 for spread in usual.spreads) > 0.9
    assert max(usual.spreads) > 1


def test_a_delta_carries_as_many_levels_as_a_venue_sends(usual: Reader) -> None:
    sizes = [len(delta.bids) + len(delta.asks) for _, delta in usual.deltas]
    assert 5 < mean(sizes) < 16
    assert 3 <= median(sizes) <= 9
    assert max(sizes) > 40


def test_arrivals_are_clustered(usual: Reader) -> None:
    """Variance over mean of counts per second: 1 for independent arrivals."""
    counts = [0] * (1 + (usual.deltas[-1][0] - START_NS) // SECOND_NS)
    for time_ns, _ in usual.deltas:
        counts[(time_ns - START_NS) // SECOND_NS] += 1
    assert pvariance(counts) / mean(counts) > 2.0


def test_orders_of_one_side_follow_each_other(usual: Reader) -> None:
    signs = [1 if trades.trades[0].side == "buy" else -1 for _, trades in usual.trades]
    average = mean(signs)
    products = [(a - average) * (b - average) for a, b in pairwise(signs)]
    assert 0.05 < mean(products) / pvariance(signs) < 0.5


def test_some_orders_walk_the_book(usual: Reader) -> None:
    walks = [len({trade.price for trade in trades.trades}) > 1 for _, trades in usual.trades]
    assert 0.02 < mean(walks) < 0.35
    assert 0.1 < len(walks) / len(usual.deltas) < 0.5


def test_far_levels_have_holes_where_the_venue_has_them() -> None:
    def occupied(pair: PracticePair) -> float:
        flow = OrderFlow(pair, 5, 20.0, START_NS)
        Reader(pair).run(flow, 300)
        return mean(flow.bids.best - distance in flow.bids.levels for distance in range(10, 110))

    assert occupied(SOL_LINEAR) > 0.9
    assert 0.3 < occupied(BTC_LINEAR) < 0.8
    assert 0.1 < occupied(BTC_SPOT) < 0.6


def test_walls_stand_at_round_prices() -> None:
    def mean_lots(every: int) -> float:
        sizes = []
        for seed in range(8):
            flow = OrderFlow(BTC_LINEAR, seed, 20.0, START_NS)
            levels = {**flow.bids.levels, **flow.asks.levels}
            sizes += [lots for tick, lots in levels.items() if tick % every == 0]
        return mean(sizes)

    assert mean_lots(100) > 3 * mean_lots(1)


# -- time, rate and endlessness --------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [2.0, 100.0, 2_000.0])
def test_the_rate_counts_published_events(rate: float) -> None:
    flow = OrderFlow(SOL_LINEAR, 11, rate, START_NS)
    end_ns = START_NS + int(4_000 / rate * SECOND_NS)
    published = 0
    while flow.next_time_ns < end_ns:
        published += len(flow.step())
    assert published == pytest.approx(4_000, rel=0.25)


def test_the_rate_can_change_on_the_way() -> None:
    flow = OrderFlow(SOL_LINEAR, 11, 1.0, START_NS)
    reader = Reader(SOL_LINEAR).run(flow, 20)
    changed_ns = flow.next_time_ns
    flow.set_rate(1_000.0, changed_ns)
    assert flow.next_time_ns > changed_ns
    before = len(reader.events)
    while flow.next_time_ns < changed_ns + SECOND_NS:
        for event in flow.step():
            reader.read(event)
    assert 500 < len(reader.events) - before < 1_500


def test_a_skip_stands_still_and_loses_no_sequence() -> None:
    flow = OrderFlow(BTC_LINEAR, 2, 20.0, START_NS)
    reader = Reader(BTC_LINEAR).run(flow, 50)
    mid = (flow.bids.best + flow.asks.best) / 2
    later_ns = flow.next_time_ns + 3_600 * SECOND_NS
    flow.skip_to(later_ns)
    assert flow.next_time_ns == later_ns
    reader.run(flow, 5)
    assert reader.events[-1].header.venue_time_ns >= later_ns
    assert (flow.bids.best + flow.asks.best) / 2 == pytest.approx(mid, rel=0.001)
    closed = [candle for _, candle in reader.candles if candle.is_closed]
    assert 59 <= len(closed) <= 62
    flow.skip_to(START_NS)
    assert flow.next_time_ns > later_ns


def test_hours_pass_and_the_market_is_the_same() -> None:
    """Three hours: the price has moved like a price, and the book has not grown or dried up."""
    flow = OrderFlow(BTC_LINEAR, 4, 1.0, START_NS)
    mids = []
    minute_ns = START_NS
    while flow.next_time_ns < START_NS + 3 * 3_600 * SECOND_NS:
        flow.step()
        if flow.next_time_ns >= minute_ns:
            minute_ns += 60 * SECOND_NS
            mids.append((flow.bids.best + flow.asks.best) / 2)
        assert flow.bids.best < flow.asks.best
        assert LEAST_LEVELS <= len(flow.bids.levels) <= 2 * BTC_LINEAR.shape.reach
        assert LEAST_LEVELS <= len(flow.asks.levels) <= 2 * BTC_LINEAR.shape.reach
    moves = [(b - a) / a * 1e4 for a, b in pairwise(mids)]
    assert 1.0 < pvariance(moves) ** 0.5 < 9.0
    assert max(mids) < 1.1 * mids[0] < 1.21 * min(mids)


def test_spot_and_linear_of_a_coin_move_together() -> None:
    flows = [OrderFlow(pair, 6, 20.0, START_NS) for pair in (BTC_LINEAR, BTC_SPOT)]
    for flow in flows:
        while flow.next_time_ns < START_NS + 300 * SECOND_NS:
            flow.step()
    linear, spot = ((flow.bids.best + flow.asks.best) / 20 for flow in flows)
    start = BTC_LINEAR.start_price / BTC_SPOT.start_price
    assert linear / spot == pytest.approx(start, abs=3e-4)
    assert linear != pytest.approx(BTC_LINEAR.start_price, rel=1e-5)


def test_the_usual_pairs_have_one_symbol_on_two_categories() -> None:
    keys = [pair.key for pair in DEFAULT_PAIRS]
    assert len(set(keys)) == len(keys)
    assert len({(key.venue, key.pair) for key in keys}) == len(keys) - 1
