"""Everything goes wrong at once, seeded: afterwards orders, fills, position and balance are the venue's own."""

import asyncio
from decimal import Decimal
from random import Random

import pytest

from tests.connector_support import Desk, running
from tests.test_connector_faults import KEPT, books_shown, created_at_venue
from ttxt_core.events import AckOutcome, Fill, OrderAck, OrderState, OrderUpdate, Side
from ttxt_core.orders.states import TERMINAL

pytestmark = pytest.mark.timeout(120)

MIXES = {
    "streams": (
        *("drop:0.01", "gap:0.003", "duplicate:0.01", "reorder:0.01", "half:0.002", "garbage:0.003"),
        *("disconnect@public:0.002", "disconnect@private:0.02"),
    ),
    "replies": ("lost_reply:0.1", "slow:0.1:0.4", "early_update:0.2", "too_many:0.05", "disconnect@trade:0.05"),
}


async def trade_at_random(desk: Desk, random: Random, rounds: int) -> list[str]:
    """Orders near and far, amended, cancelled and left; gives their ids."""
    names: list[str] = []
    for _ in range(rounds):
        side = random.choice(list(Side))
        far = random.choice(["0.5", "2", "4"])
        price = desk.price(f"-{far}" if side is Side.BUY else far)
        match random.choice(["market", "limit", "limit", "cancel", "amend"]):
            case "market":
                names.append(desk.create(side, "0.005"))
            case "cancel" if names:
                desk.cancel(random.choice(names))
            case "amend" if names:
                desk.amend(random.choice(names), quantity=Decimal("0.02"))
            case _:
                names.append(desk.create(side, "0.01", price))
        await asyncio.sleep(0.08)
    return names


@pytest.mark.parametrize("mix", sorted(MIXES))
async def test_what_is_left_is_what_the_venue_has(mix: str) -> None:
    async with running(settings=KEPT) as desk:
        await desk.ready()
        desk.sandbox.faults.set(*MIXES[mix])
        names = await trade_at_random(desk, Random(11), 60)
        desk.sandbox.faults.clear()
        await desk.until(lambda: all(desk.acks(name) for name in names), "every command is answered")
        assert sum(desk.sandbox.faults.fired.values()) > 10

        # A last look, with nothing in the way any more.
        for connection in desk.sandbox.server.connections:
            if connection.channel == "private":
                connection.cut()
        await desk.until(lambda: not desk.connector.is_ready, "the cut is seen")
        await desk.until(lambda: desk.connector.is_ready, "reconciled")
        await desk.connector.cancel_everything()
        created = created_at_venue(desk)
        assert all(count == 1 for count in created.values())

        def ended(name: str) -> list[OrderUpdate]:
            """Its end; an update that was overtaken may still come after it."""
            return [update for update in desk.updates(name) if update.state in TERMINAL]

        def unsettled() -> list[str]:
            return [name for name in names if not desk.acks(name) or (name in created and not ended(name))]

        await desk.until(lambda: not unsettled(), "every order is settled")
        state = desk.sandbox.state()
        fills = desk.of(Fill)
        assert len(fills) > 5
        assert len(created) > 20
        assert len({fill.execution_id for fill in fills}) == len(fills)
        assert {fill.execution_id for fill in fills} == {row["execId"] for row in state["executions"]}
        for row in state["orders"]:
            told = ended(row["orderLinkId"])[-1]
            assert told.filled_quantity == Decimal(row["cumExecQty"])
            assert (told.state is OrderState.FILLED) == (row["orderStatus"] == "Filled")
        refused = [ack for ack in desk.of(OrderAck) if ack.outcome is AckOutcome.REJECTED and ack.command == "create"]
        assert all(created[ack.client_order_id] == 0 for ack in refused)
        assert books_shown(desk) > 50
