"""Clients that nobody here wrote, against the sandbox over TLS: pybit and ccxt, with their endpoints replaced.

docs/sandbox.md lists what is replaced; nothing else of them is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest

from tests.third_party_support import Row, ccxt_exchange, pointed_pybit, pybit_session, serve, wait_for

pytestmark = [
    pytest.mark.filterwarnings("default"),  # what other packages' code warns of is theirs
    pytest.mark.timeout(120),
]

ANY = bool


@pytest.fixture(scope="module")
def served() -> Iterator[Row]:
    with serve("--seed", "3") as line:
        yield line


# -- pybit ------------------------------------------------------------------------------------------------


@pytest.fixture
def pybit(served: Row, monkeypatch: pytest.MonkeyPatch) -> Any:
    return pointed_pybit(served, monkeypatch)


@pytest.fixture
def session(pybit: Any, served: Row) -> Any:
    return pybit_session(pybit, served)


def test_pybit_asks_by_rest(session: Any) -> None:
    assert session.get_server_time()["retCode"] == 0
    rows = session.get_instruments_info(category="linear", limit=1000)["result"]["list"]
    assert {"BTCUSDT", "ETHUSDT", "SOLUSDT"} == {row["symbol"] for row in rows}
    book = session.get_orderbook(category="spot", symbol="BTCUSDT", limit=10)["result"]
    assert float(book["b"][0][0]) < float(book["a"][0][0])
    assert len(session.get_kline(category="linear", symbol="BTCUSDT", interval="5", limit=20)["result"]["list"]) == 20
    wallet = session.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]
    assert {coin["coin"] for coin in wallet["coin"]} == {"USDT", "BTC", "ETH"}


def test_pybit_trades_by_rest(session: Any) -> None:
    name: Row = {"category": "linear", "symbol": "ETHUSDT"}
    made = session.place_order(**name, side="Buy", orderType="Limit", qty=0.1, price="1800")["result"]
    assert session.amend_order(**name, orderId=made["orderId"], price="1801")["retCode"] == 0
    (row,) = session.get_open_orders(**name)["result"]["list"]
    assert (row["orderId"], row["price"], row["orderStatus"]) == (made["orderId"], "1801", "New")
    assert session.cancel_order(**name, orderId=made["orderId"])["result"]["orderId"] == made["orderId"]
    assert session.get_open_orders(**name)["result"]["list"] == []
    with pytest.raises(Exception, match="110010"):
        session.cancel_order(**name, orderId=made["orderId"])


def test_pybit_keeps_a_book_and_hears_of_trades(pybit: Any, session: Any) -> None:
    socket = pybit.WebSocket(channel_type="linear", testnet=False)
    books: Queue[Row] = Queue()
    others: Queue[Row] = Queue()
    try:
        socket.orderbook_stream(depth=50, symbol="BTCUSDT", callback=books.put)
        socket.trade_stream(symbol="BTCUSDT", callback=others.put)
        socket.kline_stream(interval=1, symbol="BTCUSDT", callback=others.put)
        socket.ticker_stream(symbol="BTCUSDT", callback=others.put)
        for _ in range(30):
            data = wait_for(books, "book", ANY)["data"]
            bids, asks = data["b"], data["a"]
            assert max(float(price) for price, _ in bids) < min(float(price) for price, _ in asks)
        for topic in ("publicTrade.BTCUSDT", "kline.1.BTCUSDT", "tickers.BTCUSDT"):
            wait_for(others, topic, lambda message, topic=topic: message["topic"] == topic)
        assert session.get_public_trade_history(category="linear", symbol="BTCUSDT")["result"]["list"]
    finally:
        socket.exit()


def test_pybit_trades_by_socket_and_hears_of_it(pybit: Any, served: Row) -> None:
    keys: Row = {"api_key": served["api_key"], "api_secret": served["api_secret"], "testnet": False}
    told: Queue[Row] = Queue()
    answers: Queue[Row] = Queue()
    private = pybit.WebSocket(channel_type="private", **keys)
    trading = pybit.WebSocketTrading(**keys)
    try:
        for follow in (private.order_stream, private.execution_stream, private.position_stream, private.wallet_stream):
            follow(callback=told.put)
        name: Row = {"category": "linear", "symbol": "SOLUSDT"}
        trading.place_order(answers.put, **name, side="Buy", orderType="Market", qty="1")
        order_id = wait_for(answers, "answer", ANY)["data"]["orderId"]
        filled = wait_for(told, "order", lambda m: m["topic"] == "order" and m["data"][0]["orderStatus"] == "Filled")
        assert filled["data"][0]["orderId"] == order_id
        trading.place_order(answers.put, **name, side="Buy", orderType="Limit", qty="1", price="75")
        resting = wait_for(answers, "answer", ANY)["data"]["orderId"]
        trading.amend_order(answers.put, **name, orderId=resting, price="74.5")
        wait_for(told, "amend", lambda m: m["topic"] == "order" and m["data"][0]["price"] == "74.5")
        trading.cancel_order(answers.put, **name, orderId=resting)
        wait_for(told, "cancel", lambda m: m["topic"] == "order" and m["data"][0]["orderStatus"] == "Cancelled")
    finally:
        private.exit()
        trading.exit()


# -- ccxt -------------------------------------------------------------------------------------------------


async def test_ccxt_does_it_all(served: Row) -> None:
    async with ccxt_exchange(served) as exchange:
        markets = await exchange.load_markets()
        assert {"BTC/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"} == set(markets)
        for symbol in ("BTC/USDT", "BTC/USDT:USDT"):
            await _ccxt_market(exchange, symbol)
        await _ccxt_orders(exchange, "BTC/USDT:USDT", 60_000)
        await _ccxt_orders(exchange, "BTC/USDT", 60_000)
        await _ccxt_streams(exchange)


async def _ccxt_market(exchange: Any, symbol: str) -> None:
    book = await exchange.fetch_order_book(symbol, 20)
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert book["bids"][0][0] < book["asks"][0][0]
    candles = await exchange.fetch_ohlcv(symbol, "1m", limit=50)
    assert len(candles) == 50
    assert [candle[0] for candle in candles] == sorted(candle[0] for candle in candles)
    assert (await exchange.fetch_ticker(symbol))["last"] > 0
    watched = await exchange.watch_order_book(symbol, 50)
    assert watched["bids"][0][0] < watched["asks"][0][0]
    assert (await exchange.watch_trades(symbol))[0]["symbol"] == symbol
    assert (await exchange.watch_ticker(symbol))["symbol"] == symbol
    assert (await exchange.watch_ohlcv(symbol, "1m"))[0][1] > 0


async def _ccxt_orders(exchange: Any, symbol: str, price: float) -> None:
    balance = await exchange.fetch_balance()
    assert balance["USDT"]["total"] > 90_000
    made = await exchange.create_order(symbol, "limit", "buy", 0.01, price)
    await exchange.edit_order(made["id"], symbol, "limit", "buy", 0.02, price + 10)
    (order,) = await exchange.fetch_open_orders(symbol)
    assert (order["id"], order["price"], order["amount"], order["status"]) == (made["id"], price + 10, 0.02, "open")
    await exchange.cancel_order(made["id"], symbol)
    assert await exchange.fetch_open_orders(symbol) == []
    await exchange.create_order(symbol, "market", "buy", 0.01, price if symbol == "BTC/USDT" else None)
    (trade,) = await exchange.fetch_my_trades(symbol)
    assert trade["takerOrMaker"] == "taker"


async def _ccxt_streams(exchange: Any) -> None:
    symbol = "BTC/USDT:USDT"
    following = [
        asyncio.create_task(watch)
        for watch in (exchange.watch_orders(symbol), exchange.watch_my_trades(symbol), exchange.watch_balance())
    ]
    await asyncio.sleep(0.5)
    made = await exchange.create_order_ws(symbol, "market", "sell", 0.02)
    orders, trades, balance = await asyncio.wait_for(asyncio.gather(*following), 60)
    assert orders[0]["id"] == made["id"] == trades[0]["order"]
    assert balance["USDT"]["total"] > 90_000
    position = (await exchange.fetch_positions([symbol]))[0]
    assert (position["side"], position["contracts"]) == ("short", 0.01)
    await exchange.set_leverage(20, symbol)
