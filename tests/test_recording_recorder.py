"""The recorder: what goes by on a queue is in the files, one an instrument."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgpack
import pytest
from msgspec.structs import replace

from tests.market_events import BTC, BTC_LINEAR, ETH, ack, wallet
from tests.recording_support import START_NS, STEP_NS, instrument, market, own_events, read, write
from tests.test_recording_disk import files_no_longer_than
from ttxt_core.clock import ManualClock, SystemClock
from ttxt_core.events import (
    BookState,
    ConnectorError,
    Event,
    FeedGap,
    Instrument,
    Kline,
    MessageHeader,
    Orderbook,
    Source,
    Ticker,
    UnknownEvent,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.queues.fanout import FanOut
from ttxt_core.recording import track as track_module
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.recorder import MarketDataRecorder
from ttxt_core.recording.timeline import Timeline

LATER = ManualClock(START_NS + 10**12)


async def record(
    folder: Path, events: list[Event[Any]], **options: Any
) -> tuple[MarketDataRecorder, list[ConnectorError]]:
    """Record `events` to `folder` until the queue is empty; the recorder, and the errors that it published."""
    queue, errors = AsyncioQueue(capacity=len(events) + 1), AsyncioQueue()
    options = {"clock": LATER, "publisher": errors, **options}
    recorder = MarketDataRecorder(queue, folder, **options)
    publish_all(queue, events)
    queue.close()
    await recorder.run()
    told = errors.get_batch_nowait()
    assert all(event.header.source is Source.CLIENT for event in told)
    return recorder, [event.data for event in told]


async def test_every_instrument_has_a_file_of_its_own(tmp_path: Path) -> None:
    streams = {key: market(400, key, seed=seed) for seed, key in enumerate((BTC, BTC_LINEAR, ETH))}
    together = sorted((e for s in streams.values() for e in s), key=lambda event: event.header.receive_time_ns)
    starts = [instrument(key) for key in streams]
    recorder, errors = await record(tmp_path / "new" / "folder", [*starts, *together])
    assert errors == []
    names = ["BYBIT_BTC_USDT.bin", "BYBIT-LINEAR_BTC_USDT.bin", "BYBIT_ETH_USDT.bin"]
    assert sorted(recorder.files) == sorted(tmp_path / "new" / "folder" / name for name in names)
    for name, events in zip(names, streams.values(), strict=True):
        assert read(tmp_path / "new" / "folder" / name) == events
    assert recorder.events == 1_203
    assert recorder.bytes == sum(path.stat().st_size for path in recorder.files)
    assert (recorder.failed, recorder.lost) == (0, 0)


async def test_only_market_events_are_recorded_and_those_of_others(tmp_path: Path) -> None:
    events = market(10)
    own = Event(replace(events[4].header, sequence=77), UnknownEvent("x-own", msgpack.packb(["x-own", 1])))
    await record(tmp_path, [instrument(), ack(1), *events[:5], own, wallet(), *events[5:], ack(2)])
    assert read(tmp_path / "BYBIT_BTC_USDT.bin") == [*events[:5], own, *events[5:]]


async def test_what_comes_before_the_instrument_is_kept(tmp_path: Path) -> None:
    events = market(300)
    _, errors = await record(tmp_path, [*events[:200], instrument(), *events[200:]])
    assert errors == []
    assert read(tmp_path / "BYBIT_BTC_USDT.bin") == events


async def test_what_is_too_much_to_keep_is_counted_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track_module, "MOST_HELD", 50)
    events = market(100)
    recorder, _ = await record(tmp_path, [*events[:80], instrument(), *events[80:]])
    back = read(tmp_path / "BYBIT_BTC_USDT.bin")
    assert recorder.lost == 30
    assert type(back[0].data) is FeedGap
    assert back[0].data.missed == 30
    assert back[1:] == events[30:]


async def test_events_whose_instrument_never_comes_are_said_to_be_lost(tmp_path: Path) -> None:
    recorder, (error,) = await record(tmp_path, market(12, ETH))
    assert error.kind == "recording"
    assert error.asked == "record 12 events of bybit spot ETH/USDT"
    assert recorder.lost == 12
    assert recorder.files == []


async def test_unnumbered_events_are_numbered_so_that_merging_gives_back_their_order(tmp_path: Path) -> None:
    keys = (BTC, ETH, BTC_LINEAR)
    events: list[Event[Any]] = [
        Event(MessageHeader(*keys[n % 3], 0, START_NS + n // 9), FeedGap(str(n), n)) for n in range(200)
    ]
    recorder, _ = await record(tmp_path, [*map(instrument, keys), *events])
    timeline = Timeline(sorted(recorder.files))
    back = list(timeline.start().rest)
    timeline.close()
    assert [event.data for event in back] == [event.data for event in events]
    assert [event.header.sequence for event in back] == list(range(4, 204))


async def test_recording_again_goes_on_with_the_file_and_marks_the_pause(tmp_path: Path) -> None:
    events = market(300)
    await record(tmp_path, [instrument(), *events[:100]])
    between = ManualClock(events[150].header.receive_time_ns)
    _, errors = await record(tmp_path, [instrument(), *events[150:]], clock=between)
    assert errors == []
    back = read(tmp_path / "BYBIT_BTC_USDT.bin")
    assert own_events(back) == [*events[:100], *events[150:]]
    assert type(back[100].data) is FeedGap
    assert back[100].header.receive_time_ns == between.now_ns()
    with RecordingReader(tmp_path / "BYBIT_BTC_USDT.bin") as reader:
        assert len(reader.gaps) == 1


async def test_a_file_that_ends_in_the_future_is_left_alone(tmp_path: Path) -> None:
    events = market(30)
    path = write(tmp_path / "BYBIT_BTC_USDT.bin", events)
    before = path.read_bytes()
    recorder, errors = await record(tmp_path, [instrument(), *events], clock=ManualClock(START_NS))
    assert [error.kind for error in errors] == ["recording", "recording"]
    assert "later than now" in errors[0].answered
    assert path.read_bytes() == before
    assert recorder.lost == 30


async def test_it_begins_in_the_middle_with_the_book_as_it_stands(tmp_path: Path) -> None:
    events = market(900)
    feed = FanOut()
    for event in [instrument(), *events[:400]]:
        feed.publish_nowait(event)
    mailbox = feed.subscribe("recorder", policy=FullPolicy.DROP_OLDEST, snapshot=True)
    recorder = MarketDataRecorder(mailbox, tmp_path, clock=LATER)
    for event in events[400:]:
        feed.publish_nowait(event)
    feed.close()
    await recorder.run()
    back = read(tmp_path / "BYBIT_BTC_USDT.bin")
    assert back[-500:] == events[400:]
    known = back[:-500]
    assert {type(event.data) for event in known} <= {Instrument, Orderbook, Kline, Ticker}
    assert all(event.data.is_snapshot for event in known if type(event.data) is Orderbook)
    truth, book = LocalOrderbook(), LocalOrderbook()
    for kept, some in ((truth, events), (book, back)):
        for event in some:
            if type(event.data) is Orderbook:
                assert kept.update(event) is BookState.VALID
    assert (book.bids(), book.asks()) == (truth.bids(), truth.asks())


async def test_a_disk_that_fails_is_told_once_and_holds_up_no_other_file(tmp_path: Path) -> None:
    btc, eth = market(900), market(120, ETH)
    path = tmp_path / "BYBIT_BTC_USDT.bin"
    queue, errors = AsyncioQueue(), AsyncioQueue()
    clock = ManualClock(START_NS)
    recorder = MarketDataRecorder(queue, tmp_path, clock=clock, publisher=errors, chunk_events=100, chunk_seconds=1)
    running = asyncio.create_task(recorder.run())
    publish_all(queue, [instrument(), instrument(ETH), *btc[:300]])
    await until(lambda: path.exists() and len(read(path)) == 300)
    with files_no_longer_than(path.stat().st_size + 100):
        publish_all(queue, btc[300:700])
        publish_all(queue, eth[:50])
        await until(lambda: recorder.events == 752)
        clock.advance_ns(10**9)  # time to flush: the other file is small enough
        await until(lambda: len(read(tmp_path / "BYBIT_ETH_USDT.bin")) == 50)
        assert (recorder.failed, recorder.lost) == (1, 0)
        (told,) = errors.get_batch_nowait()
        assert told.header.key == BTC
        assert told.data.kind == "recording"
        assert str(path) in told.data.asked
        assert "EFBIG" in told.data.answered
    publish_all(queue, [*btc[700:], *eth[50:]])
    await recorder.stop()
    await running
    assert read(path) == btc
    assert read(tmp_path / "BYBIT_ETH_USDT.bin") == eth
    assert (recorder.failed, recorder.lost, errors.get_batch_nowait()) == (0, 0, [])


async def test_a_folder_that_can_not_be_made_is_told_and_tried_again(tmp_path: Path) -> None:
    events = market(50)
    (tmp_path / "folder").write_text("in the way")
    queue, errors = AsyncioQueue(), AsyncioQueue()
    clock = ManualClock(START_NS + 10**12)
    recorder = MarketDataRecorder(queue, tmp_path / "folder", clock=clock, publisher=errors, chunk_seconds=1)
    running = asyncio.create_task(recorder.run())
    publish_all(queue, [instrument(), *events[:20]])
    await until(lambda: recorder.failed == 1)
    (tmp_path / "folder").unlink()
    publish_all(queue, events[20:])
    await recorder.stop()
    await running
    (told,) = errors.get_batch_nowait()
    assert "folder" in told.data.asked
    assert read(tmp_path / "folder" / "BYBIT_BTC_USDT.bin") == events


async def test_events_do_not_wait_long_for_their_chunk_to_fill(tmp_path: Path) -> None:
    events = market(10)
    queue, clock = AsyncioQueue(), ManualClock(START_NS + 10**12)
    recorder = MarketDataRecorder(queue, tmp_path, clock=clock, chunk_seconds=2)
    running = asyncio.create_task(recorder.run())
    publish_all(queue, [instrument(), *events])
    await until(lambda: recorder.events == 11)
    assert read(tmp_path / "BYBIT_BTC_USDT.bin") == []
    clock.advance_ns(2 * 10**9)
    await until(lambda: read(tmp_path / "BYBIT_BTC_USDT.bin") == events)
    await recorder.stop()
    await running


@pytest.mark.parametrize("ending", ["stop", "cancel", "close"])
async def test_however_it_ends_everything_is_written(tmp_path: Path, ending: str) -> None:
    events = market(5_000)
    queue = AsyncioQueue()
    recorder = MarketDataRecorder(queue, tmp_path, clock=SystemClock())
    running = asyncio.create_task(recorder.run())
    publish_all(queue, [instrument(), *events])
    await until(lambda: recorder.events > 100)
    if ending == "stop":
        await recorder.stop()
    elif ending == "cancel":
        running.cancel()
    else:
        queue.close()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert running.cancelled() == (ending == "cancel")
    assert read(tmp_path / "BYBIT_BTC_USDT.bin") == events
    await recorder.stop()  # fine when it has ended


async def test_a_gap_about_no_pair_is_in_every_file(tmp_path: Path) -> None:
    gap = Event(MessageHeader("bybit", "", "", 0, START_NS + STEP_NS), FeedGap("stream was cut"))
    await record(tmp_path, [instrument(), instrument(ETH), gap])
    for name in ("BYBIT_BTC_USDT.bin", "BYBIT_ETH_USDT.bin"):
        (back,) = read(tmp_path / name)
        assert back.data == gap.data


async def until(is_so: Any) -> None:
    """Let other tasks and threads work until `is_so()`."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in files and threads
            await asyncio.sleep(0.005)


def publish_all(queue: AsyncioQueue, events: list[Event[Any]]) -> None:
    for event in events:
        queue.publish_nowait(event)


async def test_bytes_are_those_of_this_recording_and_not_what_the_file_held_before(tmp_path: Path) -> None:
    first, _ = await record(tmp_path, [instrument(BTC), *market(300, BTC)])
    (path,) = first.files
    before = path.stat().st_size
    assert first.bytes == before
    later = market(300, BTC, first_ns=START_NS + 10_000 * STEP_NS)
    second, errors = await record(tmp_path, [instrument(BTC), *later])
    assert errors == []
    assert second.bytes == path.stat().st_size - before
    assert 0 < second.bytes < before * 2
