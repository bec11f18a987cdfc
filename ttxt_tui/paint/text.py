"""Text in strips: exact widths, alignment, figures and bars. Every painter makes its rows with these.

Owns how text meets a width: what is too long ends in an ellipsis, what a terminal would obey or not show (control
characters, text direction marks in a venue's names) becomes a visible mark. Strips are made whole and never cut
afterwards: Textual's `Strip.divide` and `crop` keep caches that tie strips into cycles for the garbage collector.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.cells import LEFT_EIGHTHS
from ttxt_tui.state.figures import MINUS
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

Run = tuple[str, Style]
"""Text in one style."""

_UNSHOWABLE: Final = "\N{REPLACEMENT CHARACTER}"
_SCALES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def printable(text: str) -> str:
    """`text` with everything replaced that a terminal would obey or hide, such as escape and line ends."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _UNSHOWABLE for char in text)


def single_width(text: str) -> str:
    """`text` with every character one cell wide, so that its length is its width; others become `?`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() and cell_len(char) == 1 else "?" for char in text)


def width_of(text: str) -> int:
    """How many cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int) -> str:
    """`text` from the left in exactly `width` cells."""
    if len(text) <= width and text.isascii() and text.isprintable():
        return text.ljust(width)
    text = _cut(printable(text), width)
    return text + " " * (width - width_of(text))


def fit_right(text: str, width: int) -> str:
    """`text` against the right in exactly `width` cells. A figure too long keeps its first digits and an ellipsis."""
    if len(text) <= width and text.isascii() and text.isprintable():
        return text.rjust(width)
    text = _cut(printable(text), width)
    return " " * (width - width_of(text)) + text


def fit_centre(text: str, width: int) -> str:
    """`text` in the middle of exactly `width` cells."""
    text = _cut(printable(text), width)
    room = width - width_of(text)
    return " " * (room // 2) + text + " " * (room - room // 2)


def fit_decimal(text: str, whole: int, fraction: int) -> str:
    """A figure with its decimal point after `whole` cells and `fraction` cells behind it (the point included).

    Figures with fewer or no decimals leave those cells blank, so that a column of them lines up.
    """
    before, point, after = text.partition(".")
    return fit_right(before, whole) + fit(point + after, fraction)


def price_text(price: float, decimals: int) -> str:
    """A price with exactly `decimals` decimals and thousands separators, never an exponent."""
    return f"{price:,.{decimals}f}".replace("-", MINUS)


def percent(value: float, decimals: int = 2) -> str:
    """A change in percent with its sign: `+1.47%`. Zero has a plus, also where it was rounded to."""
    text = f"{value:+.{decimals}f}%"
    return text.replace("-", MINUS if text.strip("-0.%") else "+")


def compact(value: float) -> str:
    """A size or volume in at most six characters: four significant digits, then K, M, B or T; never an exponent."""
    magnitude = abs(value)
    for scale, suffix in _SCALES:
        if magnitude >= scale * 0.99995:
            return _four_digits(value / scale) + suffix
    if 0 < magnitude < 0.0005:
        return "~0"
    return _four_digits(value)


def _four_digits(value: float) -> str:
    magnitude = abs(value)
    if magnitude >= 9999.5:
        return ">9999" if value > 0 else f"<{MINUS}9999"
    decimals = 3 if magnitude < 9.9995 else 2 if magnitude < 99.995 else 1 if magnitude < 999.95 else 0
    return f"{MINUS if value < 0 else ''}{magnitude:.{decimals}f}"


def _cut(text: str, width: int) -> str:
    if width_of(text) <= width:
        return text
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def strip(runs: Iterable[Run], width: int, fill: Style) -> Strip:
    """A strip of exactly `width` cells: the runs from the left, what is left over in `fill`, what is too long cut."""
    segments: list[Segment] = []
    room = width
    for raw, style in runs:
        if raw.isascii() and raw.isprintable():
            text, length = raw, len(raw)
        else:
            text = printable(raw)
            length = width_of(text)
        if length > room:
            text, length = set_cell_size(text, room), room
        if length:
            segments.append(Segment(text, style))
            room -= length
    if room > 0:
        segments.append(Segment(" " * room, fill))
    return Strip(segments, width)


def bar(
    palette: Palette,
    text: str,
    width: int,
    fraction: float,
    *,
    text_role: Role,
    bar_role: Role,
    surface: Role,
    from_right: bool = False,
    bold: bool = False,
) -> list[Run]:
    """Text with a bar behind it: runs of exactly `width` cells, `fraction` (0 to 1) of them on the bar's colour.

    The bar ends at an eighth of a cell where that cell holds no character, else at the nearest cell. Anything above
    zero shows at least an eighth.

    Args:
        text: one cell per character; aligned by the caller, filled up with blanks on the right.
        text_role: colour of the text.
        bar_role: colour of the bar, a surface role.
        surface: the background beside the bar.
        from_right: the bar grows from the right edge.
    """
    if width < 1:
        return []
    if len(text) != width or not text.isascii() or not text.isprintable():
        text = fit(single_width(text), width)
    share = min(max(fraction, 0.0), 1.0) if isfinite(fraction) else 0.0
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    full, part = divmod(eighths, 8)
    if part:
        edge = width - full - 1 if from_right else full
        if text[edge] != " ":
            full, part = full + (part >= 4), 0

    on_bar, beside = palette.style(text_role, bar_role, bold), palette.style(text_role, surface, bold)
    if not part:
        split = width - full if from_right else full
        runs = (
            [(text[:split], beside), (text[split:], on_bar)]
            if from_right
            else [(text[:split], on_bar), (text[split:], beside)]
        )
    elif from_right:
        split = width - full - 1
        glyph = (LEFT_EIGHTHS[8 - part], palette.style(bar_role, surface, reverse=True))
        runs = [(text[:split], beside), glyph, (text[split + 1 :], on_bar)]
    else:
        glyph = (LEFT_EIGHTHS[part], palette.style(bar_role, surface))
        runs = [(text[:full], on_bar), glyph, (text[full + 1 :], beside)]
    return [run for run in runs if run[0]]
