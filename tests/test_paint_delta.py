"""What is written for a change: a terminal that gets it shows what it would show had the rows been painted whole."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.delta import RowChange, RowWriter, changed_part, look_of

WIDTH, HEIGHT, X, Y = 12, 3, 5, 2
STYLES = [
    Style.parse(text)
    for text in (
        "#d9dee6 on #0b0e12",
        "bold #d9dee6 on #0b0e12",
        "#2ebd85 on #0b0e12",
        "#2ebd85 on #11302a",
        "reverse #2ebd85 on #0b0e12",
        "underline #f6465d on default",
        "",
    )
]
CONSOLE = Console(color_system="truecolor", force_terminal=True)


def writer() -> RowWriter:
    return RowWriter(lambda style: look_of(style, ColorSystem.TRUECOLOR))


@st.composite
def strips(draw: st.DrawFn) -> Strip:
    segments, room = [], WIDTH
    while room:
        text = draw(st.text("ab 1▏█世", min_size=1, max_size=room))
        segment = Segment(text, draw(st.sampled_from(STYLES)))
        if segment.cell_length > room:
            segment = Segment(" ", STYLES[0])
        segments.append(segment)
        room -= segment.cell_length
    return Strip(segments, WIDTH)


def terminal(rows: list[Strip]) -> tuple[pyte.Screen, pyte.ByteStream]:
    screen = pyte.Screen(X + WIDTH + 2, Y + HEIGHT + 1)
    stream = pyte.ByteStream(screen)
    for y, strip in enumerate(rows):
        stream.feed(f"\x1b[{Y + y + 1};{X + 1}H{strip.render(CONSOLE)}".encode())
    return screen, stream


def cells(screen: pyte.Screen) -> list[list[pyte.screens.Char]]:
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


@given(st.lists(st.tuples(strips(), strips()), min_size=HEIGHT, max_size=HEIGHT))
def test_a_change_written_is_the_row_painted_whole(rows: list[tuple[Strip, Strip]]) -> None:
    screen, stream = terminal([before for before, _ in rows])
    changes = [RowChange(y, list(before), list(after)) for y, (before, after) in enumerate(rows)]
    stream.feed(writer().text(X, Y, changes).encode())
    expected, _ = terminal([after for _, after in rows])
    assert cells(screen) == cells(expected)
    assert screen.cursor.attrs == pyte.Screen(1, 1).cursor.attrs, "the terminal is left in its default style"


@given(strips(), strips())
def test_one_writer_may_write_again_and_again(one: Strip, other: Strip) -> None:
    screen, stream = terminal([one])
    by = writer()
    for _ in range(2):
        stream.feed(by.text(X, Y, [RowChange(0, list(one), list(other))]).encode())
        stream.feed(by.text(X, Y, [RowChange(0, list(other), list(one))]).encode())
    assert cells(screen) == cells(terminal([one])[0])


@given(strips())
def test_nothing_is_written_for_what_looks_the_same(strip: Strip) -> None:
    assert writer().text(X, Y, [RowChange(0, list(strip), [Segment(text, style) for text, style, _ in strip])]) == ""


def row(size: str) -> list[Segment]:
    text, bar = STYLES[0], STYLES[3]
    return [Segment("      ", text), Segment(size, bar), Segment(" 65,110.3", STYLES[2]), Segment("      ", text)]


def test_only_the_cells_that_changed_are_written() -> None:
    assert changed_part(row("1.250"), row("1.750")) == (8, [Segment("7", STYLES[3])])
    assert changed_part(row("1.250"), row("1.250")) == (11 + 15, [])


def test_a_style_is_told_once() -> None:
    same = [RowChange(y, row("1.250"), row("1.750")) for y in range(3)]
    text = writer().text(0, 0, same)
    assert text.count("48;2;17;48;42") == 1
    assert text.endswith("7\x1b[0m")


@pytest.mark.parametrize(
    ("system", "ink"),
    [(ColorSystem.TRUECOLOR, "38;2;46;189;133"), (ColorSystem.EIGHT_BIT, "38;5;36"), (ColorSystem.STANDARD, "36")],
)
def test_colours_are_those_that_the_terminal_has(system: ColorSystem, ink: str) -> None:
    assert look_of(Style.parse("bold #2ebd85"), system) == ("1", ink, "49")
