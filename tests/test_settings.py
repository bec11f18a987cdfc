"""The config file: defaults, types, and one clear message for each bad value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ttxt_core.errors import ConfigError
from ttxt_tui.config.settings import Settings, load_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings() == Settings()


def test_numbers_become_exact_decimals(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "[limits]\nprice_band = 0.05\ndaily_loss = 12.5"))
    assert settings.limits.price_band == Decimal("0.05")
    assert settings.limits.daily_loss == Decimal("12.5")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[practice]\nrate = 9000", ["practice.rate", "5000"]),
        ("[practice]\nrate = 'fast'", ["practice.rate", "float"]),
        ("[practice]\nrat = 3", ["practice.rat", "no such setting"]),
        ("colour = 1", ["colour", "no such setting"]),
        ("[limits]\nprice_band = 'wide'", ["limits.price_band"]),
        ("[limits]\norder_notional = -1", ["order_notional", "above zero"]),
        ("[sizes]\nnotional = [1, 2]", ["sizes.notional", "5"]),
        ("[sizes]\nnotional = [1, 2, 3, 4, 0]", ["notional", "above zero"]),
        ("[practice]\nbalance = 0", ["balance", "above zero"]),
        ("[screen\n", ["is not TOML"]),
    ],
)
def test_a_bad_value_names_file_and_key(tmp_path: Path, text: str, named: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    message = str(caught.value)
    assert str(path) in message
    assert all(word in message for word in named), message


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not there"):
        load_settings(tmp_path / "none.toml")
