"""Bybit's frames and captures of them, made by the tests in the shape of real ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import zstandard

START_NS = 1_786_310_819_000_000_000
STEP_NS = 10_000_000
LINEAR = "BYBIT.ws.2"
SPOT = "BYBIT.ws.3"
ADDRESSES = {
    LINEAR: "wss://stream.bybit.com/v5/public/linear",
    SPOT: "wss://stream.bybit.com/v5/public/spot",
}
Levels = Sequence[tuple[str, str]]

LINEAR_BTC = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "deliveryTime": "0",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {
        "minNotionalValue": "5",
        "maxOrderQty": "1190.000",
        "maxMktOrderQty": "500.000",
        "minOrderQty": "0.001",
        "qtyStep": "0.001",
    },
    "fundingInterval": 480,
}
LINEAR_DATED = LINEAR_BTC | {
    "symbol": "BTCUSDT-25DEC26",
    "contractType": "LinearFutures",
    "deliveryTime": "1798185600000",
    "fundingInterval": 0,
}
SPOT_BTC = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "status": "Trading",
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "quotePrecision": "0.0000001",
        "minOrderQty": "0.000011",
        "maxLimitOrderQty": "83",
        "maxMarketOrderQty": "41.5",
        "minOrderAmt": "5",
    },
    "priceFilter": {"tickSize": "0.01"},
}
ETH = {"symbol": "ETHUSDT", "baseCoin": "ETH"}
INVERSE_BTC = {
    "symbol": "BTCUSD",
    "contractType": "InversePerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USD",
    "settleCoin": "BTC",
    "deliveryTime": "0",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {
        "minNotionalValue": "1",
        "maxOrderQty": "25000000",
        "maxMktOrderQty": "5000000",
        "minOrderQty": "1",
        "qtyStep": "1",
    },
    "fundingInterval": 480,
}
INVERSE_DATED = INVERSE_BTC | {
    "symbol": "BTCUSDZ26",
    "contractType": "InverseFutures",
    "deliveryTime": "1798185600000",
    "fundingInterval": 0,
}


# -- frames ----------------------------------------------------------------------------------------------


def instruments(category: str, *rows: dict[str, Any]) -> str:
    """A reply of the instrument list; by default with BTC and ETH."""
    btc = LINEAR_BTC if category == "linear" else SPOT_BTC
    result = {"category": category, "list": list(rows) or [btc, btc | ETH], "nextPageCursor": ""}
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "time": START_NS // 1_000_000 - 2_000})


def book(
    update: int,
    bids: Levels = (),
    asks: Levels = (),
    *,
    symbol: str = "BTCUSDT",
    kind: str = "delta",
    depth: int = 200,
    ms: int = 1,
) -> str:
    data = {"s": symbol, "b": bids, "a": asks, "u": update, "seq": update * 7}
    frame = {"topic": f"orderbook.{depth}.{symbol}", "type": kind, "ts": ms + 2, "data": data, "cts": ms}
    return _compact(frame)


def snapshot(update: int = 100, *, symbol: str = "BTCUSDT", depth: int = 200, ms: int = 1) -> str:
    """Five levels a side around 100."""
    bids = [(f"{100 - level / 10:.1f}", "1.500") for level in range(5)]
    asks = [(f"{100.1 + level / 10:.1f}", "2.250") for level in range(5)]
    return book(update, bids, asks, symbol=symbol, kind="snapshot", depth=depth, ms=ms)


def trades(*sides: str, symbol: str = "BTCUSDT", ms: int = 1) -> str:
    rows = [
        {"T": ms, "s": symbol, "S": side, "v": "0.004", "p": "100.10", "L": "PlusTick", "i": f"id-{n}", "BT": False}
        for n, side in enumerate(sides)
    ]
    return _compact({"topic": f"publicTrade.{symbol}", "type": "snapshot", "ts": ms, "data": rows})


def kline(*confirmed: bool, symbol: str = "BTCUSDT", ms: int = 1) -> str:
    """A candle of a minute for each of `confirmed`, one after the other."""
    rows = [
        {
            "start": 1786310760000 + n * 60_000,
            "end": 1786310819999 + n * 60_000,
            "interval": "1",
            "open": "100",
            "close": "100.1",
            "high": "100.2",
            "low": "99.9",
            "volume": "12.5",
            "turnover": "1250.75",
            "confirm": is_closed,
            "timestamp": ms,
        }
        for n, is_closed in enumerate(confirmed)
    ]
    return _compact({"topic": f"kline.1.{symbol}", "data": rows, "ts": ms, "type": "snapshot"})


def ticker(symbol: str = "BTCUSDT", ms: int = 1, **fields: str) -> str:
    return _compact({"topic": f"tickers.{symbol}", "type": "delta", "data": {"symbol": symbol, **fields}, "ts": ms})


ACK = json.dumps({"success": True, "ret_msg": "", "conn_id": "c", "req_id": "", "op": "subscribe"})
REFUSED = json.dumps({"success": False, "ret_msg": "handler not found", "req_id": "7", "op": "subscribe"})


# -- captures --------------------------------------------------------------------------------------------


def preamble(*categories: str) -> list[dict[str, Any]]:
    """What a capture begins with: the header, the instrument lists, the connections and what was subscribed."""
    wanted = categories or ("linear", "spot")
    rows: list[dict[str, Any]] = [{"t": "header", "format": 2, "exchange": "BYBIT", "config": {}}]
    rows += [reply(instruments(category), category) for category in wanted]
    for connection, address in ADDRESSES.items():
        if address.rsplit("/", 1)[1] in wanted:
            rows.append(connect(connection))
            rows.append({"t": "send", "conn": connection, "addr": address, "data": '{"op":"subscribe","args":[]}'})
    return rows


def reply(body: str, category: str) -> dict[str, Any]:
    url = f"https://api.bybit.com/v5/market/instruments-info?&category={category}&status=Trading&limit=1000"
    return {"t": "http", "conn": "BYBIT.http.1", "url": url, "data": body}


def connect(connection: str, address: str | None = None) -> dict[str, Any]:
    return {"t": "connect", "conn": connection, "addr": address or ADDRESSES[connection]}


def received(connection: str, *frames: str) -> list[dict[str, Any]]:
    return [{"t": "recv", "conn": connection, "data": frame} for frame in frames]


def capture_lines(rows: Iterable[dict[str, Any] | str], first_ns: int = START_NS) -> list[str]:
    """Lines of cryptofeed's format 3, a row every 10 ms; texts stand as they are."""
    lines = []
    for number, row in enumerate(rows):
        if isinstance(row, str):
            lines.append(row)
            continue
        if row["t"] != "header" and "ts" not in row:
            seconds, fraction = divmod(first_ns + number * STEP_NS, 1_000_000_000)
            # A float of this size can't hold nanoseconds, and captures print them.
            lines.append(json.dumps(row | {"ts": 0}).replace('"ts": 0}', f'"ts": {seconds}.{fraction:09d}}}'))
        else:
            lines.append(json.dumps(row))
    return lines


def write_capture(path: Path, rows: Iterable[dict[str, Any] | str], first_ns: int = START_NS) -> Path:
    """A capture at `path`, compressed when its name says so."""
    content = "".join(line + "\n" for line in capture_lines(rows, first_ns)).encode()
    path.write_bytes(zstandard.compress(content) if path.suffix == ".zst" else content)
    return path


def _compact(frame: dict[str, Any]) -> str:
    """As Bybit prints it: without blanks."""
    return json.dumps(frame, separators=(",", ":"))
