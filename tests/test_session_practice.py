"""A PRACTICE session from end to end, on a clock that the test moves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.session_support import LINEAR, PAIRS, SPOT, START_NS, Trader, data_of, turn
from ttxt_core.clock import ManualClock
from ttxt_core.errors import ConfigError, RecordingError
from ttxt_core.events import (
    MARKET_EVENTS,
    BookState,
    BookStatus,
    ConnectorError,
    Event,
    Instrument,
    OrderAck,
    Orderbook,
    OrderState,
    OrderType,
    OrderUpdate,
    Side,
    Wallet,
)
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_core.queues.base import FullPolicy
from ttxt_core.recording.reader import read_events
from ttxt_core.session import Session, SessionKind, practice
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.practice_market import PracticeMarket


def desk(limits: RiskLimits = SIMULATED_LIMITS) -> Trader:
    clock = ManualClock(START_NS)
    return Trader(practice(PAIRS, clock=clock, rate=300, history=5, limits=limits), clock)


async def test_it_begins_armed_with_a_market_and_money() -> None:
    trader = desk()
    session = trader.session
    told = session.events.subscribe("screen")
    assert (session.kind, session.account) == (SessionKind.PRACTICE, "practice")
    assert session.commands.is_armed
    async with session:
        await trader.wait(0.5)
        assert set(session.instruments) == {LINEAR, SPOT}
        assert trader.touch(Side.BUY) < trader.touch(Side.SELL)
        assert session.orders.accounts.balance("practice", "practice", "USDT").total == 100_000
        assert session.practice_market is not None
        assert session.replayer is None
        assert [wallet.is_snapshot for wallet in data_of(told, Wallet)] == [True]
        health = session.health()
        assert health.troubles == ()
        assert health.dropped == 0
        assert health.feed_lag_ns is not None
        assert 0 <= health.feed_lag_ns < 100_000_000


async def test_place_amend_and_cancel_a_resting_order() -> None:
    trader = desk()
    async with trader.session as session:
        await trader.wait(0.3)
        order = trader.order(Side.BUY, "0.5", trader.touch(Side.BUY, 400), post_only=True)
        assert order is not None
        assert order.state is OrderState.PENDING_NEW
        await trader.wait(0.1)
        assert order.state is OrderState.NEW
        target = trader.touch(Side.BUY, 500)
        trader.amend(order, price=target)
        assert order.state is OrderState.PENDING_AMEND
        await trader.wait(0.1)
        assert (order.state, order.price) == (OrderState.NEW, target)
        exposure = session.orders.exposure(LINEAR, "practice", target)
        assert (exposure.longest, exposure.shortest) == (Decimal("0.5"), 0)
        trader.cancel(order)
        assert order.state is OrderState.PENDING_CANCEL
        await trader.wait(0.1)
        assert order.state is OrderState.CANCELED
        assert session.orders.working() == []
        health = session.health()
        assert health.order_last_ns is not None
        assert 40_000_000 <= health.order_last_ns <= 60_000_000
        assert session.attempts == []
        assert session.result.fills == 0


async def test_take_the_market_and_flatten_and_the_result_is_the_wallets() -> None:
    trader = desk()
    async with trader.session as session:
        await trader.wait(0.3)
        entry = trader.order(Side.BUY, "0.01", trader.touch(Side.SELL, 5))
        await trader.wait(0.2)
        assert entry is not None
        assert (entry.state, entry.filled) == (OrderState.FILLED, Decimal("0.01"))
        assert session.orders.accounts.held(LINEAR, "practice") == Decimal("0.01")
        exit_order = trader.order(Side.SELL, "0.01", None, reduce_only=True)
        await trader.wait(0.2)
        assert exit_order is not None
        assert exit_order.state is OrderState.FILLED
        assert session.orders.accounts.held(LINEAR, "practice") == 0
        result = session.result
        wallet = session.orders.accounts.balance("practice", "practice", "USDT")
        assert wallet.total - 100_000 == result.profit["USDT"]
        assert result.fees["USDT"] > 0
        assert result.max_drawdown["USDT"] >= result.fees["USDT"]
        assert result.fills == len(list(session.orders.fills))


async def test_a_spot_round_trip_leaves_what_the_ledger_says() -> None:
    trader = desk()
    async with trader.session as session:
        await trader.wait(0.3)
        before = session.orders.accounts.balance("practice", "practice", "BTC").total
        trader.order(Side.BUY, "0.01", None, key=SPOT)
        await trader.wait(0.2)
        bought = session.orders.accounts.held(SPOT, "practice") - before
        assert bought == Decimal("0.01") * Decimal("0.999")
        trader.order(Side.SELL, "0.00999", None, key=SPOT, reduce_only=True)
        await trader.wait(0.2)
        assert session.orders.accounts.held(SPOT, "practice") == before
        spent = session.orders.accounts.balance("practice", "practice", "USDT").total - 100_000
        assert session.result.profit["USDT"] == spent
        assert session.result.fees["BTC"] == Decimal("0.00001")


async def test_no_subscriber_is_ahead_of_the_session() -> None:
    trader = desk()
    async with trader.session as session:
        mailbox = session.events.subscribe("screen", accepts=frozenset({OrderUpdate}))
        await trader.wait(0.3)
        order = trader.order(Side.BUY, "0.01", trader.touch(Side.SELL, 5))
        assert order is not None
        for _ in range(30):
            await trader.wait(0.01)
            for event in mailbox.get_batch_nowait():
                assert order.filled >= event.data.filled_quantity
        assert order.state is OrderState.FILLED


async def test_refusals_are_answered_and_cancels_always_pass() -> None:
    trader = desk(RiskLimits(max_order_notional=Decimal(10_000)))
    async with trader.session as session:
        acks = session.events.subscribe("screen", accepts=frozenset({OrderAck}))
        await trader.wait(0.3)
        assert trader.order(Side.BUY, "1", trader.touch(Side.BUY)) is None
        working = trader.order(Side.BUY, "0.01", trader.touch(Side.BUY, 500))
        await trader.wait(0.1)
        assert working is not None
        session.commands.disarm("the trader is away")
        assert trader.order(Side.BUY, "0.01", trader.touch(Side.BUY, 500)) is None
        await trader.wait(0.1)
        assert working.state is OrderState.CANCELED
        elsewhere = LINEAR._replace(venue="bybit")
        assert trader.order(Side.BUY, "0.01", Decimal(1), key=elsewhere) is None
        reasons = [ack.reason for ack in data_of(acks, OrderAck) if ack.reason]
        assert reasons[0].startswith("max_order_notional is 10,000 USDT, this is 65,")
        assert reasons[1:] == [
            "disarmed: the trader is away",
            "nothing executes orders of account 'practice' at bybit linear",
        ]


async def test_a_loss_over_the_limit_disarms_and_cancels_entries_but_keeps_the_stop() -> None:
    trader = desk(RiskLimits(daily_loss=Decimal(5)))
    async with trader.session as session:
        await trader.wait(0.3)
        resting = trader.order(Side.BUY, "0.01", trader.touch(Side.BUY, 500))
        trader.order(Side.BUY, "0.001", None)
        await trader.wait(0.1)
        stop = trader.order(
            Side.SELL,
            "0.001",
            None,
            order_type=OrderType.STOP_MARKET,
            trigger_price=trader.touch(Side.BUY, 5000),
            reduce_only=True,
        )
        await trader.wait(0.1)
        assert session.commands.is_armed
        trader.order(Side.BUY, "0.2", None)
        await trader.wait(0.3)
        assert not session.commands.is_armed
        assert session.commands.disarmed_because.startswith("daily_loss is 5 USDT, lost are ")
        assert resting is not None
        assert stop is not None
        assert resting.state is OrderState.CANCELED
        assert stop.state is OrderState.UNTRIGGERED
        assert trader.order(Side.BUY, "0.01", None) is None
        assert trader.order(Side.SELL, "0.2", None, reduce_only=True) is not None


async def test_what_is_recorded_is_what_was_published(tmp_path: Path) -> None:
    trader = desk()
    async with trader.session as session:
        await trader.wait(0.3)
        assert session.recording is None
        session.start_recording(tmp_path)
        screen = session.events.subscribe("screen", accepts=MARKET_EVENTS, snapshot=True)
        await trader.wait(1)
        trader.order(Side.BUY, "0.01", None)
        await trader.wait(1)
        assert session.recording is not None
        with pytest.raises(RecordingError, match="it is being recorded"):
            session.start_recording(tmp_path)
        stats = await session.stop_recording()
        seen = screen.get_batch_nowait()
        assert session.recording is None
        assert (stats.events, stats.lost, stats.failed) == (len(seen), 0, 0)
        assert stats.bytes == sum(path.stat().st_size for path in stats.files)
        for key, path in zip(sorted((LINEAR, SPOT)), sorted(stats.files), strict=True):
            written = [event.data for event in read_events(path) if type(event.data) is not Instrument]
            published = [e.data for e in seen if e.header.key == key and type(e.data) is not Instrument]
            assert written == published
            assert any(type(data) is Orderbook and not data.is_snapshot for data in written)
        session.start_recording(tmp_path)
        await trader.wait(0.2)
    again = [event for event in read_events(stats.files[0]) if type(event.data).__name__ == "FeedGap"]
    assert [gap.data.reason for gap in again] == ["recording was off until here"]


async def test_recording_needs_a_folder_and_to_be_on() -> None:
    session = desk().session
    with pytest.raises(RecordingError, match="no folder is known"):
        session.start_recording()
    with pytest.raises(RecordingError, match="it is not being recorded"):
        await session.stop_recording()


async def test_a_recording_that_fails_is_told_and_nothing_else_stops(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    trader = desk()
    async with trader.session as session:
        errors = session.events.subscribe("screen", accepts=frozenset({ConnectorError}))
        session.start_recording(tmp_path / "file" / "folder")
        await trader.wait(0.5)
        stats = await session.stop_recording()
        assert stats.files == ()
        assert stats.lost > 0
        assert {error.kind for error in data_of(errors, ConnectorError)} == {"recording"}
        assert trader.order(Side.BUY, "0.01", None) is not None


async def fail(*_: object) -> None:
    raise ZeroDivisionError("made to fail")


async def test_a_market_that_dies_is_told_and_its_books_are_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    trader = desk()
    monkeypatch.setattr(PracticeMarket, "_publish_due", fail)
    async with trader.session as session:
        told = session.events.subscribe("screen")
        await trader.wait(0.3)
        assert session.troubles == ["the market source has failed: made to fail"]
        events = told.get_batch_nowait()
        errors = [event.data for event in events if type(event.data) is ConnectorError]
        assert [(e.kind, e.asked, e.answered) for e in errors] == [
            ("internal", "run the market source", "ZeroDivisionError: made to fail")
        ]
        stale = [event.data.state for event in events if type(event.data) is BookStatus]
        assert stale == [BookState.STALE, BookState.STALE]
        assert trader.order(Side.BUY, "0.01", None) is None
        assert session.health().troubles == tuple(session.troubles)


async def test_a_simulator_that_dies_leaves_its_commands_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    trader = desk()
    async with trader.session as session:
        await trader.wait(0.3)
        order = trader.order(Side.BUY, "0.01", trader.touch(Side.BUY, 500))
        assert order is not None
        monkeypatch.setattr(ExchangeSimulator, "process", lambda *_: 1 // 0)
        await trader.wait(0.3)
        assert order.state is OrderState.UNKNOWN
        assert "simulator of practice has failed" in session.troubles[0]
        assert trader.order(Side.BUY, "0.01", None, reduce_only=True) is None
        before = session.health().feed_lag_ns
        await trader.wait(0.3)
        assert session.health().feed_lag_ns != before


async def test_a_consumer_that_falls_behind_is_seen_and_holds_up_nobody() -> None:
    trader = desk()
    async with trader.session as session:
        session.events.subscribe("stuck", capacity=1, policy=FullPolicy.ERROR, accepts=frozenset({Orderbook}))
        await trader.wait(0.5)
        assert "stuck" in session.troubles[0]
        assert trader.order(Side.BUY, "0.01", None) is not None
        await trader.wait(0.2)
        assert session.orders.working() == []


async def test_the_rate_is_of_real_time() -> None:
    clock, wall = ManualClock(START_NS), ManualClock(1)
    session = practice(PAIRS, clock=clock, rate=300, history=5, wall=wall)
    async with session:
        await Trader(session, clock).wait(1)
        assert session.health().events_per_second == 0
        wall.advance_ns(2_000_000_000)
        assert 60 < session.health().events_per_second < 400
        wall.advance_ns(2_000_000_000)
        assert session.health().events_per_second == 0


async def test_a_session_starts_once_and_stops_any_number_of_times() -> None:
    trader = desk()
    session = trader.session
    await session.start()
    with pytest.raises(ConfigError, match="started before"):
        await session.start()
    await session.stop()
    await session.stop()
    await turn()
    assert isinstance(session, Session)


async def test_equal_seeds_give_equal_sessions() -> None:
    told: list[list[Event[object]]] = []
    for _ in range(2):
        trader = desk()
        mailbox = trader.session.events.subscribe("screen", capacity=100_000)
        async with trader.session:
            await trader.wait(0.4)
            trader.order(Side.BUY, "0.3", trader.touch(Side.SELL, 3))
            await trader.wait(0.4)
        told.append(mailbox.get_batch_nowait())
    assert told[0] == told[1]
    assert any(type(event.data) is OrderAck for event in told[0])
