"""Paints a screen of cells to a PNG as a good terminal shows it: blocks and lines as geometry, text by a font.

Owns the grid of cells and its pixels. `paint` takes Textual's strips; `paint_grid` any grid, such as that of a terminal
emulator that read the program's output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.strip import Strip

from screenshots.fonts import Face, find_families
from screenshots.glyphs import draw_glyph

Rgb = tuple[int, int, int]

CELL_WIDTH: Final = 9
CELL_HEIGHT: Final = 18
FONT_SIZE: Final = 15
_BASELINE: Final = 14
_DIM: Final = 0.6
FOREGROUND: Final[Rgb] = (0xD9, 0xDE, 0xE6)
BACKGROUND: Final[Rgb] = (0x06, 0x08, 0x0B)


class Cell(NamedTuple):
    """One cell of a screen. A wide character stands in its left cell, and the cell right of it has no character."""

    char: str = " "
    fg: Rgb = FOREGROUND
    bg: Rgb = BACKGROUND
    bold: bool = False
    dim: bool = False
    reverse: bool = False
    underline: bool = False


def paint(
    strips: Iterable[Strip],
    path: Path | str,
    *,
    scale: int = 1,
    foreground: Rgb = FOREGROUND,
    background: Rgb = BACKGROUND,
) -> tuple[int, int]:
    """Paint strips to the PNG `path` and return its size in pixels.

    Args:
        scale: pixels for each of the 9 × 18 of a cell.
        foreground: the terminal's own text colour, for styles that name none.
        background: the terminal's own background.

    Raises:
        FontsMissingError: no font to write in is installed.
    """
    return paint_grid([cells_of(strip, foreground, background) for strip in strips], path, scale=scale)


def paint_grid(grid: Sequence[Sequence[Cell]], path: Path | str, *, scale: int = 1) -> tuple[int, int]:
    """Paint rows of cells to the PNG `path` and return its size in pixels.

    Raises:
        FontsMissingError: no font to write in is installed.
    """
    image = _Picture(grid, scale).image
    image.save(path, optimize=True)
    return image.size


def cells_of(strip: Strip, foreground: Rgb = FOREGROUND, background: Rgb = BACKGROUND) -> list[Cell]:
    """The cells of one strip."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        look = _look(style, foreground, background)
        for char in text:
            width = cell_len(char)
            if width:
                cells.append(look._replace(char=char))
            cells += [look._replace(char="")] * (width - 1)
    return cells


def _look(style: Style | None, foreground: Rgb, background: Rgb) -> Cell:
    if style is None:
        return Cell(fg=foreground, bg=background)
    return Cell(
        fg=_rgb(style.color, foreground),
        bg=_rgb(style.bgcolor, background),
        bold=bool(style.bold),
        dim=bool(style.dim),
        reverse=bool(style.reverse),
        underline=bool(style.underline),
    )


def _rgb(colour: Color | None, own: Rgb) -> Rgb:
    if colour is None or colour.is_default:
        return own
    red, green, blue = colour.get_truecolor()
    return red, green, blue


class _Picture:
    """One picture. Backgrounds are painted before any character, so that no cell cuts its neighbour's."""

    def __init__(self, grid: Sequence[Sequence[Cell]], scale: int) -> None:
        families = find_families()
        size = FONT_SIZE * scale
        self.scale = scale
        self.width, self.height = CELL_WIDTH * scale, CELL_HEIGHT * scale
        self.faces = {
            False: Face([family.regular for family in families], size),
            True: Face([family.bold for family in families], size),
        }
        self.masks: dict[tuple[str, bool, bool], Image.Image] = {}
        columns = max((len(row) for row in grid), default=0)
        self.image = Image.new("RGB", (max(columns, 1) * self.width, max(len(grid), 1) * self.height), BACKGROUND)
        shown = [[_shown(cell) for cell in row] for row in grid]
        self._backgrounds(shown)
        self._characters(shown)

    def _backgrounds(self, grid: Sequence[Sequence[Cell]]) -> None:
        draw = ImageDraw.Draw(self.image)
        for y, row in enumerate(grid):
            top = y * self.height
            for x, cell in enumerate(row):
                left = x * self.width
                draw.rectangle((left, top, left + self.width - 1, top + self.height - 1), fill=cell.bg)

    def _characters(self, grid: Sequence[Sequence[Cell]]) -> None:
        draw = ImageDraw.Draw(self.image)
        for y, row in enumerate(grid):
            top = y * self.height
            for x, cell in enumerate(row):
                left = x * self.width
                if cell.char not in {"", " "}:
                    wide = x + 1 < len(row) and row[x + 1].char == ""
                    mask = self._mask(cell.char, cell.bold, wide)
                    self.image.paste(cell.fg, (left, top), mask)
                if cell.underline:
                    line = top + self.height - 2 * self.scale
                    draw.rectangle((left, line, left + self.width - 1, line + self.scale - 1), fill=cell.fg)

    def _mask(self, char: str, bold: bool, wide: bool) -> Image.Image:
        key = (char, bold, wide)
        mask = self.masks.get(key)
        if mask is None:
            width = self.width * (2 if wide else 1)
            mask = self.masks[key] = draw_glyph(char, width, self.height) or self._written(char, bold, width)
        return mask

    def _written(self, char: str, bold: bool, width: int) -> Image.Image:
        mask = Image.new("L", (width, self.height), 0)
        font = self.faces[bold].font_for(char)
        place = (width / 2, _BASELINE * self.scale)
        ImageDraw.Draw(mask).text(place, char, font=font, fill=255, anchor="ms")
        return mask


def _shown(cell: Cell) -> Cell:
    """The cell with its attributes turned into the two colours that are seen."""
    fg, bg = (cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg)
    if cell.dim:
        fg = (_blend(fg[0], bg[0]), _blend(fg[1], bg[1]), _blend(fg[2], bg[2]))
    return cell._replace(fg=fg, bg=bg)


def _blend(over: int, under: int) -> int:
    return round(under + (over - under) * _DIM)
