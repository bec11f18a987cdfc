"""The footer: keys and what they do, as many as fit whole."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from ttxt_tui.paint.text import Run, strip, width_of
from ttxt_tui.theme.palette import Palette


def footer(hints: Sequence[tuple[str, str]], palette: Palette, width: int) -> Strip:
    """`(key, label)` pairs from the left in exactly `width` cells; one that does not fit whole is left out."""
    key_style = palette.style("key_hint", "header_bg")
    label_style = palette.style("header_text", "header_bg")
    blank = palette.style("text", "header_bg")
    runs: list[Run] = []
    room = width
    for key, label in hints:
        length = 2 + width_of(key) + (1 + width_of(label) if label else 0)
        if length > room:
            break
        runs += [(" ", blank), (key, key_style), (f" {label} " if label else " ", label_style)]
        room -= length
    return strip(runs, width, blank)
