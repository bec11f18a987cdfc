"""The typed line: editing, completion by Tab, what is said while typing, earlier lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import text_of
from ttxt_tui.commandline.completion import Stage, complete, read
from ttxt_tui.commandline.editor import MOST_CHARACTERS, CommandLine
from ttxt_tui.paint.command_line import MOST_ROWS, hint_height, hint_rows, input_row
from ttxt_tui.theme.loader import load_theme
from ttxt_tui.theme.palette import Palette

PALETTE, NO_COLOUR = Palette(load_theme("ttxt-dark")), Palette(load_theme("no-color"))
OFFERS = {
    "order": [("3", "SELL 1 BTC/USDT @ 95.0")],
    "symbol": [("BTC/USDT", "BTC/USDT perp")],
    "name": [("ttxt-dark", "")],
}


def opened(text: str = "") -> CommandLine:
    line = CommandLine(lambda: OFFERS)
    line.open(text)
    return line


def words(text: str, cursor: int | None = None) -> list[str]:
    completion = complete(text, len(text) if cursor is None else cursor, OFFERS)
    return [each.text for each in completion.candidates]


def test_what_can_follow_is_offered() -> None:
    assert words("")[:3] == ["buy", "sell", "stop"]
    assert words("ca") == ["cancel"]
    assert words("buy 0.5 ") == ["at", "market", "when"]
    assert words("buy 0.5 at bid ") == ["post", "ioc", "fok", "reduce", "stop", "target"]
    assert words("buy 0.5 at bid stop 20t ") == ["post", "ioc", "fok", "reduce", "target"]
    assert words("buy 0.5 at bid stop ") == ["20t", "15bp"]
    assert words("buy 0.5 at bid ioc ") == ["reduce", "stop", "target"]
    assert words("cancel ") == ["all", "entries", "stops", "3"]
    assert words("symbol b") == ["BTC/USDT"]
    assert words("theme dark") == ["ttxt-dark"], "a word within, where none begins so"
    assert words("buy x ") == []
    assert words("cancel all", cursor=7) == ["all", "entries", "stops", "3"]


def test_tab_goes_round_the_candidates_and_a_space_goes_on() -> None:
    line = opened("cancel ")
    for expected in ("all", "entries", "stops", "3", "all"):
        line.cycle(1)
        assert line.text == f"cancel {expected}"
    line.cycle(-1)
    assert line.text == "cancel 3"
    line.insert(" ")
    assert line.chosen is None
    line = opened("can")
    line.cycle(1)
    assert line.text == "cancel ", "the only one is followed by a blank"
    line = opened("nothing ")
    line.cycle(1)
    assert line.text == "nothing "


def test_what_is_being_typed_is_not_yet_wrong() -> None:
    for unfinished in ("b", "buy", "buy 0.", "buy 0.5 a", "buy 0.5 at as", "buy 0.5 at ask+", "buy 1 at bid po", "sym"):
        assert read(unfinished, len(unfinished), OFFERS).stage is Stage.UNFINISHED, unfinished
    for wrong in ("xyz", "buy x", "buy 0.5 an bid", "buy 0.5 at bix", "cancel everything"):
        reading = read(wrong, len(wrong), OFFERS)
        assert reading.stage is Stage.WRONG, wrong
        assert wrong[reading.start : reading.end]
    reading = read("buy 0.5 at bid", 14, OFFERS)
    assert reading.stage is Stage.COMPLETE
    assert reading.usage == "buy QUANTITY at PRICE [post|ioc|fok] [reduce] [stop EXIT] [target EXIT]"


def test_editing() -> None:
    line = opened()
    line.insert("buy 1 market")
    line.move(5)
    line.delete_left()
    line.insert("2")
    assert (line.text, line.cursor) == ("buy 2 market", 5)
    line.delete_right()
    assert line.text == "buy 2market"
    line.move(99)
    line.delete_word()
    assert line.text == "buy "
    line.move(2)
    line.delete_to_start()
    assert (line.text, line.cursor) == ("y ", 0)
    line.insert("a\x1b\n\tb" + "c" * 500)
    assert line.text.startswith("abccc")
    assert len(line.text) == MOST_CHARACTERS


def test_earlier_lines_come_back_and_what_was_typed_too() -> None:
    line = opened()
    for text in ("cancel all", "buy 1 market", "cancel all"):
        line.open(text)
        line.remember()
        line.close()
    line.open("mo")
    line.earlier()
    assert line.text == "cancel all"
    line.earlier()
    assert line.text == "buy 1 market", "twice the same is kept once"
    line.earlier()
    assert line.text == "buy 1 market"
    line.later()
    line.later()
    assert line.text == "mo"
    line.later()
    assert line.text == "mo"


def test_the_row_marks_what_is_wrong_and_the_hints_say_it() -> None:
    line = opened("buy 0.5 att bid")
    row = input_row(line, PALETTE, 80)
    wrong = PALETTE.style("error", "panel_alt", bold=True)
    assert "".join(segment.text for segment in row if segment.style == wrong) == "att"
    assert row.text.startswith(" :buy 0.5 att bid")
    hints = text_of(hint_rows(line, PALETTE, 40, hint_height(line, PALETTE, 40)))
    assert hints == [" ✗ att: expected at, market or when"]
    assert "buy QUANTITY at PRICE" in input_row(opened("buy "), PALETTE, 80).text


@pytest.mark.parametrize("palette", [PALETTE, NO_COLOUR])
@given(
    text=st.text(max_size=60)
    | st.sampled_from(["", "cancel ", "buy 0.5 at bid", "theme ", "buy x y", "export fills 日本"]),
    cursor=st.integers(0, 60),
    tabs=st.integers(0, 12),
    box=st.tuples(st.integers(1, 120), st.integers(1, MOST_ROWS)),
)
def test_it_is_never_wider_or_higher_than_its_place(
    palette: Palette, text: str, cursor: int, tabs: int, box: tuple[int, int]
) -> None:
    (width, height), line = box, opened()
    line.insert(text)
    line.move(cursor)
    for _ in range(tabs):
        line.cycle(1)
    assert input_row(line, palette, width).cell_length == width
    rows = hint_rows(line, palette, width, height)
    assert len(rows) <= height
    assert all(row.cell_length == width and row.text.isprintable() for row in rows)
    assert 1 <= hint_height(line, palette, width) <= MOST_ROWS
