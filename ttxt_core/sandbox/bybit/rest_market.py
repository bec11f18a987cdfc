"""REST market data: time, instruments, books, trades, candles, tickers, price limits. Pure reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ttxt_core.events.market import Side
from ttxt_core.sandbox.bybit.errors import bad_parameter
from ttxt_core.sandbox.bybit.fields import Fields, read_symbol
from ttxt_core.sandbox.bybit.instruments import instrument_row, price_limit
from ttxt_core.sandbox.bybit.market_rows import rest_candle, rest_trade, ticker_row
from ttxt_core.sandbox.bybit.public_socket import PublicSocket
from ttxt_core.sandbox.bybit.wire import CATEGORIES, EMPTY_CATEGORIES, Row, server_time, text
from ttxt_core.sandbox.candles import INTERVALS
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

_BOOK_DEPTH = 1000
_BOOK_DEFAULT = {"spot": 1, "linear": 25, "inverse": 25}
_TRADES_MOST = {"spot": 60, "linear": 1000, "inverse": 1000}
_TRADES_DEFAULT = {"spot": 60, "linear": 500, "inverse": 500}


class MarketQueries:
    """What everybody may ask."""

    def __init__(self, exchange: SandboxExchange, sockets: Mapping[str, PublicSocket], clock: ServerClock) -> None:
        """`sockets` by category; they own the order book streams, whose counts REST shows."""
        self._exchange = exchange
        self._sockets = sockets
        self._clock = clock

    def routes(self) -> dict[str, Callable[[Fields], Row]]:
        """Paths and what answers them, all GET and unsigned."""
        return {
            "/v5/market/time": self.time,
            "/v5/market/instruments-info": self.instruments,
            "/v5/market/orderbook": self.orderbook,
            "/v5/market/recent-trade": self.trades,
            "/v5/market/kline": self.klines,
            "/v5/market/tickers": self.tickers,
            "/v5/market/price-limit": self.price_limit,
        }

    def time(self, _fields: Fields) -> Row:
        """The server's clock."""
        return server_time(self._clock.now_ns())

    def instruments(self, fields: Fields) -> Row:
        """Instruments of a category; linear in pages."""
        category = _any_category(fields)
        symbol, base, status = (fields.get(name) for name in ("symbol", "baseCoin", "status"))
        rows = [
            row
            for row in (instrument_row(market.info) for market in self._markets(category))
            if symbol in {None, "", row["symbol"]}
            and base in {None, "", row["baseCoin"]}
            and row["status"] == (status or "Trading")
        ]
        if category == "spot":
            return {"category": category, "list": rows}
        limit = read_limit(fields, 500, 1000)
        start = read_cursor(fields)
        cursor = str(start + limit) if start + limit < len(rows) else ""
        return {"category": category, "list": rows[start : start + limit], "nextPageCursor": cursor}

    def orderbook(self, fields: Fields) -> Row:
        """The best levels, with the count of the 1000-level stream."""
        market = self._market(fields)
        limit = read_limit(fields, _BOOK_DEFAULT[market.category], _BOOK_DEPTH)
        return self._sockets[market.category].book_stream(market.symbol, _BOOK_DEPTH).rest_result(limit)

    def trades(self, fields: Fields) -> Row:
        """Public trades, newest first."""
        market = self._market(fields)
        limit = read_limit(fields, _TRADES_DEFAULT[market.category], _TRADES_MOST[market.category])
        newest = list(market.trades)[-limit:]
        return {"category": market.category, "list": [rest_trade(market, shown) for shown in reversed(newest)]}

    def klines(self, fields: Fields) -> Row:
        """Candles, newest first; the running one is among them."""
        market = self._market({"category": "linear", **fields})
        interval = fields.get("interval")
        if interval not in INTERVALS:
            raise bad_parameter("Invalid period!")
        start, end = read_time(fields, "start"), read_time(fields, "end")
        limit = read_limit(fields, 200, 1000)
        market.candles.roll(self._clock.now_ms())
        candles = [
            candle
            for candle in market.candles.latest(str(interval))
            if (start is None or candle.start_ms >= start) and (end is None or candle.start_ms <= end)
        ]
        rows = [rest_candle(market, candle) for candle in reversed(candles[-limit:])]
        return {"symbol": market.symbol, "category": market.category, "list": rows}

    def tickers(self, fields: Fields) -> Row:
        """Figures of one instrument or all of a category."""
        category = _any_category(fields)
        markets = [self._market(fields)] if fields.get("symbol") and category in CATEGORIES else self._markets(category)
        return {"category": category, "list": [ticker_row(market, is_stream=False) for market in markets]}

    def price_limit(self, fields: Fields) -> Row:
        """The band of limit prices."""
        market = self._market({"category": "linear", **fields})
        return {
            "symbol": market.symbol,
            "buyLmt": text(price_limit(market, Side.BUY), ""),
            "sellLmt": text(price_limit(market, Side.SELL), ""),
            "ts": str(self._clock.now_ms()),
        }

    def _markets(self, category: str) -> list[PublicMarket]:
        return [market for market in self._exchange.markets.values() if market.category == category]

    def _market(self, fields: Fields) -> PublicMarket:
        category = fields.get("category")
        if category not in CATEGORIES:
            raise bad_parameter("Illegal category")
        market = self._exchange.markets.get((str(category), read_symbol(fields)))
        if market is None:
            raise bad_parameter("Not supported symbols")
        return market


def read_limit(fields: Fields, default: int, most: int) -> int:
    """The `limit` of a query, from 1 to `most`.

    Raises:
        Refusal: it is no number.
    """
    value = fields.get("limit") or default
    try:
        return min(max(1, int(value)), most)
    except ValueError as error:
        raise bad_parameter("limit invalid") from error


def read_cursor(fields: Fields) -> int:
    """Where a page begins.

    Raises:
        Refusal: the cursor is none of ours.
    """
    value = str(fields.get("cursor") or "0")
    if not value.isdecimal():
        raise bad_parameter("cursor invalid")
    return int(value)


def read_time(fields: Fields, name: str) -> int | None:
    """A time in milliseconds; None when it is not given.

    Raises:
        Refusal: it is no number.
    """
    value = fields.get(name)
    if value in {None, ""}:
        return None
    try:
        return int(str(value))
    except ValueError as error:
        raise bad_parameter(f"{name} invalid") from error


def _any_category(fields: Fields) -> str:
    category = fields.get("category")
    if category not in {*CATEGORIES, *EMPTY_CATEGORIES}:
        raise bad_parameter("Illegal category")
    return str(category)
