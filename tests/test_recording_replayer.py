"""The replayer: the recorded events again, in order, in step with a clock, from any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.recording_support import START_NS, STEP_NS, instrument, market, no_instruments, with_source, write
from tests.replay_desk import Desk, OpenDesk, desks, running
from ttxt_core.clock import NANOSECONDS, ReplayClock
from ttxt_core.errors import ConfigError, NotARecordingError, QueueClosedError, QueueFullError
from ttxt_core.events import Event, Orderbook, ResetReason, Source, StreamReset
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.replayer import MarketDataReplayer

EVENTS = market(400)
REPLAYED = with_source(EVENTS, Source.REPLAY)
FIRST_NS = EVENTS[0].header.receive_time_ns
LAST_NS = EVENTS[-1].header.receive_time_ns


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "a.bin"
    return write(path, EVENTS, chunk_events=20, keyframe_events=100)


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    with desks() as opens:
        yield opens


def state_at(path: Path, time_ns: int) -> list[Event[Any]]:
    with RecordingReader(path, source=Source.REPLAY) as reader:
        return reader.state_at(time_ns).state.events()


def until(time_ns: int) -> list[Event[Any]]:
    return [event for event in REPLAYED if event.header.receive_time_ns <= time_ns]


def after(time_ns: int) -> list[Event[Any]]:
    return [event for event in REPLAYED if event.header.receive_time_ns > time_ns]


async def test_as_fast_as_possible_every_event_says_that_it_is_a_replay(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording, speed=MAX_SPEED)
    await desk.replayer.run()
    first, *rest = desk.take()
    assert first.data == instrument().data
    assert rest == REPLAYED
    assert {event.header.source for event in (first, *rest)} == {Source.REPLAY}
    assert desk.replayer.at_end
    assert desk.replayer.position_ns == desk.clock.now_ns() == LAST_NS


@pytest.mark.parametrize("speed", [1.0, 0.5, 20.0])
async def test_events_come_in_step_with_their_times(recording: Path, speed: float, open_desk: OpenDesk) -> None:
    desk = open_desk(recording, speed=speed)
    async with running(desk):
        for _ in range(8):
            await desk.pass_time(0.1)
            desk.take()
            passed_ns = desk.wall.now_ns() - 5 * NANOSECONDS
            market_ns = min(FIRST_NS + int(passed_ns * speed), LAST_NS)
            behind_ns = int(0.1 * NANOSECONDS * speed)
            assert no_instruments(desk.published) == until(desk.replayer.position_ns)
            assert market_ns - behind_ns <= desk.replayer.position_ns <= market_ns


async def test_the_clock_runs_on_between_events(tmp_path: Path, open_desk: OpenDesk) -> None:
    early, late = market(1), market(1, first_ns=START_NS + 10 * NANOSECONDS)
    desk = open_desk(write(tmp_path / "a.bin", [*early, *late]))
    async with running(desk):
        await desk.pass_time(3)
        assert no_instruments(desk.take()) == with_source(early, Source.REPLAY)
        assert 2.9 * NANOSECONDS < desk.clock.now_ns() - FIRST_NS <= 3 * NANOSECONDS


async def test_idle_stretches_are_passed_over_when_asked(tmp_path: Path, open_desk: OpenDesk) -> None:
    early, late = market(1), market(3, first_ns=START_NS + 10 * NANOSECONDS)
    path = write(tmp_path / "a.bin", [*early, *late])
    desk = open_desk(path, skip_idle_s=5)
    async with running(desk):
        await desk.pass_time(0.1)
        assert len(no_instruments(desk.take())) == 4
    desk = open_desk(path, skip_idle_s=15)
    async with running(desk):
        await desk.pass_time(0.1)
        assert len(no_instruments(desk.take())) == 1


async def test_held_it_stands_still_and_its_clock_too(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording)
    async with running(desk):
        await desk.pass_time(1)
        desk.replayer.hold()
        assert desk.replayer.held
        desk.take()
        position = desk.replayer.position_ns
        await desk.pass_time(3)
        assert desk.take() == []
        assert desk.replayer.position_ns == position
        desk.replayer.go()
        await desk.pass_time(1)
        desk.take()
        assert 0.9 * NANOSECONDS < desk.replayer.position_ns - position <= NANOSECONDS
        assert no_instruments(desk.published) == until(desk.replayer.position_ns)


async def test_idle_stretches_are_passed_over_from_when_it_is_said(tmp_path: Path, open_desk: OpenDesk) -> None:
    late = market(3, first_ns=START_NS + 10 * NANOSECONDS)
    desk = open_desk(write(tmp_path / "a.bin", [*market(1), *late]))
    async with running(desk):
        await desk.pass_time(0.1)
        assert desk.replayer.position_ns < late[0].header.receive_time_ns
        desk.replayer.skip_idle(5)
        assert desk.replayer.skip_idle_s == 5
        await desk.pass_time(0.1)
        assert desk.replayer.position_ns >= late[0].header.receive_time_ns
        for seconds in (0, -1, float("nan"), float("inf")):
            with pytest.raises(ConfigError, match="pass over idle stretches"):
                desk.replayer.skip_idle(seconds)
        desk.replayer.skip_idle(None)
        assert desk.replayer.skip_idle_s is None


async def test_the_speed_can_be_changed_on_the_way(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording)
    async with running(desk):
        await desk.pass_time(0.5)
        position = desk.replayer.position_ns
        desk.replayer.set_speed(4)
        assert desk.replayer.speed == 4
        await desk.pass_time(0.5)
        assert 1.7 * NANOSECONDS < desk.replayer.position_ns - position <= 2 * NANOSECONDS
        desk.replayer.set_speed(MAX_SPEED)
        await desk.settle()
        desk.take()
    assert no_instruments(desk.published) == REPLAYED


async def test_steps_by_event_by_book_and_by_time(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording)
    replayer = desk.replayer
    assert await replayer.step() == REPLAYED[0]
    assert replayer.held
    assert no_instruments(desk.take()) == REPLAYED[:1]
    assert replayer.position_ns == FIRST_NS
    stepped = await replayer.step_book()
    assert stepped is not None
    assert type(stepped.data) is Orderbook
    assert stepped == next(event for event in REPLAYED[1:] if type(event.data) is Orderbook)
    desk.take()
    assert desk.published[-1] == stepped
    position = replayer.position_ns
    await replayer.step_seconds(1.5)
    assert replayer.position_ns == position + 1_500_000_000
    desk.take()
    assert no_instruments(desk.published) == until(position + 1_500_000_000)
    await replayer.step_seconds(1_000)
    assert replayer.at_end
    assert replayer.position_ns == LAST_NS
    assert (await replayer.step(), await replayer.step_book()) == (None, None)
    desk.take()
    assert no_instruments(desk.published) == REPLAYED


async def test_a_step_back_is_a_seek_to_the_event_before(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording)
    await desk.replayer.step_seconds(2)
    at = until(desk.replayer.position_ns)
    desk.take()
    await desk.replayer.step_back()
    assert desk.replayer.position_ns == at[-2].header.receive_time_ns
    reset, *state = desk.take()
    assert reset.data == StreamReset(ResetReason.SEEK)
    assert state == state_at(recording, at[-2].header.receive_time_ns)
    assert await desk.replayer.step() == at[-1]
    await desk.replayer.step_seconds(-1)
    assert desk.replayer.position_ns == at[-1].header.receive_time_ns - NANOSECONDS
    for _ in range(3):
        await desk.replayer.seek(FIRST_NS)
        await desk.replayer.step_back()
        assert desk.replayer.position_ns == FIRST_NS


async def test_a_step_back_by_book_stands_where_the_step_forward_did(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording)
    books = [event.header.receive_time_ns for event in REPLAYED if type(event.data) is Orderbook]
    await desk.replayer.step_seconds(1.5)
    times = sorted({time for time in books if time <= desk.replayer.position_ns})
    for time_ns in reversed(times[-4:-1]):
        await desk.replayer.step_book_back()
        assert (desk.replayer.position_ns, desk.replayer.held) == (time_ns, True)
    await desk.replayer.step_book()
    assert desk.replayer.position_ns == times[-3]
    await desk.replayer.seek(times[0])
    await desk.replayer.step_book_back()
    assert desk.replayer.position_ns == FIRST_NS


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(targets=st.lists(st.integers(FIRST_NS - NANOSECONDS, LAST_NS + NANOSECONDS), min_size=1, max_size=3))
def test_a_seek_publishes_a_reset_the_state_and_what_follows(recording: Path, targets: list[int]) -> None:
    async def seek(desk: Desk) -> None:
        time_ns = FIRST_NS
        for target in targets:
            await desk.replayer.seek(target)
            time_ns = min(max(target, FIRST_NS), LAST_NS)
            assert desk.replayer.position_ns == time_ns
            reset, *state = desk.take()
            assert reset.data == StreamReset(ResetReason.SEEK)
            assert (reset.header.receive_time_ns, reset.header.source) == (time_ns, Source.REPLAY)
            assert state == state_at(recording, time_ns)
        await desk.replayer.run()
        assert desk.take() == after(time_ns)

    with desks() as opens:
        asyncio.run(seek(opens(recording, speed=MAX_SPEED)))


async def test_a_seek_while_it_runs(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording)
    async with running(desk):
        await desk.pass_time(0.3)
        desk.take()
        target = FIRST_NS + 2 * NANOSECONDS
        await desk.replayer.seek(target)
        await desk.pass_time(0.5)
        reset, *events = desk.take()
        assert type(reset.data) is StreamReset
        state = state_at(recording, target)
        assert events[: len(state)] == state
        position = desk.replayer.position_ns
        assert 0.4 * NANOSECONDS < position - target <= 0.5 * NANOSECONDS
        assert events[len(state) :] == [e for e in after(target) if e.header.receive_time_ns <= position]


async def test_held_during_a_seek_nothing_goes_out_after_its_state(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording, capacity=2)
    async with running(desk):
        desk.take()
        target = FIRST_NS + 2 * NANOSECONDS
        seeking = asyncio.create_task(desk.replayer.seek(target))
        await desk.pass_time(0.2)
        assert not seeking.done()
        desk.replayer.hold()
        desk.published.clear()
        for _ in range(20):
            desk.take()
            await desk.pass_time(0.1)
        await seeking
        assert desk.published[1:] == state_at(recording, target)
        assert desk.replayer.position_ns == target


async def test_at_the_end_it_holds_when_asked_so_that_one_can_go_back(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording, speed=MAX_SPEED, hold_at_end=True)
    async with running(desk) as task:
        await desk.settle()
        assert not task.done()
        assert (desk.replayer.held, desk.replayer.at_end) == (True, True)
        desk.take()
        await desk.replayer.seek(FIRST_NS)
        assert not desk.replayer.at_end
        desk.replayer.go()
        await desk.settle()
        assert desk.take()[-1] == REPLAYED[-1]
        assert desk.replayer.held


async def test_a_consumer_that_is_slow_is_waited_for(recording: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(recording, speed=MAX_SPEED, capacity=10)
    task = asyncio.create_task(desk.replayer.run())
    await desk.settle()
    assert len(desk.queue) == 10
    assert desk.replayer.position_ns < FIRST_NS + 20 * STEP_NS
    while not task.done():
        desk.take()
        await asyncio.sleep(0)
    desk.take()
    assert no_instruments(desk.published) == REPLAYED


@pytest.mark.parametrize("control", ["hold", "seek", "stop"])
async def test_controls_work_while_a_consumer_is_waited_for(recording: Path, control: str, open_desk: OpenDesk) -> None:
    desk = open_desk(recording, speed=MAX_SPEED, capacity=10)
    task = asyncio.create_task(desk.replayer.run())
    await desk.settle()
    seeking = None
    if control == "hold":
        desk.replayer.hold()
    elif control == "stop":
        desk.replayer.stop()
    else:
        seeking = asyncio.create_task(desk.replayer.seek(FIRST_NS + NANOSECONDS))
    for _ in range(50):
        desk.take()
        await asyncio.sleep(0)
    if control == "seek":
        assert seeking is not None
        await seeking
        reset = next(n for n, event in enumerate(desk.published) if type(event.data) is StreamReset)
        assert no_instruments(desk.published[:reset]) == REPLAYED[: reset - 1]
        assert reset < 15
    else:
        assert no_instruments(desk.published) == REPLAYED[: len(desk.published) - 1]
        assert len(desk.published) < 15
    desk.replayer.stop()
    for _ in range(5):
        desk.take()
        await asyncio.sleep(0)
    await asyncio.wait_for(task, 60)


def _closed(queue: AsyncioQueue) -> None:
    queue.close()


def _untouched(queue: AsyncioQueue) -> None:
    pass


@pytest.mark.parametrize(
    ("policy", "prepare", "expected"),
    [(FullPolicy.ERROR, _untouched, QueueFullError), (FullPolicy.BLOCK, _closed, QueueClosedError)],
)
async def test_a_queue_that_refuses_ends_it(
    recording: Path, policy: FullPolicy, prepare: Callable[[AsyncioQueue], None], expected: type[Exception]
) -> None:
    queue = AsyncioQueue(capacity=10, policy=policy)
    prepare(queue)
    replayer = MarketDataReplayer([recording], queue, ReplayClock(), speed=MAX_SPEED)
    with pytest.raises(expected):
        await replayer.run()
    replayer.stop()


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
async def test_a_speed_that_is_none_is_refused(recording: Path, speed: float, open_desk: OpenDesk) -> None:
    with pytest.raises(ConfigError, match="speed of the replay"):
        open_desk(recording, speed=speed)
    replayer = open_desk(recording).replayer
    with pytest.raises(ConfigError, match="speed of the replay"):
        replayer.set_speed(speed)
    replayer.stop()


async def test_one_bad_file_among_good_ones_is_named(recording: Path, tmp_path: Path, open_desk: OpenDesk) -> None:
    (tmp_path / "bad.bin").write_text("no recording")
    with pytest.raises(NotARecordingError, match=r"bad\.bin"):
        open_desk(recording, tmp_path / "bad.bin")
