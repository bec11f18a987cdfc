"""Orders of the manager as marks of a ladder: where each stands, what is left of it, what is on its way."""

from decimal import Decimal

from tests.ladder_support import market
from tests.orders_support import LINEAR, ack, amend, cancel, create, update
from ttxt_core.clock import ManualClock
from ttxt_core.events import Event, OrderState, OrderType, QuantityUnit, Side, TriggerBy, TriggerDirection
from ttxt_core.orders.manager import OrderManager
from ttxt_tui.state.own_marks import OwnOrder, own_orders

STOP = {
    "order_type": OrderType.STOP_MARKET,
    "trigger_price": Decimal("99.5"),
    "trigger_by": TriggerBy.LAST,
    "trigger_direction": TriggerDirection.FALL,
    "reduce_only": True,
}


def _manager(*commands: Event[object]) -> OrderManager:
    manager = OrderManager(ManualClock())
    for command in commands:
        manager.register(command)
    return manager


def _marks(manager: OrderManager, selected: str | None = None) -> list[OwnOrder]:
    return own_orders(manager.working(LINEAR), market().info, selected)


def test_an_order_stands_at_its_price_with_what_is_left() -> None:
    manager = _manager(create("a", quantity="1.5", price="100.3"))
    assert _marks(manager) == [OwnOrder("a", Side.BUY, 1003, Decimal("1.5"), OrderState.PENDING_NEW)]
    manager.on_event(ack("a"))
    manager.on_event(update("a", OrderState.PARTIALLY_FILLED, "0.5", quantity="1.5", price="100.3"))
    assert _marks(manager) == [OwnOrder("a", Side.BUY, 1003, Decimal("1.0"), OrderState.PARTIALLY_FILLED)]


def test_what_is_on_its_way_shows() -> None:
    manager = _manager(create("a"), create("b", Side.SELL, price="101"))
    for name in ("a", "b"):
        manager.on_event(ack(name))
    manager.register(amend("a", price="99"))
    manager.register(cancel("b"))
    assert [(mark.state, mark.ticks) for mark in _marks(manager)] == [
        (OrderState.PENDING_AMEND, 1000),
        (OrderState.PENDING_CANCEL, 1010),
    ]


def test_a_stop_stands_at_its_trigger_and_a_market_order_nowhere() -> None:
    manager = _manager(create("s", Side.SELL, price=None, **STOP), create("m", price=None))
    (mark,) = _marks(manager)
    assert (mark.client_order_id, mark.ticks, mark.is_stop) == ("s", 995, True)


def test_an_order_in_quote_currency_is_counted_in_base() -> None:
    manager = _manager(create("q", quantity="50", price="100", quantity_unit=QuantityUnit.QUOTE))
    assert _marks(manager)[0].quantity == Decimal("0.500")


def test_the_chosen_order_is_told() -> None:
    manager = _manager(create("a"), create("b"))
    assert [mark.is_selected for mark in _marks(manager, "b")] == [False, True]
    assert not any(mark.is_selected for mark in _marks(manager))
