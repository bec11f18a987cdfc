"""Keyframes and seeks: a state found from a keyframe is the state that reading everything gives."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.market_events import BTC, header
from tests.recording_support import MINUTE_NS, START_NS, STEP_NS, instrument, market, own_events, write
from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    FeedGap,
    Instrument,
    Kline,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Side,
    Ticker,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.conflation import merge_tickers
from ttxt_core.recording.codec import ChunkKind
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.state import KEPT_CANDLES, MarketState


def keyframes(reader: RecordingReader) -> list[list[Event[Any]]]:
    return [reader.read_chunk(chunk) for chunk in reader.chunks if chunk.header.kind == ChunkKind.KEYFRAME]


def linear_state(events: list[Event[Any]], time_ns: int) -> list[Event[Any]]:
    """The state after reading everything up to `time_ns` from the beginning, with no keyframe."""
    state = MarketState()
    state.update([instrument()])
    for event in events:
        if event.header.receive_time_ns > time_ns:
            break
        state.update([event])
    return state.events()


LEVELS = st.lists(st.tuples(st.integers(1, 12).map(float), st.integers(0, 3).map(float)), max_size=4)


@st.composite
def streams(draw: st.DrawFn) -> list[Event[Any]]:
    """Events as feeds have them and as they should not: gaps, crossed books, restarts, times that stand still."""
    time_ns = START_NS
    sequence = 10
    events: list[Event[Any]] = []
    has_sequence = draw(st.booleans())
    depth = draw(st.sampled_from([0, 3]))
    for _ in range(draw(st.integers(1, 60))):
        time_ns += draw(st.sampled_from([0, 0, 1, STEP_NS, 400 * STEP_NS]))
        kind = draw(st.sampled_from("ddddddsttkgbv"))
        data: Any
        if kind == "s":
            sequence += 1
            asks = [(price + draw(st.sampled_from([0.0, 12.0])), size) for price, size in draw(LEVELS)]
            data = Orderbook(draw(LEVELS), asks, True, sequence, None, depth)
        elif kind == "d":
            missed = draw(st.sampled_from([0, 0, 0, 0, 0, 1])) if has_sequence else 0
            asks = [(price + 12, size) for price, size in draw(LEVELS)]
            previous = sequence + missed if has_sequence else None
            sequence += missed + 1
            data = Orderbook(draw(LEVELS), asks, False, sequence, previous, depth)
        elif kind == "t":
            data = draw(st.builds(Ticker, *[st.none() | st.floats(0, 9) for _ in range(3)]))
        elif kind == "k":
            start_ns = (time_ns // MINUTE_NS - draw(st.integers(0, 1))) * MINUTE_NS
            data = Kline(MINUTE_NS, start_ns, 1.0, 2.0, 0.5, 1.5, float(len(events)), 3.0, draw(st.booleans()))
        elif kind == "g":
            data = FeedGap("lost", draw(st.none() | st.integers(1, 9)))
        elif kind == "b":
            data = BookStatus(draw(st.sampled_from(BookState)), "said so")
        else:
            data = MarketTrades([MarketTrade(1.0, 2.0, Side.SELL, "7", time_ns)])
        events.append(Event(MessageHeader(*BTC, time_ns - 5, time_ns, len(events) + 1), data))
    return events


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=streams(), data=st.data())
def test_a_seek_equals_reading_everything_up_to_there(
    tmp_path: Path, events: list[Event[Any]], data: st.DataObject
) -> None:
    path = tmp_path / "a.bin"
    path.unlink(missing_ok=True)
    write(path, events, chunk_events=3, keyframe_events=6, keyframe_seconds=3.0)
    times = [event.header.receive_time_ns for event in events]
    with RecordingReader(path) as reader:
        assert list(reader.events())[1:] == events
        targets = [START_NS - 1, data.draw(st.sampled_from(times)), data.draw(st.integers(START_NS, times[-1] + 9))]
        for target in targets:
            point = reader.state_at(target)
            assert point.state.events() == linear_state(events, target)
            assert list(point.rest) == [event for event in events if event.header.receive_time_ns > target]
            both = list(reader.events_from(target))
            assert both == [*linear_state(events, target), *[e for e in events if e.header.receive_time_ns > target]]


@settings(max_examples=60)
@given(events=streams())
def test_the_folded_book_is_the_kept_book(events: list[Event[Any]]) -> None:
    """Where the kept book is VALID the state has the same one, level by level."""
    state, book = MarketState(), LocalOrderbook()
    for event in events:
        if type(event.data) not in (Orderbook, Ticker, Kline):
            continue
        state.update([event])
        if type(event.data) is Orderbook and book.update(event) is BookState.VALID:
            (folded,) = [e for e in state.events() if type(e.data) is Orderbook]
            assert folded == book.snapshot_event(event.header)


def test_keyframes_come_by_count_and_hold_the_whole_state(tmp_path: Path) -> None:
    events = market(3_200)
    path = write(tmp_path / "a.bin", events)
    with RecordingReader(path) as reader:
        first, *others = keyframes(reader)
        assert first == [instrument()]
        assert len(others) == 2
        for number, keyframe in enumerate(others, 1):
            assert keyframe == linear_state(events, events[1_500 * number - 1].header.receive_time_ns)
            assert {type(event.data) for event in keyframe} == {Instrument, Kline, Ticker, Orderbook}
        assert list(reader.events())[1:] == events


def test_keyframes_come_by_time(tmp_path: Path) -> None:
    early = market(30)
    late = market(30, first_ns=START_NS + 61 * 10**9)
    path = write(tmp_path / "a.bin", [*early, *late], chunk_events=10)
    with RecordingReader(path) as reader:
        kinds = [chunk.header.kind for chunk in reader.chunks]
    assert kinds == [2, 1, 1, 1, 1, 2, 1, 1]


def test_a_keyframe_follows_a_gap_once_the_book_is_valid_again(tmp_path: Path) -> None:
    events = market(60)
    broken = Event(events[20].header, BookStatus(BookState.GAP, "lost"))
    restored = linear_state(events, events[39].header.receive_time_ns)[-1]
    path = write(tmp_path / "a.bin", [*events[:20], broken, *events[20:40], restored, *events[40:]], chunk_events=10)
    with RecordingReader(path) as reader:
        kinds = [chunk.header.kind for chunk in reader.chunks]
        assert kinds == [2, 1, 1, 1, 1, 1, 2, 1, 1]
        (_, keyframe) = keyframes(reader)
        assert keyframe[-1] == linear_state(events, reader.chunks[5].header.last_ns)[-1]


def test_no_keyframe_while_the_book_is_in_doubt(tmp_path: Path) -> None:
    events = market(60)
    del events[next(n for n, event in enumerate(events) if n > 29 and type(event.data) is Orderbook)]
    path = write(tmp_path / "a.bin", events, chunk_events=5, keyframe_events=5)
    with RecordingReader(path) as reader:
        last = max(c.header.last_ns for c in reader.chunks if c.header.kind == ChunkKind.KEYFRAME)
        assert events[24].header.receive_time_ns <= last <= events[39].header.receive_time_ns


def test_no_keyframe_while_the_feed_is_silent(tmp_path: Path) -> None:
    events = market(60)
    silent, back = (
        Event(events[n].header, BookStatus(state)) for n, state in ((25, BookState.STALE), (45, BookState.VALID))
    )
    path = write(
        tmp_path / "a.bin",
        [*events[:25], silent, *events[25:44], back, *events[44:]],
        chunk_events=5,
        keyframe_events=5,
    )
    with RecordingReader(path) as reader:
        times = [c.header.last_ns for c in reader.chunks if c.header.kind == ChunkKind.KEYFRAME]
        assert len(times) > 5
        assert [t for t in times if silent.header.receive_time_ns <= t < back.header.receive_time_ns] == []
        point = reader.state_at(events[30].header.receive_time_ns)
        assert [type(event.data) for event in point.state.events()[-2:]] == [Orderbook, BookStatus]


@given(st.lists(st.builds(Ticker, *[st.none() | st.floats(0, 9) for _ in Ticker.__struct_fields__]), min_size=1))
def test_partial_tickers_are_one_full_one(tickers: list[Ticker]) -> None:
    events = [Event(header(time_ns=n), ticker) for n, ticker in enumerate(tickers)]
    state = MarketState()
    state.update(events)
    assert state.events() == [reduce(merge_tickers, events)]


def test_a_recording_without_a_book_has_keyframes_too(tmp_path: Path) -> None:
    tickers = [event for event in market(900) if type(event.data) is Ticker]
    path = write(tmp_path / "a.bin", tickers, chunk_events=10, keyframe_events=20)
    with RecordingReader(path) as reader:
        assert len(keyframes(reader)) == 1 + len(tickers) // 20
        assert all(type(keyframe[-1].data) is Ticker for keyframe in keyframes(reader)[1:])


def test_a_state_holds_the_last_hour_of_candles() -> None:
    state = MarketState()
    candles = [
        Event(header(time_ns=n * MINUTE_NS), Kline(MINUTE_NS, n * MINUTE_NS, 1, 1, 1, 1, float(v), 1, v == 1))
        for n in range(100)
        for v in range(2)
    ]
    state.update(candles)
    assert state.events() == candles[1::2][-KEPT_CANDLES:]


def test_a_book_is_whole_again_after_damage(tmp_path: Path) -> None:
    events = market(600)
    path = write(tmp_path / "a.bin", events, chunk_events=30, keyframe_events=150)
    with RecordingReader(path) as reader:
        struck = [chunk for chunk in reader.chunks if chunk.header.kind == ChunkKind.EVENTS][7]
    content = bytearray(path.read_bytes())
    content[struck.end - 3] ^= 1
    path.write_bytes(content)
    with RecordingReader(path) as reader:
        back = list(reader.events())[1:]
        gap = next(number for number, event in enumerate(back) if type(event.data) is FeedGap)
        assert back[:gap] == events[:210]
        assert back[gap + 1 : gap + 61] == events[240:300]
        resync = back[gap + 61 : gap + 64]
        assert [type(event.data) for event in resync] == [Instrument, Ticker, Orderbook]
        assert resync == [
            e for e in linear_state(events, events[299].header.receive_time_ns) if type(e.data) is not Kline
        ]
        assert back[gap + 64 :] == events[300:]
        # A seek to behind the damage never met it; one into it says so.
        point = reader.state_at(events[450].header.receive_time_ns)
        assert point.state.events() == linear_state(events, events[450].header.receive_time_ns)
        book = LocalOrderbook()
        for event in back:
            if type(event.data) is Orderbook:
                book.update(event)
    assert book.state is BookState.VALID
    assert book.bids() == linear_state(events, events[-1].header.receive_time_ns)[-1].data.bids


def test_a_damaged_keyframe_only_makes_seeks_longer(tmp_path: Path) -> None:
    events = market(600)
    path = write(tmp_path / "a.bin", events, chunk_events=30, keyframe_events=150)
    with RecordingReader(path) as reader:
        struck = [chunk for chunk in reader.chunks if chunk.header.kind == ChunkKind.KEYFRAME][2]
    content = bytearray(path.read_bytes())
    content[struck.end - 3] ^= 1
    path.write_bytes(content)
    target = events[310].header.receive_time_ns
    with RecordingReader(path) as reader:
        assert list(reader.events())[1:] == events
        assert reader.state_at(target).state.events() == linear_state(events, target)
        assert [damage.offset for damage in reader.damage] == [struck.offset]
        assert reader.gaps == []


def test_going_on_with_a_file_goes_on_with_its_book(tmp_path: Path) -> None:
    events = market(500)
    path = write(tmp_path / "a.bin", events[:220], chunk_events=20, keyframe_events=100)
    write(path, events[220:], chunk_events=20, keyframe_events=100, append=True)
    with RecordingReader(path) as reader:
        assert own_events(list(reader.events())) == events
        as_of = [chunk.header.last_ns for chunk in reader.chunks if chunk.header.kind == ChunkKind.KEYFRAME]
        assert as_of[-1] > events[300].header.receive_time_ns
        assert keyframes(reader)[-1] == linear_state(events, as_of[-1])


@pytest.mark.parametrize("back", [1, 2, 7, 40])
def test_the_time_before(tmp_path: Path, back: int) -> None:
    events = market(100)
    path = write(tmp_path / "a.bin", events, chunk_events=7)
    with RecordingReader(path) as reader:
        time_ns: int | None = events[60].header.receive_time_ns
        for _ in range(back):
            assert time_ns is not None
            time_ns = reader.last_time_before(time_ns)
        assert time_ns == events[60 - back].header.receive_time_ns
        assert reader.last_time_before(reader.first_ns) is None
        assert reader.last_time_before(reader.last_ns + 5) == reader.last_ns


def test_a_clock_that_was_set_back_loses_nothing(tmp_path: Path) -> None:
    early = market(120, first_ns=START_NS + 300 * STEP_NS)
    back = market(120, seed=2, first_ns=START_NS)
    events = [*early, *back, *market(120, seed=3, first_ns=START_NS + 360 * STEP_NS)]
    path = write(tmp_path / "a.bin", events, chunk_events=20, keyframe_events=40)
    with RecordingReader(path) as reader:
        assert list(reader.events())[1:] == events
        for event in events[::9]:
            target = event.header.receive_time_ns
            until = next((n for n, e in enumerate(events) if e.header.receive_time_ns > target), 360)
            point = reader.state_at(target)
            assert point.state.events() == linear_state(events[:until], target)
            assert list(point.rest) == events[until:]
        assert list(reader.events(back[0].header.receive_time_ns, early[0].header.receive_time_ns)) == back
