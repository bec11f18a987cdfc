"""The position line: the stance as a block of its colour, then what the position makes and what threatens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.strip import Strip

from ttxt_tui.paint.fields import fields_row
from ttxt_tui.paint.text import Run, strip, width_of
from ttxt_tui.state.position_line import PositionView, Stance
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

_STANCE_ROLES: Final[Mapping[Stance, tuple[Role, Role]]] = {
    Stance.LONG: ("tag_text", "bid"),
    Stance.SHORT: ("tag_text", "ask"),
    Stance.FLAT: ("text_dim", "panel"),
    Stance.HOLDS: ("text", "panel"),
}


def position_row(view: PositionView, palette: Palette, width: int) -> Strip:
    """The line in exactly `width` cells; what is farthest right gives way first."""
    blank = palette.style("text", "panel")
    word: Run = (f" {view.stance} ", palette.style(*_STANCE_ROLES[view.stance], bold=True))
    room = width - width_of(word[0])
    if room < 1:
        return strip([word], width, blank)
    figures = fields_row(view.fields, palette, room)
    runs: list[Run] = [(segment.text, segment.style) for segment in figures if segment.style is not None]
    return strip([word, *runs], width, blank)
