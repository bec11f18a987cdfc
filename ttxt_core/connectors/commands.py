"""What became of a command, before it is an ack: the common word between a venue's answers and the command desk."""

from __future__ import annotations

from typing import NamedTuple

from ttxt_core.events import AckOutcome


class Answer(NamedTuple):
    """How a venue answered one command.

    Attributes:
        order_id: the venue's id, where it said one.
        reason: why it was refused or is unsure, in words. code: the venue's own.
    """

    outcome: AckOutcome
    order_id: str | None = None
    reason: str | None = None
    code: str | None = None
