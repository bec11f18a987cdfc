"""How a pane may shade: by colours where the theme and the terminal have enough of them."""

from __future__ import annotations

from typing import Any

from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.heat_ramp import Shading
from ttxt_tui.panes.live import LivePane

_FEW_COLOURS = ("standard", "windows")


def shading_of(pane: LivePane[Any], glyphs: Glyphs) -> Shading:
    """The shading for a pane in its theme, on its terminal: 16 colours do not blend into each other.

    Without a terminal (pictures, tests) there are all colours.
    """
    if glyphs is Glyphs.ASCII:
        return Shading.ASCII
    app = pane.app
    has_few = not app.is_headless and app.console.color_system in _FEW_COLOURS
    return Shading.GLYPHS if has_few or pane.palette.theme.colourless else Shading.COLOUR
