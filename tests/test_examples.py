"""The examples run as they are called, offline, and end in order."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from threading import Timer
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import REPOSITORY
from tests.recording_support import market, write
from ttxt_core.bootstrap import load_client_config
from ttxt_core.events import MarketTrades, Orderbook, Side
from ttxt_core.recording.reader import read_events

EXAMPLES = REPOSITORY / "examples"
PRACTICE = '[practice]\npairs = ["BTC/USDT"]\nrate = 400\nhistory = 1\n'


def start(module: str, config: Path, cwd: Path = REPOSITORY) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", f"examples.{module}", f"--c={config}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)


def run_until(module: str, config: Path, *patterns: str) -> str:
    """What the example prints until each pattern has come, and then to its end after Ctrl+C."""
    said: list[str] = []
    with start(module, config) as running:
        assert running.stdout is not None
        missing = set(patterns)
        patience = Timer(30, running.kill)
        patience.start()
        while missing and (line := running.stdout.readline()):
            said.append(line)
            missing = {pattern for pattern in missing if not re.search(pattern, line)}
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate()
        patience.cancel()
    assert not missing, said
    assert (running.returncode, errors) == (0, ""), said
    return "".join(said) + rest


@pytest.fixture
def sandbox() -> Iterator[dict[str, Any]]:
    """A sandbox exchange in a process of its own: what its line says."""
    command = [sys.executable, "-m", "ttxt_core.cli.sandbox", "bybit", "--rate", "300"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as running:
        assert running.stdout is not None
        try:
            yield json.loads(running.stdout.readline())
        finally:
            running.terminate()


def venue_config(folder: Path, sandbox: dict[str, Any], beside: str = "config.toml") -> Path:
    """What stands beside the example for Bybit, with the sandbox for a host."""
    addresses = {**sandbox, "ws_public": sandbox["ws_public"]["linear"]}
    hosts = "".join(f'{name} = "{addresses[name]}"\n' for name in ("rest", "ws_public", "ws_private", "ws_trade"))
    text = (EXAMPLES / "dummy" / beside).read_text(encoding="utf-8")
    return written(folder, f"{text}\n[connector.hosts]\n{hosts}")


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.toml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_config_beside_an_example_is_accepted(path: Path) -> None:
    load_client_config(path)


def test_every_config_in_the_document_is_accepted(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (REPOSITORY / "docs" / "examples.md").read_text("utf-8"), re.DOTALL)
    assert [type(load_client_config(written(tmp_path, block)).market).__name__ for block in blocks] == [
        "ConnectorConfig",
        "PracticeConfig",
        "ReplayConfig",
    ]


def test_every_example_has_a_config_beside_it() -> None:
    folders = {path.parent for path in EXAMPLES.glob("*/*.py") if path.name != "__init__.py"}
    assert len(folders) >= 6
    assert all((folder / "config.toml").is_file() for folder in folders)


def test_the_dummy_prints_the_market_and_its_order(tmp_path: Path) -> None:
    patterns = (r"^BTC/USDT book: ", r"^BTC/USDT trade: (buy|sell) ", r"^BTC/USDT candle: ", r"^order canceled")
    said = run_until("dummy.dummy_client_example", written(tmp_path, PRACTICE), *patterns)
    order = [line for line in said.splitlines() if line.startswith(("buy", "create", "cancel", "order"))]
    assert re.fullmatch(r"buy 0\.00\d at \d+\.\d+: sent", order[0])
    assert set(order[1:]) >= {"create accepted ", "cancel accepted "}
    assert [line.split(":")[0] for line in order if line.startswith("order")] == ["order new", "order canceled"]


def test_the_dummy_runs_on_a_venue(tmp_path: Path, sandbox: dict[str, Any]) -> None:
    patterns = (r"^BTC/USDT book: ", r"^BTC/USDT trade: ", r"^BTC/USDT candle: ", r"^order new", r"^order canceled")
    run_until("dummy.dummy_client_example", venue_config(tmp_path, sandbox), *patterns)


def test_the_dummy_trades_at_a_venue(tmp_path: Path, sandbox: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    config = venue_config(tmp_path, sandbox, "testnet.toml")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with start("dummy.dummy_client_example", config) as running:
        out, errors = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert errors.startswith("credentials of bybit (testnet): none found (give them in TTXT_BYBIT_TESTNET_API_KEY and ")

    monkeypatch.setenv("TTXT_BYBIT_TESTNET_API_KEY", sandbox["api_key"])
    monkeypatch.setenv("TTXT_BYBIT_TESTNET_API_SECRET", sandbox["api_secret"])
    said = run_until("dummy.dummy_client_example", config, r"^order new", r"^order canceled")
    assert sandbox["api_secret"] not in said
    with urlopen(f"{sandbox['rest']}/sandbox/state") as answer:
        orders = json.load(answer)["orders"]
    assert [order["orderStatus"] for order in orders] == ["Cancelled"]


def test_the_dummys_config_names_a_pair_that_is_not_traded(tmp_path: Path, sandbox: dict[str, Any]) -> None:
    config = venue_config(tmp_path, sandbox)
    config.write_text(config.read_text().replace("BTC/USDT", "XYZ/USDT"))
    with start("dummy.dummy_client_example", config) as running:
        out, errors = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert errors.startswith("find bybit linear XYZ/USDT: bybit trades no such pair there")
    assert errors.count("\n") == 1


def test_a_connector_of_ones_own_brings_a_market(tmp_path: Path) -> None:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    beside = (EXAMPLES / "custom_connector" / "config.toml").read_text(encoding="utf-8")
    config = written(tmp_path, beside.replace("8765", str(port)))
    command = [sys.executable, "-m", "examples.custom_connector.tiny_venue", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=REPOSITORY) as venue:
        try:
            patterns = (r"^tiny market ready", r"^BTC/USDT book: \(6000", r"^BTC/USDT trade: (buy|sell) 0\.1 at 6000")
            run_until("custom_connector.custom_connector", config, *patterns)
        finally:
            venue.terminate()


def test_the_dummys_order_keeps_to_the_limits_of_its_config(tmp_path: Path) -> None:
    config = written(tmp_path, f"{PRACTICE}[limits]\nmax_order_notional = 100\n")
    said = run_until("dummy.dummy_client_example", config, r"^buy .*: max_order_notional is 100 USDT, this is ")
    assert "order new" not in said


def test_what_the_recorder_records_the_replayer_plays(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    config = written(tmp_path, f'{PRACTICE}recording = "{folder}"\n')
    with start("recorder.recorder", config) as running:
        patience = Timer(30, running.kill)
        patience.start()
        assert running.stdout is not None
        assert running.stdout.readline() == "recording; Ctrl+C ends it\n"
        file = folder / "PRACTICE-LINEAR_BTC_USDT.bin"
        while not (
            file.is_file()
            and file.stat().st_size
            and any(type(event.data) is MarketTrades for event in read_events(file))
        ):
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        said, errors = running.communicate()
        patience.cancel()
    assert (running.returncode, errors) == (0, "")
    assert re.fullmatch(r"\d+ events in PRACTICE-LINEAR_BTC_USDT\.bin\n", said)
    assert any(type(event.data) is Orderbook for event in read_events(file))

    config = written(tmp_path, f'[replay]\npaths = ["{folder}"]\nspeed = "max"\n')
    with start("replayer.replayer", config) as running:
        said, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")
    assert re.search(r"^practice linear BTC/USDT: bought \d[\d.e+]*, sold \d", said, re.MULTILINE)


def test_the_replayer_counts_what_was_traded(tmp_path: Path) -> None:
    path = write(tmp_path / "market.bin", market(400))
    sides = dict.fromkeys(Side, 0.0)
    for event in read_events(path):
        if type(event.data) is MarketTrades:
            for trade in event.data.trades:
                sides[trade.side] += trade.size
    config = written(tmp_path, f'[replay]\npaths = ["{path}"]\nspeed = "max"\n')
    with start("replayer.replayer", config) as running:
        said, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")
    expected = f"bought {sides[Side.BUY]:.8g}, sold {sides[Side.SELL]:.8g}"
    assert said.splitlines()[-1].endswith(expected)
    assert re.match(r"from 2026-\d\d-\d\d \d\d:\d\d:\d\d to ", said)


def test_a_queue_of_ones_own_keeps_the_latest(tmp_path: Path) -> None:
    said = run_until("custom_queue.custom_queue", written(tmp_path, PRACTICE), r"^BTC/USDT \d", r"^BTC/USDT \d")
    last = said.splitlines()[-1]
    came, replaced = map(int, re.findall(r"\d+", last))
    assert last.endswith("were replaced before they were seen")
    assert 0 < replaced < came


def test_an_event_of_ones_own_is_handled(tmp_path: Path) -> None:
    run_until("custom_event.custom_event", written(tmp_path, PRACTICE), r"^BTC/USDT: the spread is \d+ ticks$")


def test_a_wrong_config_is_one_sentence_on_stderr(tmp_path: Path) -> None:
    config = written(tmp_path, "[practice]\nrate = 'fast'\n")
    with start("dummy.dummy_client_example", config) as running:
        out, errors = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert errors == f"config file {config}, table practice, key rate: expected float, got str\n"
