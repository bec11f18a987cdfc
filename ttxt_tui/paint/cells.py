"""The sub-cell grid: characters that divide a terminal cell into columns and rows of pixels, and which of them to use.

Owns the tables from a mask of pixels to a character and the choice for a terminal. Knows nothing of candles or colours.

A mask has a bit for each pixel of a cell, row by row from the top left: bit `row * columns + column`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ttxt_core.errors import ConfigError

VERTICAL_EIGHTHS: Final = tuple(" ▁▂▃▄▅▆▇█")
"""Blocks that fill a cell from below by 0 to 8 eighths."""

LEFT_EIGHTHS: Final = tuple(" ▏▎▍▌▋▊▉█")
"""Blocks that fill a cell from the left by 0 to 8 eighths."""

_QUADRANTS: Final = tuple(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")
_HALVES: Final = tuple(" ▀▄█")

# Octants that were in Unicode before the octant block, by mask; the block lists the others in the order of their masks.
_OLDER_OCTANTS: Final = {
    0x00: " ", 0x01: "\U0001cea8", 0x02: "\U0001ceab", 0x03: "\U0001fb82", 0x05: "▘", 0x0A: "▝", 0x0F: "▀",
    0x14: "\U0001fbe6", 0x28: "\U0001fbe7", 0x3F: "\U0001fb85", 0x40: "\U0001cea3", 0x50: "▖", 0x55: "▌", 0x5A: "▞",
    0x5F: "▛", 0x80: "\U0001cea0", 0xA0: "▗", 0xA5: "▚", 0xAA: "▐", 0xAF: "▜", 0xC0: "▂", 0xF0: "▄", 0xF5: "▙",
    0xFA: "▟", 0xFC: "▆", 0xFF: "█",
}  # fmt: skip


def _sextants() -> tuple[str, ...]:
    """The 64 sextants: U+1FB00 onwards in the order of their masks, without those that other blocks already have."""
    older = {0: " ", 0b010101: "▌", 0b101010: "▐", 0b111111: "█"}
    code = iter(range(0x1FB00, 0x1FB3C))
    return tuple(older[mask] if mask in older else chr(next(code)) for mask in range(64))


def _octants() -> tuple[str, ...]:
    """The 256 octants of Unicode 16."""
    code = iter(range(0x1CD00, 0x1CDE6))
    return tuple(_OLDER_OCTANTS[mask] if mask in _OLDER_OCTANTS else chr(next(code)) for mask in range(256))


def _braille() -> tuple[str, ...]:
    """The 256 braille patterns by mask: their own dots are numbered down the columns, the last row last."""
    dots = (0, 3, 1, 4, 2, 5, 6, 7)
    return tuple(chr(0x2800 + sum(1 << dots[bit] for bit in range(8) if mask >> bit & 1)) for mask in range(256))


BRAILLE: Final = _braille()
"""Dots of 2 columns and 4 rows by mask: for lines, as dots leave air between them."""


class Glyphs(StrEnum):
    """How finely charts divide a cell; each is safe on more terminals than the one before."""

    OCTANT = "octant"
    SEXTANT = "sextant"
    QUADRANT = "quadrant"
    HALF = "half"
    ASCII = "ascii"


@dataclass(frozen=True, slots=True, eq=False)
class CellGrid:
    """The characters of one choice of glyphs. With one column, wicks and line overlays fall back to characters."""

    columns: int
    rows: int
    blocks: tuple[str, ...]
    """A character by mask of filled pixels."""
    falling: tuple[str, ...]
    """The same for falling candles; differs where a shape is all there is to tell them by."""
    levels: tuple[str, ...]
    """Nine fillings of a cell from below, empty to full."""
    wick: str
    line: str
    dashes: str
    dots: str
    vertical: str
    up: str
    down: str
    braille: tuple[str, ...] | None = BRAILLE
    """Dots by mask, None where there are none: then `point` marks a cell that a line overlay passes."""
    point: str = "·"


def _blocks(columns: int, rows: int, blocks: tuple[str, ...]) -> CellGrid:
    return CellGrid(
        columns, rows, blocks, blocks, VERTICAL_EIGHTHS,
        wick="│", line="─", dashes="╌", dots="┈", vertical="┊", up="▲", down="▼",
    )  # fmt: skip


GRIDS: Final[Mapping[Glyphs, CellGrid]] = {
    Glyphs.OCTANT: _blocks(2, 4, _octants()),
    Glyphs.SEXTANT: _blocks(2, 3, _sextants()),
    Glyphs.QUADRANT: _blocks(2, 2, _QUADRANTS),
    Glyphs.HALF: _blocks(1, 2, _HALVES),
    Glyphs.ASCII: CellGrid(
        1, 1, (" ", "+"), (" ", "#"), tuple(" ..::||##"),
        wick="|", line="-", dashes="-", dots=".", vertical=":", up="^", down="v", braille=None, point="*",
    ),
}  # fmt: skip
"""The characters of each choice of glyphs."""

AUTO: Final = "auto"
"""The configured value that leaves the choice to `pick_glyphs`."""

_SEXTANT_PROGRAMS: Final = {"ghostty", "wezterm"}
_SEXTANT_TERMS: Final = ("xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm")
_SEXTANT_MARKS: Final = ("KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "WEZTERM_PANE", "ALACRITTY_WINDOW_ID")
_VTE_WITH_SEXTANTS: Final = 7800


def pick_glyphs(env: Mapping[str, str], configured: str | None = None) -> Glyphs:
    """The glyphs for the terminal that `env` (the process's environment) tells of, or those that were configured.

    Sextants where the terminal is known to draw them itself (ghostty, kitty, foot, wezterm, alacritty since 0.13, VTE
    since 0.78), quadrants under a multiplexer and where the terminal is unknown, half blocks on the Linux console,
    whose fonts have no quadrants, ASCII on a terminal that says it is dumb.

    Raises:
        ConfigError: `configured` is neither `auto` nor a value of `Glyphs`.
    """
    if configured is not None and configured != AUTO:
        if configured not in {glyphs.value for glyphs in Glyphs}:
            choices = ", ".join([AUTO, *Glyphs])
            raise ConfigError(f"screen.glyphs = {configured!r}", "no such choice", f"there are: {choices}")
        return Glyphs(configured)

    term = env.get("TERM", "")
    if term in {"", "dumb", "vt100", "vt220"}:
        return Glyphs.ASCII
    if term == "linux":
        return Glyphs.HALF
    if env.get("TMUX") or env.get("STY") or env.get("ZELLIJ") or term.startswith(("tmux", "screen")):
        return Glyphs.QUADRANT
    vte = env.get("VTE_VERSION", "")
    known = (
        term.startswith(_SEXTANT_TERMS)
        or env.get("TERM_PROGRAM", "").lower() in _SEXTANT_PROGRAMS
        or any(mark in env for mark in _SEXTANT_MARKS)
        or (vte.isascii() and vte.isdecimal() and int(vte) >= _VTE_WITH_SEXTANTS)
    )
    return Glyphs.SEXTANT if known else Glyphs.QUADRANT
