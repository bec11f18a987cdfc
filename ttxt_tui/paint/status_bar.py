"""The status bar: one line of labelled figures at the foot of the screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from ttxt_tui.paint.fields import fields_row
from ttxt_tui.state.fields import Field
from ttxt_tui.theme.palette import Palette


def status_bar(fields: Sequence[Field], palette: Palette, width: int) -> Strip:
    """The bar of `StatusState.fields` in exactly `width` cells."""
    return fields_row(fields, palette, width, "header_bg")
