"""Routes of commands: executors of single categories, and numbers that go no way at all."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.orders_support import ACCOUNT, SPOT, create
from tests.test_orders_router import Desk
from ttxt_core.events import Event
from ttxt_core.orders.command_lanes import CommandLanes


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    "slip", [{"quantity": 1.0}, {"price": 100.0}, {"stop_loss": 99}, {"reduce_only": True, "price": 1.5}]
)
def test_a_number_that_is_no_decimal_is_refused_by_name(desk: Desk, slip: dict[str, Any]) -> None:
    command = create()
    desk.send(Event(command.header, replace(command.data, **slip)))
    name, value = list(slip.items())[-1]
    assert desk.reasons() == [f"{name} {value!r} is no Decimal: orders are exact, give Decimal('{value}')"]
    assert desk.sent == []


def test_an_executor_of_one_category_gets_its_commands_alone(desk: Desk) -> None:
    spot = CommandLanes("spot executor")
    desk.router.attach("practice", ACCOUNT, spot, SPOT.category)
    desk.send(create())
    desk.send(create("b", key=SPOT))
    assert desk.sent == ["CreateOrder a"]
    assert [command.data.client_order_id for command in spot.get_batch_nowait()] == ["b"]
    desk.router.detach(desk.lanes)
    desk.send(create("c"))
    assert desk.reasons() == ["nothing executes orders of account 'practice' at practice linear"]
