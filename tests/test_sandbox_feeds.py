"""What a sandbox serves: captured frames as they were, recordings; and the command that serves it."""

import asyncio
import hashlib
import json
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import aiohttp
import orjson
import pytest

from tests import bybit_frames as bybit
from tests.sandbox_client import Row, running
from tests.test_captures import compressed
from ttxt_core.cli.rec import main as rec
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.captures import FrameKind, read_capture
from ttxt_core.errors import ConfigError, ProtocolError
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

CATEGORY = {"BYBIT.ws.2": "linear", "BYBIT.ws.3": "spot"}


def text_book(frames: list[Row], topic: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The book that a topic's frames build, in the venue's own texts, best first."""
    sides: dict[str, dict[str, str]] = {"b": {}, "a": {}}
    for frame in frames:
        if frame.get("topic") != topic:
            continue
        if frame["type"] == "snapshot":
            sides = {"b": {}, "a": {}}
        for name, side in sides.items():
            for price, size in frame["data"][name]:
                side[price] = size
                if size == "0":
                    del side[price]
    bids = sorted(sides["b"].items(), key=lambda level: -float(level[0]))
    return bids, sorted(sides["a"].items(), key=lambda level: float(level[0]))


def digest(bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> str:
    return hashlib.sha256("\n".join(f"{price}:{size}" for price, size in bids + asks).encode()).hexdigest()


async def everything(capture: Path, topics: dict[str, list[str]], counts: dict[str, int]) -> dict[str, list[bytes]]:
    """All frames of `topics` by category, over real sockets."""
    async with running(capture=capture, speed=0.0) as client:
        got: dict[str, list[bytes]] = {}
        sockets = {category: await client.public(category) for category in topics}
        for category, names in topics.items():
            for start in range(0, len(names), 10):
                answer = await sockets[category].ask({"op": "subscribe", "args": names[start : start + 10]})
                assert answer["success"], answer
        for category, socket in sockets.items():
            got[category] = [(await socket.socket.receive(20)).data.encode() for _ in range(counts[category])]
        return got


async def test_every_real_frame_comes_as_it_was_and_gives_the_expected_books(bybit_capture: Path) -> None:
    sent: dict[str, list[bytes]] = {"linear": [], "spot": []}
    for frame in read_capture(bybit_capture):
        if frame.kind is FrameKind.RECEIVED and frame.payload.startswith(b'{"topic"'):
            sent[CATEGORY[frame.connection]].append(frame.payload)
    topics = {c: sorted({orjson.loads(payload)["topic"] for payload in payloads}) for c, payloads in sent.items()}
    got = await everything(bybit_capture, topics, {c: len(payloads) for c, payloads in sent.items()})
    assert got == sent
    expected = json.loads((bybit_capture.parent.parent / "expected_books.json").read_text())
    books = [name.split("|") for name in expected if name.startswith("bybit/BYBIT.jsonl.zst")]
    assert len(books) == 6
    frames = {category: [orjson.loads(payload) for payload in payloads] for category, payloads in got.items()}
    for file, connection, topic in books:
        bids, asks = text_book(frames[CATEGORY[connection]], topic)
        assert digest(bids, asks) == expected[f"{file}|{connection}|{topic}"]["sha256"], topic


async def test_the_archive_of_500_levels_is_served_too(shared_data: Path) -> None:
    archive = shared_data / "bybit" / "xrpusdt-ob500.data.zip"
    if not archive.is_file():
        pytest.skip(f"no archive at {archive}")
    topic = "orderbook.500.XRPUSDT"
    got = await everything(archive, {"linear": [topic]}, {"linear": 50})
    bids, asks = text_book([orjson.loads(payload) for payload in got["linear"]], topic)
    expected = json.loads((shared_data / "expected_books.json").read_text())
    (wanted,) = (book for name, book in expected.items() if "xrpusdt-ob500" in name)
    assert digest(bids, asks) == wanted["sha256"]


# -- captures of our own ----------------------------------------------------------------------------------


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A snapshot, then 40 deltas that move the best bid's size, with a ticker and a trade."""
    frames = [bybit.snapshot(100), bybit.ticker(lastPrice="100.1", markPrice="100.1"), bybit.trades("Buy")]
    frames += [bybit.book(101 + n, [("100.0", f"{2 + n}.000")]) for n in range(40)]
    rows: list[Row] = [
        {"t": "header", "format": 2},
        {
            "t": "http",
            "conn": "h",
            "ts": 1,
            "url": "https://x/v5/market/instruments-info?category=linear",
            "data": bybit.instruments("linear"),
        },
        {"t": "connect", "conn": "a", "ts": 1, "addr": "wss://x/v5/public/linear"},
    ]
    rows += [{"t": "recv", "conn": "a", "ts": 2 + n / 100, "data": frame} for n, frame in enumerate(frames)]
    return compressed(tmp_path / "c.jsonl.zst", [json.dumps(row) for row in rows])


async def test_who_comes_late_to_a_capture_gets_what_was_said(capture: Path) -> None:
    topic = "orderbook.200.BTCUSDT"
    async with running(capture=capture, speed=0.5) as client:
        early = await client.public()
        await early.ask({"op": "subscribe", "args": [topic, "tickers.BTCUSDT"]})
        while not any(frame.get("data", {}).get("u") == 110 for frame in early.frames):
            await early.next()
        late = await client.public()
        await late.ask({"op": "subscribe", "args": [topic, "tickers.BTCUSDT"]})
        snapshot = await late.topic(topic)
        assert snapshot["type"] == "snapshot"
        for socket in (early, late):
            await socket.until(lambda frame: frame.get("data", {}).get("u") == 140)
        assert text_book(early.frames, topic) == text_book(late.frames, topic)
        counts = [frame["data"]["u"] for frame in late.frames if frame.get("topic") == topic]
        assert counts == list(range(counts[0], 141))


async def test_orders_trade_on_a_captured_market(capture: Path) -> None:
    async with running(capture=capture, speed=0.0) as client:
        socket = await client.public()
        await socket.ask({"op": "subscribe", "args": ["orderbook.200.BTCUSDT"]})
        await socket.until(lambda frame: frame.get("data", {}).get("u") == 140)
        stream = await client.private("order")
        await client.create(qty="0.05", price="100.1")
        assert (await stream.order("Filled"))["avgPrice"] == "100.1"
        rows = (await client.get("/v5/market/instruments-info", category="linear"))["result"]["list"]
        assert [row["symbol"] for row in rows] == ["BTCUSDT"]
        assert rows[0]["priceFilter"]["tickSize"] == "0.10"


def test_a_feed_that_can_not_be_is_refused(tmp_path: Path) -> None:
    empty = compressed(tmp_path / "e.jsonl.zst", ['{"t":"header","format":2}'])
    with pytest.raises(ConfigError, match="no frame"):
        BybitSandbox(BybitSandboxSettings(capture=empty))
    with pytest.raises(ProtocolError):
        BybitSandbox(BybitSandboxSettings(capture=tmp_path / "absent.jsonl.zst"))
    with pytest.raises(ConfigError, match="name one kind"):
        BybitSandbox(BybitSandboxSettings(capture=empty, recordings=(empty,)))


@pytest.fixture
def recording(capture: Path, tmp_path: Path) -> Path:
    assert rec(["import", str(capture), "--out", str(tmp_path)]) == 0
    (made,) = tmp_path.glob("*.bin")
    return made


async def test_a_recording_is_played_as_the_market(recording: Path) -> None:
    async with running(recordings=(recording,), speed=0.2) as client:
        socket = await client.public()
        await socket.ask({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]})
        normalizer, book = BybitNormalizer("linear"), LocalOrderbook()
        reply = await client.http.get(f"{client.sandbox.rest}/v5/market/instruments-info?category=linear")
        normalizer.instruments(await reply.read(), 1)
        while not (best := book.best_bid) or best[1] != 41.0:
            (event,) = normalizer.normalize((await socket.socket.receive(10)).data.encode(), 1)
            book.update(event)
        shown = client.sandbox.state(50)["books"][0]
        assert [[float(p), float(q)] for p, q in shown["bids"]] == [list(level) for level in book.bids()]


# -- the command ------------------------------------------------------------------------------------------


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ttxt_core.cli.sandbox", "bybit", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def ask_over_tls(ready: Row) -> None:
    context = ssl.create_default_context(cafile=ready["ca"])
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{ready['admin']}/state", ssl=context) as reply:
            assert (await reply.json())["balances"]["USDT"]["total"] == "5"
        async with http.ws_connect(ready["ws_public"]["spot"], ssl=context) as socket:
            await socket.send_json({"op": "ping"})
            assert (await socket.receive_json())["ret_msg"] == "pong"
    await asyncio.sleep(0.25)  # aiohttp's TLS connections close after their session


def test_the_command_prints_one_line_and_serves_tls_until_it_is_told_to_end() -> None:
    with start("--tls", "--fault", "drop@public:0.01", "--balance", "USDT=5") as process:
        assert process.stdout is not None
        ready: Row = json.loads(process.stdout.readline())
        asyncio.run(ask_over_tls(ready))
        assert {"rest", "ws_private", "ws_trade", "api_key", "api_secret"} <= ready.keys()
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=60)
        assert (process.returncode, rest, complaints) == (0, "", "")
        assert not Path(ready["ca"]).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "fly"], "unknown kind 'fly'"),
        (["--capture", "absent.zst"], "read the capture absent.zst"),
        (["--rate", "0"], "set the rate of the practice market"),
    ],
)
def test_what_can_not_be_served_is_said_in_a_sentence(arguments: list[str], words: str) -> None:
    process = start(*arguments)
    rest, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert rest == ""
    assert words in complaints
    assert "Traceback" not in complaints
