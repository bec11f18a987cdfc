"""The status bar's model: every figure labelled, the real protection named, and nothing that was not measured."""

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.account_support import PALETTE, Screen, quote
from tests.orders_support import LINEAR, SECOND, event
from ttxt_core.events import BookState, BookStatus, ConnectionState, ConnectorError
from ttxt_core.orders.health import Health
from ttxt_core.recording.live_recording import RecordingStats
from ttxt_tui.paint.status_bar import status_bar
from ttxt_tui.state.fields import Field
from ttxt_tui.state.status import DayLoss, StatusState, dead_man_protection
from ttxt_tui.state.tones import Tone

MS = 1_000_000
NO_DEAD_MAN = dead_man_protection("NO DEAD-MAN: orders stay if this machine dies", is_armed=False)


@dataclass
class _Bar:
    screen: Screen
    now_ns: int = 1

    @property
    def state(self) -> StatusState:
        return self.screen.store.status

    def fields(self) -> tuple[Field, ...]:
        return self.state.fields(self.screen.store.market, self.now_ns)

    def text(self, width: int = 200) -> str:
        return " ".join(status_bar(self.fields(), PALETTE, width).text.split())


def _bar() -> _Bar:
    screen = Screen(LINEAR)
    screen.feed(quote(100.0, 100.1))
    return _Bar(screen)


def _health(**figures: object) -> Health:
    base: dict[str, object] = {
        "events_per_second": 1204.4,
        "feed_lag_ns": 12 * MS,
        "order_last_ns": 48 * MS,
        "order_p99_ns": 110 * MS,
        "dropped": 0,
        "troubles": (),
    }
    return Health(**(base | figures))  # type: ignore[arg-type]


def test_it_is_whole_where_there_is_room() -> None:
    bar = _bar()
    bar.state.health = _health()
    bar.state.recording = RecordingStats((), 81_234, 4_100_000, 0, 0)
    assert bar.text() == (
        "● feed 0 ms · order 48/110 ms · 1,204 ev/s · ● REC 81k 4.1 MB simulated: orders end with this session"
    )


def test_eighty_columns_hold_all_that_matters() -> None:
    bar = _bar()
    bar.state.health = _health()
    bar.state.recording = RecordingStats((), 81_234, 4_100_000, 0, 0)
    assert bar.text(80) == "● feed 0 ms · order 48/110 ms · ● REC 81k 4.1 MB simulated"


def test_what_was_not_measured_is_not_made_up() -> None:
    bar = _bar()
    assert bar.text() == "● feed 0 ms simulated: orders end with this session"
    bar.state.health = _health(order_last_ns=None, order_p99_ns=None, events_per_second=0.0)
    assert "order - ms" in bar.text()


def test_the_protection_really_in_force_is_named() -> None:
    timer = dead_man_protection("dead-man 10 s", is_armed=True)
    bar = _bar()
    bar.state.protection = timer
    assert bar.fields()[-1].tone is Tone.DIM
    assert bar.text(40).endswith("dead-man 10 s")
    bar.state.protection = NO_DEAD_MAN
    assert bar.fields()[-1].tone is Tone.WARNING
    assert bar.text().endswith("NO DEAD-MAN: orders stay if this machine dies")
    assert bar.text(40).endswith("NO DEAD-MAN")


@pytest.mark.parametrize(
    ("lost", "tone"), [("-70", Tone.PLAIN), ("249", Tone.PLAIN), ("250", Tone.WARNING), ("500", Tone.ERROR)]
)
def test_the_days_loss_is_shown_with_its_limit(lost: str, tone: Tone) -> None:
    bar = _bar()
    bar.state.loss = DayLoss(Decimal(lost), Decimal(500), "USDT")
    used = max(0, int(lost))
    assert f"loss {used}/500 USDT" in bar.text()
    assert f"loss {used}/500" in bar.text(44)
    assert next(field for field in bar.fields() if field.label == "loss").tone is tone


@pytest.mark.parametrize("state", list(ConnectionState))
@pytest.mark.parametrize("width", range(80, 201, 8))
def test_what_gives_way_goes_whole_and_what_matters_stays(state: ConnectionState, width: int) -> None:
    bar = _bar()
    bar.state.protection = NO_DEAD_MAN
    bar.state.health = _health()
    bar.state.recording = RecordingStats((), 81_234, 4_100_000, 0, 0)
    bar.state.loss = DayLoss(Decimal(1_234), Decimal(5_000), "USDT")
    bar.state.streams = dict.fromkeys(("market", "private", "trade"), state)
    text = bar.text(width)
    assert text.startswith("● feed 0 ms")
    assert "NO DEAD-MAN" in text
    if state is not ConnectionState.CONNECTED:
        assert all(f"○ {name}" in text for name in bar.state.streams)
    ways = []
    for field in bar.fields():
        whole = " ".join(f"{field.label} {field.value} {field.unit}".split())
        ways.append("|".join(re.escape(way) for way in (whole, field.brief) if way))
    assert re.fullmatch("".join(f"(?:(?: · | )?(?:{way}))?" for way in ways), text), text


def test_a_screen_that_is_behind_says_so() -> None:
    bar = _bar()
    bar.state.behind_ns = 400 * MS
    assert "behind" not in bar.text()
    bar.state.behind_ns = 1_200 * MS
    assert "screen behind 1.2 s" in bar.text()
    assert "behind 1.2 s" in bar.text(50)


def test_a_feed_that_is_no_market_says_so() -> None:
    bar = _bar()
    bar.screen.feed(event(BookStatus(BookState.GAP, "lost")))
    assert bar.text().startswith("○ feed GAP")
    empty = Screen()
    empty.store.markets.clear()
    assert _Bar(empty).text().startswith("○ no market")


def test_a_slow_feed_warns() -> None:
    bar = _bar()
    market = bar.screen.store.market
    assert market is not None
    market.latency_ns = SECOND
    assert bar.fields()[0].tone is Tone.WARNING
    assert "feed 1000 ms" in bar.text()


def test_losses_failures_and_errors_are_counted() -> None:
    bar = _bar()
    bar.state.health = _health(dropped=7, troubles=("the recorder has failed: disk full",))
    bar.screen.feed(event(ConnectorError("transport", "connect", "refused")))
    text = bar.text()
    assert "dropped 7" in text
    assert "! the recorder has failed: disk full" in text
    assert "errors 1" in text
    bar.state.recording = RecordingStats((), 5, 10, 3, 0)
    assert "● REC lost 3" in bar.text()
    bar.state.recording = RecordingStats((), 5, 10, 3, 1)
    assert "● REC FAILS" in bar.text()


def test_fields_stand_still_while_their_figures_change() -> None:
    bar = _bar()
    starts = set()
    for rate in (0.0, 7.0, 980.0, 5_400.0, 12_000.0):
        for last in (0, 4 * MS, 48 * MS, 999 * MS):
            bar.state.health = _health(events_per_second=rate, order_last_ns=last, order_p99_ns=last)
            bar.state.recording = RecordingStats((), int(rate) + last, last, 0, 0)
            line = status_bar(bar.fields(), PALETTE, 130).text
            starts.add((line.index("order"), line.index("ev/s") >= 0, line.index("REC"), line.index("simulated")))
    assert len(starts) == 1
