"""What a text of a row means, so that a painter can colour it: state says the tone, a theme the colour."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum


class Tone(StrEnum):
    """The meaning of a text; `ttxt_tui.paint.tones` gives each its role."""

    PLAIN = "plain"
    """A figure or word that matters."""
    DIM = "dim"
    """Labels and secondary figures."""
    FAINT = "faint"
    """Units, separators, what is not in force."""
    STRONG = "strong"
    """What the row is about."""
    BUY = "buy"
    SELL = "sell"
    UP = "up"
    DOWN = "down"
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    ACCENT = "accent"
    OWN = "own"


def of_sign(amount: float | Decimal) -> Tone:
    """Gain, loss or neither."""
    return Tone.UP if amount > 0 else Tone.DOWN if amount < 0 else Tone.DIM
