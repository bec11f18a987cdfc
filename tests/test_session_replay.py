"""A REPLAY session over recordings that the test made: the same trading, and attempts."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.session_support import LINEAR, SPOT, Trader, data_of, record, turn
from ttxt_core.cli.rec import main as import_capture
from ttxt_core.clock import ManualClock
from ttxt_core.errors import ConfigError, NotARecordingError, RecordingError
from ttxt_core.events import (
    BookState,
    Event,
    Fill,
    InstrumentKey,
    MarketTrades,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderState,
    OrderUpdate,
    ResetReason,
    Side,
    Source,
    StreamReset,
    Wallet,
)
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.queues.base import FullPolicy
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.reader import read_events
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.session import Session, SessionKind, replay
from ttxt_core.simulation.practice_pairs import BTC_LINEAR

SECOND = 1_000_000_000


@pytest.fixture
async def recordings(tmp_path: Path) -> list[Path]:
    return await record(tmp_path)


def desk(paths: list[Path], limits: RiskLimits | None = None) -> Trader:
    """A replay that moves with the trader's clock, which is the wall's."""
    wall = ManualClock(1)
    session = replay(paths, wall=wall) if limits is None else replay(paths, wall=wall, limits=limits)
    return Trader(session, wall)


def player(session: Session) -> MarketDataReplayer:
    assert session.replayer is not None
    return session.replayer


async def test_at_full_speed_everything_comes_and_the_simulator_keeps_up(recordings: list[Path]) -> None:
    session = replay(recordings, speed=MAX_SPEED, hold_at_end=False)
    kinds = frozenset({Orderbook, MarketTrades})
    told = session.events.subscribe("screen", capacity=3, policy=FullPolicy.BLOCK, accepts=kinds)
    async with session:
        assert (session.kind, session.account) == (SessionKind.REPLAY, "replay")
        assert session.commands.is_armed
        seen: list[Event[object]] = []
        while not (player(session).at_end and not len(told)):
            seen += told.get_batch_nowait()
            await turn()
    recorded = [event for path in recordings for event in read_events(path) if type(event.data) in kinds]
    assert sorted(map(_place, seen)) == sorted(map(_place, recorded))
    assert {event.header.source for event in seen} == {Source.REPLAY}
    assert session.troubles == []


def _place(event: Event[object]) -> tuple[str, int, int]:
    return event.header.category, event.header.receive_time_ns, event.header.sequence


async def test_orders_trade_against_the_recorded_market(recordings: list[Path]) -> None:
    trader = desk(recordings)
    async with trader.session as session:
        await trader.wait(0.5)
        assert session.clock.now_ns() == player(session).first_ns + SECOND // 2
        entry = trader.order(Side.BUY, "0.01", trader.touch(Side.SELL, 5))
        resting = trader.order(Side.SELL, "0.01", trader.touch(Side.SELL, 500), key=SPOT)
        await trader.wait(0.2)
        assert entry is not None
        assert resting is not None
        assert entry.state is OrderState.FILLED
        assert resting.state is OrderState.NEW
        assert session.orders.accounts.held(LINEAR, "replay") == Decimal("0.01")
        assert trader.order(Side.BUY, "0.01", None, key=LINEAR._replace(venue="bybit")) is None


async def test_held_nothing_moves_and_a_paused_market_is_not_stale(recordings: list[Path]) -> None:
    trader = desk(recordings, RiskLimits(max_data_age_ns=SECOND))
    async with trader.session as session:
        await trader.wait(0.5)
        player(session).hold()
        now_ns = session.clock.now_ns()
        order = trader.order(Side.BUY, "0.01", None)
        await trader.wait(30)
        assert session.clock.now_ns() == now_ns
        assert order is not None
        assert order.state is OrderState.PENDING_NEW
        assert trader.order(Side.BUY, "0.01", None) is not None
        player(session).go()
        await trader.wait(0.2)
        assert order.state is OrderState.FILLED


async def test_a_seek_begins_a_new_attempt_and_keeps_the_sheet_of_the_old(recordings: list[Path]) -> None:
    trader = desk(recordings)
    async with trader.session as session:
        replayer = player(session)
        await trader.wait(0.5)
        trader.order(Side.BUY, "0.01", None)
        trader.order(Side.BUY, "0.01", trader.touch(Side.BUY, 500))
        await trader.wait(0.2)
        trader.order(Side.SELL, "0.01", None, reduce_only=True)
        under_way = trader.order(Side.BUY, "0.02", None)
        assert under_way is not None
        result = session.result
        told = session.events.subscribe("screen")
        await replayer.seek(replayer.first_ns + SECOND // 4)
        await turn()
        assert session.orders.working() == list(session.orders.fills) == list(session.orders.history) == []
        sheet = session.attempts[0]
        assert (sheet.attempt, sheet.fills, sheet.profit) == (1, result.fills, result.profit)
        assert sheet.started_ns == replayer.first_ns
        assert 0.6 * SECOND < sheet.ended_ns - sheet.started_ns <= 0.7 * SECOND
        assert session.result.attempt == 2
        assert (session.result.fills, session.result.profit) == (0, {})
        assert session.result.started_ns == replayer.first_ns + SECOND // 4
        accounts = session.orders.accounts
        assert accounts.balance("practice", "replay", "USDT").total == 100_000
        assert accounts.held(LINEAR, "replay") == 0
        kinds = [type(event.data) for event in told.get_batch_nowait()]
        assert kinds[0] is StreamReset
        assert Wallet in kinds
        assert not {OrderAck, OrderUpdate, Fill} & set(kinds)
        again = trader.order(Side.BUY, "0.01", None)
        await trader.wait(0.3)
        assert again is not None
        assert again.state is OrderState.FILLED
        assert session.orders.by_client_id(under_way.client_order_id) is None
        assert session.result.fills == len(list(session.orders.fills)) > 0
        await replayer.step_back()
        assert [sheet.attempt for sheet in session.attempts] == [1, 2]


async def test_an_attempt_without_a_trade_leaves_no_sheet(recordings: list[Path]) -> None:
    trader = desk(recordings)
    async with trader.session as session:
        await trader.wait(0.3)
        await player(session).seek(player(session).last_ns)
        await player(session).seek(player(session).first_ns)
        assert session.attempts == []
        assert session.result.attempt == 1


async def test_until_the_simulator_has_begun_anew_commands_are_refused_not_lost(recordings: list[Path]) -> None:
    trader = desk(recordings)
    async with trader.session as session:
        await trader.wait(0.5)
        order = trader.order(Side.BUY, "0.01", None)
        await trader.wait(0.04)
        acks = session.events.subscribe("screen", accepts=frozenset({OrderAck, OrderUpdate, Fill}))
        now_ns = player(session).position_ns
        seek = player(session).seek(now_ns)
        with pytest.raises(StopIteration):
            seek.send(None)  # the whole seek, before the simulator has its turn
        book = session.events.book(LINEAR)
        assert book is not None
        assert book.state is BookState.VALID
        assert trader.order(Side.BUY, "0.01", None) is None
        assert [ack.reason for ack in data_of(acks, OrderAck)] == ["the replay has just moved: send it again"]
        await turn()
        later = trader.order(Side.BUY, "0.01", None)
        await trader.wait(0.3)
        assert order is not None
        assert later is not None
        assert later.state is OrderState.FILLED
        assert {event.data.client_order_id for event in acks.get_batch_nowait()} == {later.client_order_id}


async def test_what_a_simulator_says_of_a_left_attempt_reaches_nobody(recordings: list[Path]) -> None:
    trader = desk(recordings)
    async with trader.session as session:
        await trader.wait(0.5)
        told = session.events.subscribe("screen", accepts=frozenset({OrderAck, OrderUpdate, Fill, Wallet}))
        trader.order(Side.BUY, "0.01", None)
        await turn()
        # Market data past the order's arrival wait in the simulator's mailbox when the reset comes behind them.
        later_ns = session.clock.now_ns() + SECOND // 10
        header = MessageHeader(*LINEAR, later_ns, later_ns, 1, Source.REPLAY)
        await session._market_end.publish(Event(header, MarketTrades([])))
        reset = MessageHeader("", "", "", 0, later_ns, 0, Source.REPLAY)
        await session._market_end.publish(Event(reset, StreamReset(ResetReason.SEEK)))
        await turn()
        assert [type(event.data) for event in told.get_batch_nowait()] == [Wallet]
        assert session.orders.accounts.balance("practice", "replay", "USDT").total == 100_000
        assert list(session.orders.fills) == []


async def test_a_loss_stop_ends_with_its_attempt(recordings: list[Path]) -> None:
    trader = desk(recordings, RiskLimits(daily_loss=Decimal(5)))
    async with trader.session as session:
        await trader.wait(0.5)
        trader.order(Side.BUY, "0.5", None)
        await trader.wait(0.2)
        assert not session.commands.is_armed
        await player(session).seek(player(session).first_ns)
        await turn()
        assert session.commands.is_armed
        session.commands.disarm("the trader is away")
        await player(session).seek(player(session).first_ns)
        assert not session.commands.is_armed


async def test_a_replay_is_not_recorded_again(recordings: list[Path], tmp_path: Path) -> None:
    async with replay(recordings) as session:
        with pytest.raises(RecordingError, match="ttxt-rec cut"):
            session.start_recording(tmp_path)


async def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.bin"
    path.write_bytes(b"notes" * 100)
    with pytest.raises(NotARecordingError, match=r"notes\.bin"):
        replay([path])
    with pytest.raises(ConfigError):
        replay([])


async def test_equal_replays_with_equal_orders_give_equal_fills(recordings: list[Path]) -> None:
    told: list[list[object]] = []
    for _ in range(2):
        trader = desk(recordings)
        async with trader.session as session:
            await trader.wait(0.5)
            trader.order(Side.BUY, "0.3", trader.touch(Side.SELL, 3))
            trader.order(Side.SELL, "0.1", trader.touch(Side.SELL))
            await trader.wait(1)
            told.append([fill.data for fill in session.orders.fills])
    assert told[0] == told[1] != []


async def test_a_settle_currency_without_a_named_balance_has_one(tmp_path: Path) -> None:
    key = LINEAR._replace(pair="BTC/USDC")
    pair = dataclasses.replace(BTC_LINEAR, key=key, spec=replace(BTC_LINEAR.spec, quote="USDC", settle="USDC"))
    trader = desk(await record(tmp_path, [pair], seconds=0.5))
    async with trader.session as session:
        await trader.wait(0.2)
        order = trader.order(Side.BUY, "0.01", None, key=key)
        await trader.wait(0.2)
        assert order is not None
        assert order.state is OrderState.FILLED
        paid = session.orders.accounts.balance("practice", "replay", "USDC").total - 100_000
        assert paid == -session.result.fees["USDC"]


@pytest.fixture(scope="module")
def captured(bybit_capture: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Bybit's own frames as recordings."""
    folder = tmp_path_factory.mktemp("bybit")
    assert import_capture(["import", str(bybit_capture), "--out", str(folder)]) == 0
    return sorted(folder.glob("*.bin"))


async def test_a_captured_market_is_traded_on_and_the_same_pair_on_two_categories_stays_two(
    captured: list[Path],
) -> None:
    trader = desk(captured)
    linear, spot = InstrumentKey("bybit", "linear", "BTC/USDT"), InstrumentKey("bybit", "spot", "BTC/USDT")
    async with trader.session as session:
        await trader.wait(3)
        assert len(session.instruments) == len(captured) == 6
        prices = {key: trader.touch(Side.SELL, key=key) for key in (linear, spot)}
        orders = {key: trader.order(Side.BUY, "0.01", None, key=key) for key in prices}
        await trader.wait(1)
        for key, order in orders.items():
            assert order is not None
            assert (order.key, order.state) == (key, OrderState.FILLED)
            assert order.average_price is not None
            assert abs(order.average_price - prices[key]) < 10 < abs(prices[linear] - prices[spot])
        lag_ns = session.health().feed_lag_ns
        assert lag_ns is not None
        assert 0 < lag_ns < SECOND
        assert session.troubles == []
