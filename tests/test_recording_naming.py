"""What a recording's file is called."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ttxt_core.errors import InstrumentError
from ttxt_core.events import InstrumentKey
from ttxt_core.recording.naming import file_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("bybit", "spot", "BTC/USDT"), "BYBIT_BTC_USDT.bin"),
        (("bybit", "linear", "BTC/USDT"), "BYBIT-LINEAR_BTC_USDT.bin"),
        (("bybit", "inverse", "BTC/USD:BTC"), "BYBIT-INVERSE_BTC_USD_BTC.bin"),
        (("practice", "spot", "BTC/USDT"), "PRACTICE_BTC_USDT.bin"),
        (("bybit", "spot", "1000PEPE/USDT"), "BYBIT_1000PEPE_USDT.bin"),
        (("hyperliquid", "spot", "USDC.E/USD"), "HYPERLIQUID_USDC.E_USD.bin"),
        (("bybit", "linear", "BTC/USDT:USDT-20261225"), "BYBIT-LINEAR_BTC_USDT_20261225.bin"),
        (("binance-usdm", "linear", "A_B/US-DT"), "BINANCE%2DUSDM-LINEAR_A%5FB_US%2DDT.bin"),
        (("bybit", "spot", "€/USDT"), "BYBIT_%E2%82%AC_USDT.bin"),
        (("../etc", "spot", "A/B"), "..%2FETC_A_B.bin"),
    ],
)
def test_names(key: tuple[str, str, str], name: str) -> None:
    assert file_name(InstrumentKey(*key)) == name


@pytest.mark.parametrize("pair", ["", "BTCUSDT", "BTC/", "/USDT", "BTC/USDT:"])
def test_what_is_no_pair_has_no_name(pair: str) -> None:
    with pytest.raises(InstrumentError, match="pair"):
        file_name(InstrumentKey("bybit", "spot", pair))


PART = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Z", "C"], exclude_characters="/:"),
    min_size=1,
    max_size=6,
)


@given(venue=PART, base=PART, quote=PART, other=PART)
def test_names_are_plain_and_tell_pairs_apart(venue: str, base: str, quote: str, other: str) -> None:
    assume(all(part.strip() == part and part.upper() for part in (venue, base, quote, other)))
    name = file_name(InstrumentKey(venue, "spot", f"{base}/{quote}"))
    assert re.fullmatch(r"[A-Z0-9.%]+_[A-Z0-9.%]+_[A-Z0-9.%]+\.bin", name)
    assume(other.upper() != base.upper())
    assert file_name(InstrumentKey(venue, "spot", f"{other}/{quote}")) != name
