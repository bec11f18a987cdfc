"""What fills made, instrument by instrument: realised, entry and fees, first in first out or at the average.

Owns which fills and which position each count begins with. Both methods are counted all along, exactly, so that the
choice between them can change at any moment; the arithmetic is `ttxt_core.orders.cost_basis`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ttxt_core.events import Event, Fill, FillKind, InstrumentKey, PositionSide, PositionUpdate, Side
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.cost_basis import CostBasis, CostMethod

ZERO: Final = Decimal(0)
METHOD_WORD: Final = {CostMethod.AVERAGE: "average", CostMethod.FIFO: "FIFO"}


class Counted(Struct):
    """What one account did with one instrument.

    Attributes:
        bases: one a method. fees: paid, in the settle currency, funding among them. funding: of those.
    """

    bases: dict[CostMethod, CostBasis]
    fees: Decimal = ZERO
    funding: Decimal = ZERO

    def trade(self, quantity: Decimal, price: Decimal) -> None:
        """By both methods."""
        for basis in self.bases.values():
            basis.trade(quantity, price)


class FillProfit:
    """Give it every fill once, and every position update. A fee in a third currency is left out of the sums.

    A contract's count begins with the position that was there before the first command or fill: with its entry price,
    and with what was told to be realised and paid by then.

    Attributes:
        method: by which realised and entry are told.
    """

    def __init__(self, method: CostMethod = CostMethod.AVERAGE) -> None:
        self.method = method
        self._counted: dict[tuple[InstrumentKey, str], Counted] = {}
        self._begun: set[InstrumentKey] = set()

    def on_ack(self, key: InstrumentKey) -> None:
        """A command was answered: whatever position is told from here on may be its fills'."""
        self._begun.add(key)

    def on_position(self, key: InstrumentKey, position: PositionUpdate) -> None:
        """A position as it now is: the first one, while nothing was traded, is what fills are counted from."""
        if key in self._begun or key.category == SPOT:
            return
        self._begun.add(key)
        if position.position_side is not PositionSide.ONE_WAY:
            return
        counted = self._of(key, position.account)
        counted.fees = position.fees or ZERO
        for basis in counted.bases.values():
            basis.realised = position.realised_pnl or ZERO
        if position.quantity and position.entry_price is not None:
            counted.trade(position.quantity, position.entry_price)

    def on_fill(self, event: Event[Fill]) -> None:
        """Add a fill."""
        fill, key = event.data, event.header.key
        self._begun.add(key)
        counted, pair = self._of(key, fill.account), TradingPair.parse(key.pair)
        in_kind = ZERO
        if fill.fee_currency == pair.settle:
            counted.fees += fill.fee
            if fill.kind is FillKind.FUNDING:
                counted.funding += fill.fee
        elif fill.fee_currency == pair.base:
            # Paid in kind: a fee at this price, and as much less to sell.
            counted.fees += fill.fee * fill.price
            in_kind = fill.fee
        if fill.kind is not FillKind.FUNDING:
            signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
            counted.trade(signed - in_kind, fill.price)

    def clear(self) -> None:
        """Forget all fills."""
        self._counted.clear()
        self._begun.clear()

    def basis(self, key: InstrumentKey, account: str) -> CostBasis | None:
        """What was counted, by the method that is chosen; None before a fill."""
        counted = self._counted.get((key, account))
        return None if counted is None else counted.bases[self.method]

    def position(self, key: InstrumentKey, told: PositionUpdate) -> PositionUpdate:
        """The position with entry, realised and fees as counted; as it was told where the fills do not account for it.

        They don't where some came before this program looked, or where an account holds both sides at once.
        """
        counted = self._counted.get((key, told.account))
        if counted is None or told.position_side is not PositionSide.ONE_WAY:
            return told
        basis = counted.bases[self.method]
        if basis.quantity != told.quantity:
            return told
        return replace(told, entry_price=basis.entry_price, realised_pnl=basis.realised, fees=counted.fees)

    def spot(self) -> Iterator[tuple[InstrumentKey, str, Counted, CostBasis]]:
        """Instrument, account, and what was counted of each spot pair: no venue tells it."""
        for (key, account), counted in self._counted.items():
            if key.category == SPOT:
                yield key, account, counted, counted.bases[self.method]

    def _of(self, key: InstrumentKey, account: str) -> Counted:
        counted = self._counted.get((key, account))
        if counted is None:
            pair = TradingPair.parse(key.pair)
            counted = Counted({method: CostBasis(pair, method) for method in CostMethod})
            self._counted[key, account] = counted
        return counted
