"""The parts of LIVE on screen alone: the sheet's rows, the watch over the terminal's client, attendance."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.live_support import until
from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.account_terms import AccountTerms, FeeRates, KeyTerms, MarginKind, PairTerms, PositionMode
from ttxt_core.connectors.config import Environment
from ttxt_core.connectors.dead_man import DeadManState, Protection
from ttxt_core.events import (
    Event,
    MessageHeader,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionUpdate,
    Side,
)
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.session.account_sheet import AccountSheet
from ttxt_tui.multiplexer import Multiplexer, multiplexer, watch
from ttxt_tui.state.account_sheet import SheetRow, sheet_rows
from ttxt_tui.state.tones import Tone

NOW_NS = 1_790_000_000 * NANOSECONDS
DAY_NS = 86_400 * NANOSECONDS
HEADER = MessageHeader("bybit", "linear", "BTC/USDT", 0, NOW_NS)


# -- the sheet ---------------------------------------------------------------------------------------------


def order(number: int) -> Event[OrderUpdate]:
    update = OrderUpdate(
        "main",
        "",
        str(number),
        OrderState.NEW,
        Side.BUY,
        OrderType.LIMIT,
        Decimal("0.10"),
        Decimal(0),
        Decimal(67_000 + number),
    )
    return Event(HEADER, update)


def sheet(**changes: object) -> AccountSheet:
    key = KeyTerms(
        account_id="77",
        is_read_only=False,
        may_trade=True,
        may_withdraw=True,
        permissions=("Spot: SpotTrade",),
        expires_ns=NOW_NS + 3 * DAY_NS,
        addresses=("10.0.0.1", "10.0.0.2"),
    )
    pair = PairTerms(
        pair="BTC/USDT",
        fees=FeeRates(Decimal("-0.00005"), Decimal("0.00055")),
        leverage=Decimal("12.50"),
        position_mode=PositionMode.ONE_WAY,
    )
    position = PositionUpdate("main", Decimal("-0.750"), Decimal("67210.4"), liquidation_price=Decimal(80_000))
    fields: dict[str, object] = {
        "venue": "bybit",
        "category": "linear",
        "environment": Environment.DEMO,
        "account": "main",
        "account_id": "77",
        "terms": AccountTerms(key=key, margin=MarginKind.ISOLATED, pairs=(pair,)),
        "orders": tuple(order(number) for number in range(6)),
        "positions": (Event(HEADER, position),),
        "protection": Protection(DeadManState.ARMED, 10, ""),
        "refusal": None,
        "warnings": ("the key may WITHDRAW money",),
        "asked_ns": 0,
    }
    return AccountSheet(**(fields | changes))  # type: ignore[arg-type]


LIMITS = RiskLimits(
    max_order_quantity={"BTC/USDT": Decimal("0.50")},
    max_order_notional=Decimal(30_000),
    price_band=Decimal("0.025"),
    max_position_notional=Decimal(100_000),
    max_leverage=Decimal(3),
    min_liquidation_distance=Decimal("0.10"),
    orders_per_second=5,
    daily_loss=Decimal(500),
    require_stop=True,
)


def test_the_sheet_says_everything_and_its_warnings_first() -> None:
    assert sheet_rows(sheet(), LIMITS, "127.0.0.1:9", NOW_NS) == [
        SheetRow("!", "the key may WITHDRAW money", Tone.WARNING),
        SheetRow("account", "main · id 77", Tone.STRONG),
        SheetRow("venue", "bybit linear · DEMO · at 127.0.0.1:9"),
        SheetRow("key", "may trade · MAY WITHDRAW · from 2 IPs · ends 2026-09-24 (3 days)"),
        SheetRow("margin", "isolated"),
        SheetRow("BTC/USDT", "one-way · leverage 12.5× · maker -0.005 % taker 0.055 %"),
        SheetRow("orders", "BUY 0.1 BTC/USDT @ 67,000"),
        SheetRow("", "BUY 0.1 BTC/USDT @ 67,001"),
        SheetRow("", "BUY 0.1 BTC/USDT @ 67,002"),
        SheetRow("", "BUY 0.1 BTC/USDT @ 67,003"),
        SheetRow("", "and 2 more open orders"),
        SheetRow("positions", "SHORT 0.75 BTC/USDT @ 67,210.4 · liq 80,000"),
        SheetRow("limits", "order 30,000 · of 0.5 BTC · band 2.5 % · 5/s"),
        SheetRow("", "position 100,000 · day's loss 500 · leverage 3× · liq 10 % away · stop required"),
        SheetRow("protection", "dead-man 10 s", Tone.OK),
    ]


def test_a_refusal_comes_before_all_and_what_a_venue_does_not_tell_is_not_made_up() -> None:
    bare = AccountTerms(key=None, margin=None, pairs=(PairTerms(pair="BTC/USDT"),))
    none = Protection(DeadManState.NONE, None, "")
    rows = sheet_rows(sheet(refusal="it is read-only", terms=bare, protection=none), LIMITS, "", NOW_NS)
    assert rows[0] == SheetRow("REFUSED", "it is read-only", Tone.ERROR)
    texts = {row.label: row.text for row in rows}
    assert texts["venue"] == "bybit linear · DEMO"
    assert texts["key"] == "the venue does not tell what it may do"
    assert texts["BTC/USDT"] == "fees not told"
    assert "margin" not in texts
    assert "protection" not in texts


# -- the client of the terminal ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "name", "left", "there"),
    [
        ({"TMUX": "/tmp/tmux-0/x,1,0", "TMUX_PANE": "%3"}, "tmux", "0\n", "2\n"),
        ({"STY": "12.desk"}, "screen", "\t12.desk\t(Detached)\n", "\t12.desk\t(Attached)\n"),
    ],
)
def test_a_multiplexer_is_known_by_the_environment(
    environment: dict[str, str], name: str, left: str, there: str
) -> None:
    found = multiplexer(environment)
    assert found is not None
    assert found.name == name
    assert found.is_left(left)
    assert not found.is_left(there)
    assert not found.is_left("")  # no answer is no news


def test_outside_of_one_there_is_none() -> None:
    assert multiplexer({"TERM": "xterm"}) is None


async def test_that_the_client_has_gone_is_told_once_each_time(tmp_path: Path) -> None:
    answer, told, read = tmp_path / "attached", list[str](), list[str]()

    def is_left(text: str) -> bool:
        read.append(text)
        return text == "0"

    async def answered(text: str) -> None:
        """It is asked often enough to have seen the answer several times."""
        answer.write_text(text)
        read.clear()
        await until(lambda: read[-3:] == [text] * 3, f"the answer {text}")

    answer.write_text("1")
    watching = asyncio.create_task(watch(Multiplexer("tmux", ("cat", str(answer)), is_left), told.append, every_s=0.01))
    try:
        for number in (1, 2):
            await answered("0")
            assert told == ["tmux"] * number
            await answered("1")
    finally:
        watching.cancel()


async def test_a_multiplexer_that_is_gone_is_an_error() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        await watch(Multiplexer("tmux", ("no-such-program",), bool), lambda _: None)
