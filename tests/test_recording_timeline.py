"""Several recordings read and replayed as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.market_events import BTC, BTC_LINEAR, ETH
from tests.recording_support import START_NS, STEP_NS, market, no_instruments, with_source, write
from tests.replay_desk import OpenDesk, desks
from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import Event, FeedGap, InstrumentKey, MessageHeader, Orderbook, Source, StreamReset
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.timeline import Timeline

EVENTS = market(400)
FIRST_NS = EVENTS[0].header.receive_time_ns
LAST_NS = EVENTS[-1].header.receive_time_ns


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    with desks() as opens:
        yield opens


async def test_several_files_are_merged_by_time_then_by_record_sequence(tmp_path: Path, open_desk: OpenDesk) -> None:
    streams = {key: market(300, key, seed=seed) for seed, key in enumerate((BTC, ETH, BTC_LINEAR))}
    ties: dict[InstrumentKey, list[Event[Any]]] = {key: [] for key in streams}
    for number in range(90):
        key = list(streams)[number * 7 % 3]
        ties[key].append(Event(MessageHeader(*key, 0, LAST_NS + NANOSECONDS + number // 30, number + 1), FeedGap("?")))
    paths = [
        write(tmp_path / f"{number}.bin", [*events, *ties[key]], key=key)
        for number, (key, events) in enumerate(streams.items())
    ]
    desk = open_desk(*paths, speed=MAX_SPEED)
    assert set(desk.replayer.instruments) == set(streams)
    await desk.replayer.run()
    events = desk.take()
    assert [event.header.key for event in events[:3]] == [
        key for key, _ in sorted(streams.items(), key=lambda item: item[1][0].header.receive_time_ns)
    ]
    everything = [event for key in streams for event in (*streams[key], *ties[key])]
    everything.sort(key=lambda event: (event.header.receive_time_ns, event.header.sequence))
    assert events[3:] == with_source(everything, Source.REPLAY)
    target = START_NS + 100 * STEP_NS
    await desk.replayer.seek(target)
    reset, *state = desk.take()
    assert type(reset.data) is StreamReset
    assert {event.header.key for event in state if type(event.data) is Orderbook} == set(streams)


async def test_of_two_files_of_one_instrument_the_later_tells_its_state(tmp_path: Path) -> None:
    days = [market(50, first_ns=START_NS + day * 100 * STEP_NS, seed=day) for day in range(3)]
    paths = [write(tmp_path / f"{day}.bin", events) for day, events in enumerate(days)]
    timeline = Timeline([paths[2], paths[0], paths[1]])
    assert (timeline.first_ns, timeline.last_ns, timeline.count) == (
        days[0][0].header.receive_time_ns,
        days[2][-1].header.receive_time_ns,
        150,
    )
    assert no_instruments(list(timeline.start().rest)) == [event for day in days for event in day]
    for day, events in enumerate(days):
        moment = timeline.state_at(events[30].header.receive_time_ns)
        with RecordingReader(paths[day]) as reader:
            assert moment.state == reader.state_at(events[30].header.receive_time_ns).state.events()
        assert no_instruments(list(moment.rest)) == [*events[31:], *[e for later in days[day + 1 :] for e in later]]
    timeline.close()


async def test_a_timeline_shows_activity_and_gaps(tmp_path: Path, open_desk: OpenDesk) -> None:
    gap = Event(EVENTS[20].header, FeedGap("lost", 9))
    one = write(tmp_path / "1.bin", [*EVENTS[:20], gap, *EVENTS[20:]], chunk_events=10)
    two = write(tmp_path / "2.bin", market(100, ETH, first_ns=LAST_NS), key=ETH)
    replayer = open_desk(one, two).replayer
    assert sum(replayer.activity(30)) == 501
    (mark,) = replayer.gaps
    assert mark.start_ns <= gap.header.receive_time_ns <= mark.end_ns
    assert (replayer.first_ns, replayer.last_ns) == (
        FIRST_NS,
        LAST_NS + 99 * STEP_NS + (replayer.last_ns - LAST_NS) % STEP_NS,
    )
    replayer.stop()
