"""The price ladder as strips: heads, rows, and the line below them.

Owns how a `LadderRow` looks. Colour is never the only signal: sides are columns, what is ours has a glyph, large sizes
are bold, the cursor and the markers have characters of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.style import Style
from textual.strip import Strip

from ttxt_core.events.market import Side
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.paint.text import Run, bar, fit, fit_right, strip, width_of
from ttxt_tui.state.ladder_markers import OffScreen
from ttxt_tui.state.ladder_rows import LadderRow, Marker, Zone
from ttxt_tui.state.own_marks import OwnCell, OwnKind
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

CURSOR: Final = "▸"
HATCH: Final = "╱"

_MARKER_ROLE: Final[Mapping[Marker, Role]] = {
    Marker.LIQUIDATION: "liquidation",
    Marker.STOP: "stop",
    Marker.ENTRY: "position",
    Marker.BREAK_EVEN: "position",
    Marker.MARK: "mark",
    Marker.LAST: "text",
}
_MARKER_LETTER: Final[Mapping[Marker, str]] = {
    Marker.LIQUIDATION: "L",
    Marker.STOP: "S",
    Marker.ENTRY: "E",
    Marker.BREAK_EVEN: "B",
    Marker.MARK: "M",
    Marker.LAST: "◂",
}
_NAME_ROLE: Final[Mapping[str, Role]] = {
    **{str(marker): role for marker, role in _MARKER_ROLE.items()},
    "order": "own_order",
    "staged": "own_order",
    "cursor": "accent",
    "market": "warning",
}


def ladder_header(palette: Palette, layout: LadderLayout, status: str = "") -> Strip:
    """The column heads; or `status` in their place, as long as the book is not the market."""
    faint = palette.style("text_faint", "panel")
    if status:
        chip = palette.style("tag_text", "warning", bold=True)
        text = f" {status} "
        room = layout.width - width_of(text)
        return strip([(" " * max(room // 2, 0), faint), (text, chip)], layout.width, faint)
    size, own = layout.size, layout.own
    heads = [fit_right("Buys ", own)]
    if layout.change:
        heads.append(fit_right("±", layout.change))
    heads += [fit_right("Bid", size), " ", fit_right("Price", layout.price), " " * layout.marker]
    heads.append(fit_right("Ask ", size))
    if layout.change:
        heads.append(fit_right("±", layout.change))
    heads.append(fit_right("Sells ", own))
    for cells, head in ((layout.last, "Last"), (layout.volume, "Volume"), (layout.queue, "Queue")):
        if cells:
            heads.append(fit_right(head, cells))
    return strip([("".join(heads), faint)], layout.width, faint)


def ladder_row(row: LadderRow, palette: Palette, layout: LadderLayout) -> Strip:
    """One row in exactly `layout.width` cells."""
    surface: Role = "panel_alt" if row.is_cursor else "panel"
    faint = palette.style("text_faint", surface)
    runs = _own(row.buys, palette, layout.own, Side.BUY, surface)
    if layout.change:
        runs.append((fit_right(row.bid_change, layout.change), faint))
    runs += _bid(row, palette, layout.size, surface)
    runs.append((CURSOR if row.is_cursor else " ", palette.style("accent", surface)))
    runs.append((fit_right(row.price, layout.price), _price_style(row, palette, surface)))
    runs += _markers(row, palette, layout.marker, surface)
    runs += _ask(row, palette, layout.size, surface)
    if layout.change:
        runs.append((fit_right(row.ask_change, layout.change), faint))
    runs += _own(row.sells, palette, layout.own, Side.SELL, surface)
    if layout.last:
        role: Role = "text_faint"
        if row.last.is_fresh:
            role = "up" if row.last.side is Side.BUY else "down"
        runs.append((fit_right(row.last.text, layout.last), palette.style(role, surface, bold=row.last.is_fresh)))
    if layout.volume:
        runs += _volume(row, palette, layout.volume, surface)
    if layout.queue:
        runs.append((fit_right(row.queue, layout.queue), palette.style("own_order", surface)))
    blank = palette.style("text", surface)
    return strip(_joined(runs, blank), layout.width, blank)


def ladder_footer(cursor_info: str, group: str, hidden: Sequence[OffScreen], palette: Palette, width: int) -> Strip:
    """What the cursor's row means, the grouping, and what is marked out of view, nearest first, as there is room."""
    faint, dim = palette.style("text_faint", "panel"), palette.style("text_dim", "panel")
    runs: list[Run] = [(" ", faint), (cursor_info, dim)]
    tail: Run = (f" {group} ", faint)
    room = width - sum(width_of(text) for text, _ in runs) - width_of(tail[0])
    for item in hidden:
        text = f"{'▲' if item.is_above else '▼'} {item.name} {item.distance}"
        if width_of(text) + 2 > room:
            break
        room -= width_of(text) + 2
        runs += [("  ", faint), (text, palette.style(_NAME_ROLE.get(item.name, "text_dim"), "panel"))]
    return strip([*runs, (" " * max(room, 0), faint), tail], width, faint)


# -- the parts of a row -----------------------------------------------------------------------------------


def _bid(row: LadderRow, palette: Palette, width: int, surface: Role) -> list[Run]:
    if not row.is_known and row.zone is not Zone.ASK:
        return [(HATCH * width, palette.style("hatch", surface))]
    if not row.bid or not width:
        return [(" " * width, palette.style("text", surface))]
    text = fit_right(row.bid, width)
    if row.is_dimmed:
        return [(text, palette.style("text_faint", surface, dim=True))]
    return bar(
        palette,
        text,
        width,
        row.bid_bar / (8 * width),
        text_role="text",
        bar_role="bid_strong" if row.bid_rank == 2 else "bid_bar",
        surface=surface,
        from_right=True,
        bold=row.bid_rank > 0,
    )


def _ask(row: LadderRow, palette: Palette, width: int, surface: Role) -> list[Run]:
    if not row.is_known and row.zone is not Zone.BID:
        return [(HATCH * width, palette.style("hatch", surface))]
    if not row.ask or not width:
        return [(" " * width, palette.style("text", surface))]
    text = fit_right(row.ask, width - 1) + " " if width_of(row.ask) < width else fit_right(row.ask, width)
    if row.is_dimmed:
        return [(text, palette.style("text_faint", surface, dim=True))]
    return bar(
        palette,
        text,
        width,
        row.ask_bar / (8 * width),
        text_role="text",
        bar_role="ask_strong" if row.ask_rank == 2 else "ask_bar",
        surface=surface,
        bold=row.ask_rank > 0,
    )


def _price_style(row: LadderRow, palette: Palette, surface: Role) -> Style:
    if row.is_dimmed:
        return palette.style("text_faint", surface, dim=True)
    if row.zone is Zone.SPREAD:
        return palette.style("text_faint", surface)
    return palette.style("bid" if row.zone is Zone.BID else "ask", surface, bold=row.is_touch)


def _markers(row: LadderRow, palette: Palette, width: int, surface: Role) -> list[Run]:
    """The gravest marker as a letter; where there is room the word of a single one, or the letters of several.

    The last trade's arrow comes before the words, next to the price.
    """
    markers = row.markers
    blank = palette.style("text", surface)
    if not markers:
        return [(" " * width, blank)]
    if width == 1:
        return [_letter(markers[0], palette, surface)]
    is_last = markers[-1] is Marker.LAST
    words = markers[:-1] if is_last else markers
    first = _letter(Marker.LAST, palette, surface) if is_last else (" ", blank)
    if len(words) == 1:
        return [first, (fit(words[0], width - 1), palette.style(_MARKER_ROLE[words[0]], surface, bold=True))]
    letters = [_letter(marker, palette, surface) for marker in words[: width - 1]]
    return [first, *letters, (" " * (width - 1 - len(letters)), blank)]


def _letter(marker: Marker, palette: Palette, surface: Role) -> Run:
    role = _MARKER_ROLE[marker]
    if marker is Marker.LAST:
        return (_MARKER_LETTER[marker], palette.style(role, surface, bold=True))
    return (_MARKER_LETTER[marker], palette.style("tag_text", role, bold=True))


def _own(cell: OwnCell, palette: Palette, width: int, side: Side, surface: Role) -> list[Run]:
    text = fit_right(cell.text, width)
    if cell.kind is OwnKind.STAGED:
        role: Role = "staged_buy" if side is Side.BUY else "staged_sell"
        chip = cell.text.rstrip()
        after = len(text) - len(text.rstrip())
        before = max(width - width_of(chip) - after, 0)
        blank = palette.style("text", surface)
        return [(" " * before, blank), (text.strip(), palette.style("tag_text", role, bold=True)), (" " * after, blank)]
    if cell.kind is OwnKind.GHOST:
        return [(text, palette.style("own_order", surface, dim=True))]
    role = "stop" if cell.kind is OwnKind.STOP else "own_order"
    return [(text, palette.style(role, surface, bold=cell.is_selected or cell.kind is OwnKind.WORKING))]


def _volume(row: LadderRow, palette: Palette, width: int, surface: Role) -> list[Run]:
    blank = palette.style("text", surface)
    if not row.volume:
        return [(" " * width, blank)]
    cells = width - 1
    text = fit_right(row.volume, cells)
    share = row.volume_bar / (8 * cells)
    return [
        (" ", blank),
        *bar(palette, text, cells, share, text_role="text_dim", bar_role="field", surface=surface),
    ]


def _joined(runs: Sequence[Run], blank: Style) -> list[Run]:
    """Fewer runs that look the same, for fewer bytes: neighbours of one style, and blanks with what is beside them."""
    joined: list[Run] = []
    after_blank = False
    for text, style in runs:
        if not text:
            continue
        is_blank = text.isspace() and _looks_blank(style, blank)
        if joined and (style is joined[-1][1] or (is_blank and _looks_blank(joined[-1][1], blank))):
            joined[-1] = (joined[-1][0] + text, joined[-1][1])
            after_blank = after_blank and is_blank
        elif after_blank and _looks_blank(style, blank):
            joined[-1] = (joined[-1][0] + text, style)
            after_blank = False
        else:
            joined.append((text, style))
            after_blank = is_blank
    return joined


def _looks_blank(style: Style, blank: Style) -> bool:
    """Whether a blank in `style` looks like one in `blank`."""
    return style is blank or (style.bgcolor is blank.bgcolor and style.reverse == blank.reverse and not style.underline)
