"""The ledgers of a simulated account: balances with what is held of them, and positions. Pure and exact.

Owns the money arithmetic. Every sum and product is exact (an inexact one raises); only average prices, margins, the
cost of a part of a position and that of an inverse contract are quotients, and rounded. No order and no market is known
here.

What is kept: of every currency ``total = free + held``; the totals plus the positions' unrealised profit change
only by fees and by prices. A spot order holds all that it can cost, so that no spot balance is ever overdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import (
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import NamedTuple

from ttxt_core.events.account import Balance
from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Instrument, Side

ZERO = Decimal(0)
EXACT = Context(prec=96, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
QUOTIENT = Context(prec=96, traps=[InvalidOperation, DivisionByZero, Overflow])
AVERAGE = Context(prec=20, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Average and break-even prices have 20 significant digits."""
INVERSE = "inverse"
COST_QUANTUM = Decimal("1e-12")
INVERSE_COST_QUANTUM = Decimal("1e-18")
MARGIN_QUANTUM = Decimal("1e-8")


class Settlement(NamedTuple):
    """What a fill did to the account: a positive fee was paid. Profit is before fees; None for spot."""

    fee: Decimal
    fee_currency: str
    realised_pnl: Decimal | None


class Balances:
    """Totals by currency, and what of them is held, each hold under the name of what it is for."""

    def __init__(self, start: Mapping[str, Decimal]) -> None:
        self._totals: dict[str, Decimal] = dict(start)
        self._holds: dict[str, dict[str, Decimal]] = {}
        self._held: dict[str, Decimal] = {}
        self._changed: set[str] = set()

    def total(self, currency: str) -> Decimal:
        """What there is of `currency`."""
        return self._totals.get(currency, ZERO)

    def held(self, currency: str) -> Decimal:
        """What of it is held."""
        return self._held.get(currency, ZERO)

    def free(self, currency: str) -> Decimal:
        """Total less held. Negative only where losses of linear positions have eaten the margin."""
        return EXACT.subtract(self.total(currency), self.held(currency))

    def add(self, currency: str, amount: Decimal) -> None:
        """Change the total by `amount`."""
        if amount:
            self._totals[currency] = EXACT.add(self.total(currency), amount)
            self._changed.add(currency)

    def hold(self, currency: str, name: str, amount: Decimal) -> None:
        """Hold `amount` under `name`, in place of what was held under it; nothing when 0."""
        holds = self._holds.setdefault(currency, {})
        before = holds.pop(name, ZERO)
        if amount:
            holds[name] = amount
        if amount != before:
            self._held[currency] = EXACT.add(self.held(currency), EXACT.subtract(amount, before))
            self._changed.add(currency)

    def held_for(self, currency: str, name: str) -> Decimal:
        """What is held under `name`."""
        return self._holds.get(currency, {}).get(name, ZERO)

    def snapshot(self) -> list[Balance]:
        """All balances by currency; from here on nothing is changed."""
        self._changed.clear()
        return [self._balance(currency) for currency in sorted(self._totals)]

    def take_changed(self) -> list[Balance]:
        """The balances that changed since this was asked last."""
        if not self._changed:
            return []
        changed = sorted(self._changed)
        self._changed.clear()
        return [self._balance(currency) for currency in changed]

    def _balance(self, currency: str) -> Balance:
        return Balance(currency, self.total(currency), self.free(currency), self.held(currency))


class Position:
    """A position in a contract. A linear one's cost is exact; an entry price is a quotient.

    Money is in the settle currency: of an inverse contract, whose quantity is in quote currency, the base currency.

    Attributes (read them, don't set them):
        quantity: positive long, negative short.
        cost: what buying what is open took, see `TradingPair.cost`: Σ price × quantity with its sign; of an inverse
            contract Σ −quantity / price.
        realised_pnl, fees: since the account began; profit before fees.
    """

    def __init__(self, *, is_inverse: bool = False) -> None:
        self._is_inverse = is_inverse
        self._quantum = INVERSE_COST_QUANTUM if is_inverse else COST_QUANTUM
        self.quantity = ZERO
        self.cost = ZERO
        self.realised_pnl = ZERO
        self.fees = ZERO
        self._open_fees = ZERO

    def cost_of(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What buying `quantity` at `price` takes: see `TradingPair.cost`."""
        if not self._is_inverse:
            return EXACT.multiply(quantity, price)
        return QUOTIENT.divide(-quantity, price).quantize(self._quantum, context=QUOTIENT)

    def apply(self, side: Side, price: Decimal, quantity: Decimal, fee: Decimal) -> Decimal:
        """Count a fill, and return the profit that it realised, before fees."""
        with localcontext(EXACT):
            signed = quantity if side is Side.BUY else -quantity
            self.fees += fee
            realised = ZERO
            if self.quantity and (signed > 0) != (self.quantity > 0):
                closed = -signed if quantity <= abs(self.quantity) else self.quantity
                realised = self.cost_of(closed, price) - self._release(closed)
                opened_fee = _share(fee, signed + closed, signed, self._quantum)
                signed += closed
            else:
                opened_fee = fee
            if signed:
                self.quantity += signed
                self.cost += self.cost_of(signed, price)
                self._open_fees += opened_fee
            self.realised_pnl += realised
            return realised

    def charge(self, fee: Decimal) -> None:
        """Count a fee that no fill brought, such as funding; below zero it was received."""
        self.fees = EXACT.add(self.fees, fee)

    def unrealised_pnl(self, mark: Decimal) -> Decimal:
        """Profit if it were closed at `mark`, before fees."""
        with localcontext(EXACT):
            return self.cost_of(self.quantity, mark) - self.cost

    @property
    def entry_price(self) -> Decimal | None:
        """Average price of what is open; None when flat."""
        if not self.quantity:
            return None
        if self._is_inverse:
            return AVERAGE.divide(-self.quantity, self.cost)
        return AVERAGE.divide(self.cost, self.quantity)

    def break_even_price(self, taker_fee: Decimal) -> Decimal | None:
        """Where closing, as a taker, pays the fees of opening and closing; None when flat.

        Solves ``quantity × price − cost − fees paid to open − taker fee × |quantity| × price = 0``; of an inverse
        contract the same with ``−quantity / price`` and ``|quantity| / price``.
        """
        if not self.quantity:
            return None
        with localcontext(EXACT):
            paid = self.cost + self._open_fees
            worth = -self.quantity if self._is_inverse else self.quantity
            earned = worth - taker_fee * abs(self.quantity)
        return AVERAGE.divide(earned, paid) if self._is_inverse else AVERAGE.divide(paid, earned)

    def _release(self, closed: Decimal) -> Decimal:
        """Take `closed` (with the position's sign) out, and return its part of the cost."""
        cost = _share(self.cost, closed, self.quantity, self._quantum)
        self._open_fees -= _share(self._open_fees, closed, self.quantity, self._quantum)
        self.cost -= cost
        self.quantity -= closed
        return cost


class Account:
    """The balances and positions of one account, and what fills do to them."""

    def __init__(self, start: Mapping[str, Decimal]) -> None:
        self.balances = Balances(start)
        self.positions: dict[InstrumentKey, Position] = {}

    def settle_spot(
        self, spec: Instrument, *, side: Side, price: Decimal, quantity: Decimal, fee_rate: Decimal
    ) -> Settlement:
        """Exchange base against quote. The fee is taken from the currency that is received, as on Bybit."""
        with localcontext(EXACT):
            value = price * quantity
            received, fee_currency = (quantity, spec.base) if side is Side.BUY else (value, spec.quote)
            fee = received * fee_rate
            paid, paid_currency = (value, spec.quote) if side is Side.BUY else (quantity, spec.base)
            self.balances.add(fee_currency, received - fee)
            self.balances.add(paid_currency, -paid)
        return Settlement(fee, fee_currency, None)

    def settle_linear(
        self,
        key: InstrumentKey,
        settle: str,
        *,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        fee_rate: Decimal,
    ) -> Settlement:
        """Change the position; realised profit and fee go to the currency `settle`."""
        with localcontext(EXACT):
            position = self.position(key)
            fee = abs(position.cost_of(quantity, price)) * fee_rate
            realised = position.apply(side, price, quantity, fee)
            self.balances.add(settle, realised - fee)
        return Settlement(fee, settle, realised)

    def position(self, key: InstrumentKey) -> Position:
        """The position in `key`, flat when there was none."""
        position = self.positions.get(key)
        if position is None:
            position = self.positions[key] = Position(is_inverse=key.category == INVERSE)
        return position


def initial_margin(notional: Decimal, leverage: Decimal) -> Decimal:
    """``notional / leverage``, rounded up to 1e-8."""
    return QUOTIENT.divide(notional, leverage).quantize(MARGIN_QUANTUM, ROUND_UP, QUOTIENT)


def _share(whole: Decimal, part: Decimal, of: Decimal, quantum: Decimal) -> Decimal:
    """``whole × part / of``, exact where the part is all."""
    if part == of:
        return whole
    share = QUOTIENT.divide(QUOTIENT.multiply(whole, part), of)
    return share.quantize(quantum, context=QUOTIENT)
