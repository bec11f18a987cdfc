"""The replay bar as text: where it stands, what was going on, and nothing of what is to come."""

from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, text_of
from ttxt_core.events import Side
from ttxt_tui.paint.replay_bar import replay_bar, timeline_width
from ttxt_tui.state.replay import MarkKind, ReplayState, ReplayView, TimelineCell
from ttxt_tui.state.replay_control import HoldOn, ReplayControl

HINTS = (("h", "hold/go"), (", .", "step"), ("< >", "speed"), ("{ }", "marks"), ("m", "bookmark"))
SECOND = 1_000_000_000
START = 1_786_000_000 * SECOND


class _Player:
    first_ns = START
    last_ns = START + 38 * SECOND
    position_ns = START + 19 * SECOND
    speed = 10.0
    held = False
    at_end = False
    skip_idle_s = None
    gaps = ((START + 4 * SECOND, START + 5 * SECOND),)

    def activity(self, buckets: int) -> list[int]:
        return [number % 8 + 1 for number in range(buckets)]


def _state() -> ReplayState:
    state = ReplayState(_Player())
    state.add_fill(START + 9 * SECOND, Side.BUY)
    state.add_fill(START + 12 * SECOND, Side.SELL)
    state.toggle_bookmark(START + 15 * SECOND)
    state.attempt = 2
    return state


def _bar(state: ReplayState, width: int, height: int) -> list[str]:
    return text_of(replay_bar(state.view(timeline_width(width)), PALETTE, width, height, HINTS))


def test_two_rows_have_the_marks_in_the_timeline() -> None:
    assert _bar(_state(), 40, 2) == [
        " ▶ PLAY   10×  07:06:59.000     0:19",
        " ▁▂▃▄░░▇█▁▲▃▄▼▆▇◆▁▂▃┃",
    ]


def test_it_says_where_it_stands_still_and_why() -> None:
    view = _state().view(timeline_width(40))
    held, ended = view._replace(is_held=True), view._replace(is_held=True, is_ended=True)
    words = [replay_bar(one, PALETTE, 40, 2)[0].text[:8] for one in (view, held, ended)]
    assert words == [" ▶ PLAY ", " ‖ HELD ", " ■ END  "]


def test_three_rows_have_them_below() -> None:
    assert _bar(_state(), 40, 3)[1:] == [
        " ▁▂▃▄░░▇█▁▂▃▄▅▆▇█▁▂▃┃",
        "          ▲  ▼  ◆",
    ]


def test_a_loop_is_underlined_and_what_is_in_force_is_said() -> None:
    control = ReplayControl()
    state = ReplayState(_Player(), control)
    control.mark_loop(START + 5 * SECOND)
    control.mark_loop(START + 9 * SECOND)
    control.hold_on = HoldOn.FILL
    first, _, marks = _bar(state, 100, 3)
    assert first.endswith("blind  loop A–B  holds at fill")
    assert marks == f"{'':13}{'═' * 12}"


def test_what_is_to_come_is_shown_only_when_asked_for() -> None:
    state = _state()
    state.is_blind = False
    control, timeline = _bar(state, 100, 2)
    assert len(timeline) == 99
    assert "0:19 of 0:38" in control
    assert "future shown" in control


def test_a_wide_bar_names_its_keys_and_cuts_none() -> None:
    (control,) = _bar(_state(), 130, 1)
    assert control == (
        " ▶ PLAY   10×  07:06:59.000     0:19  attempt 2    2026-08-06  blind  h hold/go  , . step  < > speed"
        "  { } marks  m bookmark"
    )
    assert _bar(_state(), 100, 1)[0].endswith("h hold/go  , . step")


CELLS = st.builds(
    TimelineCell, st.integers(-3, 99), st.booleans(), st.sampled_from(MarkKind), st.booleans(), st.booleans()
)
TEXT = st.text(max_size=20)
VIEWS = st.builds(
    ReplayView, st.booleans(), st.booleans(), TEXT, TEXT, TEXT, TEXT, TEXT, st.integers(), st.booleans(),
    st.lists(CELLS, max_size=80).map(tuple), st.lists(TEXT, max_size=3).map(tuple),
)  # fmt: skip


@given(VIEWS, st.integers(0, 120), st.integers(0, 5), st.sampled_from([PALETTE, NO_COLOUR]))
def test_any_bar_has_exactly_its_size(view: ReplayView, width: int, height: int, palette: object) -> None:
    bar = replay_bar(view, palette, width, height)  # type: ignore[arg-type]
    assert len(bar) == height
    assert all(strip.cell_length == width and strip.text.isprintable() for strip in bar)


@given(st.lists(st.integers(0, 38 * SECOND), min_size=2, max_size=2))
def test_nothing_moves_while_it_plays(positions: list[int]) -> None:
    player, places = _Player(), set()
    for position in positions:
        player.position_ns = START + position
        (control,) = replay_bar(ReplayState(player).view(98), PALETTE, 100, 1)
        places.add((control.text.index("07:0"), control.text.index("attempt"), control.text.index("blind")))
    assert len(places) == 1
