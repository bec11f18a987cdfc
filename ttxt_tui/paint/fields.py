"""A line of labelled figures: separated by dots, the least important giving way where there is no room.

Owns how such a line meets a width; no figure is ever cut in half while another one could give way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.strip import Strip

from ttxt_tui.paint.text import Run, strip, width_of
from ttxt_tui.paint.tones import tone_style
from ttxt_tui.state.fields import Field
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

SEPARATOR: Final = " · "
_NEVER: Final = -1


def fields_row(fields: Sequence[Field], palette: Palette, width: int, surface: Role = "panel") -> Strip:
    """The fields from the left, those that are last at the right end, in exactly `width` cells."""
    blank = palette.style("text", surface)
    left: list[Run] = []
    right: list[Run] = []
    for field, is_brief in _chosen(fields, width - 2):
        side = right if field.is_last else left
        if side:
            side.append((_separator(field), palette.style("text_faint", surface)))
        side += _runs(field, is_brief, palette, surface)
    room = width - 2 - _length(left) - _length(right)
    return strip([(" ", blank), *left, (" " * max(room, 0), blank), *right], width, blank)


def _chosen(fields: Sequence[Field], room: int) -> list[tuple[Field, bool]]:
    """The fields that stay, each with whether it is written briefly."""
    chosen = [(field, False) for field in fields]
    while sum(_width(*one) + len(_separator(one[0])) for one in chosen) - len(SEPARATOR) > room:
        yielding = [(_yields_at(*one), at) for at, one in enumerate(chosen)]
        rank, at = max(yielding, default=(_NEVER, 0))
        if rank == _NEVER:
            break
        field, is_brief = chosen[at]
        if field.brief and not is_brief:
            chosen[at] = (field, True)
        else:
            del chosen[at]
    return chosen


def _yields_at(field: Field, is_brief: bool) -> int:
    """When the field gives way, or becomes brief: the highest comes first."""
    if field.brief and not is_brief:
        return max(field.brief_rank, field.rank)
    return field.rank or _NEVER


def _separator(field: Field) -> str:
    return " " if field.is_joined else SEPARATOR


def _width(field: Field, is_brief: bool) -> int:
    if is_brief:
        return width_of(field.brief)
    words = sum(width_of(text) + 1 for text in (field.label, field.unit) if text)
    return words + max(field.width, width_of(field.value))


def _runs(field: Field, is_brief: bool, palette: Palette, surface: Role) -> list[Run]:
    """Label, value and unit; what the value leaves of its width is blank behind them."""
    style = tone_style(palette, field.tone, surface)
    if is_brief:
        return [(field.brief, style)]
    runs: list[Run] = [(f"{field.label} ", palette.style("text_dim", surface))] if field.label else []
    runs.append((field.value, style))
    rest = " " * (field.width - width_of(field.value))
    unit = f" {field.unit}" if field.unit else ""
    return [*runs, (unit + rest, palette.style("text_faint", surface))]


def _length(runs: Sequence[Run]) -> int:
    return sum(width_of(text) for text, _ in runs)
