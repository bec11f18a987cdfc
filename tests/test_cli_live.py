"""`ttxt-tui live` before there is a screen: what is asked for, and one sentence for what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from ttxt_core.session.live import wrong_limits
from ttxt_tui.cli import _parser
from ttxt_tui.config.limits import SIMULATED, missing_limits, real_limits, simulated_limits
from ttxt_tui.config.settings import Settings, load_settings
from ttxt_tui.connecting import _connector

LIMITS = """
[limits]
order_quantity = { "BTC/USDT" = 1 }
order_notional = 100000
position_notional = 200000
price_band = 0.1
leverage = 10
liquidation_distance = 0.01
orders_per_second = 20
daily_loss = 1000
"""
NOWHERE = '[venues.bybit.hosts]\nrest = "http://127.0.0.1:9"\nws_public = "ws://127.0.0.1:9"\n'
KEYS = {"TTXT_BYBIT_API_KEY": "a-key", "TTXT_BYBIT_API_SECRET": "a-secret"}
PAIR = "bybit BTC/USDT --category linear"


def started(folder: Path, arguments: str, settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    config = folder / "config.toml"
    config.write_text(settings)
    homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TTXT_BYBIT")}
    command = [sys.executable, "-m", "ttxt_tui", "live", *arguments.split(), "--config", str(config)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
        env={**inherited, **homes, **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "environment", "said"),
    [
        (PAIR, "", KEYS, "real orders need every limit, not set: order_quantity of BTC/USDT, order_notional, "),
        (PAIR, LIMITS + NOWHERE, {}, "credentials of bybit (live): none found (give them in TTXT_BYBIT_API_KEY and "),
        (f"{PAIR} --testnet", LIMITS + NOWHERE, KEYS, "TTXT_BYBIT_TESTNET_API_KEY and "),
        (f"{PAIR} --account desk-2", LIMITS + NOWHERE, KEYS, "TTXT_BYBIT_DESK_2_API_KEY and "),
        (f"{PAIR} --account demo", LIMITS + NOWHERE, KEYS, "option --account: 'demo' of bybit live: its key would be "),
        (PAIR, LIMITS + NOWHERE, KEYS, "no connection: "),
        (f"{PAIR} --view-only", NOWHERE, KEYS, "no connection: "),
        (PAIR, LIMITS + '[venues.bybit]\nca_path = "/nowhere/ca.pem"', KEYS, "/nowhere/ca.pem"),
        (PAIR, LIMITS + "[live]\ndisarm_after_minutes = 0", KEYS, "key live.disarm_after_minutes: "),
        (PAIR, LIMITS + "[venues.bybit]\ndead_man_seconds = 0", KEYS, "dead_man_seconds: "),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, arguments: str, settings: str, environment: dict[str, str], said: str
) -> None:
    ran = started(tmp_path, arguments, settings, **environment)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("ttxt-tui: ")
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "a-secret" not in ran.stderr


def test_testnet_and_demo_are_one_or_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        _parser().parse_args(["live", "bybit", "BTC/USDT", "--testnet", "--demo"])
    assert raised.value.code == 2
    assert "not allowed with argument --testnet" in capsys.readouterr().err


# -- limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["linear", "spot"])
def test_the_example_in_the_message_sets_every_limit_that_is_missing(tmp_path: Path, category: str) -> None:
    options = _parser().parse_args(["live", "bybit", "BTC/USDT", "ETH/USDT", "--category", category])
    config = _connector(options, Settings())
    missing = wrong_limits(real_limits(Settings()), config)
    error = missing_limits(missing, tmp_path / "config.toml")
    _, _, example = error.hint.partition(": ")
    path = tmp_path / "config.toml"
    path.write_text("[limits]\n" + "\n".join(example.split(" ; ")))
    assert len(tomllib.loads(path.read_text())["limits"]) == len(missing) - 1  # both pairs are in one table
    assert wrong_limits(real_limits(load_settings(path)), config) == []
    assert all(f"order_quantity of {pair}" in error.answered for pair in ("BTC/USDT", "ETH/USDT"))


def test_what_is_not_set_holds_for_simulated_orders_only(tmp_path: Path) -> None:
    assert simulated_limits(Settings()).max_order_notional == SIMULATED.max_order_notional
    assert real_limits(Settings()).max_order_notional is None
    path = tmp_path / "config.toml"
    path.write_text("[limits]\norder_notional = 7\nrequire_stop = true\n")
    for limits in (simulated_limits(load_settings(path)), real_limits(load_settings(path))):
        assert limits.max_order_notional == 7
        assert limits.require_stop
