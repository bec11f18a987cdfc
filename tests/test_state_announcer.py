"""Alerts are told in every way that is not muted, each for its time, and bell and notification never rattle."""

from __future__ import annotations

import pytest

from tests.account_support import PALETTE
from tests.alert_support import Watched, rule, trade
from tests.orders_support import SECOND
from ttxt_tui.config.alerts import AlertKind, Channel
from ttxt_tui.paint.status_bar import status_bar
from ttxt_tui.state.alerts import MOST_FIRINGS
from ttxt_tui.state.announcer import SHOWN_NS, SOUND_NS, Announcer
from ttxt_tui.state.log import LogLevel

ROSE = "BTC/USDT perp ▲ rose to 100.0"


class Desk:
    """A store whose alerts are told."""

    def __init__(self, *levels: float) -> None:
        self.watched = Watched(*(rule(AlertKind.CROSSES, level) for level in levels or (100.0,)))
        self.notified: list[str] = []
        self.rung = 0
        self.announcer = Announcer(self.watched.store, self.notified.append, self._ring)

    def _ring(self) -> None:
        self.rung += 1

    def fire(self, human_ns: int = 0, *, at: float = 1.0) -> None:
        self.watched.store.apply([trade(1.0, seconds=at), trade(10_000.0, seconds=at)])
        self.announcer.poll(human_ns, None)

    def bar(self, width: int = 160) -> str:
        store = self.watched.store
        return " ".join(status_bar(store.status.fields(store.market, SECOND), PALETTE, width).text.split())


def test_every_way_is_taken() -> None:
    desk = Desk()
    desk.fire()
    newest = desk.watched.store.log.newest
    assert newest is not None
    assert (newest.level, newest.topic, newest.text, newest.time_ns) == (LogLevel.WARN, "alert", ROSE, SECOND)
    assert f"alert {ROSE}" in desk.bar()
    assert "alert BTC perp ▲ 100.0" in desk.bar(60)
    assert desk.notified == [ROSE]
    assert desk.rung == 1
    assert desk.watched.store.log.errors == 0


@pytest.mark.parametrize("muted", list(Channel))
def test_each_way_can_be_silenced_and_the_others_stay(muted: Channel) -> None:
    desk = Desk()
    desk.watched.alerts.muted.add(muted)
    desk.fire()
    log = desk.watched.store.log
    told = {
        Channel.LOG: any(entry.topic == "alert" for entry in log.after(-1)),
        Channel.BAR: ROSE in desk.bar(),
        Channel.DESKTOP: bool(desk.notified),
        Channel.BELL: bool(desk.rung),
    }
    assert told == {channel: channel is not muted for channel in Channel}


def test_the_bar_shows_an_alert_for_its_time() -> None:
    desk = Desk()
    desk.fire(5 * SECOND)
    desk.announcer.poll(5 * SECOND + SHOWN_NS - 1, None)
    assert ROSE in desk.bar()
    desk.announcer.poll(5 * SECOND + SHOWN_NS, None)
    assert ROSE not in desk.bar()


def test_several_at_once_are_one_sound() -> None:
    desk = Desk(100.0, 101.0, 102.0)
    desk.fire()
    assert desk.notified == ["BTC/USDT perp ▲ rose to 102.0 (and 2 more)"]
    assert desk.rung == 1
    assert "rose to 102.0 (+2)" in desk.bar()


def test_what_goes_on_firing_is_bounded() -> None:
    desk = Desk(*(100.0 + level for level in range(MOST_FIRINGS)))
    for n in range(3):
        desk.fire(SECOND * n, at=100.0 * n)
    assert len(desk.watched.store.status.alerts) == MOST_FIRINGS


def test_what_fires_in_the_pause_is_told_after_it() -> None:
    desk = Desk()
    desk.fire(0, at=1.0)
    desk.fire(SECOND, at=100.0)
    assert len(desk.notified) == desk.rung == 1
    desk.announcer.poll(SOUND_NS, None)
    assert len(desk.notified) == desk.rung == 2
    desk.announcer.poll(10 * SOUND_NS, None)
    assert len(desk.notified) == 2


def test_an_alert_moves_no_figure_of_the_bar() -> None:
    desk = Desk()
    status, market = desk.watched.store.status, desk.watched.store.market
    before = status.fields(market, SECOND)
    desk.fire()
    *others, alert, protection = status.fields(market, SECOND)
    assert alert.label == "alert"
    assert (*others, protection) == before
