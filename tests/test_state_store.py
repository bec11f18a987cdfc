"""The store: every event finds its models, a bad one stops nothing, and a reset leaves nothing of before."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.account_support import ETH, Screen, marked, named, quote
from tests.orders_support import LINEAR, SPOT, ack, create, event, fill, snapshot, update
from ttxt_core.events import (
    AckOutcome,
    BookState,
    BookStatus,
    ConnectionState,
    ConnectorError,
    ConnectorStatus,
    Event,
    EventData,
    FeedGap,
    FillKind,
    Instrument,
    InstrumentKey,
    MarketTrade,
    MarketTrades,
    OrderState,
    ResetReason,
    Side,
    StreamReset,
    UnknownEvent,
)
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.store import OwnFill

NOWHERE = InstrumentKey("", "", "")


def _log(screen: Screen) -> list[tuple[LogLevel, str, str]]:
    return [(row.level, row.topic, row.text) for row in screen.store.log.rows(50)]


def test_instruments_get_a_market_and_a_ladder_and_the_first_is_active() -> None:
    screen = Screen(LINEAR)
    met: list[InstrumentKey] = []
    screen.store.on_instrument.append(lambda market: met.append(market.key))
    screen.feed(named(SPOT), named(ETH), named(SPOT))
    store = screen.store
    assert list(store.markets) == [LINEAR, SPOT, ETH]
    assert met == [SPOT, ETH]
    assert store.active == LINEAR
    assert store.market is store.market_of(LINEAR)
    assert store.ladder is store.ladder_of(LINEAR)


def test_the_same_pair_on_two_categories_is_two_markets() -> None:
    screen = Screen(LINEAR, SPOT)
    screen.feed(snapshot(100.0, 100.1), snapshot(200.0, 200.1, key=SPOT))
    prices = [market.book.best_bid for market in screen.store.markets.values()]
    assert prices == [(100.0, 5.0), (200.0, 5.0)]


def test_another_instrument_becomes_active_only_when_it_is_known() -> None:
    screen = Screen(LINEAR, SPOT)
    assert screen.store.activate(SPOT) is screen.store.market_of(SPOT)
    assert screen.store.activate(ETH) is None
    assert screen.store.active == SPOT


def test_data_of_a_nameless_instrument_is_not_shown_and_said_once() -> None:
    screen = Screen(LINEAR)
    screen.feed(snapshot(key=ETH), snapshot(key=ETH))
    assert screen.store.market_of(ETH) is None
    assert [row[0] for row in _log(screen)] == [LogLevel.WARN]
    assert "ETH/USDT" in _log(screen)[0][2]


def test_an_event_that_cannot_be_used_is_an_error_in_the_log_and_the_next_one_counts() -> None:
    screen = Screen(LINEAR)
    broken = Instrument("ETHUSDT", "ETH", "USDT", "USDT", Decimal(0), Decimal(1))
    screen.feed(event(broken, key=ETH), snapshot(100.0, 100.1))
    assert [(level, topic) for level, topic, _ in _log(screen)] == [(LogLevel.ERROR, "data")]
    assert "tick size" in _log(screen)[0][2]
    assert screen.store.status.errors == 1
    market = screen.store.market
    assert market is not None
    assert market.book.best_bid == (100.0, 5.0)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (
            event(ConnectorStatus("market", ConnectionState.RECONNECTING, "closed by peer")),
            (LogLevel.WARN, "feed", "practice market reconnecting — closed by peer"),
        ),
        (
            event(ConnectorError("recording", "write a.bin", "disk full", "free some")),
            (LogLevel.ERROR, "record", "write a.bin: disk full (free some)"),
        ),
        (
            event(BookStatus(BookState.GAP, "a delta is missing")),
            (LogLevel.WARN, "book", "BTC/USDT perp book gap — a delta is missing"),
        ),
        (
            event(FeedGap("socket closed", 1200)),
            (LogLevel.WARN, "feed", "BTC/USDT perp gap: socket closed, 1,200 events missed"),
        ),
        (
            event(UnknownEvent("zz", b"")),  # type: ignore[arg-type]
            (LogLevel.WARN, "data", "an event of the unknown type 'zz' was skipped"),
        ),
    ],
)
def test_every_status_has_a_line(one: Event[EventData], line: tuple[LogLevel, str, str]) -> None:
    screen = Screen(LINEAR)
    screen.feed(one)
    assert _log(screen) == [line]


def test_an_orders_life_is_in_the_log() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a", quantity="0.25", price="100.1"))
    screen.feed(ack("a"), update("a", quantity="0.25", price="100.1"))
    screen.feed(fill("a", "e1", "0.1", "100.1", fee="0.002", is_maker=True))
    screen.feed(update("a", OrderState.PARTIALLY_FILLED, "0.1", quantity="0.25", price="100.1"))
    screen.feed(update("a", OrderState.CANCELED, "0.1", quantity="0.25", price="100.1", reason="by its owner"))
    assert _log(screen) == [
        (LogLevel.INFO, "order", "create accepted: ▲ BUY 0.25 BTC/USDT perp @ 100.1"),
        (LogLevel.INFO, "order", "working: ▲ BUY 0.25 BTC/USDT perp @ 100.1"),
        (LogLevel.OK, "fill", "fill: ▲ BUY 0.1 BTC/USDT perp @ 100.1, fee 0.0020 USDT, maker"),
        (LogLevel.INFO, "order", "partial: ▲ BUY 0.25 BTC/USDT perp @ 100.1, 0.1 filled"),
        (LogLevel.INFO, "order", "cancelled: ▲ BUY 0.25 BTC/USDT perp @ 100.1, 0.1 filled — by its owner"),
    ]


def test_a_filled_order_is_told_with_the_price_that_it_got() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a", quantity="0.25", price="100.5"))
    filled = update("a", OrderState.FILLED, "0.25", quantity="0.25", price="100.5").data
    screen.feed(event(replace(filled, average_price=Decimal("100.1"))))
    assert _log(screen)[-1] == (LogLevel.OK, "order", "filled: ▲ BUY 0.25 BTC/USDT perp @ 100.1")


def test_rejects_and_silence_are_told_apart() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a"))
    screen.feed(ack("a", outcome=AckOutcome.UNKNOWN, reason="no answer within 5 s"))
    screen.feed(ack("b", outcome=AckOutcome.REJECTED, reason="over the limit"))
    assert _log(screen) == [
        (LogLevel.WARN, "order", "create: no answer: ▲ BUY 1 BTC/USDT perp @ 100.0 — no answer within 5 s"),
        (LogLevel.ERROR, "order", "create rejected: BTC/USDT perp — over the limit"),
    ]


def test_fills_are_marked_once_and_only_trades() -> None:
    screen = Screen(LINEAR)
    told: list[object] = []
    screen.store.on_fill.append(lambda key, one: told.append((key, one)))
    screen.feed(*[fill("a", "e1", "0.1", "100.1", at=7)] * 2, fill("a", "e2", kind=FillKind.FUNDING))
    assert list(screen.store.fills_of(LINEAR)) == [OwnFill(7, 100.1, Side.BUY)]
    assert told == [(LINEAR, OwnFill(7, 100.1, Side.BUY))]
    assert screen.store.fills_of(ETH) == ()


@pytest.mark.parametrize("reason", [ResetReason.SEEK, ResetReason.SESSION])
def test_a_reset_clears_every_market_and_all_that_is_ours(reason: ResetReason) -> None:
    screen = Screen(LINEAR, SPOT)
    told: list[object] = []
    screen.store.on_reset.append(told.append)
    screen.feed(snapshot(), snapshot(key=SPOT), fill("a", "e1"))
    screen.feed(event(StreamReset(reason), key=NOWHERE))
    assert all(market.book.best_bid is None for market in screen.store.markets.values())
    assert screen.store.fills_of(LINEAR) == ()
    assert told == [StreamReset(reason)]
    screen.feed(fill("a", "e1"))
    assert len(screen.store.fills_of(LINEAR)) == 1


def test_a_reconnect_clears_its_market_and_nothing_of_ours() -> None:
    screen = Screen(LINEAR, SPOT)
    screen.feed(snapshot(), snapshot(key=SPOT), fill("a", "e1"))
    screen.feed(event(StreamReset(ResetReason.RECONNECT), key=SPOT))
    books = [market.book.best_bid for market in screen.store.markets.values()]
    assert books == [(100.0, 5.0), None]
    assert len(screen.store.fills_of(LINEAR)) == 1


def test_a_gap_of_everything_reaches_every_tape() -> None:
    screen = Screen(LINEAR, SPOT)
    screen.feed(event(FeedGap("mailbox full", 5), key=NOWHERE))
    assert [len(market.tape.rows(5)) for market in screen.store.markets.values()] == [1, 1]


EVENTS = st.sampled_from(
    [
        snapshot(),
        snapshot(key=ETH),
        quote(5.0, 4.0),
        marked(3.0),
        event(MarketTrades([MarketTrade(100.0, 1.0, Side.BUY, "1", 1)])),
        named(SPOT),
        event(BookStatus(BookState.SYNCING)),
        event(FeedGap("x"), key=NOWHERE),
        event(StreamReset(ResetReason.SEEK), key=NOWHERE),
        event(StreamReset(ResetReason.RECONNECT)),
        ack("a"),
        update("a"),
        fill("a"),
        event(UnknownEvent("q", b"")),  # type: ignore[arg-type]
        create("own"),
    ]
)


@given(st.lists(EVENTS, max_size=25))
def test_no_order_of_events_breaks_it(events: list[Event[EventData]]) -> None:
    screen = Screen(LINEAR)
    before = screen.store.version
    screen.feed(*events)
    store = screen.store
    assert store.version == before + len(events)
    assert isinstance(store.market, MarketState)
    store.orders.rows(10, 5)
    store.account.positions()
    store.account.balances()
    assert store.account.profit_rows()
    assert len(store.log.rows(5)) <= 5
