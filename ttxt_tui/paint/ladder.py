"""The price ladder as strips: heads, rows, and the line below them.

Owns how a `LadderRow` looks. Colour is never the only signal: sides are columns, what is ours has a glyph, large sizes
are bold, the cursor and the markers have characters of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ttxt_core.events.market import Side
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
_PARTS_KEPT: Final = 2_048
"""Painted parts of rows of each kind; a 60-row ladder has 60 of each on screen."""

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
    own, size, change, dimmed = layout.own, layout.size, layout.change, row.is_dimmed
    no_bids = not row.is_known and row.zone is not Zone.ASK
    no_asks = not row.is_known and row.zone is not Zone.BID
    bid = _Size(row.bid, row.bid_bar, row.bid_rank, no_bids, dimmed)
    ask = _Size(row.ask, row.ask_bar, row.ask_rank, no_asks, dimmed)
    segments = [
        *_buy_side(palette, surface, own, size, change, row.buys, row.bid_change, bid),
        *_prices(palette, surface, layout.price, layout.marker, row.price, row.zone, row.is_touch, dimmed, row.markers),
        *_sell_side(palette, surface, own, size, change, row.sells, row.ask_change, ask),
        *_traded(palette, surface, layout.last, layout.volume, row.last, row.volume, row.volume_bar),
        *_tail(palette, surface, layout.queue, row.queue, layout.room),
    ]
    if layout.room < 0:  # a pane that is narrower than the least ladder
        return strip([(text, style or _PLAIN) for text, style, _ in segments], layout.width, _PLAIN)
    return Strip(segments, layout.width)


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


# -- the parts of a row, kept: a change of one leaves the others as they were ------------------------------


class _Size(NamedTuple):
    """A size and the bar behind it, in eighths; `is_unknown` beyond the depth that is subscribed."""

    text: str
    bar: int
    rank: int
    is_unknown: bool
    is_dimmed: bool


@lru_cache(_PARTS_KEPT)
def _buy_side(
    palette: Palette, surface: Role, own: int, size: int, change: int, cell: OwnCell, changed: str, bid: _Size
) -> tuple[Segment, ...]:
    runs = _own(cell, palette, own, Side.BUY, surface)
    if change:
        runs.append((fit_right(changed, change), palette.style("text_faint", surface)))
    return _segments([*runs, *_bid(bid, palette, size, surface)], palette, surface)


@lru_cache(_PARTS_KEPT)
def _sell_side(
    palette: Palette, surface: Role, own: int, size: int, change: int, cell: OwnCell, changed: str, ask: _Size
) -> tuple[Segment, ...]:
    runs = _ask(ask, palette, size, surface)
    if change:
        runs.append((fit_right(changed, change), palette.style("text_faint", surface)))
    return _segments([*runs, *_own(cell, palette, own, Side.SELL, surface)], palette, surface)


@lru_cache(_PARTS_KEPT)
def _prices(
    palette: Palette,
    surface: Role,
    width: int,
    marker: int,
    price: str,
    zone: Zone,
    is_touch: bool,
    is_dimmed: bool,
    markers: tuple[Marker, ...],
) -> tuple[Segment, ...]:
    cursor = CURSOR if surface == "panel_alt" else " "
    style = _price_style(zone, palette, surface, is_touch=is_touch, is_dimmed=is_dimmed)
    runs = [(cursor, palette.style("accent", surface)), (fit_right(price, width), style)]
    return _segments([*runs, *_markers(markers, palette, marker, surface)], palette, surface)


@lru_cache(_PARTS_KEPT)
def _traded(
    palette: Palette, surface: Role, last: int, volume: int, trade: LastTrade, text: str, volume_bar: int
) -> tuple[Segment, ...]:
    runs: list[Run] = []
    if last:
        role: Role = "text_faint"
        if trade.is_fresh:
            role = "up" if trade.side is Side.BUY else "down"
        runs.append((fit_right(trade.text, last), palette.style(role, surface, bold=trade.is_fresh)))
    if volume:
        runs += _volume(text, volume_bar, palette, volume, surface)
    return _segments(runs, palette, surface)


@lru_cache(_PARTS_KEPT)
def _tail(palette: Palette, surface: Role, queue: int, text: str, room: int) -> tuple[Segment, ...]:
    runs = [(fit_right(text, queue), palette.style("own_order", surface)), (" " * room, palette.style("text", surface))]
    return _segments(runs, palette, surface)


def _segments(runs: Sequence[Run], palette: Palette, surface: Role) -> tuple[Segment, ...]:
    return tuple(Segment(text, style) for text, style in _joined(runs, palette.style("text", surface)))


def _bid(size: _Size, palette: Palette, width: int, surface: Role) -> list[Run]:
    if size.is_unknown:
        return [(HATCH * width, palette.style("hatch", surface))]
    if not size.text or not width:
        return [(" " * width, palette.style("text", surface))]
    text = fit_right(size.text, width)
    if size.is_dimmed:
        return [(text, palette.style("text_faint", surface, dim=True))]
    return bar(
        palette,
        text,
        width,
        size.bar / (8 * width),
        text_role="text",
        bar_role="bid_strong" if size.rank == 2 else "bid_bar",
        surface=surface,
        from_right=True,
        bold=size.rank > 0,
    )


def _ask(size: _Size, palette: Palette, width: int, surface: Role) -> list[Run]:
    if size.is_unknown:
        return [(HATCH * width, palette.style("hatch", surface))]
    if not size.text or not width:
        return [(" " * width, palette.style("text", surface))]
    text = fit_right(size.text, width - 1) + " " if width_of(size.text) < width else fit_right(size.text, width)
    if size.is_dimmed:
        return [(text, palette.style("text_faint", surface, dim=True))]
    return bar(
        palette,
        text,
        width,
        size.bar / (8 * width),
        text_role="text",
        bar_role="ask_strong" if size.rank == 2 else "ask_bar",
        surface=surface,
        bold=size.rank > 0,
    )


def _price_style(zone: Zone, palette: Palette, surface: Role, *, is_touch: bool, is_dimmed: bool) -> Style:
    if is_dimmed:
        return palette.style("text_faint", surface, dim=True)
    if zone is Zone.SPREAD:
        return palette.style("text_faint", surface)
    return palette.style("bid" if zone is Zone.BID else "ask", surface, bold=is_touch)


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


def _volume(volume: str, volume_bar: int, palette: Palette, width: int, surface: Role) -> list[Run]:
    blank = palette.style("text", surface)
    if not volume:
        return [(" " * width, blank)]
    cells = width - 1
    text = fit_right(volume, cells)
    share = volume_bar / (8 * cells)
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
