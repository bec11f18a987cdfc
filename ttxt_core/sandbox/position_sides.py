"""Hedge mode: an instrument whose long and short positions are kept apart.

Owns which instruments are in it, and the names of their sides. The simulated exchange keeps one net position an
instrument; each side of a hedged one is therefore an instrument of its own there, with the same market.
"""

from __future__ import annotations

from ttxt_core.events import InstrumentKey, Side

ONE_WAY = 0
LONG = 1
SHORT = 2
OPENING = {LONG: Side.BUY, SHORT: Side.SELL}
"""Index of a hedged position → the side of the orders that open it; the others only reduce it."""
_NAMES = {LONG: "long", SHORT: "short"}


class PositionSides:
    """The positions that every instrument can have, by index: one net one, or a long and a short one."""

    def __init__(self) -> None:
        self._hedged: set[InstrumentKey] = set()
        self._names: dict[InstrumentKey, tuple[InstrumentKey, int]] = {}

    def is_hedged(self, key: InstrumentKey) -> bool:
        """Whether the instrument is in hedge mode."""
        return key in self._hedged

    def set_hedged(self, key: InstrumentKey, *, is_hedged: bool) -> None:
        """Change the mode of an instrument; it must be flat and without orders."""
        if is_hedged:
            self._hedged.add(key)
            self._names |= {_side(key, index): (key, index) for index in _NAMES}
        else:
            self._hedged.discard(key)

    def of(self, key: InstrumentKey) -> dict[int, InstrumentKey]:
        """The positions of an instrument: their indices, and what the simulated exchange calls them."""
        return {index: _side(key, index) for index in _NAMES} if key in self._hedged else {ONE_WAY: key}

    def copies(self, key: InstrumentKey) -> list[InstrumentKey]:
        """Names under which the instrument's market is told again; those of a former hedge mode, too."""
        return [name for name, (owner, _) in self._names.items() if owner == key]

    def instrument(self, name: InstrumentKey) -> InstrumentKey:
        """The instrument that a position is in."""
        return self._names.get(name, (name, ONE_WAY))[0]

    def index(self, name: InstrumentKey) -> int:
        """The index of a position."""
        return self._names.get(name, (name, ONE_WAY))[1]


def _side(key: InstrumentKey, index: int) -> InstrumentKey:
    return key._replace(pair=f"{key.pair} {_NAMES[index]}")
