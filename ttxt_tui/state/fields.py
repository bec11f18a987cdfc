"""A labelled figure in a line of several: the status bar, the session's profit, the pre-trade line."""

from __future__ import annotations

from typing import NamedTuple

from ttxt_tui.state.tones import Tone


class Field(NamedTuple):
    """One figure with its label and unit.

    Attributes:
        width: the cells that `value` has, so that nothing moves when it changes; 0 for as many as it takes.
        rank: 0 always stands; of the others the highest gives way first in a narrow line.
        brief: stands for the whole field where there is no room for it; `brief_rank` is when that is.
        is_joined: a blank parts it from the field before it, where others have a dot.
        is_last: stands at the right end of the line.
    """

    value: str
    label: str = ""
    unit: str = ""
    tone: Tone = Tone.PLAIN
    width: int = 0
    rank: int = 0
    brief: str = ""
    brief_rank: int = 0
    is_joined: bool = False
    is_last: bool = False
