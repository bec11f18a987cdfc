"""Orders that a venue refuses: one sentence with its code, in the answer, in the orders pane and once in the log."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.connector_support import QUICK, Desk, running, sandbox_config
from tests.live_support import LIMITS, has_book, until
from tests.live_support import running as live_running
from ttxt_core.connectors.bybit import codes
from ttxt_core.events import (
    AckOutcome,
    CancelOrder,
    Command,
    CreateOrder,
    Event,
    MessageHeader,
    OrderAck,
    OrderType,
    Side,
    Source,
)
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import live
from ttxt_core.web.secrets import Credentials, Secret
from ttxt_tui.state import log_texts
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.order_rows import OrderRow
from ttxt_tui.state.orders import OrdersTab
from ttxt_tui.state.status import Protection
from ttxt_tui.state.store import Store

pytestmark = pytest.mark.timeout(60)

NOT_FREE = "more is needed than is free: lower the quantity, or free some balance"
CHECK = "check price, quantity and position mode against what the venue allows here"
DECIMALS = "round it to the instrument's step"
CLOSER = "move the price closer to the market"
WORTH = "the order is worth too little: raise the quantity"


class Refused(NamedTuple):
    """An order that the venue refuses, and why it says so; `price` in percent off the best bid."""

    spot: str
    linear: str
    quantity: str = "0.01"
    price: str | None = "-2"
    price_added: str = "0"


REFUSED = {
    "price off tick": Refused(
        f"Order price has too many decimals [170134]: {DECIMALS}",
        f"Order price has too many decimals [10001]: {CHECK}",
        price_added="0.0001",
    ),
    "quantity off lot": Refused(
        f"Order quantity has too many decimals [170137]: {DECIMALS}",
        f"Order quantity has too many decimals [10001]: {CHECK}",
        quantity="0.012345678",
    ),
    "worth too little": Refused(
        f"Order does not meet minimum order value [170140]: {WORTH}",
        f"Order does not meet minimum order value [110094]: {WORTH}",
        quantity="0.001",
        price="-99.9",
    ),
    "insufficient balance": Refused(
        f"Insufficient balance [170131]: {NOT_FREE}",
        f"Insufficient balance [110007]: {NOT_FREE}",
        quantity="60",
    ),
    "price out of the band": Refused(
        f"Buy order price cannot be higher than the price limit [170193]: {CLOSER}",
        f"Buy order price cannot be higher than the price limit [30208]: {CLOSER}",
        price="40",
    ),
}
USED = "the client order id was used before: each order needs one of its own"
AGAIN = {
    "spot": f"OrderLinkedID is duplicate [170141]: {USED}",
    "linear": f"OrderLinkedID is duplicate [110072]: {USED}",
}
GONE = {
    "spot": "Order does not exist [170213]: no such order works there: it ended, or is another account's",
    "linear": "Order does not exist [110001]: no such order works there: it ended, or is another account's",
}


def screen(desk: Desk) -> Store:
    """The models of the screen after everything that was published."""
    store = Store(desk.manager, Protection("none", "none", is_safe=False))
    store.apply(desk.events)
    return store


def create(desk: Desk, case: Refused) -> str:
    price = None if case.price is None else str(Decimal(desk.price(case.price)) + Decimal(case.price_added))
    return desk.create(Side.BUY, case.quantity, price)


@pytest.mark.parametrize("category", ["spot", "linear"])
async def test_a_refused_order_says_why_in_the_answer_the_orders_pane_and_once_in_the_log(category: str) -> None:
    async with running(category) as desk:
        await desk.ready()
        sent = {name: create(desk, case) for name, case in REFUSED.items()}
        acks = {name: await desk.acked(sent[name]) for name in REFUSED}
        store = screen(desk)
    store.orders.show(OrdersTab.HISTORY)
    reasons = {row.id: row.reason for row in store.orders.rows(100, 0) if isinstance(row, OrderRow)}
    errors = [entry for entry in store.log.rows(1_000) if entry.level is LogLevel.ERROR]
    for name, case in REFUSED.items():
        said, ack = getattr(case, category), acks[name]
        assert (ack.outcome, ack.reason) == (AckOutcome.REJECTED, said), name
        assert ack.code in said
        assert reasons[sent[name]] == said
        (entry,) = [entry for entry in errors if said in entry.text]
        assert entry.text.startswith("create rejected: ▲ BUY ")
        assert entry.text.endswith(f" — {said}")
        assert entry.times == ""
        order = desk.manager.by_client_id(sent[name])
        assert order is not None
        assert f"@ {order.price:,f} — " in entry.text, "what was asked for, not what the instrument could carry"
    assert len(errors) == len(REFUSED)


@pytest.mark.parametrize("category", ["spot", "linear"])
async def test_an_id_used_twice_and_an_order_that_is_not_there(category: str) -> None:
    async with running(category) as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "0.01", desk.price("-2"))
        await desk.acked(name)
        again = CreateOrder("main", name, Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(desk.price("-3")))
        desk.send(again)  # the manager knows the id: past it, as only a broken program could
        second = await desk.acked(name, 2)
        assert (second.outcome, second.reason) == (AckOutcome.REJECTED, AGAIN[category])
        desk.connector.lanes.publish_nowait(event(desk, CancelOrder("main", "never-sent")))
        third = await desk.acked("never-sent")
        assert (third.outcome, third.reason) == (AckOutcome.REJECTED, GONE[category])
        texts = [entry.text for entry in screen(desk).log.rows(1_000)]
        assert sum(AGAIN[category] in text for text in texts) == 1
        assert sum(GONE[category] in text for text in texts) == 1


async def test_a_key_without_permission() -> None:
    async with running("linear", key="no_trade") as desk:
        await desk.until(lambda: desk.book().best_bid is not None, "a book")
        await desk.until(lambda: desk.connector.is_ready, "the account")
        ack = await desk.acked(desk.create(Side.BUY, "0.01", desk.price("-2")))
        assert (ack.outcome, ack.code) == (AckOutcome.REJECTED, "10005")
        assert ack.reason == (
            "Permission denied, please check your API key permissions [10005]: "
            "the key has no permission for this: change it at the venue"
        )


@pytest.mark.parametrize(("key", "said"), [("read_only", "read-only"), ("no_trade", "trade")])
async def test_a_live_session_says_before_arming_that_its_key_may_not_trade(
    tmp_path: Path, key: str, said: str
) -> None:
    async with BybitSandbox(BybitSandboxSettings(seed=7, rate=100)) as sandbox:
        given = sandbox.keys[key]
        credentials = Credentials(Secret(given.key), Secret(given.secret))
        async with live(sandbox_config(sandbox), credentials, LIMITS, state=tmp_path, timings=QUICK) as session:
            sheet = await session.account_sheet()
            assert sheet.refusal is not None
            assert said in sheet.refusal
            assert session.confirm(sheet) == sheet.refusal


async def test_a_clock_that_is_off_says_so_and_what_to_do(tmp_path: Path) -> None:
    said = "clock skew: this machine and the venue are 60.0 s apart: set this machine's clock"
    settings = BybitSandboxSettings(seed=7, rate=100, faults=("clock_skew:1:60",))
    async with (
        BybitSandbox(settings) as sandbox,
        live_running(sandbox, sandbox_config(sandbox), tmp_path) as session,
    ):
        await until(lambda: has_book(session), "a book")
        await until(lambda: session.why_not_arm() == said, session.why_not_arm)
        assert session.commands.arm() == said


def event(desk: Desk, data: Any) -> Event[Any]:
    now_ns = desk.connector.clock.now_ns()
    return Event(MessageHeader("bybit", desk.connector.category, "BTC/USDT", 0, now_ns, source=Source.CLIENT), data)


# -- the venue's codes -------------------------------------------------------------------------------------

DOCUMENTED = """
10000 10001 10002 10003 10004 10005 10006 10007 10010 10014 10016 10017 10019 10029 10403 10429 20001 20003 20006
30208 30209 33004 -2015 110001 110003 110004 110007 110008 110010 110012 110017 110020 110025 110026 110043 110044
110045 110063 110064 110066 110072 110074 110079 110094 110120 110121 170033 170121 170124 170131 170132 170133 170134
170136 170137 170139 170140 170141 170142 170143 170148 170193 170194 170213 170218 170313 170371 170372 170381 170382
170810
"""
"""Bybit's v5 documentation, "Error Codes": those that an order, a key or a request of this program can meet."""


def test_every_code_that_a_trader_meets_has_words() -> None:
    for code in map(int, DOCUMENTED.split()):
        hint = codes.hint_of(code)
        assert len(hint) > 10, code
        assert hint[0].islower()
        assert not hint.endswith("."), code
        assert codes.reason_of(code, "No!") == f"No [{code}]: {hint}"


def test_a_code_without_words_is_told_as_the_venue_says_it() -> None:
    assert codes.reason_of(99_999, "Something new.") == "Something new [99999]"
    assert codes.reason_of(99_999, "") == "refused [99999]"
    assert str(codes.error_of("ask", 99_999, "Something new.")) == "ask: Something new [99999]"


def test_the_code_is_said_once_whether_or_not_the_reason_has_it() -> None:
    header = MessageHeader("bybit", "linear", "BTC/USDT", 0, 1)
    for reason, said in (("No [110007]: less", "No [110007]: less"), ("No", "No, code 110007"), (None, "code 110007")):
        ack = OrderAck("main", "a", Command.CREATE, AckOutcome.REJECTED, None, reason, "110007")
        assert log_texts.ack(Event(header, ack), None, None).text == f"create rejected: BTC/USDT perp — {said}"
