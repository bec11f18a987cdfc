"""Instruments that a venue changes while a connector runs: other steps, another status, new listings.

Owns asking for them again now and then, and telling what changed of the pairs that are listened to. Orders by old steps
would be refused, exits too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.market_feed import MarketFeed
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.errors import TtxtError
from ttxt_core.events import Event, Instrument


class InstrumentWatch:
    """Keeps a table of symbols up to date."""

    def __init__(
        self,
        pairs: Sequence[str],
        symbols: SymbolTable,
        queries: VenueQueries,
        *,
        complete: Callable[[Event[Instrument]], Awaitable[Event[Instrument]]],
        market: MarketFeed | None,
        kit: ConnectorKit,
    ) -> None:
        """A watch that looks while `run` does.

        Args:
            pairs: of which changes are told. symbols: is kept up to date. queries: who is asked.
            complete: adds what the list does not say. market: whose books begin anew when steps have changed.
        """
        self._pairs = frozenset(pairs)
        self._symbols = symbols
        self._queries = queries
        self._complete = complete
        self._market = market
        self._kit = kit

    async def run(self) -> None:
        """Look now and then until cancelled."""
        clock = self._kit.clock
        while True:
            await clock.sleep_until(clock.now_ns() + round(self._kit.timings.instruments_s * NANOSECONDS))
            try:
                await self.look()
            except TtxtError as error:
                self._kit.reports.error(error)

    async def look(self) -> None:
        """Ask, and tell what changed.

        Raises:
            WebError, ProtocolError: the question was not answered.
        """
        for event in await self._queries.instruments():
            if type(event.data) is Instrument:
                await self._take(event)

    async def _take(self, event: Event[Any]) -> None:
        pair, now = event.header.pair, event.data
        before = self._symbols.instrument(pair) if pair in self._symbols else None
        if before == now:
            return
        told = await self._complete(event) if pair in self._pairs else None
        self._symbols.add(event)
        if told is None or before is None:
            return
        self._kit.reports.pass_on(told)
        has_other_steps = (before.tick_size, before.lot_size) != (now.tick_size, now.lot_size)
        if has_other_steps and self._market is not None:
            self._market.begin_anew(f"the steps of {pair} have changed")
