"""The price ladder as strips: heads, rows, and the line below them.

Owns how a `LadderRow` looks. Colour is never the only signal: sides are columns, what is ours has a glyph, large sizes
are bold, the cursor and the markers have characters of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ttxt_core.events.market import Side
from ttxt_tui.paint.delta import Line, joined
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.paint.text import Run, bar, fit, fit_right, strip, width_of
from ttxt_tui.state.ladder_markers import OffScreen
from ttxt_tui.state.ladder_rows import LadderRow, LastTrade, Marker, Zone
from ttxt_tui.state.own_marks import OwnCell, OwnKind
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

CURSOR: Final = "▸"
HATCH: Final = "╱"

_PLAIN: Final = Style.null()
_CELLS_KEPT: Final = 512
"""Painted cells of each column; a 60-row ladder has 60 of each on screen."""

_MARKER_ROLE: Final[Mapping[Marker, Role]] = {
    Marker.LIQUIDATION: "liquidation",
    Marker.STOP: "stop",
    Marker.TARGET: "own_order",
    Marker.ENTRY: "position",
    Marker.BREAK_EVEN: "position",
    Marker.MARK: "mark",
    Marker.LAST: "text",
}
_MARKER_LETTER: Final[Mapping[Marker, str]] = {
    Marker.LIQUIDATION: "L",
    Marker.STOP: "S",
    Marker.TARGET: "T",
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
    return Strip(joined(ladder_line(row, palette, layout)), layout.width)


def ladder_line(row: LadderRow, palette: Palette, layout: LadderLayout) -> Line:
    """The segments of `ladder_row`. A cell that did not change has the identical ones."""
    surface: Role = "panel_alt" if row.is_cursor else "panel"
    own, size, change, dimmed = layout.own, layout.size, layout.change, row.is_dimmed
    no_bids = not row.is_known and row.zone is not Zone.ASK
    no_asks = not row.is_known and row.zone is not Zone.BID
    line = (
        *_edge(palette, surface, own, change, Side.BUY, row.buys, row.bid_change),
        *_size(palette, surface, size, Side.BUY, row.bid, row.bid_bar, row.bid_rank, no_bids, dimmed),
        *_price(palette, surface, layout.price, layout.marker, row.price, row.zone, row.is_touch, dimmed, row.markers),
        *_size(palette, surface, size, Side.SELL, row.ask, row.ask_bar, row.ask_rank, no_asks, dimmed),
        *_edge(palette, surface, own, change, Side.SELL, row.sells, row.ask_change),
        *_tail(palette, surface, layout, row.last, row.volume, row.volume_bar, row.queue),
    )
    if layout.room < 0:  # a pane that is narrower than the least ladder
        return tuple(strip([(text, style or _PLAIN) for text, style, _ in line], layout.width, _PLAIN))
    return line


def ladder_footer(cursor_info: str, group: str, hidden: Sequence[OffScreen], palette: Palette, width: int) -> Strip:
    """What the cursor's row means, the grouping, and what is marked out of view, nearest first, as there is room."""
    faint, dim = palette.style("text_faint", "panel"), palette.style("text_dim", "panel")
    runs: list[Run] = [(" ", faint), (cursor_info, dim)]
    tail: Run = (f" {group} ", faint)
    room = width - sum(width_of(text) for text, _ in runs) - width_of(tail[0])
    if room < 0:  # half a word says nothing
        room, tail = room + width_of(tail[0]), ("", faint)
    for item in hidden:
        text = f"{'▲' if item.is_above else '▼'} {item.name} {item.distance}"
        if width_of(text) + 2 > room:
            break
        room -= width_of(text) + 2
        runs += [("  ", faint), (text, palette.style(_NAME_ROLE.get(item.name, "text_dim"), "panel"))]
    return strip([*runs, (" " * max(room, 0), faint), tail], width, faint)


# -- the cells of a row, kept: a change of one leaves the others as they were -------------------------------


@lru_cache(_CELLS_KEPT)
def _edge(palette: Palette, surface: Role, own: int, change: int, side: Side, cell: OwnCell, changed: str) -> Line:
    """What is ours on a side, and how the size beside it changed."""
    style = palette.style("text_faint" if changed else "text", surface)
    runs, change_run = _own(palette, surface, own, side, cell), (fit_right(changed, change), style)
    return _segments([*runs, change_run] if side is Side.BUY else [change_run, *runs])


def _own(palette: Palette, surface: Role, width: int, side: Side, cell: OwnCell) -> list[Run]:
    blank = palette.style("text", surface)
    if not cell.text:
        return [(" " * width, blank)]
    text = fit_right(cell.text, width)
    if cell.kind is OwnKind.STAGED:
        role: Role = "staged_buy" if side is Side.BUY else "staged_sell"
        chip = text.strip()
        after = len(text) - len(text.rstrip())
        before = max(width - width_of(chip) - after, 0)
        return [(" " * before, blank), (chip, palette.style("tag_text", role, bold=True)), (" " * after, blank)]
    if cell.kind is OwnKind.GHOST:
        return [(text, palette.style("own_order", surface, dim=True))]
    role = "stop" if cell.kind is OwnKind.STOP else "own_order"
    return [(text, palette.style(role, surface, bold=cell.is_selected or cell.kind is OwnKind.WORKING))]


@lru_cache(_CELLS_KEPT)
def _size(
    palette: Palette,
    surface: Role,
    width: int,
    side: Side,
    size: str,
    eighths: int,
    rank: int,
    is_unknown: bool,
    is_dimmed: bool,
) -> Line:
    """A size and the bar behind it, in eighths of a cell; `is_unknown` beyond the depth that is subscribed."""
    if is_unknown:
        return _segments([(HATCH * width, palette.style("hatch", surface))])
    if not size or not width:
        return _segments([(" " * width, palette.style("text", surface))])
    is_bid = side is Side.BUY
    text = fit_right(size, width) if is_bid or width_of(size) >= width else fit_right(size, width - 1) + " "
    if is_dimmed:
        return _segments([(text, palette.style("text_faint", surface, dim=True))])
    strong: Role = "bid_strong" if is_bid else "ask_strong"
    weak: Role = "bid_bar" if is_bid else "ask_bar"
    return _segments(
        bar(
            palette,
            text,
            width,
            eighths / (8 * width),
            text_role="text",
            bar_role=strong if rank == 2 else weak,
            surface=surface,
            from_right=is_bid,
            bold=rank > 0,
        )
    )


@lru_cache(_CELLS_KEPT)
def _price(
    palette: Palette,
    surface: Role,
    width: int,
    marker: int,
    price: str,
    zone: Zone,
    is_touch: bool,
    is_dimmed: bool,
    markers: tuple[Marker, ...],
) -> Line:
    """The cursor, the price, and what is marked at it."""
    if is_dimmed:
        style = palette.style("text_faint", surface, dim=True)
    elif zone is Zone.SPREAD:
        style = palette.style("text_faint", surface)
    else:
        style = palette.style("bid" if zone is Zone.BID else "ask", surface, bold=is_touch)
    cursor = (CURSOR, palette.style("accent", surface)) if surface == "panel_alt" else (" ", style)
    return _segments([cursor, (fit_right(price, width), style), *_markers(markers, palette, marker, surface)])


def _markers(markers: tuple[Marker, ...], palette: Palette, width: int, surface: Role) -> list[Run]:
    """The gravest marker as a letter; where there is room the word of a single one, or the letters of several.

    The last trade's arrow comes before the words, next to the price.
    """
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


@lru_cache(_CELLS_KEPT)
def _tail(
    palette: Palette,
    surface: Role,
    layout: LadderLayout,
    trade: LastTrade,
    volume: str,
    volume_eighths: int,
    queue: str,
) -> Line:
    """What traded at the price, the queue before us, and blanks to the end."""
    blank = palette.style("text", surface)
    role: Role = "text_faint" if trade.text else "text"
    if trade.is_fresh:
        role = "up" if trade.side is Side.BUY else "down"
    return _segments(
        [
            (fit_right(trade.text, layout.last), palette.style(role, surface, bold=trade.is_fresh)),
            *_volume(palette, surface, layout.volume, volume, volume_eighths),
            (fit_right(queue, layout.queue), palette.style("own_order", surface) if queue else blank),
            (" " * layout.room, blank),
        ]
    )


def _volume(palette: Palette, surface: Role, width: int, volume: str, eighths: int) -> list[Run]:
    blank = palette.style("text", surface)
    if not volume or width < 2:
        return [(" " * width, blank)]
    cells = width - 1
    text, share = fit_right(volume, cells), eighths / (8 * cells)
    runs = bar(palette, text, cells, share, text_role="text_dim", bar_role="field", surface=surface)
    return [(" ", blank), *runs]


def _segments(runs: Iterable[Run]) -> Line:
    return tuple(joined([Segment(text, style) for text, style in runs if text]))
