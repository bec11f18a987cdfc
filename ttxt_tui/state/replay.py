"""The replay bar: where in the recording the replay stands, what was going on so far, and the marks to jump to.

Owns the marks and what of the span may be seen: while trading, nothing that is still to come. The replay itself is the
replayer's.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Sequence
from enum import StrEnum
from math import ceil, inf
from typing import Final, NamedTuple, Protocol

from ttxt_core.events.market import Side
from ttxt_core.events.orders import Fill
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.state import figures
from ttxt_tui.state.replay_control import ReplayControl

LEVELS: Final = 8
"""Heights of an activity bar above empty."""
BUSY_QUANTILE: Final = 0.9


class Player(Protocol):
    """What the bar reads from a replayer; times in nanoseconds."""

    @property
    def first_ns(self) -> int: ...
    @property
    def last_ns(self) -> int: ...
    @property
    def position_ns(self) -> int: ...
    @property
    def speed(self) -> float: ...
    @property
    def held(self) -> bool: ...
    @property
    def at_end(self) -> bool: ...
    @property
    def skip_idle_s(self) -> float | None: ...
    @property
    def gaps(self) -> Sequence[tuple[int, int]]: ...
    def activity(self, buckets: int) -> Sequence[int]:
        """Events in each of `buckets` equal parts of the whole span."""
        ...


class MarkKind(StrEnum):
    """What stands at a moment of the timeline, the most important last."""

    NONE = ""
    BOOKMARK = "bookmark"
    BUY = "buy"
    SELL = "sell"
    FILLS = "fills"
    """A buy and a sell in one column."""


class TimelineCell(NamedTuple):
    """One column of the timeline: activity 0 to `LEVELS`, a gap of the recording, and what happened there.

    `is_looped`: it belongs to the stretch that is gone round.
    """

    level: int
    is_gap: bool = False
    mark: MarkKind = MarkKind.NONE
    is_now: bool = False
    is_looped: bool = False


_TO_COME: Final = TimelineCell(0)
"""Not to be seen yet."""


class ReplayView(NamedTuple):
    """The bar, written.

    Attributes:
        speed: `1×`, `0.1×`, `max`. date: or that it is hidden. now: time of day, UTC.
        elapsed: since the start of the recording. total: its whole length; empty while what is to come is hidden.
        attempt: number of the attempt, from 1. extras: what is in force besides: `holds at fill`.
    """

    is_held: bool
    is_ended: bool
    speed: str
    date: str
    now: str
    elapsed: str
    total: str
    attempt: int
    is_blind: bool
    cells: tuple[TimelineCell, ...]
    extras: tuple[str, ...] = ()


class Jump(NamedTuple):
    """A moment to go to. `text` says what it is, with its time."""

    time_ns: int
    text: str


class OwnFill(NamedTuple):
    """An own order was filled. `text`: at what price, and how much."""

    time_ns: int
    side: Side
    text: str = ""


class ReplayState:
    """The bar of one replay.

    Attributes:
        attempt: number of the attempt, from 1.
        is_blind: hide what is to come; the default, as knowing it makes every trade worthless.
        is_hidden: symbol, date and price level are not those of the recording.
    """

    def __init__(self, player: Player, control: ReplayControl | None = None) -> None:
        """The bar of `player`; `control` is what it is steered by, nothing when not given."""
        self.attempt = 1
        self.is_blind = True
        self.is_hidden = False
        self._player = player
        self._control = control if control is not None else ReplayControl()
        self._start_ns = player.first_ns
        self._length_ns = max(player.last_ns - player.first_ns, 1)
        self._fills: list[OwnFill] = []
        self._bookmarks: list[int] = []
        self._counts: Sequence[int] = ()
        self._changes = 0

    @property
    def version(self) -> Hashable:
        """Changes whenever the bar may."""
        player = self._player
        told = self.attempt, self.is_blind, self.is_hidden, self._changes, player.skip_idle_s, self._control.version
        return player.position_ns, player.speed, player.held, player.at_end, told

    # -- marks -----------------------------------------------------------------------------------------

    def add_fill(self, time_ns: int, side: Side, text: str = "") -> None:
        """An own order was filled; `text` says at what price, and how much."""
        insort(self._fills, OwnFill(time_ns, side, text))
        self._changes += 1

    def toggle_bookmark(self, time_ns: int) -> bool:
        """Set a bookmark, or take away the one of that very moment; gives whether there is one now."""
        self._changes += 1
        at = bisect_left(self._bookmarks, time_ns)
        if at < len(self._bookmarks) and self._bookmarks[at] == time_ns:
            del self._bookmarks[at]
            return False
        self._bookmarks.insert(at, time_ns)
        return True

    def begin_attempt(self, number: int) -> None:
        """A new attempt: its fills are yet to come, bookmarks stay."""
        self.attempt = number
        self._fills.clear()

    def follow_dates(self) -> int:
        """Move the marks to where the player's time was moved by a disguise; by how much."""
        later_ns = self._player.first_ns - self._start_ns
        self._start_ns += later_ns
        self._bookmarks = [time + later_ns for time in self._bookmarks]
        self._changes += 1
        return later_ns

    def marks(self) -> list[int]:
        """The times that can be jumped to, rising: fills and bookmarks, those to come only when not blind."""
        times = sorted({fill.time_ns for fill in self._fills} | set(self._bookmarks))
        return times[: bisect_right(times, self._player.position_ns)] if self.is_blind else times

    def previous_mark(self) -> int | None:
        """The last mark before now, else the start; None at the start."""
        times = self.marks()
        at = bisect_left(times, self._player.position_ns)
        if at:
            return times[at - 1]
        return self._start_ns if self._player.position_ns > self._start_ns else None

    def next_mark(self) -> int | None:
        """The first mark after now; None when there is none to be seen."""
        times = self.marks()
        at = bisect_right(times, self._player.position_ns)
        return times[at] if at < len(times) else None

    def jumps(self) -> list[Jump]:
        """All that can be jumped to, by time: marks, gaps, the loop, both ends; what is to come only when not blind."""
        moments = [(self._start_ns, "start of the recording")]
        moments += [(gap[0], f"░ gap of {figures.span(gap[1] - gap[0])}") for gap in self._player.gaps]
        moments += [(time, "◆ bookmark") for time in self._bookmarks]
        for fill in self._fills:
            word = "▲ bought" if fill.side is Side.BUY else "▼ sold"
            moments.append((fill.time_ns, f"{word} {fill.text}".rstrip()))
        for time, word in ((self._control.loop_from_ns, "begins"), (self._control.loop_to_ns, "ends")):
            if time is not None:
                moments.append((time, f"═ loop {word}"))
        moments.append((self._start_ns + self._length_ns, "end of the recording"))
        now_ns = self._player.position_ns
        return [
            Jump(time, f"{figures.time_of_day(time, with_ms=True)}  {text}")
            for time, text in sorted(moments)
            if not self.is_blind or time <= now_ns
        ]

    # -- what is shown ---------------------------------------------------------------------------------

    def view(self, width: int) -> ReplayView:
        """The bar with a timeline of `width` columns."""
        now_ns, speed = self._player.position_ns, self._player.speed
        return ReplayView(
            is_held=self._player.held,
            is_ended=self._player.at_end,
            speed="max" if speed == inf else f"{speed:g}×",
            date="symbol, date hidden" if self.is_hidden else figures.date_of(now_ns),
            now=figures.time_of_day(now_ns, with_ms=True),
            elapsed=figures.span(now_ns - self._start_ns),
            total="" if self.is_blind else figures.span(self._length_ns),
            attempt=self.attempt,
            is_blind=self.is_blind,
            cells=self._cells(width),
            extras=self._extras(),
        )

    def _extras(self) -> tuple[str, ...]:
        skips = self._player.skip_idle_s
        extras = (self._control.loop_text, self._control.hold_text, "" if skips is None else f"skips > {skips:g} s")
        return tuple(text for text in extras if text)

    def column(self, time_ns: int, width: int) -> int:
        """The column of a moment in a timeline of `width`."""
        return min(max((time_ns - self._start_ns) * width // self._length_ns, 0), width - 1)

    def time_at(self, column: int, width: int) -> int:
        """The moment that a column of a timeline of `width` begins with."""
        return self._start_ns + self._length_ns * column // max(width, 1)

    def _cells(self, width: int) -> tuple[TimelineCell, ...]:
        if width < 1:
            return ()
        if len(self._counts) != width:
            self._counts = self._player.activity(width)
        now = self.column(self._player.position_ns, width)
        # The column of now holds events to come: while blind it shows none, and scales nothing.
        seen = self._counts[:now] if self.is_blind else self._counts
        busiest = _busiest(seen)
        gaps = self._gap_columns(width)
        marks = self._mark_columns(width)
        looped = self._loop_columns(width, now)
        cells = []
        for at in range(width):
            if self.is_blind and at > now:
                cells.append(_TO_COME)
                continue
            count = self._counts[at] if at < len(seen) else 0
            level = min(-(-count * LEVELS // busiest), LEVELS) if count else 0
            cells.append(TimelineCell(level, at in gaps, marks.get(at, MarkKind.NONE), at == now, at in looped))
        return tuple(cells)

    def _gap_columns(self, width: int) -> set[int]:
        until = self._player.position_ns if self.is_blind else self._player.last_ns
        columns: set[int] = set()
        for first_ns, last_ns in self._player.gaps:
            if first_ns <= until:
                columns.update(range(self.column(first_ns, width), self.column(min(last_ns, until), width) + 1))
        return columns

    def _loop_columns(self, width: int, now: int) -> range:
        """The stretch that is gone round; until its end is set it reaches to now."""
        first_ns, last_ns = self._control.loop_from_ns, self._control.loop_to_ns
        if first_ns is None:
            return range(0)
        last = now if last_ns is None else self.column(last_ns, width)
        return range(self.column(first_ns, width), last + 1)

    def _mark_columns(self, width: int) -> dict[int, MarkKind]:
        visible = set(self.marks())
        columns = {self.column(time, width): MarkKind.BOOKMARK for time in self._bookmarks if time in visible}
        for fill in self._fills:
            if fill.time_ns in visible:
                at = self.column(fill.time_ns, width)
                kind = MarkKind.BUY if fill.side is Side.BUY else MarkKind.SELL
                before = columns.get(at, MarkKind.NONE)
                is_mixed = before in {MarkKind.BUY, MarkKind.SELL, MarkKind.FILLS} and before is not kind
                columns[at] = MarkKind.FILLS if is_mixed else kind
        return columns


def described_fill(fill: Fill, info: InstrumentInfo) -> str:
    """How much of what, and at what price: `0.25 BTC @ 67,985.1`."""
    quantity, price = info.format_quantity(fill.quantity, group=True), info.format_price(fill.price, group=True)
    return f"{quantity} {info.quantity_currency} @ {price}"


def _busiest(counts: Sequence[int]) -> int:
    """The count that fills a bar: that of a busy column, so that one burst does not flatten all others."""
    busy = sorted(count for count in counts if count)
    return busy[ceil(BUSY_QUANTILE * (len(busy) - 1))] if busy else 0
