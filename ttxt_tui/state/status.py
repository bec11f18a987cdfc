"""The status bar: how old the data are, how long orders take, what is recorded, what protects the orders.

Owns how the figures are written; they are measured elsewhere and told to it. Every figure has a label and a fixed
width.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import ConnectionState
from ttxt_core.orders.health import Health
from ttxt_core.recording.live_recording import RecordingStats
from ttxt_tui.state import figures
from ttxt_tui.state.alerts import Firing
from ttxt_tui.state.fields import Field
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.tones import Tone

SLOW_FEED_NS: Final = NANOSECONDS // 2
BEHIND_NS: Final = NANOSECONDS // 2
"""From here on the screen says that it is behind."""
_MUCH_LOST: Final = Decimal("0.5")


class Protection(NamedTuple):
    """What becomes of working orders when this machine dies; `is_safe` when they don't stay."""

    text: str
    brief: str
    is_safe: bool


SIMULATED: Final = Protection("simulated: orders end with this session", "simulated", is_safe=True)


def dead_man_protection(text: str, *, is_armed: bool) -> Protection:
    """Of real orders: `text` is how a venue's timer stands, `is_armed` that it really runs."""
    return Protection(text, text if is_armed else "NO DEAD-MAN", is_safe=is_armed)


class DayLoss(NamedTuple):
    """What was lost since UTC midnight (below zero: won), the limit on it, and the currency of both."""

    lost: Decimal
    limit: Decimal
    currency: str


class StatusState:
    """Set the attributes as they change; `fields` writes the bar.

    Attributes:
        protection: what is in force.
        streams: the connection of each of a venue's streams by its name; none where there is no venue.
        health: the session's figures; None before they were read.
        recording: None while nothing is recorded.
        loss: of the day, where there is a limit on it.
        behind_ns: for how long the terminal has not kept up.
        alerts: what fired of late, the newest last.
        errors: entries of the log that are errors and were not looked at yet.
    """

    def __init__(self, protection: Protection) -> None:
        self.protection = protection
        self.streams: dict[str, ConnectionState] = {}
        self.health: Health | None = None
        self.recording: RecordingStats | None = None
        self.loss: DayLoss | None = None
        self.behind_ns = 0
        self.alerts: tuple[Firing, ...] = ()
        self.errors = 0

    def fields(self, market: MarketState | None, now_ns: int) -> tuple[Field, ...]:
        """The bar from the left; `market` is the active one, `now_ns` the market's time."""
        shown = _feed(market, now_ns)
        if self.behind_ns >= BEHIND_NS:
            behind = f"{min(self.behind_ns / NANOSECONDS, 999.9):.1f}"
            shown.append(Field(behind, "screen behind", "s", Tone.ERROR, 5, brief=f"behind {behind} s"))
        shown += _connections(self.streams)
        shown += _health(self.health)
        shown += _loss(self.loss)
        shown += _recording(self.recording)
        if self.errors:
            shown.append(Field(figures.counted(self.errors), "errors", "", Tone.WARNING, 3, rank=5))
        shown += _alerts(self.alerts)
        tone = Tone.DIM if self.protection.is_safe else Tone.WARNING
        brief = self.protection.brief
        shown.append(Field(self.protection.text, tone=tone, brief=brief, brief_rank=7, is_last=True))
        return tuple(shown)


def _feed(market: MarketState | None, now_ns: int) -> list[Field]:
    if market is None:
        return [Field("○ no market", tone=Tone.DIM)]
    trust = market.trust(now_ns)
    if not trust.is_good:
        return [Field("○", tone=Tone.ERROR), Field(trust.text, "feed", "", Tone.ERROR, 8, is_joined=True)]
    if market.latency_ns is None:
        return [Field("●", tone=Tone.OK), Field("ok", "feed", "", Tone.OK, 8, is_joined=True)]
    tone = Tone.WARNING if market.latency_ns > SLOW_FEED_NS else Tone.OK
    delay = figures.milliseconds(market.latency_ns)
    return [Field("●", tone=tone), Field(delay, "feed", "ms", tone, 4, is_joined=True)]


def _alerts(firings: tuple[Firing, ...]) -> list[Field]:
    """At the end, so that no figure moves for it."""
    if not firings:
        return []
    more = f" (+{len(firings) - 1})" if len(firings) > 1 else ""
    text, brief = f"{firings[-1].text}{more}", f"alert {firings[-1].brief}{more}"
    return [Field(text, "alert", tone=Tone.WARNING, rank=1, brief=brief, brief_rank=5)]


def _connections(streams: Mapping[str, ConnectionState]) -> list[Field]:
    shown = []
    for name, state in sorted(streams.items()):
        is_up = state is ConnectionState.CONNECTED
        text = f"● {name}" if is_up else f"○ {name} {state:12}"  # the longest word: a retry moves nothing
        if is_up:
            shown.append(Field(text, tone=Tone.OK, rank=5))
        else:
            shown.append(Field(text, tone=Tone.ERROR, brief=f"○ {name}", brief_rank=8))
    return shown


def _health(health: Health | None) -> list[Field]:
    if health is None:
        return []
    order = "-"
    if health.order_last_ns is not None and health.order_p99_ns is not None:
        order = f"{figures.milliseconds(health.order_last_ns)}/{figures.milliseconds(health.order_p99_ns)}"
    shown = [
        Field(order, "order", "ms", Tone.PLAIN, 7, rank=4),
        Field(figures.counted(round(health.events_per_second)), "", "ev/s", Tone.PLAIN, 5, rank=6),
    ]
    if health.troubles:
        shown.append(Field(health.troubles[-1], "!", "", Tone.ERROR, brief="! FAILED", brief_rank=7))
    if health.dropped:
        shown.append(Field(figures.counted(health.dropped), "dropped", "", Tone.WARNING, 3, rank=3))
    return shown


def _loss(loss: DayLoss | None) -> list[Field]:
    """How much of the day's loss is used up; a day that made money has used nothing."""
    if loss is None:
        return []
    used = max(loss.lost, Decimal(0))
    share = used / loss.limit
    tone = Tone.ERROR if share >= 1 else Tone.WARNING if share >= _MUCH_LOST else Tone.PLAIN
    limit = f"{loss.limit:,f}"
    text = f"{used:,.0f}/{limit}"
    return [Field(text, "loss", loss.currency, tone, 2 * len(limit) + 1, rank=3, brief=f"loss {text}", brief_rank=6)]


def _recording(stats: RecordingStats | None) -> list[Field]:
    if stats is None:
        return []
    is_whole = not stats.failed and not stats.lost
    word = "● REC" if is_whole else "● REC FAILS" if stats.failed else f"● REC lost {figures.counted(stats.lost)}"
    written = f"{figures.counted(stats.events)} {figures.data_size(stats.bytes)}"
    return [
        Field(word, tone=Tone.DOWN if is_whole else Tone.ERROR, rank=1),
        Field(written, width=12, rank=2, is_joined=True),
    ]
