"""Rules about money that hold between parts: what passes in every condition, and what never does."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.connector_support import IMPATIENT, running
from tests.orders_support import LINEAR, ack, amend, cancel, create, fill, update
from tests.test_orders_router import Desk
from ttxt_core.clock import ManualClock
from ttxt_core.connectors.working_orders import WorkingOrders
from ttxt_core.events import AckOutcome, OrderState, OrderType, Side
from ttxt_core.orders.day_loss import DayLedger
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.manager import OrderManager

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("is_apart", [True, False], ids=["one by one", "all at once"])
async def test_an_exit_and_a_cancel_wait_for_no_entry_at_the_venues_rate_limit(is_apart: bool) -> None:
    async with running("linear", timings=IMPATIENT) as desk:
        await desk.ready()
        taken = desk.create(Side.BUY, "0.05")
        await desk.in_state(taken, OrderState.FILLED)
        bid = desk.create(Side.BUY, "0.01", desk.price("-3"))
        await desk.in_state(bid, OrderState.NEW)
        entries = []
        for _ in range(60):  # at 10 a second the last of them would wait longer than any order may
            entries.append(desk.create(Side.BUY, "0.01", desk.price("-2")))
            if is_apart:
                await asyncio.sleep(0)
        leaving = desk.create(Side.SELL, "0.05", reduce_only=True)
        desk.cancel(bid)
        done = await desk.in_state(leaving, OrderState.FILLED)
        assert done.filled_quantity == Decimal("0.05")
        await desk.in_state(bid, OrderState.CANCELED)
        answered = sum(bool(desk.acks(name)) for name in entries)
        assert answered < len(entries), "the limit was not in the way"
        await desk.until(lambda: all(desk.acks(name) for name in entries), "every entry is answered")
        refused = [desk.acks(name)[0] for name in entries if desk.acks(name)[0].outcome is AckOutcome.REJECTED]
        assert refused
        assert {ack.reason for ack in refused} == {
            "nothing more may be sent for now, and it waited 1 s: it was not sent"
        }


@pytest.mark.parametrize(("side", "passes"), [(Side.SELL, True), (Side.BUY, False)])
def test_a_stop_of_the_other_side_protects_no_entry(side: Side, passes: bool) -> None:
    desk = Desk(RiskLimits(require_stop=True))
    stop: dict[str, Any] = {"order_type": OrderType.STOP_MARKET, "trigger_price": Decimal(90), "reduce_only": True}
    desk.send(create("stop", side, price=None, **stop))
    desk.orders.on_event(ack("stop"))
    desk.send(create("entry", Side.BUY))
    assert desk.reasons() == ([] if passes else ["require_stop is on, this is an entry without a stop loss"])


@pytest.mark.parametrize("news", ["none", "unknown", "rejected", "being cancelled"])
def test_a_stop_that_the_venue_has_not_taken_or_is_to_give_up_protects_no_entry(news: str) -> None:
    desk = Desk(RiskLimits(require_stop=True))
    stop: dict[str, Any] = {"order_type": OrderType.STOP_MARKET, "trigger_price": Decimal(90), "reduce_only": True}
    desk.send(create("stop", Side.SELL, price=None, **stop))
    if news == "unknown":
        desk.orders.on_event(ack("stop", outcome=AckOutcome.UNKNOWN))
    elif news == "rejected":
        desk.orders.on_event(ack("stop"))
        desk.orders.on_event(update("stop", OrderState.REJECTED, price=None))
    elif news == "being cancelled":
        desk.orders.on_event(ack("stop"))
        desk.send(cancel("stop"))
    desk.send(create("entry", Side.BUY))
    assert len(desk.reasons()) == 1
    assert "CreateOrder entry" not in desk.sent


def test_an_entry_that_lost_its_stop_is_not_made_larger_without_one() -> None:
    desk = Desk(RiskLimits(require_stop=True))
    stop: dict[str, Any] = {"order_type": OrderType.STOP_MARKET, "trigger_price": Decimal(90), "reduce_only": True}
    desk.send(create("stop", Side.SELL, price=None, **stop))
    desk.orders.on_event(ack("stop"))
    desk.send(create("entry", Side.BUY))
    desk.send(create("guarded", Side.BUY, stop_loss=Decimal(95)))
    for name in ("entry", "guarded"):
        desk.orders.on_event(ack(name))
    desk.send(amend("entry", quantity="2"))
    assert desk.reasons() == []
    desk.orders.on_event(update("stop", OrderState.CANCELED, price=None))
    desk.send(amend("entry", quantity="3"))
    assert desk.reasons() == ["require_stop is on, this is an entry without a stop loss"]
    desk.send(amend("entry", quantity="0.5"))
    desk.send(amend("guarded", quantity="3"))
    assert desk.reasons() == []


def test_a_trade_between_two_own_orders_counts_on_both_sides() -> None:
    """A venue may give both fills one execution id."""
    fills = [fill("a", "e1", fee="0.05"), fill("b", "e1", fee="0.02", side=Side.SELL)]
    manager, working = OrderManager(ManualClock()), WorkingOrders()
    ledger = DayLedger(0, lambda _: None)
    for told in (*fills, *fills):
        manager.on_event(told)
        working.is_new_fill(told)
        ledger.on_fill(told)
    assert [told.data.client_order_id for told in manager.fills] == ["a", "b"]
    assert (ledger.fills, ledger.fees, ledger.trading[LINEAR].quantity) == (
        2,
        {"USDT": Decimal("0.07")},
        Decimal(0),
    )
    other = WorkingOrders()
    assert [other.is_new_fill(told) for told in (*fills, *fills)] == [True, True, False, False]


def test_every_test_that_the_document_names_is_there() -> None:
    text = (REPOSITORY / "docs" / "money-rules.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)::(test_\w+)`", text)
    assert len(named) > 80
    for module, name in named:
        source = (REPOSITORY / "tests" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE), f"{module}::{name}"
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| rule")]
    assert all("::" in row for row in rows)
