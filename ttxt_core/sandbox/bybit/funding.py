"""Funding: what long and short positions pay each other at every interval.

Owns when it is due. The rate is the one that the market's ticker shows, else the venue's usual one.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.public_market import PublicMarket

_USUAL_RATE = Decimal("0.0001")


class Funding:
    """Charges positions."""

    def __init__(self, exchange: SandboxExchange, desk: OrderDesk, interval_s: float | None) -> None:
        """Every `interval_s` seconds; never when that is None."""
        self._exchange = exchange
        self._desk = desk
        self._interval_s = interval_s

    async def run(self) -> None:
        """Charge until cancelled."""
        if self._interval_s is None:
            return
        while True:
            await asyncio.sleep(self._interval_s)
            self.settle()

    def settle(self) -> None:
        """Charge every open position, now: a long one pays a rate above zero, a short one gets it."""
        for market in self._exchange.markets.values():
            if market.category == "spot":
                continue
            for key in self._exchange.sides.of(market.info.key).values():
                if self._exchange.account.position(key).quantity:
                    self._desk.charge_funding(key, _rate(market))


def _rate(market: PublicMarket) -> Decimal:
    rate = market.ticker.funding_rate
    return _USUAL_RATE if rate is None else Decimal(f"{rate:.8f}")
