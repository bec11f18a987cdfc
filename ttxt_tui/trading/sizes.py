"""Sizes: presets and steps.

Owns how a size belongs to a symbol: it is chosen for one, and never carried over to another.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from ttxt_core.events import InstrumentKey
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.config.settings import Sizes


class Chosen(Struct):
    """The size chosen for one symbol; `preset` is 1 to 5 when it came from a preset key."""

    quantity: Decimal
    preset: int | None = None


class SizeBook:
    """The chosen size of each symbol."""

    def __init__(self, settings: Sizes, first_preset: int | None) -> None:
        """`first_preset` is taken for a symbol where none was chosen yet; None starts empty."""
        self._settings = settings
        self._first_preset = first_preset
        self._chosen: dict[InstrumentKey, Chosen] = {}

    def chosen(self, info: InstrumentInfo, price: Decimal | None) -> Chosen | None:
        """The size of `info`'s symbol; the first preset where nothing was chosen and there is a price for it."""
        known = self._chosen.get(info.key)
        if known is None and self._first_preset is not None and price is not None:
            known = self._chosen[info.key] = Chosen(self.preset(self._first_preset, info, price), self._first_preset)
        return known

    def choose(self, info: InstrumentInfo, quantity: Decimal, preset: int | None = None) -> Chosen:
        """Make `quantity` the size of `info`'s symbol."""
        chosen = self._chosen[info.key] = Chosen(quantity, preset)
        return chosen

    def preset(self, number: int, info: InstrumentInfo, price: Decimal) -> Decimal:
        """The quantity of preset `number` (1 to 5), at least the instrument's smallest order at `price`."""
        own = self._settings.by_pair.get(info.key.pair)
        quantity = self._settings.notional[number - 1] / price if own is None else own[number - 1]
        return max(info.round_quantity(quantity), smallest(info, price))


def smallest(info: InstrumentInfo, price: Decimal) -> Decimal:
    """The smallest quantity that the venue takes at `price`, in whole lots."""
    least = info.spec.min_quantity or info.lot_size
    if info.spec.min_notional is not None:
        least = max(least, info.spec.min_notional / price)
    return info.quantity(max(1, int((least / info.lot_size).to_integral_value(ROUND_CEILING))))


def step_of(quantity: Decimal, info: InstrumentInfo) -> Decimal:
    """What + changes a size by: a tenth of its leading decade, at least a lot (0.25 → 0.01, 3 → 0.1)."""
    if quantity <= 0:
        return info.lot_size
    return max(info.round_quantity(Decimal(1).scaleb(quantity.adjusted() - 1)), info.lot_size)


def stepped(quantity: Decimal, steps: int, info: InstrumentInfo) -> Decimal:
    """`quantity` after `steps` presses of + (above zero) or -; one takes back the other. Never under a lot."""
    lot = info.lot_size
    for _ in range(abs(steps)):
        if steps > 0:
            power = Decimal(1).scaleb(quantity.adjusted() + 1)  # steps are larger from there on: none goes beyond it
            quantity = max(info.round_quantity(min(quantity + step_of(quantity, info), power)), quantity + lot)
        else:
            quantity = max(info.round_quantity(quantity - step_of(quantity - lot, info)), lot)
    return quantity


def fraction_of(quantity: Decimal, fraction: Decimal, info: InstrumentInfo) -> Decimal:
    """`fraction` of `quantity`, rounded down to the lot; all of it for 1."""
    return quantity if fraction >= 1 else info.round_quantity(quantity * fraction)
