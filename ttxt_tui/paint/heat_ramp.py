"""The colours of heat: which character and style a cell of two price rows has, and what stands for it without colours.

Owns the ramp between the theme's heat roles and the cells made of it; one ramp a palette. Knows nothing of markets.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

from rich.color import Color
from rich.style import Style

from ttxt_tui.state.heat_scale import LEVELS, UNKNOWN
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

BID: Final = 16
ASK: Final = 17
"""Pixels of the touch, beside those of a level of heat."""

HATCH: Final = "╱"
_ROLES: Final[tuple[Role, ...]] = ("heat_1", "heat_2", "heat_3", "heat_4", "heat_5", "heat_6")
_COLUMNS_KEPT: Final = 320
_HOT: Final = 11
_GLYPHS: Final = "    ····░░░▒▒▓▓█"
_ASCII: Final = "  ..::--==++**#@"


class Shading(StrEnum):
    """How heat is shown."""

    COLOUR = "colour"
    """Half blocks in their own colours: two price rows a cell."""
    GLYPHS = "glyphs"
    """Denser characters for more: one price row a cell; for 16 colours and none."""
    ASCII = "ascii"
    """The same in plain characters."""

    @property
    def rows_per_cell(self) -> int:
        """Price rows in a row of the terminal."""
        return 2 if self is Shading.COLOUR else 1


class HeatRamp:
    """The cells of one palette and shading. Equal pixels give the identical styles."""

    def __init__(self, palette: Palette, shading: Shading) -> None:
        self.palette = palette
        self.shading = shading
        self.ground: Role = "heat_1" if shading is Shading.COLOUR else "panel"
        """What marks in the plot are written on."""
        self._colours = [] if shading is not Shading.COLOUR else _blended(palette)
        self._cells: dict[tuple[int, int], tuple[str, Style]] = {}
        self._columns: dict[bytes, tuple[tuple[str, ...], tuple[Style, ...]]] = {}

    def column(self, pixels: bytes) -> tuple[tuple[str, ...], tuple[Style, ...]]:
        """Characters and styles of a column of the screen from the top down, of pixels from the top down."""
        known = self._columns.get(pixels)
        if known is None:
            if len(self._columns) >= _COLUMNS_KEPT:
                self._columns.clear()
            per_cell = self.shading.rows_per_cell
            pairs = zip(pixels[::per_cell], pixels[per_cell - 1 :: per_cell], strict=True)
            cells = [self.cell(upper, lower) for upper, lower in pairs]
            known = self._columns[pixels] = (tuple(char for char, _ in cells), tuple(style for _, style in cells))
        return known

    def cell(self, upper: int, lower: int) -> tuple[str, Style]:
        """The cell of two pixels, or of one that is given twice."""
        known = self._cells.get((upper, lower))
        if known is None:
            make = self._halves if self.shading is Shading.COLOUR else self._glyph
            known = self._cells[upper, lower] = make(upper, lower)
        return known

    def marked(self, role: Role, level: int) -> Style:
        """The style of a mark of `role` on heat of `level`; dark where heat is light, so that it can be seen."""
        if self.shading is not Shading.COLOUR:
            return self.palette.style(role, self.ground)
        return self._mark("heat_1" if level >= _HOT else role, min(level, LEVELS - 1))

    @lru_cache(maxsize=128)  # noqa: B019 - a ramp lives as long as its palette
    def _mark(self, role: Role, level: int) -> Style:
        return Style(color=self.palette.theme.roles[role].colour, bgcolor=self._colours[level])

    def _halves(self, upper: int, lower: int) -> tuple[str, Style]:
        if upper == lower == UNKNOWN:
            return HATCH, self.palette.style("hatch", "panel")
        if upper == lower:
            return " ", self._on(lower, lower)
        # One style for two colours, whichever is above: half the styles, and fewer changes of them in a row.
        return ("▀", self._on(upper, lower)) if upper < lower else ("▄", self._on(lower, upper))

    @lru_cache(maxsize=512)  # noqa: B019 - a ramp lives as long as its palette
    def _on(self, ink: int, paper: int) -> Style:
        return Style(color=self._colour(ink), bgcolor=self._colour(paper))

    def _colour(self, pixel: int) -> Color:
        if pixel < LEVELS:
            return self._colours[pixel]
        roles = self.palette.theme.roles
        return roles["bid" if pixel == BID else "ask" if pixel == ASK else "panel"].colour

    def _glyph(self, pixel: int, _same: int) -> tuple[str, Style]:
        style, is_ascii = self.palette.style, self.shading is Shading.ASCII
        if pixel == UNKNOWN:
            return "/" if is_ascii else HATCH, style("hatch", "panel")
        if pixel in (BID, ASK):
            char = "-" if is_ascii else "─" if pixel == BID else "━"
            plain = self.palette.theme.colourless
            return char, style("text" if plain else "bid" if pixel == BID else "ask", "panel", bold=True)
        return (_ASCII if is_ascii else _GLYPHS)[pixel], style("text_dim", "panel")


@lru_cache(maxsize=4)
def ramp_of(palette: Palette, shading: Shading) -> HeatRamp:
    """The ramp of a palette; made once."""
    return HeatRamp(palette, shading)


def _blended(palette: Palette) -> list[Color]:
    """A colour for each level, between those of the roles."""
    ends = [palette.theme.roles[role].colour.get_truecolor() for role in _ROLES]
    colours = []
    for level in range(LEVELS):
        at = level / (LEVELS - 1) * (len(ends) - 1)
        below = min(int(at), len(ends) - 2)
        share = at - below
        mixed = (round(a + (b - a) * share) for a, b in zip(ends[below], ends[below + 1], strict=True))
        colours.append(Color.from_rgb(*mixed))
    return colours
