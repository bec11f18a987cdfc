"""What waits in a mailbox that has overflowed, sorted by what may be lost and how.

Owns conflation and dropping. It must not know consumers: `AsyncioQueue` makes a backlog when it is full and
takes everything out of it, in order, when its consumer comes.

Every event gets a number when it comes in. Account events, commands and status wait in one lane and are never
lost; each order book has a lane of its own, since its events are lost or merged together; all else waits in a
lane that loses its oldest. Notices of what was lost stand where it was lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ttxt_core.errors import QueueFullError
from ttxt_core.events import (
    AmendOrder,
    BookState,
    BookStatus,
    CancelOrder,
    ConnectorError,
    ConnectorStatus,
    CreateOrder,
    Event,
    FeedGap,
    Fill,
    Instrument,
    InstrumentKey,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderUpdate,
    PositionUpdate,
    StreamReset,
    Ticker,
    Wallet,
)
from ttxt_core.queues.base import QueueStats
from ttxt_core.queues.conflation import BookRun, merge_tickers

SnapshotRequest = Callable[[InstrumentKey], Event[Orderbook] | None]
"""Gives the publisher's kept book of a key as a snapshot, or None when it has no VALID one."""

LOSSLESS: frozenset[type] = frozenset(
    {
        *(CreateOrder, AmendOrder, CancelOrder, OrderAck, OrderUpdate, Fill, Wallet, PositionUpdate),
        *(Instrument, ConnectorStatus, ConnectorError, BookStatus, StreamReset, FeedGap),
    }
)
"""Never dropped, whatever the policy: orders and the account, and what says how far the rest can be trusted."""

_Key = tuple[str, str, str]
_Numbered = tuple[int, Event[Any]]


class Backlog:
    """Events of an overflowing mailbox, at most `capacity` of them; losses are counted in `stats`."""

    def __init__(
        self,
        capacity: int,
        stats: QueueStats,
        *,
        name: str,
        conflates: bool,
        request_snapshot: SnapshotRequest | None,
    ) -> None:
        self._capacity = capacity
        self._stats = stats
        self._conflates = conflates
        self._name = name
        self._request_snapshot = request_snapshot
        self._reason = f"mailbox {name} was full"
        self._number = 0
        self._kept: deque[_Numbered] = deque()
        self._oldest_goes: deque[_Numbered] = deque()
        self._books: dict[_Key, _BookLane] = {}
        self._tickers: dict[_Key, _Numbered] = {}
        self._losses: dict[_Key, _Loss] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def is_broken(self) -> bool:
        """A book lost events and has not been given a snapshot yet: the backlog still has to watch it."""
        return any(lane.is_broken for lane in self._books.values())

    def add(self, event: Event[Any]) -> None:
        """Take in `event`, and lose what the policy says when there are too many.

        Raises:
            QueueFullError: nothing that waits may be lost; `event` was not taken in.
        """
        kind = type(event.data)
        if self._size >= self._capacity and self._is_kept(event) and not self._drop_oldest():
            raise QueueFullError(
                f"publish {kind.__name__} of {event.header.key} to mailbox {self._name}",
                f"{self._size} events wait and none of them may be dropped",
                "its consumer does not keep up: give it more capacity, or find out why it is slow",
            )
        self._number += 1
        header = event.header
        key = (header.venue, header.category, header.pair)
        if kind is Orderbook:
            self._add_book(key, event)
        elif self._is_kept(event):
            self._kept.append((self._number, event))
            self._size += 1
            if kind is BookStatus or kind is StreamReset:
                self._end_runs(header)
        elif kind is Ticker and self._conflates:
            self._add_ticker(key, event)
        elif kind in LOSSLESS:
            self._loss_of(header).absorb(self._number, event)
        else:
            self._oldest_goes.append((self._number, event))
            self._size += 1
        if self._size > self._capacity:
            self._drop_oldest()

    def take(self) -> list[Event[Any]]:
        """Everything that waits, in order, with notices of what was lost; a broken book gets its snapshot."""
        waiting: list[_Numbered] = [*self._kept, *self._oldest_goes, *self._tickers.values()]
        for lane in self._books.values():
            waiting.extend((run.number, run.event()) for run in lane.runs)
        for loss in self._losses.values():
            waiting.extend(loss.notices(self._reason))
        waiting.sort(key=_number_of)
        events = [event for _, event in waiting]
        for key, lane in self._books.items():
            snapshot = self._ask_snapshot(key) if lane.is_broken else None
            if snapshot is not None:
                lane.is_broken = False
                events.append(snapshot)
        self._books = {key: _BookLane(is_broken=True) for key, lane in self._books.items() if lane.is_broken}
        self._kept.clear()
        self._oldest_goes.clear()
        self._tickers.clear()
        self._losses.clear()
        self._size = 0
        return events

    # -- inside ----------------------------------------------------------------------------------------

    def _is_kept(self, event: Event[Any]) -> bool:
        """May never be lost; an earlier notice of this mailbox's own is counted up instead."""
        kind = type(event.data)
        is_notice = (kind is FeedGap or kind is BookStatus) and event.data.reason == self._reason
        return kind in LOSSLESS and not is_notice

    def _add_book(self, key: _Key, event: Event[Orderbook]) -> None:
        lane = self._books.get(key)
        if lane is None:
            lane = self._books[key] = _BookLane()
        if event.data.is_snapshot:
            if self._conflates:
                self._replace_runs(lane)
            lane.is_broken = False
        elif lane.is_broken:
            self._stats.dropped += 1
            return
        elif self._conflates and lane.merge(self._number, event):
            self._stats.conflated += 1
            return
        lane.runs.append(BookRun(self._number, event))
        self._size += 1

    def _replace_runs(self, lane: _BookLane) -> None:
        """A snapshot makes all that waits of its book superfluous."""
        self._stats.conflated += len(lane.runs)
        self._size -= len(lane.runs)
        lane.runs.clear()

    def _add_ticker(self, key: _Key, event: Event[Ticker]) -> None:
        earlier = self._tickers.pop(key, None)
        if earlier is None:
            self._size += 1
        else:
            self._stats.conflated += 1
            event = merge_tickers(earlier[1], event)
        self._tickers[key] = (self._number, event)

    def _end_runs(self, header: MessageHeader) -> None:
        """Nothing is merged across a change of a book's status or a reset."""
        for key, lane in self._books.items():
            if header.pair in ("", key[2]) and lane.runs:
                lane.runs[-1].is_open = False

    def _drop_oldest(self) -> bool:
        """Lose the oldest event that may be lost; False when there is none."""
        book = self._oldest_book()
        # A conflating mailbox merges books instead of losing them, as long as anything else can go.
        if self._oldest_goes and (
            book is None or self._conflates or self._oldest_goes[0][0] < self._books[book].runs[0].number
        ):
            self._lose(*self._oldest_goes.popleft())
        elif self._tickers:
            self._lose(*self._tickers.pop(next(iter(self._tickers))))
        elif book is not None:
            self._break_book(book)
        else:
            return False
        return True

    def _oldest_book(self) -> _Key | None:
        waiting = [key for key, lane in self._books.items() if lane.runs]
        return min(waiting, key=lambda key: self._books[key].runs[0].number, default=None)

    def _lose(self, number: int, event: Event[Any]) -> None:
        self._stats.dropped += 1
        self._size -= 1
        loss = self._loss_of(event.header)
        loss.missed += 1
        loss.last = (number, event.header)

    def _break_book(self, key: _Key) -> None:
        """Lose the oldest event of a book, and with it all that follow from it: up to the next snapshot."""
        lane = self._books[key]
        waiting = len(lane.runs)
        first = lane.runs.popleft()
        while lane.runs and not lane.runs[0].is_snapshot:
            lane.runs.popleft()
        lane.is_broken = not lane.runs
        self._stats.dropped += waiting - len(lane.runs)
        self._size -= waiting - len(lane.runs)
        header = first.event().header
        loss = self._loss_of(header)
        loss.broken = loss.broken or (first.number, header)

    def _loss_of(self, header: MessageHeader) -> _Loss:
        key = (header.venue, header.category, header.pair)
        loss = self._losses.get(key)
        if loss is None:
            loss = self._losses[key] = _Loss()
        return loss

    def _ask_snapshot(self, key: _Key) -> Event[Orderbook] | None:
        return self._request_snapshot(InstrumentKey(*key)) if self._request_snapshot is not None else None


class _BookLane:
    """What waits of one order book; `is_broken` while it may only go on with a snapshot."""

    __slots__ = ("is_broken", "runs")

    def __init__(self, *, is_broken: bool = False) -> None:
        self.is_broken = is_broken
        self.runs: deque[BookRun] = deque()

    def merge(self, number: int, event: Event[Orderbook]) -> bool:
        return bool(self.runs) and self.runs[-1].merge(number, event)


class _Loss:
    """What was lost of one key.

    The notices get the places and headers of `last`, the last lost event of no book, and of `broken`, the first
    lost event of its book: from there on the book is not the market.
    """

    __slots__ = ("broken", "last", "missed")

    def __init__(self) -> None:
        self.missed = 0
        self.last: tuple[int, MessageHeader] | None = None
        self.broken: tuple[int, MessageHeader] | None = None

    def absorb(self, number: int, notice: Event[Any]) -> None:
        """Stand for an earlier notice too, in its later place."""
        if type(notice.data) is FeedGap:
            self.missed += notice.data.missed or 0
            self.last = (number, notice.header)
        else:
            self.broken = self.broken or (number, notice.header)

    def notices(self, reason: str) -> Iterator[_Numbered]:
        if self.last is not None:
            number, header = self.last
            yield number, Event(header, FeedGap(reason, self.missed))
        if self.broken is not None:
            number, header = self.broken
            yield number, Event(header, BookStatus(BookState.GAP, reason))


def _number_of(numbered: _Numbered) -> int:
    return numbered[0]
