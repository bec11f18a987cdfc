"""VenueQueries: what a connector asks a venue over REST, in standard events.

Owns the questions. A venue's own folder has the paths, parameters and paging behind them.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ttxt_core.connectors.account_terms import AccountTerms, FeeRates, KeyTerms, MarginKind, PairTerms
from ttxt_core.errors import AuthError
from ttxt_core.events import Event, Instrument, Kline, MarketTrades, OrderUpdate


class ClockError(AuthError):
    """The venue refused the time of a request: its clock is to be asked for again.

    Attributes:
        code: the venue's own.
    """

    def __init__(self, asked: str, code: int | str, answered: str, hint: str = "") -> None:
        super().__init__(asked, f"{answered} [{code}]", hint)
        self.code = code


class VenueQueries(ABC):
    """Questions about one category and one account. Lists are whole: all pages.

    Every method raises the web layer's errors, and `ProtocolError` for an answer that can't be read. What is listed is
    oldest first. Rows that can't be read come as `ConnectorError` in their place.
    """

    @abstractmethod
    async def sample_clock(self) -> None:
        """Ask for the venue's time, and add the sample to the estimate of its clock."""

    @abstractmethod
    async def instruments(self) -> list[Event[Instrument]]:
        """Everything that is traded in the category."""

    @abstractmethod
    async def klines(self, pair: str, interval: str, count: int) -> list[Event[Kline]]:
        """The last `count` candles, the open one too."""

    @abstractmethod
    async def trades(self, pair: str) -> list[Event[MarketTrades]]:
        """Recent trades as one event; none where there were none."""

    @abstractmethod
    async def fee_rates(self, pair: str) -> FeeRates | None:
        """What trading `pair` costs this account; None where the venue does not say."""

    @abstractmethod
    async def key_terms(self) -> KeyTerms | None:
        """Whose the key is and what it may do; None where the venue does not say."""

    @abstractmethod
    async def margin_kind(self) -> MarginKind | None:
        """What stands for the account's positions; None where the venue does not say."""

    @abstractmethod
    async def pair_terms(self, pair: str) -> PairTerms:
        """Fees, leverage and position mode of `pair`."""

    async def account_terms(self, pairs: Sequence[str]) -> AccountTerms:
        """All terms that orders in `pairs` would be under, asked for at once."""
        whole = asyncio.gather(self.key_terms(), self.margin_kind())
        (key, margin), found = await asyncio.gather(whole, asyncio.gather(*map(self.pair_terms, pairs)))
        return AccountTerms(key=key, margin=margin, pairs=tuple(found))

    @abstractmethod
    async def open_orders(self) -> list[Event[Any]]:
        """`OrderUpdate`s of everything that works, conditional orders too."""

    @abstractmethod
    async def order(self, pair: str, client_order_id: str, order_id: str | None) -> Event[OrderUpdate] | None:
        """How one order stands, working or ended; None when the venue knows no such order."""

    @abstractmethod
    async def fills(self, since_ns: int) -> list[Event[Any]]:
        """Every execution since `since_ns`, the venue's time."""

    @abstractmethod
    async def fills_of(self, pair: str, client_order_id: str, order_id: str | None) -> list[Event[Any]]:
        """The executions of one order."""

    @abstractmethod
    async def positions(self, pairs: Sequence[str]) -> list[Event[Any]]:
        """Positions that are open, in any pair, and those in `pairs` even when flat; none on spot."""

    @abstractmethod
    async def wallet(self) -> list[Event[Any]]:
        """All balances, as a snapshot."""

    @abstractmethod
    async def set_dead_man_switch(self, seconds: int) -> None:
        """Ask the venue to cancel this category's orders when it has not heard of us for `seconds`."""

    @abstractmethod
    async def dead_man_switch(self) -> int | None:
        """The seconds after which the venue says it would do so; None where it tells of no such switch."""
