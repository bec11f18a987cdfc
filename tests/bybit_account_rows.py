"""Bybit's private frames and lists, made by the tests in the documented shape."""

from __future__ import annotations

import json
from typing import Any

from tests import bybit_frames
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.symbols import SymbolTable

CLIENT_ID = "0123456789abcdef0123456789abcdef"
MS = 1_000_000


def symbol_table(category: str) -> SymbolTable:
    """BTC and ETH of `category`."""
    table = SymbolTable("bybit", category)
    for event in BybitNormalizer(category).instruments(bybit_frames.instruments(category).encode(), 1):
        table.add(event)
    return table


def frame(topic: str, *rows: dict[str, Any]) -> bytes:
    """A private data frame."""
    return json.dumps({"id": "m1", "topic": topic, "creationTime": 1_700_000_000_474, "data": list(rows)}).encode()


def order(**changes: Any) -> dict[str, Any]:
    """A resting linear limit order."""
    row = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderId": "b1b7",
        "orderLinkId": CLIENT_ID,
        "side": "Buy",
        "positionIdx": 0,
        "orderStatus": "New",
        "cancelType": "UNKNOWN",
        "rejectReason": "EC_NoError",
        "timeInForce": "GTC",
        "price": "50000",
        "qty": "0.010",
        "avgPrice": "",
        "leavesQty": "0.010",
        "cumExecQty": "0",
        "orderType": "Limit",
        "stopOrderType": "",
        "triggerPrice": "",
        "triggerBy": "",
        "triggerDirection": 0,
        "closeOnTrigger": False,
        "reduceOnly": False,
        "marketUnit": "",
        "createdTime": "1700000000444",
        "updatedTime": "1700000000449",
    }
    return row | changes


def execution(**changes: Any) -> dict[str, Any]:
    """A taker's fill of a linear order."""
    row = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderId": "9aac",
        "orderLinkId": CLIENT_ID,
        "side": "Sell",
        "execId": "x1",
        "execPrice": "50000.1",
        "execQty": "0.5",
        "execType": "Trade",
        "execFee": "13.75",
        "feeCurrency": "USDT",
        "execTime": "1700000000353",
        "isMaker": False,
        "execPnl": "0.05",
    }
    return row | changes


def position(**changes: Any) -> dict[str, Any]:
    """A long position as the stream has it."""
    row = {
        "positionIdx": 0,
        "symbol": "BTCUSDT",
        "side": "Buy",
        "size": "0.01",
        "entryPrice": "50000",
        "leverage": "10",
        "breakEvenPrice": "50055",
        "markPrice": "50000.5",
        "positionIM": "50.3",
        "positionMM": "2.8",
        "unrealisedPnl": "0.005",
        "updatedTime": "1700000000038",
        "liqPrice": "",
        "category": "linear",
    }
    return row | changes


def wallet(*coins: dict[str, Any]) -> dict[str, Any]:
    """An account's wallet; by default with 9000 USDT, 500 of it locked."""
    usdt = {"coin": "USDT", "walletBalance": "9000", "locked": "500", "totalOrderIM": "0", "totalPositionIM": ""}
    return {"accountType": "UNIFIED", "coin": list(coins) or [usdt]}


def reply(result: dict[str, Any], code: int = 0, message: str = "OK", **extra: Any) -> bytes:
    """A REST answer."""
    envelope = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": 1_700_000_000_123}
    return json.dumps(envelope | extra).encode()
