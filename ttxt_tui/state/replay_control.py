"""What a trader asks of a replay besides playing: to stop at what matters, and to go round a stretch of it.

Owns the loop and the reasons to hold. It steers nothing: whoever owns the player asks and acts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import StrEnum
from typing import Any, Final

from ttxt_core.events import Event, Fill, InstrumentKey, MarketTrades, OrderState, OrderUpdate
from ttxt_tui.state.market import MarketState


class HoldOn(StrEnum):
    """When a replay holds by itself. Each includes those before it."""

    NOTHING = "nothing"
    FILL = "an own fill"
    STOP = "a fill or a stop that triggers"
    PRINT = "a fill, a stop or a large print"


WORDS: Final = {"nothing": HoldOn.NOTHING, "fill": HoldOn.FILL, "stop": HoldOn.STOP, "print": HoldOn.PRINT}
"""What each is called in a word: each holds at those before it too."""


_ORDER: Final = tuple(HoldOn)


class ReplayControl:
    """Holding and looping.

    Attributes:
        hold_on: when the replay holds by itself.
        loop_from_ns, loop_to_ns: the stretch that is gone round; None where it is not set.
    """

    def __init__(self) -> None:
        self.hold_on = HoldOn.NOTHING
        self.loop_from_ns: int | None = None
        self.loop_to_ns: int | None = None

    def next_hold_on(self) -> HoldOn:
        """Hold at more things, or after the last at nothing."""
        self.hold_on = _ORDER[(_ORDER.index(self.hold_on) + 1) % len(_ORDER)]
        return self.hold_on

    @property
    def version(self) -> Hashable:
        """Changes with everything here."""
        return self.hold_on, self.loop_from_ns, self.loop_to_ns

    @property
    def hold_text(self) -> str:
        """When it holds by itself, in a few words; empty for never."""
        word = next(word for word, hold_on in WORDS.items() if hold_on is self.hold_on)
        return "" if self.hold_on is HoldOn.NOTHING else f"holds at {word}"

    @property
    def loop_text(self) -> str:
        """How far the loop is set; empty when it is not."""
        if self.loop_from_ns is None:
            return ""
        return "loop from A" if self.loop_to_ns is None else "loop A–B"

    def mark_loop(self, now_ns: int) -> str:
        """Set where the loop begins, then where it ends, then take it away; what was done."""
        if self.loop_from_ns is None:
            self.loop_from_ns = now_ns
            return "loop begins here; again ends it"
        if self.loop_to_ns is None and now_ns > self.loop_from_ns:
            self.loop_to_ns = now_ns
            return "loop set: every round is a new attempt"
        self.loop_from_ns = self.loop_to_ns = None
        return "loop taken away"

    def move(self, later_ns: int) -> None:
        """The dates of the recording were changed: the stretch is the same one under its new dates."""
        if self.loop_from_ns is not None:
            self.loop_from_ns += later_ns
        if self.loop_to_ns is not None:
            self.loop_to_ns += later_ns

    def loop_target(self, now_ns: int) -> int | None:
        """Where to go back to at `now_ns`; None while the loop has not come to its end."""
        if self.loop_to_ns is None or now_ns < self.loop_to_ns:
            return None
        return self.loop_from_ns

    def reason_to_hold(self, batch: Iterable[Event[Any]], active: MarketState | None) -> str:
        """What in `batch` the replay is to hold at, in words; empty for nothing."""
        rank = _ORDER.index(self.hold_on)
        if not rank:
            return ""
        large = active.tape.large_above if active is not None else None
        key = active.key if active is not None else None
        for event in batch:
            data = event.data
            if type(data) is Fill:
                return "held at a fill"
            if rank >= 2 and type(data) is OrderUpdate and data.state is OrderState.TRIGGERED:
                return "held at a stop"
            if rank >= 3 and large is not None and _has_large(event, key, large):
                return "held at a large print"
        return ""


def _has_large(event: Event[Any], key: InstrumentKey | None, large: float) -> bool:
    data = event.data
    return type(data) is MarketTrades and event.header.key == key and any(trade.size > large for trade in data.trades)
