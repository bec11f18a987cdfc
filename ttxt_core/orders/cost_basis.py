"""What a holding cost and what closing it made, counted from fills alone: first in first out, or at the average.

Owns the arithmetic of lots, exact to the last digit: every sum is, and a share of a lot's cost is rounded once, so that
what one part leaves out the other has. It knows no venue, no fee and no market.
"""

from __future__ import annotations

from collections import deque
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.instruments import TradingPair

ZERO: Final = Decimal(0)
EXACT: Final = Context(prec=96, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
COST_QUANTUM: Final = Decimal("1e-24")
"""What a share of a cost is rounded to."""


class CostMethod(StrEnum):
    """Which part of a holding is closed first. Once flat, both have made the same."""

    FIFO = "fifo"
    """The part that was opened first."""
    AVERAGE = "average"
    """An equal share of all of it."""


class Lot(NamedTuple):
    """A part of a holding: `quantity` below zero was sold; `cost` is what buying it took, see `TradingPair.cost`."""

    quantity: Decimal
    cost: Decimal


class CostBasis:
    """One holding of one pair: its lots, and the profit of what was closed, before fees.

    Quantities are in the pair's quantity currency, money in its settle currency.

    Attributes:
        realised: the profit of all that was closed.
        quantity: what is open; below zero when short. cost: what buying all of it took.
    """

    def __init__(self, pair: TradingPair, method: CostMethod) -> None:
        self.realised = ZERO
        self.quantity = ZERO
        self.cost = ZERO
        self._pair = pair
        self._method = method
        self._lots: deque[Lot] = deque()

    @property
    def lots(self) -> tuple[Lot, ...]:
        """What is open, the part that is closed first in front; at the average one lot."""
        return tuple(self._lots)

    @property
    def entry_price(self) -> Decimal | None:
        """The average price of what is open; None when flat."""
        return self._pair.average_price(self.quantity, self.cost) if self.quantity and self.cost else None

    def unrealised(self, price: Decimal) -> Decimal:
        """What closing all of it at `price` would make."""
        return EXACT.subtract(self._cost(self.quantity, price), self.cost) if self.quantity else ZERO

    def trade(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Add `quantity`, below zero for a sale, at `price`; gives the profit of what that closed."""
        made = ZERO
        while quantity and self._lots and (self._lots[0].quantity > 0) is (quantity < 0):
            lot = self._lots.popleft()
            closing = lot.quantity if abs(lot.quantity) <= abs(quantity) else -quantity
            freed, rest = _split(lot, closing)
            if rest.quantity:
                self._lots.appendleft(rest)
            self.quantity = EXACT.subtract(self.quantity, freed.quantity)
            self.cost = EXACT.subtract(self.cost, freed.cost)
            made = EXACT.add(made, EXACT.subtract(self._cost(closing, price), freed.cost))
            quantity = EXACT.add(quantity, closing)
        if quantity:
            self._open(Lot(quantity, self._cost(quantity, price)))
        self.realised = EXACT.add(self.realised, made)
        return made

    def _open(self, lot: Lot) -> None:
        self.quantity = EXACT.add(self.quantity, lot.quantity)
        self.cost = EXACT.add(self.cost, lot.cost)
        if self._method is CostMethod.AVERAGE and self._lots:
            held = self._lots.pop()
            lot = Lot(EXACT.add(held.quantity, lot.quantity), EXACT.add(held.cost, lot.cost))
        self._lots.append(lot)

    def _cost(self, quantity: Decimal, price: Decimal) -> Decimal:
        """As `TradingPair.cost`, of which only that of an inverse contract is a quotient."""
        if self._pair.is_inverse:
            return EXACT.quantize(EXACT.divide(-quantity, price), COST_QUANTUM)
        return EXACT.multiply(quantity, price)


def _split(lot: Lot, quantity: Decimal) -> tuple[Lot, Lot]:
    """`quantity` of a lot, and the rest of it; what one's cost is rounded by, the other's has."""
    if quantity == lot.quantity:
        return lot, Lot(ZERO, ZERO)
    share = EXACT.divide(EXACT.multiply(lot.cost, quantity), lot.quantity)
    cost = EXACT.quantize(share, COST_QUANTUM)
    return Lot(quantity, cost), Lot(EXACT.subtract(lot.quantity, quantity), EXACT.subtract(lot.cost, cost))
