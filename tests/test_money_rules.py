"""Rules about money that hold between parts: what passes in every condition, and what never does."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.connector_support import IMPATIENT, running
from tests.orders_support import create
from tests.test_orders_router import Desk
from ttxt_core.events import AckOutcome, OrderState, OrderType, Side
from ttxt_core.orders.limits import RiskLimits

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
    desk.send(create("entry", Side.BUY))
    assert desk.reasons() == ([] if passes else ["require_stop is on, this is an entry without a stop loss"])


def test_every_test_that_the_document_names_is_there() -> None:
    text = (REPOSITORY / "docs" / "money-rules.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)::(test_\w+)`", text)
    assert len(named) > 80
    for module, name in named:
        source = (REPOSITORY / "tests" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE), f"{module}::{name}"
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| rule")]
    assert all("::" in row for row in rows)
