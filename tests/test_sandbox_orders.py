"""Orders in the Bybit sandbox: both ways in, what the private stream says, and what is refused with which code."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox_client import LIMIT, Client, Row, command, now_ms, running, signature

D = Decimal


async def test_a_limit_order_lives_on_rest_and_on_the_stream() -> None:
    async with running() as client:
        stream = await client.private()
        answer = await client.create(orderLinkId="one")
        ids = answer["result"]
        assert answer["retCode"] == 0
        assert client.headers["X-Bapi-Limit"] == "10"
        assert (await stream.order("New"))["orderLinkId"] == "one"
        name = {"category": "linear", "symbol": "BTCUSDT", "orderId": ids["orderId"]}
        assert (await client.post("/v5/order/amend", **name, price="60001.5", qty="0.02"))["retCode"] == 0
        amended = await stream.order("New")
        assert (amended["price"], amended["qty"], amended["leavesQty"]) == ("60001.5", "0.02", "0.02")
        listed = (await client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT"))["result"]["list"]
        assert [row["orderId"] for row in listed] == [ids["orderId"]]
        assert (await client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderLinkId="one"))[
            "retCode"
        ] == 0
        ended = await stream.order("Cancelled")
        assert (ended["cancelType"], ended["rejectReason"]) == ("CancelByUser", "EC_PerCancelRequest")
        assert (await client.post("/v5/order/cancel", **name))["retCode"] == 110010
        history = await client.get("/v5/order/history", category="linear")
        assert [row["orderStatus"] for row in history["result"]["list"]] == ["Cancelled"]
        positions = [frame for frame in stream.frames if frame.get("topic") == "position"]
        assert len(positions) == 3  # one for each command, though nothing changed


async def test_a_market_order_fills_and_the_books_balance() -> None:
    async with running() as client:
        stream = await client.private()
        await client.create(orderType="Market", price=None, qty="0.05")
        execution = (await stream.topic("execution"))["data"][0]
        order = await stream.order("Filled")
        wallet = (await stream.topic("wallet"))["data"][0]
        state = client.sandbox.state(1)
        assert [row["execId"] for row in state["executions"]] == [execution["execId"]]
        assert state["positions"][0]["quantity"] == "0.05" == order["cumExecQty"]
        assert D(order["cumExecFee"]) == D(execution["execFee"]) == D(execution["execValue"]) * D("0.00055")
        assert wallet["coin"][0]["walletBalance"] == state["balances"]["USDT"]["total"]
        assert D(state["balances"]["USDT"]["total"]) == D(100_000) - D(execution["execFee"])
        listed = (await client.get("/v5/execution/list", category="linear"))["result"]["list"]
        assert listed == [{name: value for name, value in execution.items() if name != "category"}]
        position = (await client.get("/v5/position/list", category="linear", settleCoin="USDT"))["result"]["list"][0]
        assert (position["side"], position["size"], position["avgPrice"]) == ("Buy", "0.05", order["avgPrice"])
        await client.create(side="Sell", orderType="Market", price=None, qty="0.08", reduceOnly=True)
        closing = (await stream.topic("execution"))["data"][0]
        assert (closing["execQty"], closing["closedSize"]) == ("0.05", "0.05")
        assert client.sandbox.state(1)["positions"] == []


async def test_spot_pays_fees_in_what_it_receives_and_buys_by_value() -> None:
    async with running() as client:
        stream = await client.private()
        await client.create("spot", orderType="Market", price=None, qty="1000")
        execution = (await stream.topic("execution"))["data"][0]
        assert execution["feeCurrency"] == "BTC"
        assert D(990) < D(execution["execValue"]) <= D(1000)
        assert D(execution["execFee"]) == D(execution["execQty"]) / 1000
        await client.create("spot", side="Sell", orderType="Market", price=None, qty="0.01")
        assert (await stream.topic("execution"))["data"][0]["feeCurrency"] == "USDT"
        order_ids = [row["orderId"] for row in client.sandbox.state(1)["orders"]]
        assert all(order_id.isdecimal() for order_id in order_ids)


@pytest.mark.parametrize(
    ("category", "fields", "code"),
    [
        ("linear", {"symbol": "NONEUSDT"}, 10001),
        ("spot", {"symbol": "NONEUSDT"}, 170121),
        ("option", {}, 10001),
        ("linear", {"price": "60000.05"}, 10001),
        ("spot", {"price": "60000.05"}, 170134),
        ("linear", {"qty": "0.0005"}, 10001),
        ("spot", {"qty": "0.0000005"}, 170137),
        ("linear", {"qty": "100000"}, 10001),
        ("spot", {"qty": "100000"}, 170124),
        ("linear", {"qty": "0.001", "price": "100.0", "symbol": "ETHUSDT"}, 10001),
        ("linear", {"qty": "0.01", "price": "100.0", "symbol": "ETHUSDT"}, 110094),
        ("spot", {"qty": "0.000001"}, 170140),
        ("linear", {"qty": "150"}, 110007),
        ("spot", {"qty": "10"}, 170131),
        ("spot", {"side": "Sell", "qty": "10", "price": "70000"}, 170131),
        ("linear", {"price": "90000"}, 30208),
        ("spot", {"side": "Sell", "price": "40000"}, 170194),
        ("linear", {"side": "Sell", "price": "70000", "reduceOnly": True}, 110017),
        ("linear", {"side": "buy"}, 10001),
        ("linear", {"orderType": "Stop"}, 10001),
        ("linear", {"qty": "x"}, 10001),
        ("linear", {"qty": "-1"}, 10001),
        ("linear", {"price": None}, 10001),
        ("linear", {"timeInForce": "XYZ"}, 10001),
        ("linear", {"positionIdx": 1}, 10001),
        ("linear", {"orderLinkId": "a b"}, 10001),
        ("linear", {"orderLinkId": "a" * 37}, 10001),
        ("linear", {"triggerPrice": "60000"}, 10001),
        ("linear", {"triggerPrice": "60000", "triggerDirection": 1}, 110092),
        ("linear", {"triggerPrice": "70000", "triggerDirection": 2}, 110093),
    ],
)
async def test_what_is_refused_has_the_code_of_its_category(category: str, fields: Row, code: int) -> None:
    async with running() as client:
        answer = await client.create(category, **fields)
        assert (answer["retCode"], answer["result"]) == (code, {})
        assert client.sandbox.state(1)["orders"] == []


@pytest.mark.parametrize(("category", "duplicate", "unknown"), [("linear", 110072, 110001), ("spot", 170141, 170213)])
async def test_a_client_id_is_never_taken_twice(category: str, duplicate: int, unknown: int) -> None:
    async with running() as client:
        assert (await client.create(category, orderLinkId="same"))["retCode"] == 0
        assert (await client.create(category, orderLinkId="same"))["retCode"] == duplicate
        name = {"category": category, "symbol": "BTCUSDT"}
        assert (await client.post("/v5/order/cancel", **name, orderLinkId="same"))["retCode"] == 0
        assert (await client.create(category, orderLinkId="same"))["retCode"] == duplicate
        assert (await client.post("/v5/order/cancel", **name, orderId="no-such"))["retCode"] == unknown
        assert (await client.post("/v5/order/amend", **name, orderId="no-such", qty="1"))["retCode"] == unknown


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"timeInForce": "PostOnly", "price": "66000"}, "EC_PostOnlyWillTakeLiquidity"),
        ({"timeInForce": "IOC"}, "EC_NoImmediateQtyToFill"),
        ({"timeInForce": "FOK"}, "EC_NoEnoughQtyToFill"),
    ],
)
async def test_what_the_engine_ends_was_acknowledged_first(fields: Row, reason: str) -> None:
    async with running() as client:
        stream = await client.private("order")
        assert (await client.create(**fields))["retCode"] == 0
        assert (await stream.order("Cancelled"))["rejectReason"] == reason


async def test_cancel_all_takes_what_is_named() -> None:
    async with running() as client:
        await client.create()
        await client.create(symbol="ETHUSDT", price="1900", qty="0.1")
        await client.create("spot")
        assert (await client.post("/v5/order/cancel-all", category="linear"))["retCode"] == 10001
        one = await client.post("/v5/order/cancel-all", category="linear", symbol="ETHUSDT")
        assert len(one["result"]["list"]) == 1
        assert one["result"]["success"] == "1"
        others = await client.post("/v5/order/cancel-all", category="linear", settleCoin="USDT")
        assert len(others["result"]["list"]) == 1
        still = (await client.get("/v5/order/realtime", category="spot"))["result"]["list"]
        assert len(still) == 1


async def test_batches_answer_each_order() -> None:
    async with running() as client:
        good = {name: value for name, value in LIMIT.items() if name != "category"}
        made = await client.post("/v5/order/create-batch", category="linear", request=[good, good | {"price": "1.05"}])
        assert made["retCode"] == 0
        assert [row["code"] for row in made["retExtInfo"]["list"]] == [0, 10001]
        first = {"symbol": "BTCUSDT", "orderId": made["result"]["list"][0]["orderId"]}
        changed = await client.post("/v5/order/amend-batch", category="linear", request=[first | {"price": "60010"}])
        assert changed["retExtInfo"]["list"] == [{"code": 0, "msg": "OK"}]
        ended = await client.post(
            "/v5/order/cancel-batch", category="linear", request=[first, {"symbol": "BTCUSDT", "orderId": "x"}]
        )
        assert [row["code"] for row in ended["retExtInfo"]["list"]] == [0, 110001]
        too_many = await client.post("/v5/order/create-batch", category="spot", request=[good] * 11)
        assert too_many["retCode"] == 10001


async def test_the_trade_socket_answers_by_id_and_knows_its_own_errors() -> None:
    async with running() as client:
        stream, trade = await client.private("order"), await client.trade()
        made = await trade.ask(command("a", "create", **LIMIT))
        assert (made["reqId"], made["retCode"], made["op"]) == ("a", 0, "order.create")
        assert made["header"]["X-Bapi-Limit"] == "10"
        assert (await stream.order("New"))["orderId"] == made["data"]["orderId"]
        assert (await trade.ask(command("a", "create", **LIMIT)))["retCode"] == 20006
        assert (await trade.ask(command("b", "fly", **LIMIT)))["retCode"] == 10404
        assert (await trade.ask(command("c", "create", **LIMIT, orderLinkId="x y")))["retCode"] == 10001
        old = command("d", "create", **LIMIT)
        old["header"]["X-BAPI-TIMESTAMP"] = now_ms() - 6000  # an int, as one client sends it
        assert (await trade.ask(old))["retCode"] == 10002
        name = {"category": "linear", "symbol": "BTCUSDT", "orderId": made["data"]["orderId"]}
        assert (await trade.ask(command("e", "amend", **name, price="60002")))["retCode"] == 0
        assert (await trade.ask(command("f", "cancel", **name)))["retCode"] == 0
        batch = await trade.ask(command("g", "create-batch", category="linear", request=[dict(LIMIT, category=None)]))
        assert batch["retExtInfo"]["list"] == [{"code": 0, "msg": "OK"}]
        pong = await trade.ask({"op": "ping"})
        assert (pong["op"], pong["retCode"]) == ("pong", 0)


async def test_stops_wait_outside_the_book_and_fire_by_their_price() -> None:
    async with running(rate=2000.0) as client:
        stream = await client.private("order")
        market = client.sandbox.exchange.markets["linear", "BTCUSDT"]
        assert market.last is not None
        near = {"Buy": market.last + 0.1, "Sell": market.last - 0.1}
        for side, direction in (("Buy", 1), ("Sell", 2)):
            price = f"{near[side]:.1f}"
            fields = {"side": side, "orderType": "Market", "price": None, "qty": "0.01"}
            answer = await client.create(**fields, triggerPrice=price, triggerDirection=direction)
            assert answer["retCode"] in {0, 110092, 110093}
        row = await stream.order("Filled")
        assert row["stopOrderType"] == "Stop"
        seen = [frame["data"][0]["orderStatus"] for frame in stream.frames if frame.get("topic") == "order"]
        assert seen.index("Untriggered") < seen.index("Triggered") < seen.index("Filled")


async def test_exits_attached_to_an_order_end_with_the_position() -> None:
    async with running() as client:
        stream = await client.private("order", "position")
        await client.create(orderType="Market", price=None, takeProfit="80000", stopLoss="50000")
        await stream.order("Filled")
        position = (await client.get("/v5/position/list", category="linear", symbol="BTCUSDT"))["result"]["list"][0]
        assert (position["takeProfit"], position["stopLoss"]) == ("80000", "50000")
        await client.create(side="Sell", orderType="Market", price=None)
        ended = [await stream.order("Deactivated") for _ in range(2)]
        assert {row["stopOrderType"] for row in ended} == {"TakeProfit", "StopLoss"}
        assert client.sandbox.desk.journal.orders.open_orders() == []


async def test_leverage_changes_the_margin_that_is_held() -> None:
    async with running() as client:
        fields: Row = {"category": "linear", "symbol": "BTCUSDT"}
        await client.create()
        before = D(client.sandbox.state(1)["balances"]["USDT"]["held"])
        changed = await client.post("/v5/position/set-leverage", **fields, buyLeverage="20", sellLeverage="20")
        assert changed["retCode"] == 0
        assert D(client.sandbox.state(1)["balances"]["USDT"]["held"]) == before / 2
        again = await client.post("/v5/position/set-leverage", **fields, buyLeverage="20", sellLeverage="20")
        assert again["retCode"] == 110043
        assert (await client.post("/v5/position/switch-mode", **fields, mode=0))["retCode"] == 110025


async def test_the_dead_man_switch_waits_for_the_last_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttxt_core.sandbox.bybit.dead_man_switch._SHORTEST_S", 0)
    async with running() as client:
        set_up = await client.post("/v5/order/disconnected-cancel-all", product="DERIVATIVES", timeWindow=0)
        assert set_up["retCode"] == 0
        first, second = await client.private("dcp.future"), await client.private("dcp.future")
        watcher = await client.private("order")
        await client.create()
        await watcher.order("New")
        await first.socket.close()
        await asyncio.sleep(0.05)
        assert len(client.sandbox.desk.journal.orders.open_orders()) == 1
        await second.socket.close()
        assert (await watcher.order("Cancelled"))["cancelType"] == "CancelByDCP"


# -- who may --------------------------------------------------------------------------------------------------


async def refused(client: Client, **changes: str) -> int:
    """The code of a signed question with headers changed."""
    headers = client.sign("") | changes
    async with client.http.get(f"{client.sandbox.rest}/v5/account/info?", headers=headers) as reply:
        code: int = (await reply.json())["retCode"]
    return code


async def test_signatures_are_checked_over_the_bytes_that_came() -> None:
    async with running() as client:
        assert await refused(client) == 0
        assert await refused(client, **{"X-BAPI-SIGN": "0" * 64}) == 10004
        assert await refused(client, **{"X-BAPI-API-KEY": "nobody"}) == 10003
        assert await refused(client, **{"X-BAPI-TIMESTAMP": "x"}) == 10001
        assert await refused(client, **client.sign("", stamp_ms=now_ms() - 6000)) == 10002
        assert await refused(client, **client.sign("", stamp_ms=now_ms() + 2000)) == 10002
        spaced = '{"category": "linear",  "symbol": "BTCUSDT"}'
        for body, signed, code in ((spaced, spaced, 10001), (spaced, spaced.replace("  ", " "), 10004)):
            address = f"{client.sandbox.rest}/v5/order/cancel"
            async with client.http.post(address, data=body, headers=client.sign(signed)) as reply:
                assert (await reply.json())["retCode"] == code


async def test_keys_that_may_not() -> None:
    async with running() as client:
        client.key = client.sandbox.keys["read_only"]
        assert (await client.get("/v5/account/info"))["retCode"] == 0
        assert (await client.create())["retCode"] == 10005
        trade = await client.trade()
        assert (await trade.ask(command("a", "create", **LIMIT)))["retCode"] == 10005
        client.key = client.sandbox.keys["expired"]
        assert (await client.get("/v5/account/info"))["retCode"] == 33004
        assert client.sandbox.api_secret not in repr(client.sandbox.keys)


async def test_sockets_need_a_login() -> None:
    async with running() as client:
        for address in (client.sandbox.ws_private, client.sandbox.ws_trade):
            socket = await client.http.ws_connect(address)
            await socket.send_json({"op": "subscribe", "args": ["order"], "req_id": "1"})
            answer: dict[str, Any] = await socket.receive_json()
            assert answer.get("success") is False or answer["retCode"] == 10007
            await socket.send_json(client.login_command(expires_ms=now_ms() - 1))
            late = await socket.receive_json()
            assert late.get("retCode") == 10004
            expires = now_ms() + 5000
            await socket.send_json({"op": "auth", "args": [client.key.key, expires, signature("x", "y")]})
            assert (await socket.receive_json())["retCode"] == 10004


async def test_quotas_are_counted_and_given_back() -> None:
    async with running() as client:
        codes = [(await client.create())["retCode"] for _ in range(11)]
        assert codes == [0] * 10 + [10006]
        assert client.headers["X-Bapi-Limit-Status"] == "0"
        reset_ms = int(client.headers["X-Bapi-Limit-Reset-Timestamp"])
        await asyncio.sleep(max(0, reset_ms - now_ms()) / 1000 + 0.01)
        assert (await client.create())["retCode"] == 0


async def test_an_address_that_asks_too_much_is_banned() -> None:
    async with running(limit_scale=0.02) as client:
        statuses = []
        for _ in range(14):
            async with client.http.get(f"{client.sandbox.rest}/v5/market/time") as reply:
                statuses.append(reply.status)
        assert statuses == [200] * 12 + [403] * 2


async def test_paths_that_are_not_there() -> None:
    async with running() as client, client.http.get(f"{client.sandbox.rest}/v5/nothing") as reply:
        assert reply.status == 404
        assert (await reply.json())["retCode"] == 10017
