"""The tape as strips: heads, prints, and the bar of who takes more.

Owns how a `TapeRow` looks. The aggressor's side is a glyph as well as a colour, a large print is bold on a bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from textual.strip import Strip

from ttxt_core.events.market import Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.paint.cells import LEFT_EIGHTHS
from ttxt_tui.paint.text import Run, compact, fit_centre, fit_right, strip
from ttxt_tui.state.tape import Pressure, PrintKind, TapeRow
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

_TIMES: Final = (12, 8, 5)
"""Cells of the time: to the millisecond, to the second, minutes and seconds."""
_LEAST_SIZE: Final = 7
_MOST_SIZE: Final = 14
_COUNT: Final = 5
"""Cells of how many trades a print is made of."""
_MOST_COUNT: Final = 999


@dataclass(frozen=True, slots=True)
class TapeLayout:
    """The widths of a tape's columns, in cells; `time` and `count` are 0 where they have no room."""

    width: int
    time: int
    price: int
    size: int
    count: int = 0

    @classmethod
    def for_width(cls, width: int, price_width: int, info: InstrumentInfo) -> Self:
        """The layout of a pane `width` cells wide; `price_width` as the ladder's."""
        wanted = max(_LEAST_SIZE, info.quantity_decimals + 5)
        fixed = price_width + 4  # a margin, the side's glyph, a blank before the price and one before the size
        time = next((time for time in _TIMES if width - fixed - time - 1 >= wanted), 0)
        left = width - fixed - 1 - (time + 1 if time else 0)
        count = _COUNT if left - _COUNT >= wanted else 0
        size = min(max(left - count, 0), _MOST_SIZE)
        return cls(width, time, price_width, size, count)


def tape_header(palette: Palette, layout: TapeLayout, least: str = "") -> Strip:
    """The column heads; `least` is the size from which on prints are shown, empty for all."""
    faint = palette.style("text_faint", "panel")
    text = f" {'Time':<{layout.time}}" if layout.time else ""
    text += f"   {fit_right('Price', layout.price)} "
    if not least:
        return strip([(f"{text}{fit_right('Size', layout.size)}", faint)], layout.width, faint)
    filtered = palette.style("warning", "panel")
    return strip([(text, faint), (fit_right(f"≥ {least}", layout.size), filtered)], layout.width, faint)


def tape_row(row: TapeRow, palette: Palette, layout: TapeLayout) -> Strip:
    """One print, or the place where some were lost, in exactly `layout.width` cells."""
    if row.kind is PrintKind.MISSED:
        warning = palette.style("warning", "panel")
        return strip([(fit_centre(f"· {row.size} ·", layout.width), warning)], layout.width, warning)
    is_buy = row.side is Side.BUY
    surface: Role = "panel"
    if row.is_large:
        surface = "bid_bar" if is_buy else "ask_bar"
    side: Role = "up" if is_buy else "down"
    plain = palette.style("text", surface, bold=row.is_large)
    runs: list[Run] = []
    if layout.time:
        runs.append((f" {_time(row.time, layout.time)}", palette.style("text_dim", surface)))
    glyph = "▲" if is_buy else "▼"
    runs.append((f" {glyph} {fit_right(row.price, layout.price)}", palette.style(side, surface, bold=row.is_large)))
    size = row.size if len(row.size) <= layout.size else compact(float(row.size))
    runs.append((f" {fit_right(size, layout.size)}", plain))
    if layout.count and row.trades > 1:
        count = f"×{row.trades}" if row.trades <= _MOST_COUNT else f"×{_MOST_COUNT}"
        faint = palette.style("text_dim", surface)
        runs.append((fit_right(count, layout.count), faint))
    return strip(runs, layout.width, plain)


def pressure_bar(pressure: Pressure, palette: Palette, width: int) -> Strip:
    """Buyers' volume from the left, sellers' from the right, each over its part of the bar."""
    blank = palette.style("text", "panel")
    cells = width - 2
    if cells < 4:
        return strip([], width, blank)
    if pressure.buy + pressure.sell <= 0:
        return strip([(fit_centre("no trades", width), palette.style("text_faint", "panel"))], width, blank)
    eighths = round(pressure.buy_share * cells * 8)
    full, part = divmod(eighths, 8)
    buys, sells = f" ▲ {compact(pressure.buy)}", f"{compact(pressure.sell)} ▼ "
    middle = cells - len(buys) - len(sells)
    text = f"{buys}{' ' * middle}{sells}" if middle > 0 else " " * cells
    buy, sell = palette.style("up", "bid_bar"), palette.style("down", "ask_bar")
    edge: Run = ("", sell)
    if part and text[full] == " ":
        edge = (LEFT_EIGHTHS[part], palette.style("bid_bar", "ask_bar"))
    else:
        full += part >= 4
    rest = text[full + len(edge[0]) :]
    return strip([(" ", blank), (text[:full], buy), edge, (rest, sell)], width, blank)


def _time(text: str, cells: int) -> str:
    return text[3:8] if cells == _TIMES[2] else text[:cells]
