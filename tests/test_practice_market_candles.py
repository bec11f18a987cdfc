"""Candles and tickers of the order flow: they say what the trades and the book say."""

from itertools import pairwise
from statistics import mean

import pytest

from tests.practice_reading import SECOND_NS, START_NS, Reader
from ttxt_core.events import Kline
from ttxt_core.simulation.flow_candles import DAY_MINUTES
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import BTC_LINEAR, BTC_SPOT, ETH_LINEAR, SOL_LINEAR, PracticePair

MINUTE_NS = 60 * SECOND_NS


def run_minutes(pair: PracticePair, minutes: float, rate: float = 20.0) -> Reader:
    flow = OrderFlow(pair, 9, rate, START_NS)
    reader = Reader(pair).run(flow, 0)
    while flow.next_time_ns < START_NS + minutes * MINUTE_NS:
        for event in flow.step():
            reader.read(event)
    return reader


def check_shape(candle: Kline) -> None:
    assert candle.interval_ns == MINUTE_NS
    assert candle.start_ns % MINUTE_NS == 0
    assert candle.low <= min(candle.open, candle.close)
    assert candle.high >= max(candle.open, candle.close)


def test_the_history_leads_up_to_the_start() -> None:
    reader = Reader(SOL_LINEAR)
    flow = OrderFlow(SOL_LINEAR, 1, 20.0, START_NS)
    history = [event.data for event in flow.history(600)]
    assert len(history) == 600
    for earlier, later in pairwise(history):
        assert later.start_ns == earlier.start_ns + MINUTE_NS
        assert later.open == earlier.close
    for candle in history:
        check_shape(candle)
        assert candle.is_closed
        assert reader.info.to_lots(candle.volume) > 0
        assert candle.low * 0.999999 <= candle.turnover / candle.volume <= candle.high * 1.000001
        for price in (candle.open, candle.high, candle.low, candle.close):
            reader.info.to_ticks(price)
    assert history[-1].start_ns + MINUTE_NS == START_NS - START_NS % MINUTE_NS
    assert history[-1].close == pytest.approx(SOL_LINEAR.start_price)
    assert len(flow.history(10**6)) == DAY_MINUTES
    assert flow.history(0) == []


def test_the_history_is_as_lively_as_what_follows() -> None:
    reader = run_minutes(BTC_LINEAR, 12)
    past = [event.data for event in OrderFlow(BTC_LINEAR, 9, 20.0, START_NS).history(DAY_MINUTES)]
    live = [candle for _, candle in reader.candles if candle.is_closed]
    for figure, most in ((lambda c: c.volume, 4.0), (lambda c: (c.high - c.low) / c.close, 3.0)):
        ratio = mean(map(figure, live)) / mean(map(figure, past))
        assert 1 / most < ratio < most


def test_spot_and_linear_share_their_past() -> None:
    linear, spot = (OrderFlow(pair, 9, 20.0, START_NS).history(300) for pair in (BTC_LINEAR, BTC_SPOT))
    for one, other in zip(linear, spot, strict=True):
        ratio = one.data.close / other.data.close
        assert ratio == pytest.approx(BTC_LINEAR.start_price / BTC_SPOT.start_price, rel=1e-5)


def test_candles_are_what_was_traded() -> None:
    reader = run_minutes(ETH_LINEAR, 5)
    closed = [candle for _, candle in reader.candles if candle.is_closed]
    assert len(closed) == 5
    last = closed[0].open
    for candle in closed:
        check_shape(candle)
        trades = [
            trade
            for _, message in reader.trades
            for trade in message.trades
            if candle.start_ns <= trade.time_ns < candle.start_ns + MINUTE_NS
        ]
        prices = [last, *(trade.price for trade in trades)]
        last = prices[-1]
        assert (candle.open, candle.high, candle.low, candle.close) == (prices[0], max(prices), min(prices), last)
        assert candle.volume == pytest.approx(sum(trade.size for trade in trades))
        assert candle.turnover == pytest.approx(sum(trade.size * trade.price for trade in trades))


def test_a_minute_without_a_trade_is_a_flat_candle() -> None:
    reader = run_minutes(SOL_LINEAR, 30, rate=0.05)
    closed = [candle for _, candle in reader.candles if candle.is_closed]
    flat = [candle for candle in closed if candle.volume == 0]
    assert flat
    for candle in flat:
        assert candle.open == candle.high == candle.low == candle.close
    starts = [candle.start_ns for candle in closed]
    assert starts == list(range(starts[0], starts[-1] + 1, MINUTE_NS))


def test_the_running_candle_is_told_about_once_a_second() -> None:
    reader = run_minutes(BTC_LINEAR, 1, rate=500.0)
    times = [time_ns for time_ns, candle in reader.candles if not candle.is_closed]
    assert 40 <= len(times) <= 61
    assert min(b - a for a, b in pairwise(times)) >= SECOND_NS


def test_tickers_agree_with_book_and_trades() -> None:
    """Each ticker stands right behind the delta it sums up."""
    flow = OrderFlow(BTC_LINEAR, 9, 20.0, START_NS)
    reader = Reader(BTC_LINEAR).run(flow, 0)
    last = None
    seen = len(reader.tickers)
    for _ in range(2_000):
        for event in flow.step():
            reader.read(event)
        if reader.trades:
            last = reader.trades[-1][1].trades[-1].price
        if len(reader.tickers) > seen:
            seen = len(reader.tickers)
            ticker = reader.tickers[-1][1]
            assert (ticker.bid, ticker.bid_size) == reader.book.best_bid
            assert (ticker.ask, ticker.ask_size) == reader.book.best_ask
            assert last is None or ticker.last == last
            assert ticker.mark == pytest.approx(ticker.last, rel=0.002)
    assert seen > 100


def test_tickers_are_partial_and_whole_once_a_minute() -> None:
    reader = run_minutes(BTC_LINEAR, 4)
    whole = [ticker for _, ticker in reader.tickers if ticker.funding_rate is not None]
    assert 4 <= len(whole) <= 5
    assert len(reader.tickers) > 10 * len(whole)
    first = whole[0]
    assert None not in (first.open_interest, first.change_24h, first.high_24h, first.volume_24h)
    assert first.next_funding_ns is not None
    assert START_NS < first.next_funding_ns <= START_NS + 8 * 3_600 * SECOND_NS
    assert first.low_24h <= first.last <= first.high_24h
    assert first.index > first.last


def test_day_figures_sum_up_the_last_day() -> None:
    flow = OrderFlow(BTC_SPOT, 9, 20.0, START_NS)
    ticker = flow.opening()[2].data
    day = [event.data for event in flow.history(DAY_MINUTES)]
    assert ticker.volume_24h == pytest.approx(sum(candle.volume for candle in day))
    assert ticker.turnover_24h == pytest.approx(sum(candle.turnover for candle in day))
    assert ticker.high_24h == max(candle.high for candle in day)
    assert ticker.low_24h == min(candle.low for candle in day)
    assert ticker.change_24h == pytest.approx(day[-1].close / day[0].open - 1)
    assert ticker.funding_rate is None
    assert ticker.open_interest is None
