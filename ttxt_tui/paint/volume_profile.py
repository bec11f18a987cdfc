"""The volume profile of a candle chart: how much traded in each price row, from the candles in sight.

Owns that estimate and its bars. A candle does not say where between its low and its high it traded: its volume is
spread evenly over that stretch.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from rich.color import Color
from rich.style import Style

from ttxt_tui.paint.candle_sheet import Sheet
from ttxt_tui.paint.candle_view import drawable
from ttxt_tui.paint.cells import LEFT_EIGHTHS
from ttxt_tui.theme.roles import Role

_SHARE: Final = 0.3
"""The part of the plot that the longest bar takes."""
_VALUE_AREA: Final = 0.7
"""The share of all volume that the value area holds, the customary 70 %."""
_FAINT: Final = "░"
_FAINT_ASCII: Final = ":"


class Profile(NamedTuple):
    """Volume by price row from the top, base currency, and the rows where most of it is.

    Attributes:
        poc: the row that traded most, the point of control. first, last: the value area, from the top, both included.
    """

    rows: list[float]
    poc: int
    first: int
    last: int


def volume_profile(sheet: Sheet) -> Profile | None:
    """The profile of the candles in sight; None where nothing traded."""
    scale, count = sheet.layout.scale, sheet.layout.price_rows
    ends, inner = [0.0] * count, [0.0] * (count + 1)
    for index in sheet.layout.visible.values():
        candle = sheet.view.candles[index]
        volume = candle.volume
        if not drawable(volume) or volume <= 0:
            continue
        top, end = sorted((scale.position(candle.high), scale.position(candle.low)))
        top, end = min(max(top, 0.0), count - 0.001), min(max(end, 0.0), count - 0.001)
        first, last = int(top), int(end)
        if first == last:
            ends[first] += volume
            continue
        density = volume / (end - top)
        ends[first] += density * (first + 1 - top)
        ends[last] += density * (end - last)
        inner[first + 1] += density
        inner[last] -= density
    rows = [at_ends + within for at_ends, within in zip(ends, accumulate(inner), strict=False)]
    most = max(rows, default=0.0)
    if most <= 0:
        return None
    poc = rows.index(most)
    return Profile(rows, poc, *_value_area(rows, poc))


def _value_area(rows: list[float], poc: int) -> tuple[int, int]:
    """From the point of control on, the fuller neighbour first, until the rows hold their share."""
    first = last = poc
    held, wanted = rows[poc], _VALUE_AREA * sum(rows)
    while held < wanted and (first > 0 or last < len(rows) - 1):
        above = rows[first - 1] if first > 0 else -1.0
        below = rows[last + 1] if last < len(rows) - 1 else -1.0
        if above >= below:
            first -= 1
        else:
            last += 1
        held += max(above, below)
    return first, last


def draw_profile(sheet: Sheet, profile: Profile) -> None:
    """A bar from the left for each price row, behind what is drawn already: cells get another background.

    Without colours there are no backgrounds: then only cells with nothing in them are filled, faintly.
    """
    layout, palette, canvas = sheet.layout, sheet.palette, sheet.canvas
    most, cells = profile.rows[profile.poc], max(int(layout.plot_width * _SHARE), 1)
    is_plain = palette.theme.colourless
    for row, volume in enumerate(profile.rows):
        y = layout.legend_rows + row
        full, part = divmod(round(volume / most * cells * 8), 8)
        full = min(full, layout.plot_width)
        role = _role(profile, row)
        chars, styles = canvas.chars[y], canvas.styles[y]
        if is_plain:
            char, style = _FAINT if sheet.grid.braille else _FAINT_ASCII, sheet.style(role)
            for x in range(full):
                if chars[x] == " ":
                    chars[x], styles[x] = char, style
            continue
        paper = palette.style("text", role).bgcolor
        styles[:full] = [_on(style, paper) for style in styles[:full]]
        if part and full < layout.plot_width and chars[full] == " " and sheet.grid.braille:
            chars[full], styles[full] = LEFT_EIGHTHS[part], sheet.style(role)


def _role(profile: Profile, row: int) -> Role:
    if row == profile.poc:
        return "crosshair"
    return "border" if profile.first <= row <= profile.last else "panel_alt"


@lru_cache(maxsize=256)
def _on(style: Style, paper: Color | None) -> Style:
    """`style` on another background: the identical object each time, as styles are compared by identity."""
    return style + Style(bgcolor=paper)
