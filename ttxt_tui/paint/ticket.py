"""The ticket: size presets and what the order at hand would do, as a line or as a box.

Owns both layouts. The side is always a word and a colour; the chosen preset stands in brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.strip import Strip

from ttxt_core.events.market import Side
from ttxt_tui.paint.fields import fields_row
from ttxt_tui.paint.text import Run, fit, fit_centre, fit_right, strip, width_of
from ttxt_tui.paint.tones import tone_style
from ttxt_tui.state.fields import Field
from ttxt_tui.state.ticket import MARKET, RESTS, PresetChip, PretradeView, TicketView
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

BOX_HEIGHT: Final = 9
"""Rows that the whole box takes."""
NO_SIZE: Final = "no size: 1–5"
_LABEL_WIDTH: Final = 9
_LEAST_WARNING: Final = 50
_SIDE_TONE: Final = {Side.BUY: Tone.BUY, Side.SELL: Tone.SELL}
_SIDE_GLYPH: Final = {Side.BUY: "▲", Side.SELL: "▼"}


def ticket_line(view: TicketView, palette: Palette, width: int) -> Strip:
    """One line: the presets and the size, or what is staged."""
    pretrade = view.pretrade
    if pretrade is not None and pretrade.is_staged:
        return fields_row(_order_fields(view, pretrade), palette, width)
    blank = palette.style("text", "panel")
    size = _size_run(view, palette)
    words = fit(view.warning, min(width_of(view.warning), max(width // 2, _LEAST_WARNING)))
    warning = [(f" {words} ", palette.style("warning", "panel"))] if view.warning else []
    bracket = _bracket_run(view, palette, width - 1 - width_of(size[0]) - sum(width_of(text) for text, _ in warning))
    taken = 1 + sum(width_of(text) for text, _ in (size, *bracket, *warning))
    chips = _chips(view.presets, palette, width - taken)
    return strip([(" ", blank), *chips, size, *bracket, *warning], width, blank)


def pretrade_line(view: TicketView, palette: Palette, width: int) -> Strip:
    """What the order at hand would do, in one line with its symbol; the size where there is no order."""
    if view.pretrade is None:
        return ticket_line(view, palette, width)
    symbol = Field(view.symbol, tone=Tone.STRONG, brief=view.short_symbol, brief_rank=6)
    return fields_row([symbol, *_order_fields(view, view.pretrade)], palette, width)


def ticket_box(view: TicketView, palette: Palette, width: int, height: int) -> list[Strip]:
    """The ticket in `height` rows: as much as has room, in the order of what matters."""
    blank = palette.style("text", "panel")
    empty = strip([], width, blank)
    pretrade = view.pretrade
    chips = _chips(view.presets, palette, width - 2)
    rows = [strip([(" ", blank), *chips], width, blank)]
    exits = _exit_rows(pretrade, palette, width)
    if height >= BOX_HEIGHT + len(exits):
        rows.append(empty)
    if pretrade is None:
        tone = Tone.PLAIN if view.size else Tone.WARNING
        rows.append(_row("Size", view.size or NO_SIZE, palette, width, tone=tone))
        if view.bracket:
            rows.append(_row("Bracket", view.bracket, palette, width))
    else:
        fee = f"{pretrade.fee} {view.quote}" if pretrade.fee else "not known"
        price = "at market" if pretrade.price == MARKET else f"{pretrade.price} {view.quote}"
        after = _row("After", pretrade.after, palette, width)
        rows += [
            _row("Price", price, palette, width, note="" if pretrade.price == MARKET else pretrade.from_mid),
            _row("Size", f"{pretrade.quantity} {view.base}", palette, width),
            *([*exits, after] if exits else []),
            _row("Notional", f"{pretrade.notional} {view.quote}", palette, width),
            _row("Fee", fee, palette, width, tone=Tone.DIM),
            _row("At once", pretrade.fill, palette, width, tone=Tone.DIM),
            *([] if exits else [after]),
        ]
    last = _foot(view, palette, width)
    kept = rows[: max(height - 1, 0)]
    return [*kept, *([empty] * (height - 1 - len(kept))), last][:height]


def _order_fields(view: TicketView, pretrade: PretradeView) -> list[Field]:
    effect = f"{_SIDE_GLYPH[pretrade.side]} {pretrade.effect}"
    price = " MARKET" if pretrade.price == MARKET else f" @ {pretrade.price}"
    order = Field(
        f"{effect}{price}",
        tone=_SIDE_TONE[pretrade.side],
        brief=f"{effect.partition(' (')[0]}{price}",
        brief_rank=1,
    )
    rests = pretrade.fill == RESTS
    fields = [
        order,
        Field(
            pretrade.waits, tone=Tone.WARNING, is_joined=True, brief=pretrade.waits.removeprefix("when "), brief_rank=1
        ),
        Field(pretrade.after, "→", rank=3, is_joined=True),
        Field(pretrade.breach, tone=Tone.ERROR, brief="✗ limit"),
        Field("" if pretrade.breach else view.warning, tone=Tone.WARNING),
        Field(pretrade.stop, "stop", rank=2, brief=f"stop {pretrade.stop.partition(' = ')[2]}", brief_rank=5),
        Field(pretrade.target, "target", rank=3, brief=f"target {pretrade.target.partition(' = ')[2]}", brief_rank=6),
        Field(pretrade.reward, rank=5),
        Field(pretrade.notional, unit=view.quote, rank=3),
        Field(pretrade.fee, "fee", tone=Tone.DIM, rank=4),
        Field("" if pretrade.waits else pretrade.fill, "" if rests else "fills", tone=Tone.DIM, rank=5),
        Field("" if pretrade.price == MARKET else pretrade.from_mid, unit="from mid", tone=Tone.DIM, rank=6),
    ]
    return [field for field in fields if field.value]


def _chips(presets: Sequence[PresetChip], palette: Palette, room: int) -> list[Run]:
    """The presets with their sizes, else their keys alone, else nothing."""
    for texts in ([f"{chip.key} {chip.size}" for chip in presets], [chip.key for chip in presets]):
        if sum(width_of(text) + 3 for text in texts) <= room:
            break
    else:
        return []
    blank = palette.style("text", "panel")
    lit, unlit = palette.style("tag_text", "accent"), palette.style("text_dim", "field")
    runs: list[Run] = []
    for chip, text in zip(presets, texts, strict=True):
        runs += [(f"[{text}]", lit) if chip.is_chosen else (f" {text} ", unlit), (" ", blank)]
    return runs


def _size_run(view: TicketView, palette: Palette) -> Run:
    if view.size:
        return f"{view.size} ", palette.style("text", "panel", bold=True)
    return f"{NO_SIZE} ", palette.style("warning", "panel")


def _bracket_run(view: TicketView, palette: Palette, room: int) -> list[Run]:
    """The chosen bracket, its name at least."""
    for text in (f"with {view.bracket} ", f"with {view.bracket.partition(' ')[0]} "):
        if view.bracket and width_of(text) <= room:
            return [(text, palette.style("own_order", "panel"))]
    return []


def _exit_rows(pretrade: PretradeView | None, palette: Palette, width: int) -> list[Strip]:
    """What it waits for, and where it would be closed."""
    if pretrade is None:
        return []
    rows = (("Waits", pretrade.waits, ""), ("Stop", pretrade.stop, ""), ("Target", pretrade.target, pretrade.reward))
    return [_row(label, value, palette, width, note=note) for label, value, note in rows if value]


def _row(label: str, value: str, palette: Palette, width: int, *, tone: Tone = Tone.PLAIN, note: str = "") -> Strip:
    """A label at the left, a value at the right; the note between them where there is room."""
    blank = palette.style("text", "panel")
    room = max(width - _LABEL_WIDTH - 3, 0)
    text = fit_right(value, room)
    if note and width_of(note) + width_of(value) + 2 <= room:
        text = note + fit_right(value, room - width_of(note))
    split = width_of(note) if text.startswith(note) and note else 0
    return strip(
        [
            (" " + fit(label, _LABEL_WIDTH) + " ", palette.style("text_dim", "panel")),
            (text[:split], palette.style("text_faint", "panel")),
            (text[split:], tone_style(palette, tone, "panel")),
        ],
        width,
        blank,
    )


def _foot(view: TicketView, palette: Palette, width: int) -> Strip:
    """What stops the order; else the order that Enter sends; else the two keys that stage one."""
    blank = palette.style("text", "panel")
    pretrade = view.pretrade
    trouble = (pretrade.breach if pretrade is not None else "") or view.warning
    room = max(width - 2, 0)
    if trouble:
        return strip([(" ", blank), (fit(trouble, room), palette.style("error", "panel"))], width, blank)
    if pretrade is not None and pretrade.is_staged:
        surface: Role = "bid" if pretrade.side is Side.BUY else "ask"
        hint = f"{pretrade.effect} — Enter sends"
        text = hint if width_of(hint) <= room - 4 else pretrade.effect
        text = f"{_SIDE_GLYPH[pretrade.side]} {text}"
        return strip(
            [(" ", blank), (fit_centre(text, room), palette.style("tag_text", surface, bold=True))], width, blank
        )
    half = max((room - 1) // 2, 0)
    return strip(
        [
            (" ", blank),
            (fit_centre("b  BUY", half), palette.style("tag_text", "bid", bold=True)),
            (" ", blank),
            (fit_centre("s  SELL", max(room - 1 - half, 0)), palette.style("tag_text", "ask", bold=True)),
        ],
        width,
        blank,
    )
