"""What a path of Bybit's REST API is for, in the words of an error.

Owns the table. Source: Bybit's v5 documentation.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "/v5/market/time": "ask bybit for its time",
    "/v5/market/instruments-info": "ask bybit for its instruments",
    "/v5/market/kline": "ask bybit for candles",
    "/v5/market/recent-trade": "ask bybit for recent trades",
    "/v5/account/fee-rate": "ask bybit for the account's fees",
    "/v5/account/info": "ask bybit for the account's margin mode",
    "/v5/account/query-dcp-info": "ask bybit for the dead-man switch",
    "/v5/account/wallet-balance": "ask bybit for the balances",
    "/v5/execution/list": "ask bybit for the executions",
    "/v5/order/amend": "amend an order on bybit",
    "/v5/order/amend-batch": "amend orders on bybit",
    "/v5/order/cancel": "cancel an order on bybit",
    "/v5/order/cancel-all": "cancel all orders on bybit",
    "/v5/order/cancel-batch": "cancel orders on bybit",
    "/v5/order/create": "send an order to bybit",
    "/v5/order/create-batch": "send orders to bybit",
    "/v5/order/disconnected-cancel-all": "set the dead-man switch of bybit",
    "/v5/order/history": "ask bybit for past orders",
    "/v5/order/realtime": "ask bybit for open orders",
    "/v5/position/list": "ask bybit for the positions",
    "/v5/position/trading-stop": "give a position its exits on bybit",
    "/v5/user/query-api": "ask bybit what the key may do",
}


def asked_by(path: str) -> str:
    """What a request of `path` asks; empty for one that is not known."""
    return _WORDS.get(path, "")
