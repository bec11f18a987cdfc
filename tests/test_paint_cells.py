"""The sub-cell grid: every mask has its own character, and terminals get glyphs that they can show."""

import unicodedata

import pytest
from rich.cells import cell_len

from ttxt_core.errors import ConfigError
from ttxt_tui.paint.cells import BRAILLE, GRIDS, LEFT_EIGHTHS, VERTICAL_EIGHTHS, Glyphs, pick_glyphs

PIXEL_GRIDS = [Glyphs.OCTANT, Glyphs.SEXTANT, Glyphs.QUADRANT, Glyphs.HALF]


@pytest.mark.parametrize("glyphs", Glyphs)
def test_every_character_takes_one_cell(glyphs: Glyphs) -> None:
    grid = GRIDS[glyphs]
    marks = (grid.wick, grid.dashes, grid.dots, grid.vertical, grid.up, grid.down, grid.point)
    chars = {*grid.blocks, *grid.falling, *grid.levels, *marks, *(grid.braille or ())}
    assert {cell_len(char) for char in chars} == {1}
    assert len(grid.levels) == 9


@pytest.mark.parametrize("glyphs", PIXEL_GRIDS)
def test_every_mask_has_its_own_character(glyphs: Glyphs) -> None:
    grid = GRIDS[glyphs]
    assert len(grid.blocks) == len(set(grid.blocks)) == 1 << (grid.columns * grid.rows)
    assert (grid.blocks[0], grid.blocks[-1]) == (" ", "█")


def test_sextants_are_the_ones_that_unicode_names() -> None:
    for mask, char in enumerate(GRIDS[Glyphs.SEXTANT].blocks):
        name = unicodedata.name(char)
        if name.startswith("BLOCK SEXTANT-"):
            assert mask == sum(1 << (int(digit) - 1) for digit in name.removeprefix("BLOCK SEXTANT-"))
    assert GRIDS[Glyphs.SEXTANT].blocks[0b010101] == "▌"
    assert GRIDS[Glyphs.SEXTANT].blocks[0b101010] == "▐"


def test_octants_lie_between_the_first_and_the_last_of_their_block() -> None:
    blocks = GRIDS[Glyphs.OCTANT].blocks
    own = [char for char in blocks if 0x1CD00 <= ord(char) <= 0x1CDE5]
    assert [ord(char) for char in own] == list(range(0x1CD00, 0x1CDE6))
    # BLOCK OCTANT-3, -23 and -2345678, as the code chart has them.
    assert (blocks[0b100], blocks[0b110], blocks[0b11111110]) == ("\U0001cd00", "\U0001cd01", "\U0001cde5")
    assert (blocks[0b01010101], blocks[0b00001111]) == ("▌", "▀")


def test_braille_is_the_one_that_unicode_names() -> None:
    # Unicode numbers the dots down the left column, then the right, then the last row.
    places = {1: 0, 2: 2, 3: 4, 4: 1, 5: 3, 6: 5, 7: 6, 8: 7}
    for mask, char in enumerate(BRAILLE[1:], 1):
        dots = unicodedata.name(char).removeprefix("BRAILLE PATTERN DOTS-")
        assert mask == sum(1 << places[int(dot)] for dot in dots)


def test_eighths_go_from_empty_to_full() -> None:
    assert (VERTICAL_EIGHTHS[0], VERTICAL_EIGHTHS[4], VERTICAL_EIGHTHS[8]) == (" ", "▄", "█")
    assert (LEFT_EIGHTHS[0], LEFT_EIGHTHS[4], LEFT_EIGHTHS[8]) == (" ", "▌", "█")
    assert len(set(VERTICAL_EIGHTHS)) == len(set(LEFT_EIGHTHS)) == 9


@pytest.mark.parametrize(
    ("env", "glyphs"),
    [
        ({"TERM": "xterm-kitty"}, Glyphs.SEXTANT),
        ({"TERM": "foot-extra"}, Glyphs.SEXTANT),
        ({"TERM": "alacritty"}, Glyphs.SEXTANT),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Glyphs.SEXTANT),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, Glyphs.SEXTANT),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Glyphs.SEXTANT),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7800"}, Glyphs.SEXTANT),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7799"}, Glyphs.QUADRANT),
        ({"TERM": "xterm-256color", "VTE_VERSION": "new"}, Glyphs.QUADRANT),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, Glyphs.QUADRANT),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "240800"}, Glyphs.QUADRANT),
        ({"TERM": "xterm-256color", "WT_SESSION": "x"}, Glyphs.QUADRANT),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, Glyphs.QUADRANT),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, Glyphs.QUADRANT),
        ({"TERM": "screen"}, Glyphs.QUADRANT),
        ({"TERM": "linux"}, Glyphs.HALF),
        ({"TERM": "dumb"}, Glyphs.ASCII),
        ({}, Glyphs.ASCII),
    ],
)
def test_a_terminal_gets_glyphs_that_it_can_show(env: dict[str, str], glyphs: Glyphs) -> None:
    assert pick_glyphs(env) == glyphs
    assert pick_glyphs(env, "auto") == glyphs


def test_what_is_configured_wins() -> None:
    for glyphs in Glyphs:
        assert pick_glyphs({"TERM": "dumb"}, glyphs.value) is glyphs


def test_an_unknown_choice_names_the_setting_and_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"screen\.glyphs = 'sixel': no such choice \(there are: auto, octant,"):
        pick_glyphs({}, "sixel")
