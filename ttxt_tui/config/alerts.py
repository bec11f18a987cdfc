"""Alerts as they are configured: what is watched, and by which ways it is told: `[alerts]`.

Owns the names of the kinds and of the ways. When a kind fires is `ttxt_tui.state.alert_conditions`' matter.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field


class AlertKind(StrEnum):
    """What an alert watches; its value is in the unit that is named here."""

    CROSSES = "crosses"
    """The last price comes through a price."""
    SPREAD = "spread"
    """The spread is wider than so many basis points of the mid."""
    PRINTS = "prints"
    """A print is worth at least so much quote currency."""
    BURST = "burst"
    """Ten seconds trade so many times what ten seconds usually do."""
    STALE = "stale"
    """The book was not heard of, or is not valid, for so many seconds."""


class Channel(StrEnum):
    """A way in which an alert is told."""

    LOG = "log"
    BAR = "bar"
    """The status bar."""
    DESKTOP = "desktop"
    """The terminal's own notification."""
    BELL = "bell"


class Protocol(StrEnum):
    """How a terminal is asked for a notification."""

    AUTO = "auto"
    """As the terminal is known to understand it; nothing where that is not known."""
    OSC9 = "osc9"
    OSC777 = "osc777"


class AlertRule(Struct, frozen=True, forbid_unknown_fields=True):
    """`[[alerts.watch]]`: one alert."""

    when: AlertKind
    """What it watches."""

    value: Annotated[float, Meta(gt=0, lt=1e15)]
    """A price, basis points, quote currency, times, seconds: see `AlertKind`."""

    pair: str = ""
    """`BASE/QUOTE`; empty for every symbol of the session."""

    once: bool = False
    """It fires once, until it is armed again."""

    def __post_init__(self) -> None:
        if self.when is AlertKind.CROSSES and not self.pair:
            raise ValueError("a price needs its pair; expected one like BTC/USDT")
        if self.pair and ("/" not in self.pair or self.pair != self.pair.upper()):
            raise ValueError(f"pair {self.pair} names no pair; expected one like BTC/USDT")


class AlertSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[alerts]`: what is watched from the start, and how it is told."""

    mute: list[Channel] = []
    """The ways that are silent: `log`, `bar`, `desktop`, `bell`."""

    notification: Protocol = Protocol.AUTO
    """How the terminal is asked for a notification: `auto`, `osc9` or `osc777`."""

    watch: list[AlertRule] = field(default_factory=list)
    """The alerts."""
