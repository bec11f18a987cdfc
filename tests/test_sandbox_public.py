"""The public side of the Bybit sandbox: books, trades, candles, tickers; the wrappers that differ by category."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.sandbox_client import Row, Socket, running
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.events import BookState, Orderbook
from ttxt_core.orderbook import LocalOrderbook


def levels(side: Iterable[tuple[float, float]]) -> dict[float, float]:
    return dict(side)


async def subscribed(socket: Socket, *topics: str) -> Row:
    return await socket.ask({"op": "subscribe", "args": list(topics), "req_id": "r"})


@pytest.mark.parametrize(("category", "text"), [("spot", "subscribe"), ("linear", "")])
async def test_answers_have_the_words_of_their_category(category: str, text: str) -> None:
    async with running() as client:
        socket = await client.public(category)
        answer = await subscribed(socket, "tickers.BTCUSDT")
        assert (answer["success"], answer["ret_msg"], answer["op"], answer["req_id"]) == (True, text, "subscribe", "r")
        pong = await socket.ask({"op": "ping", "req_id": "p"})
        assert (pong["op"], pong["ret_msg"], pong["req_id"]) == ("ping", "pong", "p")


@pytest.mark.parametrize("topic", ["orderbook.7.BTCUSDT", "orderbook.50.NONE", "kline.2.BTCUSDT", "nothing", "a.b.c.d"])
async def test_an_unknown_topic_refuses_the_whole_request(topic: str) -> None:
    async with running() as client:
        socket = await client.public()
        answer = await subscribed(socket, "tickers.BTCUSDT", topic)
        assert answer["success"] is False
        assert topic in answer["ret_msg"]
        assert client.sandbox.server.connections[0].topics == set()


async def test_spot_takes_ten_topics_a_request() -> None:
    async with running() as client:
        socket = await client.public("spot")
        topics = [f"kline.{n}.BTCUSDT" for n in ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D")]
        assert (await subscribed(socket, *topics))["success"] is False
        assert (await subscribed(socket, *topics[:10]))["success"] is True


@pytest.mark.parametrize("command", [b"{", b"[]", b'{"op":"fly"}', b'{"op":"subscribe","args":"x"}'])
async def test_a_bad_command_is_answered(command: bytes) -> None:
    async with running() as client:
        socket = await client.public()
        await socket.socket.send_bytes(command)
        assert (await socket.next())["success"] is False


async def test_every_book_topic_rebuilds_the_book_of_the_same_count() -> None:
    async with running(rate=400.0) as client:
        socket = await client.public()
        depths = (1, 50, 200, 1000)
        await subscribed(socket, *[f"orderbook.{depth}.BTCUSDT" for depth in depths])
        normalizer = BybitNormalizer("linear")
        reply = await client.http.get(f"{client.sandbox.rest}/v5/market/instruments-info?category=linear")
        normalizer.instruments(await reply.read(), 1)
        books = {depth: LocalOrderbook() for depth in depths}
        deltas = dict.fromkeys(depths, 0)
        while min(deltas[50], deltas[200], deltas[1000]) < 5:
            (event,) = normalizer.normalize((await socket.socket.receive(30)).data.encode(), 1)
            message: Orderbook = event.data
            depth = message.depth
            assert books[depth].update(event) is BookState.VALID
            deltas[depth] += not message.is_snapshot
            kept = client.sandbox.book_at("linear", "BTCUSDT", depth, message.sequence)
            assert kept is not None
            assert (books[depth].bids(), books[depth].asks()) == kept
        assert deltas[1] == 0  # depth 1 sends snapshots only


async def test_subscribing_again_gives_the_whole_book_and_no_other_client_notices() -> None:
    async with running(rate=400.0) as client:
        first, second = await client.public(), await client.public()
        topic = "orderbook.50.BTCUSDT"
        for socket in (first, second):
            await subscribed(socket, topic)
            assert (await socket.topic(topic))["type"] == "snapshot"
        await first.ask({"op": "unsubscribe", "args": [topic]})
        await subscribed(first, topic)
        again = await first.topic(topic)
        assert again["type"] == "snapshot"
        counts = [(await second.topic(topic))["data"]["u"] for _ in range(30)]
        assert counts == list(range(counts[0], counts[0] + 30))


async def test_depth_1_says_the_same_again_with_the_same_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttxt_core.sandbox.bybit.book_stream._REPEAT_MS", 50)
    async with running(rate=0.01) as client:
        socket = await client.public("spot")
        await subscribed(socket, "orderbook.1.BTCUSDT")
        frames = [await socket.topic("orderbook.1.BTCUSDT") for _ in range(3)]
        assert len({frame["data"]["u"] for frame in frames}) == 1
        assert {frame["type"] for frame in frames} == {"snapshot"}


async def test_the_keys_of_a_book_message_come_in_another_order_on_spot() -> None:
    async with running() as client:
        orders = {}
        for category in ("spot", "linear"):
            socket = await client.public(category)
            await subscribed(socket, "orderbook.50.BTCUSDT")
            orders[category] = list(await socket.topic("orderbook.50.BTCUSDT"))
        assert orders["spot"] == ["topic", "ts", "type", "data", "cts"]
        assert orders["linear"] == ["topic", "type", "ts", "data", "cts"]


async def test_tickers_are_whole_on_spot_and_changes_on_linear() -> None:
    async with running(rate=1000.0) as client:
        linear, spot = await client.public("linear"), await client.public("spot")
        for socket in (linear, spot):
            await subscribed(socket, "tickers.BTCUSDT")
        first = (await linear.topic("tickers.BTCUSDT"))["data"]
        delta = await linear.topic("tickers.BTCUSDT")
        assert delta["type"] == "delta"
        assert delta["data"]["symbol"] == "BTCUSDT"
        assert len(delta["data"]) < len(first)
        for _ in range(2):
            frame = await spot.topic("tickers.BTCUSDT")
            assert frame["type"] == "snapshot"
            assert "bid1Price" not in frame["data"]


async def test_trades_on_the_stream_are_those_of_rest() -> None:
    async with running(rate=1000.0) as client:
        socket = await client.public()
        await subscribed(socket, "publicTrade.ETHUSDT")
        shown: list[Row] = []
        while len(shown) < 20:
            shown += (await socket.topic("publicTrade.ETHUSDT"))["data"]
        reply = await client.get("/v5/market/recent-trade", category="linear", symbol="ETHUSDT", limit=1000)
        listed = {row["execId"]: row for row in reply["result"]["list"]}
        for trade in shown:
            row = listed[trade["i"]]
            assert (row["price"], row["size"], row["side"], row["time"]) == (
                trade["p"],
                trade["v"],
                trade["S"],
                str(trade["T"]),
            )


async def test_candles_of_every_interval_add_up() -> None:
    async with running() as client:
        rows: dict[str, list[list[str]]] = {}
        for interval in ("1", "5", "60", "D"):
            reply = await client.get(
                "/v5/market/kline", category="linear", symbol="BTCUSDT", interval=interval, limit=1000
            )
            rows[interval] = reply["result"]["list"]
        minutes = {int(row[0]): row for row in rows["1"]}
        newest_first = [int(row[0]) for row in rows["1"]]
        assert newest_first == sorted(newest_first, reverse=True)
        start = int(rows["5"][3][0])
        parts = [minutes[start + n * 60_000] for n in range(5)]
        five = rows["5"][3]
        assert five[1] == parts[0][1]
        assert float(five[2]) == max(float(part[2]) for part in parts)
        assert float(five[3]) == min(float(part[3]) for part in parts)
        assert five[4] == parts[-1][4]
        assert float(five[5]) == pytest.approx(sum(float(part[5]) for part in parts))
        ends = await client.get(
            "/v5/market/kline", category="linear", symbol="BTCUSDT", interval="1", end=start, limit=2
        )
        assert [int(row[0]) for row in ends["result"]["list"]] == [start, start - 60_000]


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("orderbook", {"category": "linear", "symbol": "NONE"}, 10001),
        ("orderbook", {"category": "nothing", "symbol": "BTCUSDT"}, 10001),
        ("kline", {"symbol": "BTCUSDT", "interval": "2"}, 10001),
        ("kline", {"symbol": "BTCUSDT", "interval": "1", "start": "x"}, 10001),
        ("recent-trade", {"category": "spot"}, 10001),
        ("tickers", {"category": "spot", "symbol": "NONE"}, 10001),
    ],
)
async def test_bad_questions(path: str, fields: dict[str, Any], code: int) -> None:
    async with running() as client:
        assert (await client.get(f"/v5/market/{path}", **fields))["retCode"] == code


async def test_rest_books_count_with_the_thousand_level_stream() -> None:
    async with running(rate=400.0) as client:
        reply = await client.get("/v5/market/orderbook", category="linear", symbol="BTCUSDT", limit=5)
        result = reply["result"]
        kept = client.sandbox.book_at("linear", "BTCUSDT", 1000, result["u"])
        assert kept is not None
        assert [[float(p), float(q)] for p, q in result["b"]] == [list(level) for level in kept[0][:5]]
        assert len((await client.get("/v5/market/orderbook", category="spot", symbol="BTCUSDT"))["result"]["b"]) == 1
