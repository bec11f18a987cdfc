"""Trades, candles and tickers as Bybit shows them: rows of streams and of REST. Pure."""

from __future__ import annotations

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.events.market import Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.sandbox.bybit.wire import SIDE_NAMES, Row, float_text
from ttxt_core.sandbox.candles import Candle, interval_end
from ttxt_core.sandbox.public_market import PublicMarket, ShownTrade

_HOUR_MS = 3_600_000


def stream_trade(market: PublicMarket, shown: ShownTrade) -> Row:
    """A row of ``publicTrade``."""
    info, trade = market.info, shown.trade
    row: Row = {
        "T": shown.time_ms,
        "s": market.symbol,
        "S": SIDE_NAMES[trade.side],
        "v": info.format_quantity(trade.size),
        "p": info.format_price(trade.price),
    }
    if market.category != "spot":
        row["L"] = shown.tick_direction
    return row | {"i": trade.trade_id, "BT": trade.is_block, "RPI": False, "seq": shown.sequence}


def rest_trade(market: PublicMarket, shown: ShownTrade) -> Row:
    """A row of ``/v5/market/recent-trade``."""
    info, trade = market.info, shown.trade
    return {
        "execId": trade.trade_id,
        "symbol": market.symbol,
        "price": info.format_price(trade.price),
        "size": info.format_quantity(trade.size),
        "side": SIDE_NAMES[trade.side],
        "time": str(shown.time_ms),
        "isBlockTrade": trade.is_block,
        "isRPITrade": False,
        "seq": str(shown.sequence),
    }


def stream_candle(market: PublicMarket, interval: str, candle: Candle, *, is_closed: bool) -> Row:
    """A row of ``kline``."""
    info = market.info
    return {
        "start": candle.start_ms,
        "end": interval_end(interval, candle.start_ms) - 1,
        "interval": interval,
        "open": info.format_price(candle.open),
        "close": info.format_price(candle.close),
        "high": info.format_price(candle.high),
        "low": info.format_price(candle.low),
        "volume": info.format_quantity(candle.volume),
        "turnover": f"{candle.turnover:.4f}",
        "confirm": is_closed,
        "timestamp": candle.last_trade_ms or candle.start_ms,
    }


def rest_candle(market: PublicMarket, candle: Candle) -> list[str]:
    """A row of ``/v5/market/kline``."""
    info = market.info
    prices = [info.format_price(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    return [str(candle.start_ms), *prices, info.format_quantity(candle.volume), f"{candle.turnover:.4f}"]


def ticker_row(market: PublicMarket, *, is_stream: bool) -> Row:
    """All figures, as texts; a spot stream has no best bid and ask."""
    row = _common(market)
    if market.category == "spot":
        index = float_text(market.ticker.index, market.info.price_decimals)
        return row | {"usdIndexPrice": index} | ({} if is_stream else _touch(market))
    return row | _touch(market) | _linear(market)


def _common(market: PublicMarket) -> Row:
    info, ticker = market.info, market.ticker
    decimals, last = info.price_decimals, market.last
    change = ticker.change_24h or 0.0
    return {
        "symbol": market.symbol,
        "lastPrice": float_text(last, decimals),
        "prevPrice24h": float_text(None if last is None else last / (1 + change), decimals),
        "price24hPcnt": f"{change:.6f}",
        "highPrice24h": float_text(ticker.high_24h if ticker.high_24h is not None else last, decimals),
        "lowPrice24h": float_text(ticker.low_24h if ticker.low_24h is not None else last, decimals),
        "volume24h": float_text(ticker.volume_24h, info.quantity_decimals, "0"),
        "turnover24h": float_text(ticker.turnover_24h, 4, "0"),
    }


def _touch(market: PublicMarket) -> Row:
    info, row = market.info, {}
    for name, side in (("bid1", Side.BUY), ("ask1", Side.SELL)):
        best = market.best(side)
        row[f"{name}Price"] = "" if best is None else info.format_price(best[0])
        row[f"{name}Size"] = "" if best is None else info.format_quantity(best[1])
    return row


def _linear(market: PublicMarket) -> Row:
    info, ticker, last = market.info, market.ticker, market.last
    mark = ticker.mark if ticker.mark is not None else last
    index = ticker.index if ticker.index is not None else mark
    interest = ticker.open_interest or 0.0
    hours = (info.spec.funding_interval_ns or 0) // (_HOUR_MS * MILLISECOND_NS)
    funding = "" if ticker.next_funding_ns is None else str(ticker.next_funding_ns // MILLISECOND_NS)
    return {
        "tickDirection": market.trades[-1].tick_direction if market.trades else "ZeroPlusTick",
        "prevPrice1h": float_text(_hour_ago(market), info.price_decimals),
        "markPrice": float_text(mark, info.price_decimals),
        "indexPrice": float_text(index, info.price_decimals),
        "openInterest": info.format_quantity(interest),
        "openInterestValue": _interest_value(info, interest, mark or 0.0),
        "fundingIntervalHour": str(hours),
        "fundingCap": "0.00375",
        "nextFundingTime": funding,
        "fundingRate": "" if ticker.funding_rate is None else f"{ticker.funding_rate:.8f}".rstrip("0").rstrip("."),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def _interest_value(info: InstrumentInfo, interest: float, mark: float) -> str:
    """In the settle currency."""
    if info.is_inverse:
        return f"{interest / mark:.4f}" if mark else "0"
    return f"{interest * mark:.2f}"


def _hour_ago(market: PublicMarket) -> float | None:
    hours = market.candles.latest("60", 1)
    return hours[0].open if hours else market.last
