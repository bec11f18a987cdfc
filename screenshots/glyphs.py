"""Draws the characters that a good terminal draws itself: blocks, sextants, octants, braille, lines and corners.

Owns their geometry in a cell of any size, as masks (0 to 255) to paint a colour through. Drawn at four times the size
and shrunk where edges are not parallel to the pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw

from ttxt_tui.paint.cells import BRAILLE, GRIDS, LEFT_EIGHTHS, VERTICAL_EIGHTHS, Glyphs

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the cell."""

_SMOOTH: Final = 4


def _rectangles() -> dict[str, list[Box]]:
    """Every character that is made of rectangles."""
    shapes: dict[str, list[Box]] = {}
    for glyphs in (Glyphs.OCTANT, Glyphs.SEXTANT, Glyphs.QUADRANT, Glyphs.HALF):
        grid = GRIDS[glyphs]
        w, h = 1 / grid.columns, 1 / grid.rows
        for mask, char in enumerate(grid.blocks):
            pixels = (divmod(bit, grid.columns) for bit in range(grid.columns * grid.rows) if mask >> bit & 1)
            shapes[char] = [(x * w, y * h, (x + 1) * w, (y + 1) * h) for y, x in pixels]
    for eighths in range(1, 9):
        part = eighths / 8
        shapes[VERTICAL_EIGHTHS[eighths]] = [(0, 1 - part, 1, 1)]
        shapes[LEFT_EIGHTHS[eighths]] = [(0, 0, part, 1)]
    for char, eighths in zip("▔🮂🮃▀🮄🮅🮆", range(1, 8), strict=True):
        shapes[char] = [(0, 0, 1, eighths / 8)]
    for char, eighths in zip("▕🮇🮈▐🮉🮊🮋", range(1, 8), strict=True):
        shapes[char] = [(1 - eighths / 8, 0, 1, 1)]
    return shapes


_RECTANGLES: Final = _rectangles()
_BRAILLE: Final = {char: mask for mask, char in enumerate(BRAILLE)}

# Lines from the middle of the cell to its edges: left, right, up, down; 1 light, 2 heavy, 3 double.
_LINES: Final[dict[str, tuple[int, int, int, int]]] = {
    "─": (1, 1, 0, 0), "│": (0, 0, 1, 1), "┌": (0, 1, 0, 1), "┐": (1, 0, 0, 1), "└": (0, 1, 1, 0),
    "┘": (1, 0, 1, 0), "├": (0, 1, 1, 1), "┤": (1, 0, 1, 1), "┬": (1, 1, 0, 1), "┴": (1, 1, 1, 0),
    "┼": (1, 1, 1, 1), "━": (2, 2, 0, 0), "┃": (0, 0, 2, 2), "┏": (0, 2, 0, 2), "┓": (2, 0, 0, 2),
    "┗": (0, 2, 2, 0), "┛": (2, 0, 2, 0), "┣": (0, 2, 2, 2), "┫": (2, 0, 2, 2), "┳": (2, 2, 0, 2),
    "┻": (2, 2, 2, 0), "╋": (2, 2, 2, 2), "╴": (1, 0, 0, 0), "╶": (0, 1, 0, 0), "╵": (0, 0, 1, 0),
    "╷": (0, 0, 0, 1), "╸": (2, 0, 0, 0), "╺": (0, 2, 0, 0), "╹": (0, 0, 2, 0), "╻": (0, 0, 0, 2),
    "╼": (1, 2, 0, 0), "╾": (2, 1, 0, 0), "╽": (0, 0, 1, 2), "╿": (0, 0, 2, 1), "═": (3, 3, 0, 0),
    "║": (0, 0, 3, 3), "╔": (0, 3, 0, 3), "╗": (3, 0, 0, 3), "╚": (0, 3, 3, 0), "╝": (3, 0, 3, 0),
}  # fmt: skip

# Dashed lines: whether they lie, how many dashes, how heavy.
_DASHES: Final = {
    "╌": (True, 2, 1), "╍": (True, 2, 2), "┄": (True, 3, 1), "┅": (True, 3, 2), "┈": (True, 4, 1), "┉": (True, 4, 2),
    "╎": (False, 2, 1), "╏": (False, 2, 2), "┆": (False, 3, 1), "┇": (False, 3, 2), "┊": (False, 4, 1),
    "┋": (False, 4, 2),
}  # fmt: skip

# Rounded corners: towards which edges they open, as signs of x and y.
_CORNERS: Final = {"╭": (1, 1), "╮": (-1, 1), "╰": (1, -1), "╯": (-1, -1)}
_DIAGONALS: Final = {"╱": ((0, 1, 1, 0),), "╲": ((0, 0, 1, 1),), "╳": ((0, 1, 1, 0), (0, 0, 1, 1))}
_SHADES: Final = {"░": 64, "▒": 128, "▓": 192}


def draw_glyph(char: str, width: int, height: int) -> Image.Image | None:
    """The mask of `char` in a cell of `width` × `height` pixels; None for a character that a font must write."""
    for shapes, draw in _DRAWERS:
        if char in shapes:
            mask = Image.new("L", (width, height), 0)
            draw(char, mask)
            return mask
    return None


def _thickness(mask: Image.Image, weight: int) -> int:
    light = max(1, round(mask.width / 9))
    return light * 2 if weight == 2 else light


def _fill(mask: Image.Image, left: float, top: float, right: float, bottom: float) -> None:
    """Fill a rectangle given in pixels; right and bottom are not part of it."""
    if right > left and bottom > top:
        ImageDraw.Draw(mask).rectangle((left, top, right - 1, bottom - 1), fill=255)


def _draw_rectangles(char: str, mask: Image.Image) -> None:
    w, h = mask.size
    for left, top, right, bottom in _RECTANGLES[char]:
        _fill(mask, round(left * w), round(top * h), round(right * w), round(bottom * h))


def _draw_braille(char: str, mask: Image.Image) -> None:
    w, h = mask.size[0] * _SMOOTH, mask.size[1] * _SMOOTH
    large = Image.new("L", (w, h), 0)
    radius = w / 9
    for bit in range(8):
        if _BRAILLE[char] >> bit & 1:
            x, y = (bit % 2 + 0.5) * w / 2, (bit // 2 + 0.5) * h / 4
            ImageDraw.Draw(large).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    mask.paste(large.resize(mask.size, Image.Resampling.BOX))


def _draw_lines(char: str, mask: Image.Image) -> None:
    w, h = mask.size
    left, right, up, down = _LINES[char]
    middle = max(_thickness(mask, weight) for weight in (left, right, up, down) if weight)
    for weight, begins, ends in ((left, True, False), (right, False, True)):
        for y, t in _strokes(mask, weight, h):
            start = 0 if begins else (w - middle) // 2
            _fill(mask, start, y, w if ends else (w + middle) // 2, y + t)
    for weight, begins, ends in ((up, True, False), (down, False, True)):
        for x, t in _strokes(mask, weight, w):
            start = 0 if begins else (h - middle) // 2
            _fill(mask, x, start, x + t, h if ends else (h + middle) // 2)


def _strokes(mask: Image.Image, weight: int, across: int) -> list[tuple[int, int]]:
    """Where the strokes of a line begin across its direction, and how thick they are."""
    if not weight:
        return []
    t = _thickness(mask, weight)
    middle = (across - t) // 2
    return [(middle - t, t), (middle + t, t)] if weight == 3 else [(middle, t)]


def _draw_dashes(char: str, mask: Image.Image) -> None:
    lies, count, weight = _DASHES[char]
    w, h = mask.size
    t = _thickness(mask, weight)
    length = w if lies else h
    for dash in range(count):
        start, end = round(length * (dash + 0.2) / count), round(length * (dash + 0.75) / count)
        end = max(end, start + 1)
        if lies:
            _fill(mask, start, (h - t) // 2, end, (h - t) // 2 + t)
        else:
            _fill(mask, (w - t) // 2, start, (w - t) // 2 + t, end)


def _draw_corner(char: str, mask: Image.Image) -> None:
    w, h = mask.size[0] * _SMOOTH, mask.size[1] * _SMOOTH
    large = Image.new("L", (w, h), 0)
    draw = ImageDraw.Draw(large)
    t = _thickness(mask, 1) * _SMOOTH
    to_right, to_below = _CORNERS[char]
    # The same middle as straight lines have, so that corners meet them.
    x, y = ((mask.size[0] - t // _SMOOTH) // 2) * _SMOOTH, ((mask.size[1] - t // _SMOOTH) // 2) * _SMOOTH
    radius = w / 2
    centre_x = x + t / 2 + to_right * radius
    centre_y = y + t / 2 + to_below * radius
    outer = radius + t / 2
    box = (centre_x - outer, centre_y - outer, centre_x + outer, centre_y + outer)
    start = {(1, 1): 180, (-1, 1): 270, (1, -1): 90, (-1, -1): 0}[to_right, to_below]
    draw.arc(box, start, start + 90, fill=255, width=t)
    if to_below > 0:
        draw.rectangle((x, centre_y, x + t - 1, h), fill=255)
    else:
        draw.rectangle((x, 0, x + t - 1, centre_y), fill=255)
    if to_right > 0:
        draw.rectangle((centre_x, y, w, y + t - 1), fill=255)
    else:
        draw.rectangle((0, y, centre_x, y + t - 1), fill=255)
    mask.paste(large.resize(mask.size, Image.Resampling.BOX))


def _draw_diagonals(char: str, mask: Image.Image) -> None:
    w, h = mask.size[0] * _SMOOTH, mask.size[1] * _SMOOTH
    large = Image.new("L", (w, h), 0)
    for x0, y0, x1, y1 in _DIAGONALS[char]:
        ends = (x0 * w, y0 * h, x1 * w, y1 * h)
        ImageDraw.Draw(large).line(ends, fill=255, width=_thickness(mask, 1) * _SMOOTH)
    mask.paste(large.resize(mask.size, Image.Resampling.BOX))


def _draw_shade(char: str, mask: Image.Image) -> None:
    mask.paste(_SHADES[char], (0, 0, *mask.size))


_DRAWERS: Final[tuple[tuple[dict[str, object], Callable[[str, Image.Image], None]], ...]] = (
    (dict(_RECTANGLES), _draw_rectangles),
    (dict(_BRAILLE), _draw_braille),
    (dict(_LINES), _draw_lines),
    (dict(_DASHES), _draw_dashes),
    (dict(_CORNERS), _draw_corner),
    (dict(_DIAGONALS), _draw_diagonals),
    (dict(_SHADES), _draw_shade),
)
