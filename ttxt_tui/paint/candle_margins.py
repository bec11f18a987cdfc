"""What stands around the plot of a candle chart, and the labels on it: legend, price axis, time axis, order labels."""

from __future__ import annotations

from rich.style import Style

from ttxt_tui.paint.axes import NS_PER_SECOND, moment_text, time_step, time_text
from ttxt_tui.paint.candle_layers import largest_volume
from ttxt_tui.paint.candle_sheet import Sheet, falls
from ttxt_tui.paint.candle_view import CandleLike, ChartLayout, Overlay, drawable
from ttxt_tui.paint.text import Run, compact, fit, fit_right, percent, price_text, single_width
from ttxt_tui.paint.volume_profile import Profile
from ttxt_tui.theme.roles import Role

_TIME_ROOM = 12


def round_times(layout: ChartLayout) -> list[tuple[int, str]]:
    """The round times in sight: the candle interval that each begins in, and its text."""
    if not (layout.time_rows and layout.visible):
        return []
    step = time_step(layout.interval_ns, layout.pitch, _TIME_ROOM)
    step_ns = step * NS_PER_SECOND
    times: list[tuple[int, str]] = []
    before = (layout.first_slot - 1) * layout.interval_ns // step_ns
    for slot in range(layout.first_slot, layout.last_slot + 1):
        period = slot * layout.interval_ns // step_ns
        if period != before:
            times.append((slot, time_text(period * step_ns, step)))
        before = period
    return times


def draw_time_axis(sheet: Sheet, times: list[tuple[int, str]]) -> None:
    """The round times, each under the middle of its candle, and the time of the candle that is pointed out."""
    layout = sheet.layout
    if not layout.time_rows:
        return
    row, style = layout.height - 1, sheet.style("text_faint")
    tag_start, tag_end = layout.plot_width, layout.plot_width
    pointed = sheet.crosshair_slot()
    if pointed is not None:
        tag = f" {moment_text(pointed * layout.interval_ns, layout.interval_ns)} "[: layout.plot_width]
        tag_start = max(min(sheet.middle(pointed) - len(tag) // 2, layout.plot_width - len(tag)), 0)
        tag_end = tag_start + len(tag)
        sheet.canvas.write(tag_start, row, tag, sheet.palette.style("text", "field"))
    for slot, text in times:
        start = sheet.middle(slot) - len(text) // 2
        end = start + len(text)
        if start >= 0 and end <= layout.plot_width and (end < tag_start or start > tag_end):
            sheet.canvas.write(start, row, text, style)


def draw_price_axis(sheet: Sheet) -> None:
    """The round prices, then the tags of last price and lines, then the largest volume.

    What the scale does not reach is written at its end with an arrow, unfilled; of several only the nearest.
    """
    layout = sheet.layout
    if not layout.axis_width:
        return
    cells, faint = layout.axis_width - 2, sheet.style("text_faint")
    for row in range(layout.price_rows):
        label = layout.scale.label(row)
        if label is not None and len(label) <= cells:
            _write_price(sheet, row, f" {label:>{cells}} ", faint)
    taken: set[int] = set()
    for price, role in _tags(sheet):
        row = min(max(int(layout.scale.position(price)), 0), layout.price_rows - 1)
        if row in taken:
            continue
        taken.add(row)
        text = fit_right(price_text(price, sheet.view.price_decimals), cells)
        if _beyond(sheet, price):
            arrow = sheet.grid.up if row == 0 and layout.scale.position(price) < 0 else sheet.grid.down
            _write_price(sheet, row, f"{arrow}{text} ", sheet.style(role))
        else:
            _write_price(sheet, row, f" {text} ", sheet.palette.style("tag_text", role, bold=True))
    pointed = sheet.crosshair_price()
    if pointed is not None and (pointed_row := layout.scale.row(pointed)) is not None:
        text = fit_right(price_text(pointed, sheet.view.price_decimals), cells)
        _write_price(sheet, pointed_row, f" {text} ", sheet.palette.style("text", "field"))
    if layout.volume_rows and (most := largest_volume(sheet)) > 0:
        text = next((text for text in _volumes(most) if len(text) <= cells), "")
        _write_price(sheet, layout.price_rows, f" {text:>{cells}} ", faint)


def _volumes(volume: float) -> tuple[str, ...]:
    """The largest volume, ever shorter: beside low prices there is little room."""
    text = compact(volume)
    figure, unit = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "")
    whole = figure.partition(".")[0]
    return f"V {text}", text, f"V {whole}{unit}", f"{whole}{unit}"


def _write_price(sheet: Sheet, row: int, text: str, style: Style) -> None:
    sheet.canvas.write(sheet.layout.plot_width, sheet.layout.legend_rows + row, text, style)


def _tags(sheet: Sheet) -> list[tuple[float, Role]]:
    """The prices to mark on the axis, most important first; then those beyond the scale, the nearest of them first."""
    tags = [(line.price, line.role) for line in sheet.view.lines if drawable(line.price)]
    last = sheet.view.last_price
    if last is not None and drawable(last):
        newest = sheet.view.candles[-1] if sheet.view.candles else None
        tags.insert(0, (last, "down" if newest is not None and falls(newest) else "up"))
    return sorted(tags, key=lambda tag: _beyond(sheet, tag[0]))


def _beyond(sheet: Sheet, price: float) -> float:
    """How many rows `price` is outside the scale; 0 inside."""
    position = sheet.layout.scale.position(price)
    if 0 <= position < sheet.layout.price_rows:
        return 0.0
    return max(-position, position - sheet.layout.price_rows + 1)


def draw_order_labels(sheet: Sheet) -> None:
    """What each line is, at its left end; lines in one row stand beside each other."""
    free: dict[int, int] = {}
    for line in sheet.view.lines:
        row = sheet.row(line.price)
        if row is None or not line.label:
            continue
        text = f" {single_width(line.label)} "
        column = free.get(row, 1)
        if column + len(text) <= sheet.layout.plot_width:
            sheet.canvas.write(column, row, text, sheet.style(line.role, bold=True))
            free[row] = column + len(text) + 1


def draw_beginning(sheet: Sheet) -> None:
    """Where the first candle that is known is in sight: that none is before it, in the room that is left of it."""
    layout, candles = sheet.layout, sheet.view.candles
    if not layout.visible or min(layout.visible.values()) > 0:
        return
    slot = candles[0].time_ns // layout.interval_ns
    text = f"no candles before {moment_text(slot * layout.interval_ns, layout.interval_ns)}"
    room = layout.column(slot) - 2
    if slot in layout.visible and len(text) <= room:
        row = layout.legend_rows + layout.price_rows // 2
        sheet.canvas.write((room - len(text)) // 2 + 1, row, text, sheet.style("text_faint"))


def draw_legend(sheet: Sheet, profile: Profile | None = None) -> None:
    """The candle that is pointed out, else the newest, in figures; overlays; the price that traded most.

    What lacks room is left out.
    """
    layout = sheet.layout
    if not layout.legend_rows:
        return
    slot = sheet.crosshair_slot()
    index = next(iter(layout.visible.values()), None) if slot is None else layout.visible.get(slot)
    groups: list[list[Run]] = []
    if index is not None:
        groups += _candle_groups(sheet, sheet.view.candles[index])
        groups += [_overlay_group(sheet, overlay, index) for overlay in sheet.view.overlays]
    elif slot is not None:
        groups.append([("no trades", sheet.style("text_faint"))])
    if profile is not None:
        most = price_text(layout.scale.price(profile.poc), sheet.view.price_decimals)
        groups.append([("POC ", sheet.style("text_faint")), (most, sheet.style("text_dim"))])
    column = 1
    for group in groups:
        if column + sum(len(text) for text, _ in group) > layout.width:
            break
        for text, style in group:
            sheet.canvas.write(column, 0, text, style)
            column += len(text)
        column += 2


def _candle_groups(sheet: Sheet, candle: CandleLike) -> list[list[Run]]:
    decimals = sheet.view.price_decimals
    label, figure = sheet.style("text_faint"), sheet.style("down" if falls(candle) else "up")
    prices = (("O", candle.open), ("H", candle.high), ("L", candle.low), ("C", candle.close))
    texts = [(f"{name} ", price_text(price, decimals)) for name, price in prices]
    cells = max([sheet.layout.axis_width - 2, *(len(text) for _, text in texts)])
    groups: list[list[Run]] = [[(name, label), (fit(text, cells), figure)] for name, text in texts]
    change = (candle.close / candle.open - 1) * 100 if candle.open else 0.0
    groups.append([(fit_right(percent(change), 7), figure)])
    volume = compact(candle.volume) if drawable(candle.volume) else "–"
    groups.append([("V ", label), (fit(volume, 6), sheet.style("text_dim"))])
    return groups


def _overlay_group(sheet: Sheet, overlay: Overlay, index: int) -> list[Run]:
    value = overlay.values[index] if index < len(overlay.values) else None
    figure = "–" if value is None or not drawable(value) else price_text(value, sheet.view.price_decimals)
    cells = max(sheet.layout.axis_width - 2, len(figure))
    return [
        (f"{single_width(overlay.name)} ", sheet.style(overlay.role)),
        (fit(figure, cells), sheet.style("text_dim")),
    ]
