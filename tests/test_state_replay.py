"""The replay bar's model: while it is blind, nothing that is to come leaves a trace."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.events import Side
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_tui.state.replay import MarkKind, Player, ReplayState
from ttxt_tui.state.replay_control import WORDS, HoldOn, ReplayControl

SECOND = 1_000_000_000


@dataclass
class Recorded:
    """A replayer as far as the bar reads it: a minute, an event in each of its `events` seconds."""

    events: Sequence[float] = ()
    position_ns: int = 30 * SECOND
    first_ns: int = 0
    last_ns: int = 60 * SECOND
    speed: float = 1.0
    held: bool = False
    at_end: bool = False
    skip_idle_s: float | None = None
    gaps: list[tuple[int, int]] = field(default_factory=list)

    def activity(self, buckets: int) -> list[int]:
        counts = [0] * buckets
        for second in self.events:
            counts[min(int(second / 60 * buckets), buckets - 1)] += 1
        return counts


def test_the_replayer_is_a_player() -> None:
    def bar_of(replayer: MarketDataReplayer) -> ReplayState:
        player: Player = replayer
        return ReplayState(player)

    assert callable(bar_of)


def test_it_says_where_it_stands() -> None:
    player = Recorded(position_ns=42 * SECOND + 123_000_000, speed=10)
    state = ReplayState(player)
    view = state.view(60)
    assert (view.speed, view.now, view.elapsed, view.total, view.attempt) == ("10×", "00:00:42.123", "0:42", "", 1)
    player.speed, player.held, state.is_blind = inf, True, False
    view = state.view(60)
    assert (view.speed, view.is_held, view.total) == ("max", True, "1:00")
    player.speed = 0.1
    assert state.view(60).speed == "0.1×"


TIMES = st.lists(st.floats(0, 59.9), max_size=40)


@given(TIMES, TIMES, st.integers(0, 60), st.integers(0, 70))
def test_blind_means_that_the_future_changes_nothing(
    past: list[float], future: list[float], now: int, width: int
) -> None:
    column = 60 / max(width, 1)
    seen = [second for second in past if second < now - column]
    coming = [second for second in future if second >= now]
    gap = (max(now, 1) * SECOND, 60 * SECOND)
    with_future, without = Recorded([*seen, *coming], now * SECOND), Recorded(seen, now * SECOND)
    if now < 60:
        with_future.gaps = [(gap[0] + SECOND, gap[1])]
    ahead, plain = ReplayState(with_future), ReplayState(without)
    for second in coming:
        ahead.add_fill(int(second * SECOND) + 1, Side.BUY)
        ahead.toggle_bookmark(int(second * SECOND) + 2)
    assert ahead.view(width) == plain.view(width)
    assert ahead.next_mark() is None


@given(TIMES, st.integers(0, 60), st.integers(0, 80), st.booleans())
def test_the_timeline_has_exactly_its_columns(events: list[float], now: int, width: int, is_blind: bool) -> None:
    state = ReplayState(Recorded(events, now * SECOND))
    state.is_blind = is_blind
    cells = state.view(width).cells
    assert len(cells) == width
    assert sum(cell.is_now for cell in cells) == min(width, 1)
    assert all(0 <= cell.level <= 8 for cell in cells)


def test_activity_and_gaps_are_drawn_where_they_were() -> None:
    player = Recorded([1, 1.1, 1.2, 1.3, 10], gaps=[(20 * SECOND, 21 * SECOND)])
    state = ReplayState(player)
    cells = state.view(60).cells
    assert {at: cell.level for at, cell in enumerate(cells) if cell.level} == {1: 8, 10: 2}
    assert [at for at, cell in enumerate(cells) if cell.is_gap] == [20, 21]
    player.events = [1, 40]
    assert not any(cell.level for cell in ReplayState(player).view(60).cells[30:])
    state = ReplayState(player)
    state.is_blind = False
    assert state.view(60).cells[40].level == 8


def test_marks_show_what_happened() -> None:
    state = ReplayState(Recorded())
    state.add_fill(5 * SECOND, Side.BUY)
    state.add_fill(7 * SECOND, Side.SELL)
    state.add_fill(7 * SECOND + 1, Side.BUY)
    assert state.toggle_bookmark(9 * SECOND)
    marks = {at: cell.mark for at, cell in enumerate(state.view(60).cells) if cell.mark is not MarkKind.NONE}
    assert marks == {5: MarkKind.BUY, 7: MarkKind.FILLS, 9: MarkKind.BOOKMARK}
    assert not state.toggle_bookmark(9 * SECOND)
    assert state.view(60).cells[9].mark is MarkKind.NONE


def test_one_jumps_from_mark_to_mark() -> None:
    player = Recorded(position_ns=10 * SECOND)
    state = ReplayState(player)
    for second in (5, 20):
        state.toggle_bookmark(second * SECOND)
    assert (state.previous_mark(), state.next_mark()) == (5 * SECOND, None)
    state.is_blind = False
    assert state.next_mark() == 20 * SECOND
    player.position_ns = 5 * SECOND
    assert state.previous_mark() == 0
    player.position_ns = 0
    assert state.previous_mark() is None


def test_a_new_attempt_keeps_bookmarks_and_drops_fills() -> None:
    state = ReplayState(Recorded())
    state.add_fill(5 * SECOND, Side.BUY)
    state.toggle_bookmark(6 * SECOND)
    state.begin_attempt(2)
    assert state.view(60).attempt == 2
    assert state.marks() == [6 * SECOND]


@given(st.integers(1, 300), st.integers(0, 299))
def test_a_column_begins_with_its_own_time(width: int, column: int) -> None:
    state = ReplayState(Recorded(last_ns=60 * SECOND + 7))
    time = state.time_at(column % width, width)
    assert state.column(time, width) in {column % width, column % width - 1}


def test_an_instant_is_a_recording_too() -> None:
    player = Recorded(position_ns=0, last_ns=0)
    assert len(ReplayState(player).view(10).cells) == 10


def test_the_version_changes_with_position_controls_and_marks() -> None:
    player = Recorded()
    state = ReplayState(player)
    seen = {state.version}
    player.position_ns += 1
    seen.add(state.version)
    player.held = True
    seen.add(state.version)
    state.toggle_bookmark(1)
    seen.add(state.version)
    state.is_blind = False
    seen.add(state.version)
    assert len(seen) == 5


def test_it_says_what_is_in_force_besides() -> None:
    player, control = Recorded(), ReplayControl()
    state = ReplayState(player, control)
    assert state.view(60).extras == ()
    seen = {state.version}
    player.skip_idle_s = 2.5
    seen.add(state.version)
    control.hold_on = HoldOn.PRINT
    seen.add(state.version)
    control.mark_loop(10 * SECOND)
    assert state.view(60).extras == ("loop from A", "holds at print", "skips > 2.5 s")
    control.mark_loop(20 * SECOND)
    seen.add(state.version)
    view = state.view(60)
    assert view.extras[0] == "loop A–B"
    assert [at for at, cell in enumerate(view.cells) if cell.is_looped] == list(range(10, 21))
    assert len(seen) == 4


def test_the_words_for_holding_are_whole() -> None:
    assert list(WORDS.values()) == list(HoldOn)


def test_the_jump_list_has_all_that_was() -> None:
    player, control = Recorded(gaps=[(20 * SECOND, 24 * SECOND)]), ReplayControl()
    state = ReplayState(player, control)
    state.toggle_bookmark(9 * SECOND)
    state.add_fill(5 * SECOND + 250_000_000, Side.BUY, "0.25 BTC @ 67,985.1")
    state.add_fill(40 * SECOND, Side.SELL, "to come")
    control.mark_loop(10 * SECOND)
    assert [jump.text for jump in state.jumps()] == [
        "00:00:00.000  start of the recording",
        "00:00:05.250  ▲ bought 0.25 BTC @ 67,985.1",
        "00:00:09.000  ◆ bookmark",
        "00:00:10.000  ═ loop begins",
        "00:00:20.000  ░ gap of 0:04",
    ]
    state.is_blind = False
    assert [jump.time_ns // SECOND for jump in state.jumps()] == [0, 5, 9, 10, 20, 40, 60]
    assert state.jumps()[-1].text == "00:01:00.000  end of the recording"


@given(TIMES, st.lists(st.integers(0, 60 * SECOND), max_size=9), st.integers(0, 60))
def test_blind_one_can_jump_to_nothing_that_is_to_come(gaps: list[float], times: list[int], now: int) -> None:
    spans = [(int(start * SECOND), int(start * SECOND) + SECOND) for start in gaps]
    state = ReplayState(Recorded(position_ns=now * SECOND, gaps=spans))
    for time in times:
        state.toggle_bookmark(time)
        state.add_fill(time, Side.SELL)
    assert all(jump.time_ns <= now * SECOND for jump in state.jumps())


def test_one_burst_does_not_flatten_the_rest() -> None:
    burst = [0.5 + n / 1000 for n in range(300)]
    state = ReplayState(Recorded([*burst, *(second + 0.5 for second in range(2, 40))]))
    state.is_blind = False
    levels = [cell.level for cell in state.view(60).cells]
    assert sorted(set(levels)) == [0, 8]
