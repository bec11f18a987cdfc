"""What is wrong on the way to a venue is one clear sentence: in the library, and before a program's screen."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_input_support import MISTAKES, Addresses, Mistake, addresses, hosts_of, key_of
from ttxt_core.bootstrap import run
from ttxt_core.client import IEventHandler
from ttxt_core.connectors.config import parse_config
from ttxt_core.connectors.registry import connect
from ttxt_core.errors import TtxtError
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.web.secrets import Credentials, Secret

pytestmark = pytest.mark.timeout(60)

LIMITS = {
    "client": """
[limits]
max_order_quantity = { "BTC/USDT" = 1, "ABC/USDT" = 1, "DOGE/USDT" = 1 }
max_order_notional = 200_000
price_band = 0.1
max_position_notional = 500_000
max_leverage = 20
min_liquidation_distance = 0.01
orders_per_second = 50
daily_loss = 10_000
max_data_age_ns = 5_000_000_000
""",
    "live": """
[limits]
order_quantity = { "BTC/USDT" = 1, "ABC/USDT" = 1, "DOGE/USDT" = 1 }
order_notional = 200_000
price_band = 0.1
position_notional = 500_000
leverage = 20
liquidation_distance = 0.01
orders_per_second = 50
daily_loss = 10_000
""",
    "paper": "",
}
CASES = [(name, kind) for name, mistake in MISTAKES.items() for kind in mistake.kinds]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with addresses(tmp_path_factory.mktemp("addresses")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are for nobody (RFC 6761) are not looked up in any network."""
    known = socket.getaddrinfo

    def look_up(host: object, *args: object, **options: object) -> object:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


async def ask_library(mistake: Mistake, at: Addresses) -> str:
    key, secret = key_of(mistake, at.sandbox)
    document = {
        "venue": "bybit",
        "category": mistake.category,
        "pairs": [mistake.pair],
        "trading": "test",
        "environment": "testnet",
        "hosts": hosts_of(mistake, at),
        "ca_path": at.ca_path,
    }
    connector = connect(parse_config(document), AsyncioQueue(), Credentials(Secret(key), Secret(secret)))
    with pytest.raises(TtxtError) as caught:
        await connector.prepare()
    await connector.close()
    assert caught.value.asked
    assert caught.value.answered
    assert caught.value.hint
    return str(caught.value)


def run_program(kind: str, mistake: Mistake, at: Addresses, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of a program that makes the mistake."""
    key, secret = key_of(mistake, at.sandbox)
    monkeypatch.setenv("TTXT_BYBIT_TESTNET_API_KEY", key)
    monkeypatch.setenv("TTXT_BYBIT_TESTNET_API_SECRET", secret)
    hosts = "\n".join(f'{name} = "{address}"' for name, address in hosts_of(mistake, at).items())
    config = folder / "config.toml"
    if kind == "client":
        recording = f'recording = "{folder / "file" / "recordings"}"' if mistake.records else ""
        config.write_text(
            f'[connector]\nvenue = "bybit"\ncategory = "{mistake.category}"\npairs = ["{mistake.pair}"]\n'
            f'trading = "test"\nenvironment = "testnet"\nca_path = "{at.ca_path}"\n{recording}\n'
            f"[connector.hosts]\n{hosts}\n{LIMITS[kind]}"
        )
        return run(IEventHandler(), config)
    from ttxt_tui.cli import main

    config.write_text(f'[venues.bybit]\nca_path = "{at.ca_path}"\n[venues.bybit.hosts]\n{hosts}\n{LIMITS[kind]}')
    where = ["bybit", mistake.pair, "--category", mistake.category, "--config", str(config)]
    return main([kind, *where, *(["--testnet"] if kind == "live" else [])])


def expected(mistake: Mistake, at: Addresses, folder: Path) -> str:
    """The sentence as a pattern: which question the key is tried with is the connector's business."""
    sentence = re.escape(mistake.said)
    filled = {
        "rest": re.escape(at.rest[mistake.rest]),
        "folder": re.escape(str(folder)),
        "key_asked": rf"ask bybit [a-z' ]+ \(GET {re.escape(at.rest[mistake.rest])}/v5/[a-z/-]+\)",
        "others": "[a-z, ]+",
    }
    for name, pattern in filled.items():
        sentence = sentence.replace(re.escape(f"{{{name}}}"), pattern)
    return sentence


@pytest.mark.parametrize("case", CASES, ids=[f"{kind}-{name}" for name, kind in CASES])
def test_it_is_one_sentence_and_status_2(
    case: tuple[str, str],
    at: Addresses,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mistake, kind = MISTAKES[case[0]], case[1]
    (tmp_path / "file").write_text("no folder")
    if kind == "library":
        sentence = asyncio.run(ask_library(mistake, at))
    else:
        assert run_program(kind, mistake, at, tmp_path, monkeypatch) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1, told.err
        sentence = told.err.rstrip("\n").removeprefix("ttxt-tui: ")
    assert re.fullmatch(expected(mistake, at, tmp_path), sentence), sentence
    for secret in key_of(mistake, at.sandbox):
        assert secret not in sentence
