"""What a price ladder shows and how it follows the market, as it is configured: `[ladder]`.

Owns the names of columns and of the ways to centre. What they do is the ladder's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct, field


class LadderColumn(StrEnum):
    """The columns that a ladder may have besides its own."""

    LAST = "last"
    """What traded last at the price."""
    VOLUME = "volume"
    """What traded at the price since the session began."""
    CHANGE = "change"
    """Size added or pulled of late, on both sides."""
    QUEUE = "queue"
    """How much stands before our own order."""


DEFAULT_COLUMNS: Final = (LadderColumn.LAST, LadderColumn.VOLUME, LadderColumn.CHANGE, LadderColumn.QUEUE)
"""Which columns come first as a ladder gets wider."""


class AutoCentre(StrEnum):
    """When the view follows the market by itself."""

    OFF = "off"
    EDGE = "edge"
    """When the market comes within some rows of an edge, or is out of view."""
    TIMED = "timed"
    """Every so many seconds."""


class Ladder(Struct, frozen=True, forbid_unknown_fields=True):
    """`[ladder]`: its columns, and when it follows the market by itself."""

    columns: list[LadderColumn] = field(default_factory=lambda: list(DEFAULT_COLUMNS))
    """The columns besides sizes and own orders, the most wanted first: where there is no room the last ones go."""

    centre: AutoCentre = AutoCentre.EDGE
    """When it centres by itself: `off`, `edge` (the market comes near an edge) or `timed`."""

    centre_rows: Annotated[int, Meta(ge=0, le=50)] = 3
    """How near to an edge is near, in rows."""

    centre_seconds: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    """How often it centres, when that is `timed`."""

    def __post_init__(self) -> None:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns {', '.join(self.columns)}: one of them is there twice")
