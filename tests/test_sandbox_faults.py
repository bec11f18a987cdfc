"""Faults: their notation, their dice, what they do to frames, and each of them over a real socket."""

import asyncio
import time
from collections.abc import Awaitable
from itertools import pairwise

import orjson
import pytest
from aiohttp import ClientError, WSMsgType
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox_client import LIMIT, Client, command, now_ms, running
from ttxt_core.clock import NANOSECONDS, ManualClock, SystemClock
from ttxt_core.errors import ConfigError
from ttxt_core.sandbox.faults import FAULTS, Channel, Fault, FaultKind, Faults, ServerClock, parse_fault
from ttxt_core.sandbox.frame_faults import Frame, FrameFaults

BOOK = "orderbook.50.BTCUSDT"


# -- notation and dice ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop:0.01", Fault(FaultKind.DROP, None, 0.01, 0)),
        ("slow@trade:0.5:2", Fault(FaultKind.SLOW, Channel.TRADE, 0.5, 2)),
        ("maintenance", Fault(FaultKind.MAINTENANCE, None, 1, 2)),
        ("clock_skew:1:-8", Fault(FaultKind.CLOCK_SKEW, None, 1, -8)),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault
    assert parse_fault(str(fault)) == fault


@pytest.mark.parametrize(
    "text",
    ["", "fly", "drop@rest", "drop@nowhere", "drop:x", "drop:2", "drop:-1", "drop:nan", "drop:1:2:3", "slow:1:inf"],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_fault(text)


@given(st.sampled_from(FaultKind), st.floats(0, 1), st.floats(0, 1e6))
def test_a_written_fault_is_the_same_fault(kind: FaultKind, rate: float, amount: float) -> None:
    read = parse_fault(f"{kind}:{rate!r}:{amount!r}")
    assert (read.kind, read.rate, read.amount) == (kind, rate, amount)


def test_equal_seeds_strike_alike_and_as_often_as_asked() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(ManualClock(), seed)
        faults.set("drop@public:0.1")
        return [faults.strikes(FaultKind.DROP, Channel.PUBLIC) is not None for _ in range(5000)]

    assert struck(1) == struck(1) != struck(2)
    assert 400 < sum(struck(1)) < 600


def test_once_strikes_once_and_clear_ends_all() -> None:
    clock = ManualClock(1)
    faults = Faults(clock)
    faults.once("gap@public:0:5", times=2)
    assert [faults.strikes(FaultKind.GAP, Channel.PUBLIC) is not None for _ in range(3)] == [True, True, False]
    with pytest.raises(ConfigError, match="names no channel"):
        faults.once("drop")
    with pytest.raises(ConfigError, match="stays wrong"):
        faults.once("clock_skew")
    faults.set("ban@rest:1:10")
    assert faults.holds(FaultKind.BAN, Channel.REST)
    faults.set("ban@rest:0")
    clock.advance_ns(9 * NANOSECONDS)
    assert faults.holds(FaultKind.BAN, Channel.REST)  # what began goes on to its end
    clock.advance_ns(NANOSECONDS)
    assert not faults.holds(FaultKind.BAN, Channel.REST)
    faults.set("maintenance:1:10", "clock_skew:1:8")
    assert faults.holds(FaultKind.MAINTENANCE, Channel.REST)
    assert ServerClock(clock, faults).now_ns() == clock.now_ns() + 8 * NANOSECONDS
    faults.clear()
    assert not faults.holds(FaultKind.MAINTENANCE, Channel.REST)
    assert ServerClock(clock, faults).now_ns() == clock.now_ns()
    assert faults.fired == {
        FaultKind.GAP: 2,
        FaultKind.BAN: 1,
        FaultKind.MAINTENANCE: 1,
        FaultKind.CLOCK_SKEW: 1,
    }


# -- frames -----------------------------------------------------------------------------------------------


def written(spec: str, count: int = 6, clock: ManualClock | None = None) -> list[bytes]:
    """What is written of `count` frames of one topic when a fault strikes at the second."""
    clock = clock or ManualClock(1)
    faults = Faults(clock)
    frames = FrameFaults(faults, Channel.PUBLIC, clock)
    payloads: list[bytes] = []
    for number in range(count):
        if number == 1:
            faults.once(spec)
        delivery = frames.pass_frame(Frame(b"frame-%d" % number, "topic"))
        payloads += delivery.payloads
        if delivery.cut:
            payloads.append(b"cut")
            break
        clock.advance_ns(NANOSECONDS)
    return payloads + frames.release()


def numbers(payloads: list[bytes]) -> list[int]:
    return [int(payload.removeprefix(b"frame-")) for payload in payloads]


def test_what_frame_faults_do() -> None:
    assert numbers(written("drop@public")) == [0, 2, 3, 4, 5]
    assert numbers(written("duplicate@public")) == [0, 1, 1, 2, 3, 4, 5]
    assert numbers(written("reorder@public")) == [0, 2, 1, 3, 4, 5]
    assert numbers(written("gap@public:1:3")) == [0, 4, 5]
    assert numbers(written("stall@public:1:2")) == [0, 3, 4, 5]
    assert written("disconnect@public") == [b"frame-0", b"cut"]
    assert written("half@public")[1] == b"fra"
    assert len(written("oversized@public:1:5000")[1]) > 5000
    garbage = written("garbage@public:1:50")
    assert numbers([garbage[0], *garbage[2:]]) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(garbage[1])


@given(st.lists(st.sampled_from(["duplicate:0.3", "reorder:0.3", "garbage:0.2:9"]), max_size=3), st.integers(0, 99))
def test_faults_that_lose_nothing_lose_nothing(specs: list[str], seed: int) -> None:
    clock = ManualClock(1)
    faults = Faults(clock, seed)
    faults.set(*specs)
    frames = FrameFaults(faults, Channel.PUBLIC, clock)
    payloads = [p for n in range(40) for p in frames.pass_frame(Frame(b"frame-%d" % n, "topic")).payloads]
    payloads += frames.release()
    arrived = {payload for payload in payloads if payload.startswith(b"frame-")}
    assert arrived == {b"frame-%d" % n for n in range(40)}


def test_replies_are_spared_what_is_meant_for_streams() -> None:
    faults = Faults(SystemClock())
    faults.set("drop", "gap", "stall", "half", "reorder", "duplicate", "oversized")
    frames = FrameFaults(faults, Channel.PRIVATE, SystemClock())
    assert frames.pass_frame(Frame(b"answer")).payloads == [b"answer"]


def test_every_kind_is_described() -> None:
    assert set(FAULTS) == set(FaultKind)
    assert all(rule.text and rule.channels for rule in FAULTS.values())


# -- over a socket ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["drop@public", "gap@public:1:3"])
async def test_a_lost_book_message_shows_as_a_hole_in_the_count(spec: str) -> None:
    async with running(rate=1000.0) as client:
        socket = await client.public()
        await socket.ask({"op": "subscribe", "args": [BOOK]})
        await socket.topic(BOOK)
        client.sandbox.faults.once(spec)
        counts = [(await socket.topic(BOOK))["data"]["u"] for _ in range(8)]
        first = counts[0] - socket.frames[1]["data"]["u"]
        steps = [first, *(later - earlier for earlier, later in pairwise(counts))]
        assert sorted(steps) == [1] * 7 + [2 if spec.startswith("drop") else 4]


async def test_a_book_that_restarts_counts_from_one() -> None:
    async with running(rate=1000.0) as client:
        socket = await client.public()
        await socket.ask({"op": "subscribe", "args": [BOOK]})
        await socket.topic(BOOK)
        client.sandbox.faults.once("book_restart@public")
        restarted = await socket.until(lambda frame: frame.get("data", {}).get("u") == 1)
        assert restarted["type"] == "snapshot"
        assert (await socket.topic(BOOK))["data"]["u"] == 2


@pytest.mark.parametrize("channel", ["public", "private", "trade"])
async def test_a_cut_connection_ends_without_a_word(channel: str) -> None:
    async with running() as client:
        socket = await (client.public() if channel == "public" else client.login(_address(client, channel)))
        client.sandbox.faults.once(f"disconnect@{channel}")
        await socket.send({"op": "ping"})
        message = await socket.socket.receive(30)
        assert message.type in {WSMsgType.CLOSED, WSMsgType.ERROR}
        assert socket.socket.close_code in {1006, None}


def _address(client: Client, channel: str) -> str:
    return client.sandbox.ws_private if channel == "private" else client.sandbox.ws_trade


async def test_a_lost_reply_leaves_an_order_behind() -> None:
    async with running() as client:
        client.sandbox.faults.once("lost_reply@rest")
        with pytest.raises(ClientError):
            await client.create(orderLinkId="lost")
        stream, trade = await client.private("order"), await client.trade()
        client.sandbox.faults.once("lost_reply@trade")
        await trade.send(command("a", "create", **LIMIT, orderLinkId="lost-too"))
        await stream.order("New")
        assert (await trade.ask(command("b", "create", **LIMIT)))["reqId"] == "b"  # that of "a" never comes
        known = {row["orderLinkId"] for row in client.sandbox.state(1)["orders"]}
        assert known == {"lost", "lost-too", ""}


async def test_a_slow_reply_holds_up_no_other() -> None:
    async with running() as client:
        trade = await client.trade()
        client.sandbox.faults.once("slow@trade:1:0.2")
        await trade.send(command("slow", "create", **LIMIT))
        await trade.send(command("quick", "create", **LIMIT))
        assert [(await trade.next())["reqId"] for _ in range(2)] == ["quick", "slow"]
        client.sandbox.faults.once("slow@rest:1:0.2")
        begun = time.monotonic()
        await client.get("/v5/market/time")
        assert time.monotonic() - begun >= 0.2


async def test_an_update_may_come_before_its_ack() -> None:
    async with running() as client:
        stream, trade = await client.private("order"), await client.trade()
        client.sandbox.faults.once("early_update@trade:1:0.2")
        await trade.send(command("a", "create", **LIMIT))
        arrivals: list[str] = []

        async def note(name: str, coming: Awaitable[object]) -> None:
            await coming
            arrivals.append(name)

        await asyncio.gather(note("update", stream.order("New")), note("ack", trade.next()))
        assert arrivals == ["update", "ack"]


async def test_refusals_of_a_venue_in_trouble() -> None:
    async with running() as client:
        faults, trade = client.sandbox.faults, await client.trade()
        faults.once("too_many@rest")
        async with client.http.get(f"{client.sandbox.rest}/v5/market/time") as reply:
            assert (reply.status, reply.headers["Retry-After"]) == (429, "1")
        faults.once("too_many@trade")
        assert (await trade.ask(command("a", "create", **LIMIT)))["retCode"] == 10006
        faults.once("expired_auth@rest:1:0.1")
        assert (await client.get("/v5/account/info"))["retCode"] == 33004
        faults.once("maintenance@rest:1:0.1")
        assert (await client.get("/v5/market/time"))["retCode"] == 10016
        faults.once("ban@rest:1:0.1")
        async with client.http.get(f"{client.sandbox.rest}/v5/market/time") as reply:
            assert reply.status == 403
        faults.once("ban@public:1:0.1")
        async with client.http.get(client.sandbox.ws_public["spot"].replace("ws:", "http:")) as reply:
            assert reply.status == 403
        faults.once("maintenance@trade:1:0.1")
        assert (await trade.ask(command("b", "create", **LIMIT)))["retCode"] == 10019
        assert (await trade.socket.receive(30)).type in {WSMsgType.CLOSED, WSMsgType.ERROR}
        await asyncio.sleep(0.15)
        assert (await client.get("/v5/market/time"))["retCode"] == 0
        assert client.sandbox.state(1)["orders"] == []


async def test_a_clock_that_is_wrong_refuses_good_signatures() -> None:
    async with running() as client:
        client.sandbox.faults.set("clock_skew:1:8")
        assert (await client.get("/v5/account/info"))["retCode"] == 10002
        told = int((await client.get("/v5/market/time"))["result"]["timeNano"]) // 1_000_000
        assert 7_000 < told - now_ms() < 9_000
        client.sandbox.faults.clear()
        assert (await client.get("/v5/account/info"))["retCode"] == 0


async def test_the_admin_changes_faults_and_sees_the_state() -> None:
    async with running() as client:
        address = client.sandbox.ready()["admin"]
        wanted = {"set": ["drop:0.01"], "once": ["gap@public"]}
        async with client.http.post(f"{address}/faults", json=wanted) as reply:
            told = await reply.json()
        assert "drop:0.01:0" in told["standing"]
        assert told["once"] == {"gap@public": 1}
        for bad in ({"set": ["fly"]}, {"set": 5}, {"no": 1}, []):
            async with client.http.post(f"{address}/faults", json=bad) as reply:
                assert reply.status == 400
                assert (await reply.json())["error"]
        async with client.http.post(f"{address}/faults", json={"clear": True}) as reply:
            assert (await reply.json())["standing"] == []
        await client.create()
        async with client.http.get(f"{address}/state?depth=3") as reply:
            state = await reply.json()
        assert {len(book["bids"]) for book in state["books"]} == {3}
        assert [order["orderStatus"] for order in state["orders"]] == ["New"]
        assert set(state["balances"]) == {"USDT", "BTC", "ETH"}
