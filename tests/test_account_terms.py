"""What Bybit tells of an account and its key, read into terms; and what of two answers differs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NoReturn

import msgspec
import pytest

from tests.bybit_account_rows import symbol_table
from ttxt_core.clock import NANOSECONDS, ManualClock
from ttxt_core.connectors.account_terms import (
    AccountTerms,
    FeeRates,
    KeyTerms,
    MarginKind,
    PairTerms,
    PositionMode,
    changes,
)
from ttxt_core.connectors.bybit.account_messages import PositionRow
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.connectors.bybit.account_terms import (
    AccountRow,
    DeadManList,
    KeyRow,
    dead_man_window_s,
    key_terms,
    margin_kind,
    position_terms,
)
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.bybit.queries import BybitQueries
from ttxt_core.errors import ProtocolError, VenueRejectError
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.requests import RESTRequest

KEY = {
    "id": "1",
    "note": "desk",
    "apiKey": "abc",
    "readOnly": 0,
    "secret": "",
    "permissions": {"ContractTrade": ["Order", "Position"], "Spot": [], "Wallet": ["AccountTransfer"], "NFT": None},
    "ips": ["203.0.113.7"],
    "type": 1,
    "deadlineDay": 83,
    "expiredAt": "2027-02-15T03:21:05Z",
    "userID": 24617703,
}


def key(category: str = "linear", **changed: Any) -> KeyTerms:
    return key_terms(msgspec.json.decode(msgspec.json.encode(KEY | changed), type=KeyRow), category)


def test_a_key() -> None:
    terms = key()
    assert terms == KeyTerms(
        account_id="24617703",
        is_read_only=False,
        may_trade=True,
        may_withdraw=False,
        permissions=("ContractTrade Order", "ContractTrade Position", "Wallet AccountTransfer"),
        expires_ns=1_802_661_665 * NANOSECONDS,
        addresses=("203.0.113.7",),
    )
    assert not key("spot").may_trade
    assert key("spot", permissions={"Spot": ["SpotTrade"]}).may_trade
    assert key(permissions={"Derivatives": ["DerivativesTrade"]}).may_trade
    assert not key(permissions={"ContractTrade": ["Position"]}).may_trade
    assert not key(readOnly=1).may_trade
    assert key(readOnly=1).is_read_only
    assert key(permissions={"Wallet": ["Withdraw"]}).may_withdraw
    assert key(ips=["*"]).addresses == ()


@pytest.mark.parametrize("text", ["", "0001-01-01T00:00:00Z"])
def test_a_key_that_does_not_end(text: str) -> None:
    assert key(expiredAt=text).expires_ns is None


def test_an_end_that_is_no_time_is_told() -> None:
    with pytest.raises(ProtocolError, match="'soon' is no time"):
        key(expiredAt="soon")


def test_margins() -> None:
    kinds = [margin_kind(AccountRow(f"{name}_MARGIN")) for name in ("REGULAR", "ISOLATED", "PORTFOLIO")]
    assert kinds == [MarginKind.CROSS, MarginKind.ISOLATED, MarginKind.PORTFOLIO]
    with pytest.raises(ProtocolError, match="'NEW_MARGIN' is not known"):
        margin_kind(AccountRow("NEW_MARGIN"))


def test_position_mode_and_leverage() -> None:
    def row(index: int, leverage: str, symbol: str = "BTCUSDT") -> PositionRow:
        return PositionRow(symbol, "", "0", position_idx=index, leverage=leverage)

    other = row(1, "50", "ETHUSDT")
    assert position_terms([row(0, "10"), other], "BTCUSDT") == (PositionMode.ONE_WAY, Decimal(10))
    assert position_terms([row(1, "10"), row(2, "12.5")], "BTCUSDT") == (PositionMode.HEDGE, Decimal("12.5"))
    assert position_terms([row(0, "")], "BTCUSDT") == (PositionMode.ONE_WAY, None)
    assert position_terms([other], "BTCUSDT") == (None, None)
    with pytest.raises(ProtocolError, match="'x' is no number"):
        position_terms([row(0, "x")], "BTCUSDT")


def test_the_dead_man_switch_of_a_category() -> None:
    def infos(**row: str) -> DeadManList:
        rows = [{"product": "SPOT", "dcpStatus": "ON", "timeWindow": "30"}, row]
        return msgspec.convert({"dcpInfos": rows}, DeadManList)

    on = infos(product="DERIVATIVES", dcpStatus="ON", timeWindow="10")
    assert (dead_man_window_s(on, "linear"), dead_man_window_s(on, "spot")) == (10, 30)
    assert dead_man_window_s(infos(product="DERIVATIVES", dcpStatus="OFF", timeWindow="10"), "linear") is None
    assert dead_man_window_s(DeadManList(), "linear") is None
    with pytest.raises(ProtocolError, match="its window is 'long'"):
        dead_man_window_s(infos(product="DERIVATIVES", dcpStatus="ON", timeWindow="long"), "linear")


def test_what_differs_is_said_in_words() -> None:
    pair = PairTerms(
        pair="BTC/USDT",
        fees=FeeRates(Decimal("0.0002"), Decimal("0.00055")),
        leverage=Decimal("10.0"),
        position_mode=PositionMode.ONE_WAY,
    )
    before = AccountTerms(key=key(), margin=MarginKind.CROSS, pairs=(pair,))
    same = msgspec.structs.replace(before, pairs=(msgspec.structs.replace(pair, leverage=Decimal(10)),))
    assert changes(before, before) == changes(before, same) == []
    other_pair = PairTerms(
        pair="BTC/USDT", fees=FeeRates(Decimal("0.0001"), Decimal("0.00055")), position_mode=PositionMode.HEDGE
    )
    other_key = key(readOnly=1, ips=["*"], userID=8, expiredAt="", permissions={"Wallet": ["Withdraw"]})
    after = AccountTerms(key=other_key, margin=MarginKind.ISOLATED, pairs=(other_pair,))
    assert changes(before, after) == [
        "margin is isolated, it was cross",
        "the account is 8, it was 24617703",
        "read-only is yes, it was no",
        "may trade is no, it was yes",
        "may withdraw is yes, it was no",
        "the key's addresses is any, it was 203.0.113.7",
        "the key's end is not told, it was 2027-02-15 03:21 UTC",
        "position mode of BTC/USDT is hedge, it was one-way",
        "leverage of BTC/USDT is not told, it was 10",
        "maker fee of BTC/USDT is 0.0001, it was 0.0002",
    ]
    unknown = msgspec.structs.replace(before, key=None)
    assert changes(before, unknown) == ["what the venue tells of the key is not what it told before"]
    assert changes(unknown, unknown) == []


async def test_what_a_demo_account_may_not_ask_is_not_known_and_other_refusals_are_errors() -> None:
    answers: dict[str, VenueRejectError] = {}
    clock, symbols = ManualClock(), symbol_table("linear")

    async def call(request: RESTRequest) -> NoReturn:
        raise answers[request.path]

    normalizer = BybitAccountNormalizer("linear", "main", symbols)
    queries = BybitQueries(
        "linear", call, BybitNormalizer("linear"), normalizer, symbols, clock=clock, clock_offset=ClockOffset()
    )
    paths = ("/v5/user/query-api", "/v5/account/fee-rate", "/v5/account/query-dcp-info")
    answers |= {path: VenueRejectError(path, 10032, "Demo trading are not supported.") for path in paths}
    assert await queries.key_terms() is None
    assert await queries.fee_rates("BTC/USDT") is None
    assert await queries.dead_man_switch() is None
    answers |= {path: VenueRejectError(path, 10001, "no") for path in paths}
    for question in (queries.key_terms(), queries.fee_rates("BTC/USDT"), queries.dead_man_switch()):
        with pytest.raises(VenueRejectError, match="10001"):
            await question
