"""Which role of the palette each tone of a row has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.style import Style

from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

ROLE_OF: Final[Mapping[Tone, Role]] = {
    Tone.PLAIN: "text",
    Tone.DIM: "text_dim",
    Tone.FAINT: "text_faint",
    Tone.STRONG: "text",
    Tone.BUY: "bid",
    Tone.SELL: "ask",
    Tone.UP: "up",
    Tone.DOWN: "down",
    Tone.OK: "ok",
    Tone.WARNING: "warning",
    Tone.ERROR: "error",
    Tone.ACCENT: "accent",
    Tone.OWN: "own_order",
}
"""The role of each tone."""


def tone_style(palette: Palette, tone: Tone, surface: Role) -> Style:
    """The style of text in `tone` on `surface`."""
    return palette.style(ROLE_OF[tone], surface, bold=tone is Tone.STRONG)
