"""What is drawn inside the plot of a candle chart, layer by layer; each covers what was drawn before it."""

from __future__ import annotations

from functools import lru_cache

from ttxt_tui.paint.candle_sheet import Sheet, falls
from ttxt_tui.paint.candle_view import Overlay, drawable
from ttxt_tui.paint.cells import CellGrid

_BRAILLE_ROWS = 4


def draw_grid(sheet: Sheet, columns: list[int]) -> None:
    """Faint lines at the round prices, and at the given columns of round times."""
    if sheet.palette.theme.colourless:
        return  # without colours nothing is faint enough to lie behind candles
    layout, style = sheet.layout, sheet.style("grid")
    for row in range(layout.price_rows):
        if layout.scale.label(row) is not None:
            sheet.across(layout.legend_rows + row, sheet.grid.dots, style)
    for column in columns:
        sheet.down(column, style)


def draw_crosshair(sheet: Sheet) -> None:
    """The lines through the candle and the price that are pointed out."""
    slot, price = sheet.crosshair_slot(), sheet.crosshair_price()
    if price is not None and (row := sheet.row(price)) is not None:
        sheet.across(row, sheet.grid.line, sheet.style("crosshair"))
    if slot is not None:
        sheet.down(sheet.middle(slot), sheet.style("crosshair"))


def draw_last_price(sheet: Sheet) -> None:
    """The line of the last price."""
    last = sheet.view.last_price
    if last is not None and (row := sheet.row(last)) is not None:
        sheet.across(row, sheet.grid.dots, sheet.style("crosshair"))


def draw_order_lines(sheet: Sheet) -> None:
    """The lines of own orders, position and stops, dimmed: their labels and tags are what is read."""
    for line in reversed(sheet.view.lines):
        if (row := sheet.row(line.price)) is not None:
            sheet.across(row, sheet.grid.dashes, sheet.style(line.role, dim=True))


def draw_overlay(sheet: Sheet, overlay: Overlay) -> None:
    """A dot for each pixel column between the middles of neighbouring candles; what is missing breaks the line."""
    layout = sheet.layout
    base, factor = layout.scale.pixels(_BRAILLE_ROWS)
    lowest = layout.price_rows * _BRAILLE_ROWS
    step = 2 * layout.pitch
    masks: dict[tuple[int, int], int] = {}
    before: tuple[int, float] | None = None
    for slot, index in reversed(layout.visible.items()):
        value = overlay.values[index] if index < len(overlay.values) else None
        if value is None or not drawable(value):
            before = None
            continue
        x, y = 2 * layout.column(slot) + layout.pitch - 1, base - value * factor
        start, slope = (x, 0.0) if before is None or x - before[0] > step else (x - step + 1, (y - before[1]) / step)
        for dot_x in range(start, x + 1):
            dot_y = y - (x - dot_x) * slope
            if 0 <= dot_y < lowest:
                row, part = divmod(int(dot_y), _BRAILLE_ROWS)
                cell = (row, dot_x // 2)
                masks[cell] = masks.get(cell, 0) | 1 << (part * 2 + dot_x % 2)
        before = (x, y)
    style, braille = sheet.style(overlay.role), sheet.grid.braille
    chars, styles = sheet.canvas.chars, sheet.canvas.styles
    for (row, column), mask in masks.items():
        if 0 <= column < layout.plot_width:
            y = layout.legend_rows + row
            chars[y][column], styles[y][column] = braille[mask] if braille else sheet.grid.point, style


def draw_candles(sheet: Sheet) -> None:
    """Bodies and wicks. A cell belongs to one candle and has its colour, so body and wick join without a seam."""
    layout, per_row = sheet.layout, sheet.grid.rows
    base, factor = layout.scale.pixels(per_row)
    total = layout.price_rows * per_row
    chars, styles = sheet.canvas.chars, sheet.canvas.styles
    rising, falling = sheet.style("up"), sheet.style("down")
    width, first_column = layout.plot_width, layout.column(0)
    for slot, index in layout.visible.items():
        candle = sheet.view.candles[index]
        drops = falls(candle)
        above, below = (candle.open, candle.close) if drops else (candle.close, candle.open)
        body_top = min(max(round(base - above * factor), 0), total - 1)
        body_end = min(max(round(base - below * factor), body_top + 1), total)
        wick_top = max(min(round(base - candle.high * factor), body_top), 0)
        wick_end = min(max(round(base - candle.low * factor), body_end), total)
        column, style = first_column + slot * layout.pitch, falling if drops else rising
        for row in range(wick_top // per_row, (wick_end - 1) // per_row + 1):
            top = row * per_row
            cells = _candle_cells(
                sheet.grid, layout.pitch, drops,
                (max(wick_top - top, 0), min(wick_end - top, per_row)),
                (max(body_top - top, 0), min(max(body_end - top, 0), per_row)),
            )  # fmt: skip
            y = row + layout.legend_rows
            for shift, char in cells:
                x = column + shift
                if x < width:
                    chars[y][x], styles[y][x] = char, style


def draw_volume(sheet: Sheet) -> None:
    """A bar for each candle; the largest in sight fills the rows."""
    layout, levels = sheet.layout, sheet.grid.levels
    most = largest_volume(sheet)
    if not layout.volume_rows or most <= 0:
        return
    chars, styles = sheet.canvas.chars, sheet.canvas.styles
    bottom = layout.legend_rows + layout.price_rows + layout.volume_rows - 1
    rising, falling = sheet.style("up_dim"), sheet.style("down_dim")
    width, first_column = layout.plot_width, layout.column(0)
    for slot, index in layout.visible.items():
        candle = sheet.view.candles[index]
        if not drawable(candle.volume) or candle.volume <= 0:
            continue
        eighths = max(round(candle.volume / most * layout.volume_rows * 8), 1)
        column, style = first_column + slot * layout.pitch, falling if falls(candle) else rising
        columns = range(column, min(column + max(layout.pitch - 1, 1), width))
        for step in range((eighths + 7) // 8):
            y, char = bottom - step, levels[min(eighths - step * 8, 8)]
            for x in columns:
                chars[y][x], styles[y][x] = char, style


def largest_volume(sheet: Sheet) -> float:
    """The largest volume of the candles in sight; 0 where there is none."""
    volumes = (sheet.view.candles[index].volume for index in sheet.layout.visible.values())
    return max((volume for volume in volumes if drawable(volume)), default=0.0)


def draw_fills(sheet: Sheet) -> None:
    """Own fills as arrows that leave the candle whole: a buy points up from below its low, a sell down to its high."""
    layout = sheet.layout
    style = sheet.style("own_order", bold=True)
    top, bottom = layout.legend_rows, layout.legend_rows + layout.price_rows - 1
    for fill in sheet.view.fills:
        slot = fill.time_ns // layout.interval_ns
        if not (layout.first_slot <= slot <= layout.last_slot and drawable(fill.price)):
            continue
        candle = sheet.candle(slot)
        beyond = fill.price if candle is None else candle.low if fill.is_buy else candle.high
        away = 0 if candle is None else 1 if fill.is_buy else -1
        row = min(max(layout.legend_rows + int(layout.scale.position(beyond)) + away, top), bottom)
        sheet.canvas.write(sheet.middle(slot), row, sheet.grid.up if fill.is_buy else sheet.grid.down, style)


@lru_cache(maxsize=8192)
def _candle_cells(
    grid: CellGrid, pitch: int, drops: bool, wick: tuple[int, int], body: tuple[int, int]
) -> list[tuple[int, str]]:
    """The characters of one row of one candle, as (column, character).

    `wick` and `body` are the pixel rows of the row that they take, first and end. The body is 2 × pitch − 1 pixels wide
    and a pixel of gap follows, the wick is in its middle. At a pitch of 1 the body takes both pixels: with a gap it
    would be as thin as the wick.
    """
    body_width = grid.columns * pitch - (pitch > 1)
    wick_column = (body_width - 1) // 2
    blocks = grid.falling if drops else grid.blocks
    cells: list[tuple[int, str]] = []
    for column in range(pitch):
        body_mask = wick_mask = 0
        for x in range(grid.columns):
            pixel = column * grid.columns + x
            for y in range(grid.rows):
                bit = 1 << (y * grid.columns + x)
                body_mask |= bit * (pixel < body_width and body[0] <= y < body[1])
                wick_mask |= bit * (pixel == wick_column and wick[0] <= y < wick[1])
        if grid.columns > 1 and body_mask | wick_mask:
            cells.append((column, blocks[body_mask | wick_mask]))
        elif body_mask or wick_mask:
            # With one column of pixels a wick would be as wide as the body: it is a character, where no body is.
            cells.append((column, blocks[body_mask] if body_mask else grid.wick))
    return cells
