"""The config file of a client: what is accepted, and what is said of the rest."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from ttxt_core.bootstrap import ClientConfig, load_client_config, open_session
from ttxt_core.bootstrap.config import PracticeConfig, ReplayConfig
from ttxt_core.connectors.config import ConnectorConfig, TradingMode
from ttxt_core.errors import ConfigError
from ttxt_core.orders.limits import SIMULATED_LIMITS


def load(folder: Path, text: str, name: str = "config.toml") -> ClientConfig:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load_client_config(path)


def test_each_market_has_a_table(tmp_path: Path) -> None:
    venue = load(tmp_path, '[connector]\nvenue = "bybit"\ncategory = "linear"\npairs = ["BTC/USDT"]')
    assert isinstance(venue.market, ConnectorConfig)
    assert (venue.market.venue, venue.market.trading) == ("bybit", TradingMode.NONE)
    assert load(tmp_path, "[practice]\nrate = 20").market == PracticeConfig(rate=20)
    played = load(tmp_path, '[replay]\npaths = ["a.bin"]\nspeed = "max"').market
    assert played == ReplayConfig(paths=("a.bin",), speed="max")


def test_json_is_taken_as_well(tmp_path: Path) -> None:
    document = {"practice": {"pairs": ["ETH/USDT"], "recording": "here"}, "limits": {"max_order_notional": "10"}}
    config = load(tmp_path, json.dumps(document), "config.json")
    assert config.market == PracticeConfig(pairs=("ETH/USDT",), recording="here")
    assert config.recording == Path("here")
    assert config.limits.max_order_notional == 10


def test_limits_that_are_not_named_stay_the_simulators(tmp_path: Path) -> None:
    limits = load(tmp_path, "[practice]\n[limits]\nprice_band = 0.01\nmax_order_quantity = {'BTC/USDT' = 2}").limits
    assert limits.price_band == Decimal("0.01")
    assert limits.max_order_quantity == {"BTC/USDT": Decimal(2)}
    assert limits.max_position_notional == SIMULATED_LIMITS.max_position_notional
    assert limits.daily_loss == SIMULATED_LIMITS.daily_loss


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected one of the tables connector, practice, replay, got none"),
        ("[practice]\n[replay]\npaths = ['a']", "expected one of the tables connector, practice, replay, got practice"),
        ("[practise]", "key practise: no such table (there are connector, practice, replay and limits)"),
        ("practice = 3", "key practice: expected a table, got 3 (write [practice] above its keys)"),
        ("[practice]\nrate = 'fast'", "table practice, key rate: expected float, got str"),
        ("[practice]\nrate = 0", "table practice, key rate: expected float > 0.0"),
        ("[practice]\nspeed = 1", "table practice, key speed: no such setting"),
        ("[replay]", "table replay, key paths: expected a value, it is missing"),
        ("[replay]\npaths = []", "table replay, key paths: expected array of length >= 1"),
        ("[replay]\npaths = ['a']\nspeed = 'quick'", "table replay, key speed: "),
        ("[connector]\nvenue = 'bybit'", "table connector, key category: expected a value, it is missing"),
        (
            "[connector]\nvenue = 'bybit'\ncategory = 'linear'\npairs = ['BTCUSDT']",
            "table connector, key pairs: expected BASE/QUOTE, got 'BTCUSDT' (write it like BTC/USDT)",
        ),
        (
            "[connector]\nvenue = 'bybit'\ncategory = 'futures'\npairs = ['BTC/USDT']",
            "table connector, key category: expected one of spot, linear, inverse, got 'futures'",
        ),
        (
            "[connector]\nvenue = 'bybit'\ncategory = 'spot'\npairs = ['BTC/USDT']\nstreams = {book = 500}",
            "table connector, key streams.book: expected one of 0, 1, 50, 200, 1000, got 500",
        ),
        ("[practice]\n[limits]\nmax_order = 3", "table limits, key max_order: no such setting"),
        ("[practice]\n[limits]\ndaily_loss = 'none'", "table limits, key daily_loss: "),
        (
            "[practice]\n[limits]\nmax_order_quantity = {'BTC/USDT' = 1, 'ETH/USDT' = 'x'}",
            "table limits, key max_order_quantity.ETH/USDT: invalid decimal string",
        ),
        ("[practice", "is not TOML: "),
    ],
)
def test_the_message_names_the_key_and_what_was_expected(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    assert str(raised.value).startswith(f"config file {tmp_path / 'config.toml'}")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config file .*nothing\.toml: No such file"):
        load_client_config(tmp_path / "nothing.toml")


def test_json_that_is_no_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no JSON object"):
        load(tmp_path, "[]", "config.json")


def test_a_pair_that_is_not_practised_is_refused_with_those_that_are() -> None:
    config = ClientConfig(market=PracticeConfig(category="spot", pairs=("ETH/USDT",)))
    with pytest.raises(ConfigError, match=r"spot ETH/USDT: it has no such pair \(it has .*linear ETH/USDT"):
        open_session(config)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no recording in this folder"):
        open_session(ClientConfig(market=ReplayConfig(paths=(str(tmp_path),))))
