"""The public topics besides the order book: trades, candles, tickers, and those that stay silent.

Owns what each sends to a new subscriber, and when it sends again.
"""

from __future__ import annotations

from typing import Protocol

import orjson

from ttxt_core.events.market import Side
from ttxt_core.sandbox.bybit.instruments import price_limit
from ttxt_core.sandbox.bybit.market_rows import stream_candle, stream_trade, ticker_row
from ttxt_core.sandbox.bybit.wire import Row, text
from ttxt_core.sandbox.candles import Candle
from ttxt_core.sandbox.faults import is_due
from ttxt_core.sandbox.public_market import PublicMarket, ShownTrade

_KLINE_MS = 1000
_PRICE_LIMIT_MS = 300
_TICKER_MS = {"spot": 50, "linear": 100, "inverse": 100}
_MOST_TRADES = 1024


class TopicStream(Protocol):
    """One topic; all its subscribers get the same messages after their first."""

    def resume(self, now_ms: int) -> None:
        """A first subscriber comes after a time without any."""
        ...

    def first(self, now_ms: int) -> bytes | None:
        """What a new subscriber gets."""
        ...

    def tick(self, now_ms: int) -> bytes | None:
        """The next message, if one is due."""
        ...


class SilentStream:
    """A topic that exists and where nothing happens, such as liquidations."""

    def resume(self, now_ms: int) -> None:
        """Nothing."""

    def first(self, now_ms: int) -> bytes | None:
        """Nothing."""
        return None

    def tick(self, now_ms: int) -> bytes | None:
        """Nothing."""
        return None


class PriceLimitStream(SilentStream):
    """``priceLimit``: the band of limit prices, every 300 ms."""

    def __init__(self, market: PublicMarket) -> None:
        self._market = market
        self._due_ms = 0

    def first(self, now_ms: int) -> bytes | None:
        """See `TopicStream`."""
        market = self._market
        self._due_ms = now_ms + _PRICE_LIMIT_MS
        band = {"buyLmt": text(price_limit(market, Side.BUY), ""), "sellLmt": text(price_limit(market, Side.SELL), "")}
        data = {"symbol": market.symbol} | band
        return orjson.dumps({"topic": f"priceLimit.{market.symbol}", "data": data, "ts": now_ms})

    def tick(self, now_ms: int) -> bytes | None:
        """See `TopicStream`."""
        return self.first(now_ms) if is_due(self._due_ms, now_ms, _PRICE_LIMIT_MS) else None


class TradeStream(SilentStream):
    """``publicTrade``: sent when it happens, never by the clock."""

    def __init__(self, market: PublicMarket) -> None:
        self._market = market
        self._topic = f"publicTrade.{market.symbol}"

    def message(self, trades: list[ShownTrade], now_ms: int) -> bytes:
        """Trades that just happened."""
        rows = [stream_trade(self._market, shown) for shown in trades[:_MOST_TRADES]]
        return orjson.dumps({"topic": self._topic, "type": "snapshot", "ts": now_ms, "data": rows})


class KlineStream:
    """``kline``: the running candle once a second while it changes; a closed one is confirmed once."""

    def __init__(self, market: PublicMarket, interval: str) -> None:
        self._market = market
        self._interval = interval
        self._topic = f"kline.{interval}.{market.symbol}"
        self._due_ms = 0
        self._start_ms = 0
        self._sent: Row = {}

    def resume(self, now_ms: int) -> None:
        """See `TopicStream`."""
        running = self._latest(now_ms)
        self._start_ms = running[-1].start_ms if running else 0

    def first(self, now_ms: int) -> bytes | None:
        """See `TopicStream`."""
        running = self._latest(now_ms)
        return self._message([self._row(running[-1])], now_ms) if running else None

    def tick(self, now_ms: int) -> bytes | None:
        """See `TopicStream`."""
        if not is_due(self._due_ms, now_ms, _KLINE_MS):
            return None
        self._due_ms = now_ms + _KLINE_MS
        running = self._latest(now_ms)
        if not running:
            return None
        rows = []
        if self._start_ms and running[-1].start_ms > self._start_ms and len(running) > 1:
            rows.append(self._row(running[0], is_closed=True))
        row = self._row(running[-1])
        if not rows and row == self._sent:
            return None
        self._start_ms, self._sent = running[-1].start_ms, row
        return self._message([*rows, row], now_ms)

    def _latest(self, now_ms: int) -> list[Candle]:
        self._market.candles.roll(now_ms)
        return self._market.candles.latest(self._interval, 2)

    def _row(self, candle: Candle, *, is_closed: bool = False) -> Row:
        return stream_candle(self._market, self._interval, candle, is_closed=is_closed)

    def _message(self, rows: list[Row], now_ms: int) -> bytes:
        return orjson.dumps({"topic": self._topic, "type": "snapshot", "ts": now_ms, "data": rows})


class TickerStream:
    """``tickers``: on spot always whole, on linear what changed since the last message."""

    def __init__(self, market: PublicMarket) -> None:
        self._market = market
        self._topic = f"tickers.{market.symbol}"
        self._is_spot = market.category == "spot"
        self._sent: Row = {}
        self._due_ms = 0

    def resume(self, now_ms: int) -> None:
        """See `TopicStream`."""
        self._sent = ticker_row(self._market, is_stream=True)

    def first(self, now_ms: int) -> bytes | None:
        """See `TopicStream`."""
        return self._message("snapshot", self._sent, now_ms)

    def tick(self, now_ms: int) -> bytes | None:
        """See `TopicStream`."""
        period_ms = _TICKER_MS[self._market.category]
        if not is_due(self._due_ms, now_ms, period_ms):
            return None
        self._due_ms = now_ms + period_ms
        row = ticker_row(self._market, is_stream=True)
        changed = {name: value for name, value in row.items() if self._sent.get(name) != value}
        self._sent = row
        if not changed:
            return None
        if self._is_spot:
            return self._message("snapshot", row, now_ms)
        return self._message("delta", {"symbol": self._market.symbol} | changed, now_ms)

    def _message(self, kind: str, row: Row, now_ms: int) -> bytes:
        sequence = self._market.sequence
        if self._is_spot:
            return orjson.dumps({"topic": self._topic, "ts": now_ms, "type": kind, "cs": sequence, "data": row})
        return orjson.dumps({"topic": self._topic, "type": kind, "data": row, "cs": sequence, "ts": now_ms})
