"""Alerts on Bybit's own frames: what fires is what a plain count over the same events finds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ttxt_core.clock import ManualClock
from ttxt_core.events import BookState, Event, Instrument, InstrumentKey, MarketTrades
from ttxt_core.orders.manager import OrderManager
from ttxt_tui.config.alerts import AlertKind, AlertRule, AlertSettings
from ttxt_tui.state.alerts import QUIET_NS, Firing
from ttxt_tui.state.status import SIMULATED
from ttxt_tui.state.store import Store

PERP = InstrumentKey("bybit", "linear", "BTC/USDT")


@pytest.fixture(scope="module")
def captured(bybit_capture: Path) -> list[Event[Any]]:
    """Every event of the capture's linear connection, instruments first."""
    from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
    from ttxt_core.connectors.captures import FrameKind, read_capture

    normalizer = BybitNormalizer("linear")
    events: list[Event[Any]] = []
    for frame in read_capture(bybit_capture):
        if frame.kind is FrameKind.REPLY and "category=linear" in frame.url:
            events += normalizer.instruments(frame.payload, 1)
        elif frame.kind is FrameKind.RECEIVED and frame.connection == "BYBIT.ws.2":
            events += normalizer.normalize(frame.payload, frame.receive_time_ns)
    return events


def fired(events: list[Event[Any]], when: AlertKind, value: float) -> list[Firing]:
    rules = [AlertRule(when, value, PERP.pair)]
    store = Store(OrderManager(ManualClock()), SIMULATED, alerts=AlertSettings(watch=rules))
    store.apply([event for event in events if type(event.data) is Instrument or event.header.key == PERP])
    return list(store.alerts.take())


def spaced(times: list[int]) -> list[int]:
    """Those of `times` that come a pause after the one that was kept before."""
    kept: list[int] = []
    for time_ns in times:
        if not kept or time_ns - kept[-1] >= QUIET_NS:
            kept.append(time_ns)
    return kept


def trades_of(events: list[Event[Any]]) -> list[Event[MarketTrades]]:
    return [event for event in events if event.header.key == PERP and type(event.data) is MarketTrades]


def test_prints_are_those_that_a_plain_count_finds(captured: list[Event[Any]]) -> None:
    worth: list[tuple[int, float]] = []
    for event in trades_of(captured):
        taken: dict[tuple[str, int], float] = {}
        for trade in event.data.trades:
            name = (trade.side, trade.time_ns)
            taken[name] = taken.get(name, 0.0) + trade.price * trade.size
        worth.append((event.header.receive_time_ns, max(taken.values())))
    value = sorted(each for _, each in worth)[-len(worth) // 10]
    expected = spaced([time_ns for time_ns, each in worth if each >= value])
    assert expected
    assert [firing.time_ns for firing in fired(captured, AlertKind.PRINTS, value)] == expected


def test_a_price_in_the_middle_of_what_traded_fires_and_one_outside_does_not(captured: list[Event[Any]]) -> None:
    prices = [trade.price for event in trades_of(captured) for trade in event.data.trades]
    low, high = min(prices), max(prices)
    assert low < high
    assert fired(captured, AlertKind.CROSSES, (low + high) / 2)
    assert not fired(captured, AlertKind.CROSSES, high * 1.01)
    assert not fired(captured, AlertKind.CROSSES, low * 0.99)


def test_a_feed_that_never_paused_was_never_stale(captured: list[Event[Any]]) -> None:
    store = Store(OrderManager(ManualClock()), SIMULATED)
    good: list[int] = []
    for event in captured:
        store.apply([event])
        market = store.market_of(PERP)
        is_book = event.header.key == PERP and type(event.data).__name__ == "Orderbook"
        if is_book and market is not None and market.book.state is BookState.VALID:
            good.append(event.header.receive_time_ns)
    longest = max(later - earlier for earlier, later in pairwise(good))
    assert not fired(captured, AlertKind.STALE, longest / 1e9 + 0.001)
    assert fired(captured, AlertKind.STALE, longest / 1e9 * 0.9)
