"""A connector's configuration: TOML and JSON alike, and a sentence that names the key for everything wrong in it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ttxt_core.connectors.config import ConnectorConfig, Environment, TradingMode, load_config, parse_config
from ttxt_core.errors import ConfigError

PLAIN: dict[str, Any] = {"venue": "bybit", "category": "linear", "pairs": ["BTC/USDT", "eth/usdt"]}


def test_what_is_left_out_is_the_safe_default() -> None:
    config = parse_config(PLAIN)
    assert config.pairs == ("BTC/USDT", "ETH/USDT")
    assert (config.trading, config.environment) == (TradingMode.NONE, Environment.MAINNET)
    assert (config.streams.book, config.streams.klines) == (50, ("1m",))
    assert config.dead_man_switch_s is None


def test_toml_and_json_are_the_same(tmp_path: Path) -> None:
    toml, json = tmp_path / "config.toml", tmp_path / "config.json"
    toml.write_text(
        'venue = "bybit"\ncategory = "spot"\npairs = ["BTC/USDT"]\ntrading = "test"\nenvironment = "testnet"\n'
        'recording = "recordings"\n[streams]\nbook = 200\nklines = ["1m", "4h"]\n'
        '[hosts]\nrest = "http://127.0.0.1:8080"\nws_public = "ws://127.0.0.1:8080/v5/public/spot"\n'
    )
    read = load_config(toml)
    json.write_bytes(msgspec.json.encode(read))
    assert load_config(json) == read
    assert read.hosts.rest == "http://127.0.0.1:8080"
    assert read.streams.klines == ("1m", "4h")


@pytest.mark.parametrize(
    ("change", "key", "expected"),
    [
        ({"pairs": []}, "pairs", "at least one pair"),
        ({"pairs": ["BTCUSDT"]}, "pairs", "BASE/QUOTE"),
        ({"pairs": ["BTC/USDT", "btc/usdt"]}, "pairs", "each pair once"),
        ({"pairs": "BTC/USDT"}, "pairs", "array"),
        ({"venue": "Bybit"}, "venue", "lower-case"),
        ({"category": ""}, "category", "lower-case"),
        ({"streams": {"book": "50"}}, "streams.book", "int"),
        ({"streams": {"book": -1}}, "streams.book", "number of levels"),
        ({"streams": {"klines": ["1 minute"]}}, "streams.klines", "like 1m"),
        ({"streams": {"depth": 50}}, "streams.depth", "no such setting"),
        ({"paris": ["BTC/USDT"]}, "paris", "no such setting"),
        ({"history": 5000}, "history", "up to 1000"),
        ({"trading": "paper"}, "trading", "enum"),
        ({"trading": "live", "environment": "testnet"}, "trading", "expected 'test'"),
        ({"trading": "test"}, "trading", "'none' or 'live' on mainnet"),
        ({"account": "my account"}, "account", "letters"),
        ({"dead_man_switch_s": 0}, "dead_man_switch_s", "above zero"),
        ({"hosts": {"rest": "api.bybit.com"}}, "hosts.rest", "https://"),
        ({"hosts": {"ws_public": "https://stream.bybit.com"}}, "hosts.ws_public", "wss://"),
    ],
)
def test_a_message_names_the_key_and_what_was_expected(change: dict[str, Any], key: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(PLAIN | change, "config file x.toml")
    message = str(caught.value)
    assert message.startswith(f"config file x.toml, key {key}: ")
    assert expected in message


def test_a_key_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match="key pairs: expected a value, it is missing"):
        parse_config({"venue": "bybit", "category": "spot"})


@pytest.mark.parametrize(
    ("name", "text"), [("c.toml", "venue = "), ("c.json", "{"), ("c.json", "[1]"), ("c.toml", None)]
)
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, name: str, text: str | None) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert name in str(caught.value)


def test_one_made_in_code_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="key pairs"):
        ConnectorConfig(venue="bybit", category="spot", pairs=("nonsense",))
