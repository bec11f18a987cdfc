"""Log, footer, prompt and coach as text: nothing is cut in half, and every width is exact."""

from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, text_of
from ttxt_tui.paint.footer import footer
from ttxt_tui.paint.log import log_row, text_width
from ttxt_tui.paint.prompt import coach_line, feedback_line, prompt_line
from ttxt_tui.state.log import Log, LogLevel, LogRow
from ttxt_tui.state.tones import Tone
from ttxt_tui.trading.coach import Coach, CoachStep
from ttxt_tui.trading.feedback import Feedback

HINTS = [("b", "buy"), ("s", "sell"), ("Enter", "send"), ("x", "cancel"), ("?", "help")]
INTRO = "Simulated market, nothing is real"
TEXT = st.text(max_size=30)
WIDTHS = st.integers(0, 140)


# -- the log ---------------------------------------------------------------------------------------------------


def _log() -> Log:
    log = Log()
    log.add(1_123_000_000, LogLevel.INFO, "order", "working: ▲ BUY 0.25 BTC/USDT perp @ 65,110.2")
    for _ in range(3):
        log.add(2_000_000_000, LogLevel.WARN, "book", "gap")
    log.add(3_000_000_000, LogLevel.ERROR, "record", "write a.bin: no space left on device")
    return log


def _lines(width: int) -> list[str]:
    return text_of(log_row(row, PALETTE, width) for row in _log().rows(9, text_width(width)))


def test_the_log_wraps_where_it_is_narrow_and_names_topics_where_it_is_wide() -> None:
    assert _lines(34) == [
        " 00:00:01 · working: ▲ BUY 0.25",
        "            BTC/USDT perp @",
        "            65,110.2",
        " 00:00:02 ! gap                ×3",
        " 00:00:03 ✗ write a.bin: no space",
        "            left on device",
    ]
    assert _lines(80) == [
        " 00:00:01.123 · order      working: ▲ BUY 0.25 BTC/USDT perp @ 65,110.2",
        " 00:00:02.000 ! book       gap                                               ×3",
        " 00:00:03.000 ✗ record     write a.bin: no space left on device",
    ]


@given(
    st.builds(LogRow, TEXT, st.sampled_from(LogLevel), TEXT, TEXT, st.sampled_from(["", "×3", "×9999"])),
    WIDTHS,
    st.sampled_from([PALETTE, NO_COLOUR]),
)
def test_any_log_row_has_exactly_its_width(row: LogRow, width: int, palette: object) -> None:
    strip = log_row(row, palette, width)  # type: ignore[arg-type]
    assert strip.cell_length == width
    assert strip.text.isprintable()


# -- the footer ------------------------------------------------------------------------------------------------


def test_hints_go_from_the_right_and_never_in_half() -> None:
    assert text_of(footer(HINTS, PALETTE, width) for width in (60, 33, 12, 4)) == [
        " b buy  s sell  Enter send  x cancel  ? help",
        " b buy  s sell  Enter send",
        " b buy",
        "",
    ]


@given(st.lists(st.tuples(TEXT, TEXT), max_size=8), WIDTHS)
def test_any_footer_has_exactly_its_width(hints: list[tuple[str, str]], width: int) -> None:
    assert footer(hints, PALETTE, width).cell_length == width


# -- prompt and coach ------------------------------------------------------------------------------------------


def test_the_prompt_says_how_grave_it_is_without_colour() -> None:
    assert text_of(feedback_line(Feedback("no size: 1–5", level), NO_COLOUR, 30) for level in LogLevel) == [
        " › no size: 1–5",
        " ✓ no size: 1–5",
        " ! no size: 1–5",
        " ✗ no size: 1–5",
    ]
    assert text_of([prompt_line("BUY 0.25 @ 67,985.1", Tone.BUY, PALETTE, 20)]) == [" ▲ BUY 0.25 @ 67,98…"]
    assert text_of([prompt_line("", Tone.OK, PALETTE, 20)]) == [""]


def _coached(*done: str) -> tuple[CoachStep, ...]:
    coach = Coach()
    for step in done:
        coach.did(step)
    return coach.steps


def test_steps_tick_off_and_the_line_shortens_sensibly() -> None:
    assert text_of(coach_line(INTRO, _coached("aim", "stage"), PALETTE, width) for width in (100, 78, 46, 20)) == [
        " Simulated market, nothing is real · ✓ aim · ✓ buy · Enter send · x cancel · f Enter flat · ? keys",
        " ✓ aim · ✓ buy · Enter send · x cancel · f Enter flat · ? keys",
        " Enter send · x cancel · f Enter flat",
        " Enter send",
    ]
    assert text_of([coach_line(INTRO, (), PALETTE, 50)]) == [f" {INTRO}"]


@given(TEXT, st.lists(st.builds(CoachStep, TEXT, TEXT, st.booleans()), max_size=7), st.sampled_from(Tone), WIDTHS)
def test_any_prompt_has_exactly_its_width(text: str, steps: list[CoachStep], tone: Tone, width: int) -> None:
    for strip in (prompt_line(text, tone, PALETTE, width), coach_line(text, steps, PALETTE, width)):
        assert strip.cell_length == width
        assert strip.text.isprintable()
