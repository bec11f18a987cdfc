"""Sizing: the keys that choose how large an order is.

Owns which of two sizes a key changes: the one chosen for the symbol, or the one of what is staged.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ttxt_core.events import Side
from ttxt_tui.config.settings import PRESET_COUNT
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.expressions import ExpressionError, QuantityExpression
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.pretrade import shown
from ttxt_tui.trading.sizes import Chosen, SizeBook, stepped
from ttxt_tui.trading.stager import Stager

NO_SIZE: Final = Feedback("no size: 1–5", LogLevel.WARN)
_NO_PRICE: Final = Feedback("no price yet to size by", LogLevel.WARN)


class Sizing:
    """Chooses sizes of one market after another."""

    def __init__(self, context: DeskContext, sizes: SizeBook, stager: Stager) -> None:
        self._context = context
        self._sizes = sizes
        self._stager = stager

    def chosen(self, market: MarketState) -> Chosen | None:
        """The size chosen for the symbol; None when there is none."""
        return self._sizes.chosen(market.info, _reference(market))

    def presets(self, market: MarketState) -> list[Decimal]:
        """The sizes of the preset keys, base currency; empty before there is a price."""
        price = _reference(market)
        if price is None:
            return []
        return [self._sizes.preset(number, market.info, price) for number in range(1, PRESET_COUNT + 1)]

    def preset(self, market: MarketState, number: int) -> Feedback:
        """Choose preset 1 to 5."""
        price = _reference(market)
        if price is None:
            return _NO_PRICE
        return self._choose(market, self._sizes.preset(number, market.info, price), number)

    def of_position(self, market: MarketState) -> Feedback:
        """Choose the size of the open position."""
        quantity = abs(self._context.closable(market.key))
        return self._choose(market, quantity) if quantity else Feedback("no position: size stays", LogLevel.WARN)

    def typed(self, market: MarketState, quantity: QuantityExpression) -> Feedback:
        """Choose a size that was typed; a share is of what is free to buy with."""
        price = _reference(market)
        if price is None:
            return _NO_PRICE
        free = self._context.spendable(market.key, Side.BUY, price)
        try:
            return self._choose(market, quantity.quantity(market.info, price, free))
        except ExpressionError as error:
            return Feedback(str(error), LogLevel.WARN)

    def step(self, market: MarketState, steps: int) -> Feedback:
        """Change the size of what is staged, else the chosen one, by `steps` steps."""
        size = self._stager.staged or self.chosen(market)
        return NO_SIZE if size is None else self._choose(market, stepped(size.quantity, steps, market.info))

    def _choose(self, market: MarketState, quantity: Decimal, preset: int | None = None) -> Feedback:
        """A size for what is staged; for the symbol too, unless what is staged has a size of its own."""
        staged = self._stager.staged
        if staged is None or not staged.has_own_size:
            self._sizes.choose(market.info, quantity, preset)
        if staged is not None:
            return self._stager.resize(market, quantity)
        return Feedback(f"size {shown(quantity, market.info)} {market.info.quantity_currency}")


def _reference(market: MarketState) -> Decimal | None:
    price = market.reference_price
    return None if price is None else market.info.price(max(1, market.ticks_of(price)))
