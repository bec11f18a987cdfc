"""Bybit's own frames through the recorder and back: every event, in order, in few bytes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.recording_support import no_instruments, with_source
from ttxt_core.clock import ManualClock, ReplayClock
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.captures import FrameKind, read_capture
from ttxt_core.events import (
    MARKET_EVENTS,
    BookState,
    Event,
    Instrument,
    InstrumentKey,
    Kline,
    Orderbook,
    Source,
    Ticker,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.recorder import MarketDataRecorder
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.recording.state import MarketState
from ttxt_core.recording.writer import RecordingWriter

CATEGORIES = {"BYBIT.ws.2": "linear", "BYBIT.ws.3": "spot"}


@pytest.fixture(scope="module")
def capture(bybit_capture: Path) -> list[Event[Any]]:
    """What the frames say, after the instruments that they are about."""
    normalizers = {name: BybitNormalizer(category) for name, category in CATEGORIES.items()}
    instruments: list[Event[Instrument]] = []
    events: list[Event[Any]] = []
    for frame in read_capture(bybit_capture):
        if frame.kind is FrameKind.REPLY:
            category = "linear" if "category=linear" in frame.url else "spot"
            name = next(name for name, own in CATEGORIES.items() if own == category)
            instruments += normalizers[name].instruments(frame.payload, frame.receive_time_ns)
        elif frame.kind is FrameKind.RECEIVED:
            made = normalizers[frame.connection].normalize(frame.payload, frame.receive_time_ns)
            events += [event for event in made if type(event.data) in MARKET_EVENTS]
    keys = {event.header.key for event in events}
    return [*[event for event in instruments if event.header.key in keys], *events]


async def record(folder: Path, events: list[Event[Any]]) -> list[Path]:
    queue = AsyncioQueue(capacity=len(events))
    recorder = MarketDataRecorder(queue, folder, clock=ManualClock(2**62))
    for event in events:
        queue.publish_nowait(event)
    queue.close()
    await recorder.run()
    assert (recorder.events, recorder.lost, recorder.failed) == (len(events), 0, 0)
    return recorder.files


def by_key(events: list[Event[Any]]) -> dict[InstrumentKey, list[Event[Any]]]:
    sorted_out: dict[InstrumentKey, list[Event[Any]]] = {}
    for event in no_instruments(events):
        sorted_out.setdefault(event.header.key, []).append(event)
    return sorted_out


def contents(events: list[Event[Any]]) -> list[Any]:
    return [(e.header.key, e.header.receive_time_ns, e.header.venue_time_ns, e.data) for e in events]


async def test_every_event_of_the_capture_comes_back(capture: list[Event[Any]], tmp_path: Path) -> None:
    files = await record(tmp_path, capture)
    assert sorted(path.name for path in files) == [
        "BYBIT-LINEAR_BTC_USDT.bin",
        "BYBIT-LINEAR_DOGE_USDT.bin",
        "BYBIT-LINEAR_ETH_USDT.bin",
        "BYBIT-LINEAR_SOL_USDT.bin",
        "BYBIT_BTC_USDT.bin",
        "BYBIT_ETH_USDT.bin",
    ]
    streams = by_key(capture)
    back: list[Event[Any]] = []
    for path in files:
        with RecordingReader(path) as reader:
            events = list(reader.events())
            assert contents(no_instruments(events)) == contents(streams[reader.key])
            assert reader.damage == []
            back += events
    kinds = Counter(type(event.data) for event in back)
    assert (kinds[Instrument], kinds[Orderbook], kinds[Ticker], kinds[Kline]) == (6, 2_148, 839, 100)
    size = sum(path.stat().st_size for path in files)
    assert size / len(back) <= 62, "bytes an event, instruments and headers included"


async def test_the_capture_replayed_gives_its_final_books(capture: list[Event[Any]], tmp_path: Path) -> None:
    queue = AsyncioQueue(capacity=len(capture))
    replayer = MarketDataReplayer(await record(tmp_path, capture), queue, ReplayClock(), speed=MAX_SPEED)
    await replayer.run()
    replayer.stop()
    replayed = no_instruments(queue.get_batch_nowait())
    assert {event.header.source for event in replayed} == {Source.REPLAY}
    # The capture is not quite in the order of time across connections. Events of one time keep their order: a frame
    # may make several, and the recorder has numbered them.
    in_time = sorted(no_instruments(capture), key=lambda event: event.header.receive_time_ns)
    assert contents(replayed) == contents(in_time)
    for events in by_key(replayed).values():
        truth, book = LocalOrderbook(), LocalOrderbook()
        for event in by_key(capture)[events[0].header.key]:
            if type(event.data) is Orderbook:
                truth.update(event)
        for event in events:
            if type(event.data) is Orderbook:
                assert book.update(event) is BookState.VALID
        assert (book.bids(), book.asks()) == (truth.bids(), truth.asks())


def test_a_seek_in_the_capture_finds_what_reading_it_finds(capture: list[Event[Any]], tmp_path: Path) -> None:
    (instrument,) = [
        e for e in capture if type(e.data) is Instrument and e.header.key == ("bybit", "linear", "BTC/USDT")
    ]
    events = by_key(capture)[instrument.header.key]
    path = tmp_path / "a.bin"
    with RecordingWriter(path, instrument, chunk_events=20, keyframe_events=60) as writer:
        for event in events:
            writer.append(event)
    state = MarketState()
    state.update([instrument])
    with RecordingReader(path) as reader:
        assert len([chunk for chunk in reader.chunks if chunk.header.kind == 2]) >= 10
        for number, event in enumerate(events):
            state.update([event])
            is_last_of_its_time = events[number + 1 : number + 2] != [] and (
                events[number + 1].header.receive_time_ns > event.header.receive_time_ns
            )
            if number % 7 == 0 and is_last_of_its_time:
                point = reader.state_at(event.header.receive_time_ns)
                assert point.state.events() == state.events()
                assert next(point.rest) == events[number + 1]


async def test_the_events_of_an_import_say_so(capture: list[Event[Any]], tmp_path: Path) -> None:
    imported = with_source(capture[:60], Source.IMPORT)
    for path in await record(tmp_path, imported):
        with RecordingReader(path) as reader:
            assert {event.header.source for event in reader.events()} == {Source.IMPORT}
