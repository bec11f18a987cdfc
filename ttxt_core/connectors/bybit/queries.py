"""Questions to Bybit over REST: paths, parameters and paging.

Source: Bybit's v5 documentation, "Market", "Trade", "Position" and "Account".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson

from ttxt_core.clock import MILLISECOND_NS, Clock
from ttxt_core.connectors.account_terms import FeeRates, KeyTerms, MarginKind, PairTerms
from ttxt_core.connectors.bybit.account_messages import (
    ExecutionList,
    FeeRateList,
    OrderList,
    PageMark,
    PositionList,
    WalletList,
)
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.connectors.bybit.account_terms import (
    PRODUCTS,
    AccountRow,
    DeadManList,
    KeyRow,
    dead_man_window_s,
    key_terms,
    margin_kind,
    position_terms,
)
from ttxt_core.connectors.bybit.denormalizer import SPOT
from ttxt_core.connectors.bybit.limits import EVERYTHING, QUERY_LIMITS
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.bybit.paths import asked_by
from ttxt_core.connectors.bybit.replies import INTERVALS, klines, reply_of, result_of, server_time_ns, trades
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.errors import ProtocolError, VenueRejectError
from ttxt_core.events import Event, Instrument, Kline, MarketTrades, MessageHeader, OrderUpdate
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.requests import Priority, RESTRequest, RESTResponse

_PAGES_MOST: Final = 200
_WEEK_MS: Final = 7 * 86_400_000
_NOT_ON_DEMO: Final = 10032
"""What a demo account answers to questions that only real accounts may ask: of keys, of fees."""

Call = Callable[[RESTRequest], Awaitable[RESTResponse]]
Params = dict[str, str]


class BybitQueries(VenueQueries):
    """Asks about `spot` or `linear`."""

    def __init__(
        self,
        category: str,
        call: Call,
        market: BybitNormalizer,
        account: BybitAccountNormalizer,
        symbols: SymbolTable,
        *,
        clock: Clock,
        clock_offset: ClockOffset,
    ) -> None:
        self._category = category
        self._call = call
        self._market = market
        self._account = account
        self._symbols = symbols
        self._clock = clock
        self._offset = clock_offset

    # -- the market --------------------------------------------------------------------------------------

    async def sample_clock(self) -> None:
        """See `VenueQueries`."""
        response = await self._get("/v5/market/time", {}, is_signed=False)
        self._offset.add(response.sent_time_ns, response.receive_time_ns, server_time_ns(response.body))

    async def instruments(self) -> list[Event[Instrument]]:
        """See `VenueQueries`."""
        events: list[Event[Instrument]] = []
        params = {"category": self._category, "limit": "1000"}
        async for response in self._pages("/v5/market/instruments-info", params, is_signed=False):
            events += self._market.instruments(response.body, response.receive_time_ns)
        return events

    async def klines(self, pair: str, interval: str, count: int) -> list[Event[Kline]]:
        """See `VenueQueries`."""
        symbol = self._symbols.symbol(pair)
        params = {"symbol": symbol, "interval": INTERVALS[interval], "limit": str(count)}
        response = await self._get(
            "/v5/market/kline", self._in_category(params), is_signed=False, priority=Priority.HISTORY
        )
        return klines(response.body, self._header(pair, response), interval, self._now_ns())

    async def trades(self, pair: str) -> list[Event[MarketTrades]]:
        """See `VenueQueries`."""
        params = {"symbol": self._symbols.symbol(pair), "limit": "60" if self._category == SPOT else "500"}
        response = await self._get(
            "/v5/market/recent-trade", self._in_category(params), is_signed=False, priority=Priority.HISTORY
        )
        return trades(response.body, self._header(pair, response))

    # -- the account -------------------------------------------------------------------------------------

    async def fee_rates(self, pair: str) -> FeeRates | None:
        """See `VenueQueries`."""
        symbol = self._symbols.symbol(pair)
        path = "/v5/account/fee-rate"
        response = await self._get_unless_demo(path, self._in_category({"symbol": symbol}))
        if response is None:
            return None
        for row in result_of(response.body, FeeRateList, f"GET {path}").rows:
            if row.symbol == symbol:
                return FeeRates(Decimal(row.maker_fee_rate), Decimal(row.taker_fee_rate))
        return None

    async def key_terms(self) -> KeyTerms | None:
        """See `VenueQueries`: of demo accounts nothing is told."""
        path = "/v5/user/query-api"
        response = await self._get_unless_demo(path, {})
        return None if response is None else key_terms(result_of(response.body, KeyRow, f"GET {path}"), self._category)

    async def margin_kind(self) -> MarginKind | None:
        """See `VenueQueries`."""
        path = "/v5/account/info"
        response = await self._get(path, {})
        return margin_kind(result_of(response.body, AccountRow, f"GET {path}"))

    async def pair_terms(self, pair: str) -> PairTerms:
        """See `VenueQueries`: the venue lists the positions of a pair that is flat too."""
        fees, symbol, path = await self.fee_rates(pair), self._symbols.symbol(pair), "/v5/position/list"
        if self._category == SPOT:
            return PairTerms(pair=pair, fees=fees)
        response = await self._get(path, self._in_category({"symbol": symbol}))
        mode, leverage = position_terms(result_of(response.body, PositionList, f"GET {path}").rows, symbol)
        return PairTerms(pair=pair, fees=fees, leverage=leverage, position_mode=mode)

    async def open_orders(self) -> list[Event[Any]]:
        """See `VenueQueries`: linear is asked by what it settles in, since it alone gives no list of everything."""
        params = self._in_category({"openOnly": "0", "limit": "50"})
        found: list[Event[Any]] = []
        for part in self._parts() if self._category == "linear" else [{}]:
            async for response in self._pages("/v5/order/realtime", params | part):
                found += self._orders(response)
        return found[::-1]

    async def order(self, pair: str, client_order_id: str, order_id: str | None) -> Event[OrderUpdate] | None:
        """See `VenueQueries`: first among the open and the lately closed, then in the history."""
        params = self._in_category({"symbol": self._symbols.symbol(pair), **_names(client_order_id, order_id)})
        for path in ("/v5/order/realtime", "/v5/order/history"):
            for event in self._orders(await self._get(path, params)):
                if type(event.data) is not OrderUpdate:
                    raise ProtocolError(f"GET {path}", event.data.answered)
                return event
        return None

    async def fills(self, since_ns: int) -> list[Event[Any]]:
        """See `VenueQueries`: at most a week back, which is as far as one question reaches."""
        now_ms = self._now_ns() // MILLISECOND_NS
        since_ms = max(since_ns // MILLISECOND_NS, now_ms - _WEEK_MS + 1)
        return await self._executions({"startTime": str(since_ms)})

    async def fills_of(self, pair: str, client_order_id: str, order_id: str | None) -> list[Event[Any]]:
        """See `VenueQueries`."""
        return await self._executions({"symbol": self._symbols.symbol(pair), **_names(client_order_id, order_id)})

    async def positions(self, pairs: Sequence[str]) -> list[Event[Any]]:
        """See `VenueQueries`."""
        if self._category == SPOT:
            return []
        path, found = "/v5/position/list", []
        wanted: list[Params] = [{"symbol": self._symbols.symbol(pair)} for pair in pairs]
        wanted += [{**part, "limit": "200"} for part in self._parts()]
        told: set[tuple[str, int]] = set()
        for part in wanted:
            async for response in self._pages(path, self._in_category(part)):
                rows = result_of(response.body, PositionList, f"GET {path}").rows
                new = [row for row in rows if (row.symbol, row.position_idx) not in told]
                told.update((row.symbol, row.position_idx) for row in new)
                found += self._account.positions(new, response.receive_time_ns, self._category)
        return found

    async def wallet(self) -> list[Event[Any]]:
        """See `VenueQueries`."""
        path = "/v5/account/wallet-balance"
        response = await self._get(path, {"accountType": "UNIFIED"})
        rows = result_of(response.body, WalletList, f"GET {path}").rows
        time_ms = reply_of(response.body, f"GET {path}").time
        return self._account.wallets(rows, response.receive_time_ns, time_ms, is_snapshot=True)

    async def set_dead_man_switch(self, seconds: int) -> None:
        """See `VenueQueries`."""
        path = "/v5/order/disconnected-cancel-all"
        body = orjson.dumps({"product": PRODUCTS[self._category], "timeWindow": seconds})
        headers = {"Content-Type": "application/json"}
        # To set the same window twice does no more than to set it once.
        await self._call(
            RESTRequest(
                "POST",
                path,
                body=body,
                headers=headers,
                is_signed=True,
                limits=(path, EVERYTHING),
                is_repeatable=True,
                label=asked_by(path),
            )
        )

    async def dead_man_switch(self) -> int | None:
        """See `VenueQueries`: the venue answers main accounts alone."""
        path = "/v5/account/query-dcp-info"
        response = await self._get_unless_demo(path, {})
        if response is None:
            return None
        return dead_man_window_s(result_of(response.body, DeadManList, f"GET {path}"), self._category)

    # -- inside ------------------------------------------------------------------------------------------

    async def _executions(self, params: Params) -> list[Event[Any]]:
        path = "/v5/execution/list"
        found: list[Event[Any]] = []
        async for response in self._pages(path, self._in_category({**params, "limit": "100"})):
            rows = result_of(response.body, ExecutionList, f"GET {path}")
            found += self._account.fills(rows.rows, response.receive_time_ns, rows.category or self._category)
        return found[::-1]

    def _orders(self, response: RESTResponse) -> list[Event[Any]]:
        rows = result_of(response.body, OrderList, "GET orders")
        return self._account.orders(rows.rows, response.receive_time_ns, rows.category or self._category)

    def _parts(self) -> list[Params]:
        """Filters that together stand for the whole category."""
        if self._category == SPOT:
            return [{}]
        return [{"settleCoin": currency} for currency in self._symbols.settle_currencies]

    def _in_category(self, params: Params) -> Params:
        return {"category": self._category, **params}

    async def _pages(self, path: str, params: Params, *, is_signed: bool = True) -> AsyncIterator[RESTResponse]:
        """The answers of every page."""
        cursor = ""
        for _ in range(_PAGES_MOST):
            response = await self._get(path, params | ({"cursor": cursor} if cursor else {}), is_signed=is_signed)
            yield response
            following = result_of(response.body, PageMark, f"GET {path}").next_page_cursor
            if not following or following == cursor:
                return
            cursor = following
        raise ProtocolError(f"GET {path}", f"more than {_PAGES_MOST} pages")

    async def _get(
        self, path: str, params: Params, *, is_signed: bool = True, priority: Priority = Priority.QUERY
    ) -> RESTResponse:
        limits = (path, EVERYTHING) if path in QUERY_LIMITS else (EVERYTHING,)
        return await self._call(
            RESTRequest(
                "GET",
                path,
                tuple(params.items()),
                is_signed=is_signed,
                limits=limits,
                priority=priority,
                label=asked_by(path),
            )
        )

    async def _get_unless_demo(self, path: str, params: Params) -> RESTResponse | None:
        """The answer; None on a demo account, which may not ask this."""
        try:
            return await self._get(path, params)
        except VenueRejectError as error:
            if error.code != _NOT_ON_DEMO:
                raise
            return None

    def _header(self, pair: str, response: RESTResponse) -> MessageHeader:
        time_ms = reply_of(response.body, response.asked).time
        return MessageHeader("bybit", self._category, pair, time_ms * MILLISECOND_NS, response.receive_time_ns)

    def _now_ns(self) -> int:
        """The venue's time."""
        return self._clock.now_ns() + self._offset.offset_ns


def _names(client_order_id: str, order_id: str | None) -> Params:
    return {"orderLinkId": client_order_id} if client_order_id else {"orderId": order_id or ""}
