"""What the accounts hold: balances and positions, as wallets and position updates last told them.

Owns the figures and the question "what is held of this instrument"; it computes no profit and no margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ttxt_core.events.account import Balance, PositionUpdate, Wallet
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.orders import PositionSide
from ttxt_core.events.status import ResetReason, StreamReset
from ttxt_core.instruments import TradingPair

ZERO = Decimal(0)
SPOT = "spot"

PositionKey = tuple[InstrumentKey, str, PositionSide]
"""Instrument, account, side."""


class AccountBook:
    """Balances by venue, account and currency; positions by instrument, account and side."""

    def __init__(self) -> None:
        self.version = 0
        """Changes whenever a figure does."""
        self._balances: dict[tuple[str, str], dict[str, Balance]] = {}
        self._positions: dict[PositionKey, PositionUpdate] = {}

    def on_event(self, event: Event[Any]) -> None:
        """Take in a `Wallet`, a `PositionUpdate` or a `StreamReset`; all else is ignored."""
        data, header = event.data, event.header
        if type(data) is Wallet:
            balances = self._balances.setdefault((header.venue, data.account), {})
            if data.is_snapshot:
                balances.clear()
            balances.update((balance.currency, balance) for balance in data.balances)
        elif type(data) is PositionUpdate:
            self._positions[header.key, data.account, data.position_side] = data
        elif type(data) is StreamReset and data.reason is not ResetReason.RECONNECT:
            self._balances.clear()
            self._positions.clear()
        else:
            return
        self.version += 1

    @property
    def positions(self) -> Mapping[PositionKey, PositionUpdate]:
        """Every position that was reported, flat ones too."""
        return self._positions

    def balances(self, venue: str, account: str) -> Mapping[str, Balance]:
        """Currency → balance."""
        return self._balances.get((venue, account), {})

    def balance(self, venue: str, account: str, currency: str) -> Balance:
        """One currency; zeros when nothing was told of it."""
        return self.balances(venue, account).get(currency) or Balance(currency, ZERO, ZERO, ZERO)

    def held(self, key: InstrumentKey, account: str) -> Decimal:
        """The net position in base currency; on spot, what the account owns of the base currency."""
        if key.category == SPOT:
            return self.balance(key.venue, account, TradingPair.parse(key.pair).base).total
        return sum(
            (
                self._positions[key, account, side].quantity
                for side in PositionSide
                if (key, account, side) in self._positions
            ),
            ZERO,
        )

    def side_of(self, key: InstrumentKey, account: str) -> PositionSide:
        """What an order that closes what is `held` has to name; in hedge mode the side that there is more of."""
        held = self.held(key, account)
        for side in (PositionSide.LONG, PositionSide.SHORT):
            position = self._positions.get((key, account, side))
            if position is not None and position.quantity * held > 0:
                return side
        return PositionSide.ONE_WAY

    def equity(self, venue: str, account: str, currency: str) -> Decimal:
        """Balance in `currency` plus the unrealised profit of positions that settle in it."""
        unrealised = (
            position.unrealised_pnl or ZERO
            for (key, owner, _), position in self._positions.items()
            if key.venue == venue and owner == account and TradingPair.parse(key.pair).settle == currency
        )
        return self.balance(venue, account, currency).total + sum(unrealised, ZERO)
