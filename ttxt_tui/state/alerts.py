"""Alerts: what is watched, when it fires, and what it said.

Owns which alerts there are, on which instrument each is, and how often one may fire: what fired is silent until its
condition is clearly over and some time has gone, so that no alert chatters. Who is told, and how, is
`ttxt_tui.state.announcer`'s matter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import Event, InstrumentKey
from ttxt_tui.config.alerts import AlertRule, AlertSettings, Channel
from ttxt_tui.state.alert_conditions import condition_of, described
from ttxt_tui.state.figures import time_of_day
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.names import short_symbol, symbol

QUIET_NS: Final = 10 * NANOSECONDS
"""How long an alert that fired is silent at least."""
MOST_FIRINGS: Final = 100
"""How many wait to be told; of more the oldest go."""


class Phase(StrEnum):
    """How an alert stands."""

    ARMED = "armed"
    QUIET = "quiet"
    """It fired, and what it fired for is not clearly over."""
    FIRED = "fired"
    """It fired and is to fire once."""


class Firing(NamedTuple):
    """An alert was met: when, in the market's time, and what there is to say, also `brief`."""

    time_ns: int
    number: int
    text: str
    brief: str


class Alert:
    """One alert on one instrument.

    Attributes:
        number: what it is called by. rule: what it watches. market: of its instrument.
        phase: see `Phase`. fired_ns: when it fired last, in market time; None before.
    """

    def __init__(self, number: int, rule: AlertRule, market: MarketState) -> None:
        self.number = number
        self.rule = rule
        self.market = market
        self.phase = Phase.ARMED
        self.fired_ns: int | None = None
        self._condition = condition_of(rule)

    @property
    def text(self) -> str:
        """What it watches: `BTC/USDT perp crosses 65,000.0`."""
        return f"{symbol(self.market.key)} {described(self.rule, self.market)}"

    @property
    def row(self) -> str:
        """A line of the list of alerts."""
        once = " once" if self.rule.once else ""
        last = "" if self.fired_ns is None else f", last at {time_of_day(self.fired_ns)}"
        return f"#{self.number}  {self.text}{once} · {self.phase}{last}"

    def rearm(self) -> None:
        """It may fire at once."""
        self.phase = Phase.ARMED

    def on_event(self, event: Event[Any]) -> Firing | None:
        """Take in an event of its instrument that its market has taken in."""
        now_ns = event.header.receive_time_ns
        self._calm(now_ns)
        return self._fire(now_ns) if self._condition.heard(self.market, event) else None

    def pass_time(self, now_ns: int) -> Firing | None:
        """It is `now_ns` of market time, and nothing was heard."""
        return self._fire(now_ns) if self._condition.passes(now_ns) else None

    def reset(self) -> None:
        """Another time, or a new stream: nothing was heard yet. What fired once stays so."""
        self._condition.reset()
        if self.phase is Phase.QUIET:
            self.phase = Phase.ARMED

    def _calm(self, now_ns: int) -> None:
        if self.phase is Phase.QUIET and now_ns - (self.fired_ns or 0) >= QUIET_NS and self._condition.is_clear():
            self.phase = Phase.ARMED

    def _fire(self, now_ns: int) -> Firing | None:
        if self.phase is not Phase.ARMED:
            return None
        self.phase = Phase.FIRED if self.rule.once else Phase.QUIET
        self.fired_ns = now_ns
        key, said, briefly = self.market.key, self._condition.said(self.market), self._condition.briefly(self.market)
        return Firing(now_ns, self.number, f"{symbol(key)} {said}", f"{short_symbol(key)} {briefly}")


class Alerts:
    """All alerts of a session.

    Attributes:
        muted: the ways that are silent.
    """

    def __init__(self, settings: AlertSettings | None = None) -> None:
        """The alerts of the config; each begins when its instrument is known."""
        chosen = settings if settings is not None else AlertSettings()
        self.muted: set[Channel] = set(chosen.mute)
        self._rules = tuple(chosen.watch)
        self._by_key: dict[InstrumentKey, list[Alert]] = {}
        self._firings: list[Firing] = []
        self._numbered = 0

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def listed(self) -> list[Alert]:
        """Every alert, in the order of their numbers."""
        return sorted((each for alerts in self._by_key.values() for each in alerts), key=lambda alert: alert.number)

    def of(self, key: InstrumentKey) -> Sequence[Alert]:
        """The alerts on one instrument."""
        return self._by_key.get(key, ())

    def numbered(self, number: int) -> Alert | None:
        """The alert of that number; None when there is none."""
        return next((alert for alert in self.listed() if alert.number == number), None)

    def add(self, rule: AlertRule, market: MarketState) -> Alert:
        """Watch `market`. The same rule twice on it is one alert, armed again."""
        known = self._by_key.setdefault(market.key, [])
        for alert in known:
            if alert.rule == rule:
                alert.rearm()
                return alert
        self._numbered += 1
        alert = Alert(self._numbered, rule, market)
        known.append(alert)
        return alert

    def remove(self, number: int) -> Alert | None:
        """Take an alert away; None when there is none of that number."""
        alert = self.numbered(number)
        if alert is not None:
            self._by_key[alert.market.key].remove(alert)
        return alert

    def clear(self) -> int:
        """Take all alerts away; gives how many there were."""
        count = len(self)
        self._by_key.clear()
        return count

    def take(self) -> Sequence[Firing]:
        """What was met since it was asked for last, oldest first."""
        firings, self._firings = self._firings, []
        return firings

    # -- what happens ------------------------------------------------------------------------------------

    def on_instrument(self, market: MarketState) -> None:
        """An instrument that was not known before: alerts of the config begin to watch it."""
        for rule in self._rules:
            if rule.pair in {"", market.key.pair}:
                self.add(rule, market)

    def on_event(self, market: MarketState, event: Event[Any]) -> None:
        """Take in an event that `market` has taken in."""
        for alert in self._by_key.get(market.key, ()):
            self._keep(alert.on_event(event))

    def pass_time(self, now_ns: int) -> None:
        """It is `now_ns` of market time: what waits for silence may have heard enough of it."""
        for alerts in self._by_key.values():
            for alert in alerts:
                self._keep(alert.pass_time(now_ns))

    def on_reset(self, market: MarketState) -> None:
        """The stream of `market` begins anew."""
        for alert in self._by_key.get(market.key, ()):
            alert.reset()

    def keep_only(self, keys: Collection[InstrumentKey]) -> None:
        """Forget alerts on all instruments but `keys`: they are called otherwise now."""
        for key in [key for key in self._by_key if key not in keys]:
            del self._by_key[key]

    def _keep(self, firing: Firing | None) -> None:
        if firing is not None:
            self._firings.append(firing)
            del self._firings[:-MOST_FIRINGS]
