"""Brackets: exits that entries take along, as the config names them: distances from the entry, no prices."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from msgspec import Struct

_DISTANCE: Final = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,6})?)\s*(t|bp|%)")
_FORMS: Final = "20t, 15bp or 0.5%"
_SHARE_OF: Final = {"bp": Decimal(10_000), "%": Decimal(100)}


class Distance(NamedTuple):
    """How far an exit lies from its entry: so many ticks, or a share of the price."""

    number: Decimal
    unit: str
    """`t`, `bp` or `%`."""

    def __str__(self) -> str:
        """As it is written in the config."""
        return f"{self.number:f}{self.unit}"

    def ticks(self, price_ticks: int) -> int:
        """In ticks, from a price in ticks; at least one."""
        share_of = _SHARE_OF.get(self.unit)
        ticks = self.number if share_of is None else self.number * price_ticks / share_of
        return max(1, int(ticks.to_integral_value(ROUND_HALF_EVEN)))


class Bracket(Struct, frozen=True, forbid_unknown_fields=True):
    """`[trading.brackets.NAME]`: at least one of the two."""

    stop: str | None = None
    """How far behind the entry its stop loss lies: `20t`, `15bp` or `0.5%`."""

    target: str | None = None
    """How far ahead of it its take-profit lies."""

    def __post_init__(self) -> None:
        if self.stop is None and self.target is None:
            raise ValueError("a bracket needs a stop or a target")
        for name, text in (("stop", self.stop), ("target", self.target)):
            if text is not None and read_distance(text) is None:
                raise ValueError(f"{name} is {text!r}; expected {_FORMS}")

    @property
    def stop_distance(self) -> Distance | None:
        """How far behind the entry its stop loss lies."""
        return None if self.stop is None else read_distance(self.stop)

    @property
    def target_distance(self) -> Distance | None:
        """How far ahead of it its take-profit lies."""
        return None if self.target is None else read_distance(self.target)

    def __str__(self) -> str:
        """`stop 15bp · target 30bp`."""
        parts = (("stop", self.stop_distance), ("target", self.target_distance))
        return " · ".join(f"{name} {distance}" for name, distance in parts if distance is not None)


def read_distance(text: str) -> Distance | None:
    """`20t`, `15bp` or `0.5%`; None where the text is none of these, or nothing."""
    match = _DISTANCE.fullmatch(text.strip().lower())
    number = Decimal(0) if match is None else Decimal(match[1])
    return None if match is None or not number else Distance(number, match[2])


BRACKETS: Final[dict[str, Bracket]] = {
    "tight": Bracket("10bp", "20bp"),
    "wide": Bracket("30bp", "60bp"),
}
"""Those that there are where the config names none."""
