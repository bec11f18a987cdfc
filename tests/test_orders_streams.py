"""The same messages about an order, in any order, repeated and late, end in the same order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import ACCOUNT, LINEAR, ack, amend, cancel, create, event, fill, update
from ttxt_core.clock import ManualClock
from ttxt_core.events import AckOutcome, Command, Event, OrderState, OrderUpdate, Source
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.states import TERMINAL

S = OrderState


class Story:
    """A venue that tells truthfully what happens to one order, in the order it happens."""

    def __init__(self) -> None:
        self.commands: list[Event[Any]] = [create(quantity="10")]
        self.messages: list[Event[Any]] = []
        self.quantity, self.filled, self.cost, self.price = 10, 0, Decimal(0), 100
        self.time = 1

    def tell(self, state: OrderState) -> None:
        self.time += 1
        average = self.cost / self.filled if self.filled else None
        told = update(
            state=state,
            filled=str(self.filled),
            quantity=str(self.quantity),
            price=str(self.price),
            average_price=average,
            at=self.time,
        )
        self.messages.append(told)

    def answer(self, command: Command, outcome: AckOutcome) -> None:
        self.time += 1
        self.messages.append(ack(command=command, outcome=outcome, at=self.time))

    def execute(self, quantity: int) -> None:
        self.time += 1
        quantity = min(quantity, self.quantity - self.filled)
        if quantity == 0:
            return
        price = 100 + self.time
        self.filled += quantity
        self.cost += quantity * price
        self.messages.append(fill(execution=f"e{self.time}", quantity=str(quantity), price=str(price), at=self.time))
        self.tell(S.FILLED if self.filled == self.quantity else S.PARTIALLY_FILLED)

    def amended(self, outcome: AckOutcome) -> None:
        self.commands.append(amend(price="101", quantity="12"))
        if outcome is not AckOutcome.REJECTED:
            self.quantity, self.price = 12, 101
            self.tell(S.PARTIALLY_FILLED if self.filled else S.NEW)
        self.answer(Command.AMEND, outcome)

    def ended(self, state: OrderState, outcome: AckOutcome) -> None:
        if state is S.CANCELED:
            self.commands.append(cancel())
            self.answer(Command.CANCEL, outcome)
        self.tell(state)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    story = Story()
    outcomes = st.sampled_from(list(AckOutcome))
    story.answer(Command.CREATE, draw(st.sampled_from([AckOutcome.ACCEPTED, AckOutcome.UNKNOWN])))
    story.tell(S.NEW)
    amend_at = draw(st.none() | st.integers(0, 3))
    for step in range(draw(st.integers(0, 4))):
        if story.filled == story.quantity:
            break
        if step == amend_at:
            story.amended(draw(outcomes))
        else:
            story.execute(draw(st.integers(1, 6)))
    end = draw(st.sampled_from([None, S.CANCELED, S.EXPIRED, S.FILLED]))
    if story.filled == story.quantity or end is None:
        return story
    if end is S.FILLED:
        story.execute(story.quantity)
    else:
        story.ended(end, draw(outcomes))
    return story


def told(commands: list[Event[Any]], messages: list[Event[Any]]) -> OrderManager:
    manager = OrderManager(ManualClock())
    for command in commands:
        manager.register(command)
    filled = Decimal(0)
    was_terminal = False
    order = manager.by_client_id("a")
    assert order is not None
    for message in messages:
        manager.on_event(message)
        assert order.filled >= filled
        assert not was_terminal or order.state in TERMINAL
        filled, was_terminal = order.filled, order.state in TERMINAL
    return manager


def outcome(manager: OrderManager) -> tuple[Any, ...]:
    order = manager.by_client_id("a")
    assert order is not None
    average = order.average_price
    return (
        order.state,
        order.filled,
        None if average is None else round(average, 20),
        order.quantity,
        order.price,
        order.order_id,
        order.in_flight,
        [o.client_order_id for o in manager.working()],
        [o.client_order_id for o in manager.history],
        sorted(f.data.execution_id for f in manager.fills),
    )


@given(stories(), st.data())
def test_permuted_repeated_and_late_messages_end_in_the_same_order(story: Story, data: st.DataObject) -> None:
    expected = outcome(told(story.commands, story.messages))
    repeats = data.draw(st.lists(st.sampled_from(story.messages), max_size=4))
    shuffled = data.draw(st.permutations(story.messages + repeats))
    assert outcome(told(story.commands, shuffled)) == expected


@given(stories())
def test_the_story_in_its_own_order_ends_as_it_was_told(story: Story) -> None:
    order = told(story.commands, story.messages).by_client_id("a")
    assert order is not None
    assert order.filled == story.filled
    assert order.price == story.price
    assert order.quantity == story.quantity
    if story.filled == story.quantity:
        assert order.state is S.FILLED
    if story.filled:
        assert order.average_price == story.cost / story.filled


@given(stories(), st.data())
def test_an_order_made_elsewhere_is_told_from_its_messages_alone(story: Story, data: st.DataObject) -> None:
    heard = [message for message in story.messages if type(message.data).__name__ != "OrderAck"]
    manager, shuffled_manager = OrderManager(ManualClock()), OrderManager(ManualClock())
    for message in heard:
        manager.on_event(message)
    for message in data.draw(st.permutations(heard)):
        shuffled_manager.on_event(message)
    seen = [*manager.working(), *manager.history]
    shuffled = [*shuffled_manager.working(), *shuffled_manager.history]
    assert len(seen) == len(shuffled) == 1
    assert seen[0].is_external
    assert shuffled[0].is_external
    for name in ("state", "filled", "quantity", "price"):
        assert getattr(seen[0], name) == getattr(shuffled[0], name)


def test_a_late_message_of_an_order_without_a_client_id_finds_it_by_the_venues_id() -> None:
    manager = OrderManager(ManualClock())
    manager.on_event(fill("", "e1", "0.4", order_id="v7"))
    manager.on_event(update("", S.NEW, quantity="1", order_id="v7"))
    manager.on_event(update("", S.NEW, quantity="2", order_id="v8"))
    first, second = manager.working()
    assert (first.order_id, first.filled, first.state) == ("v7", Decimal("0.4"), S.PARTIALLY_FILLED)
    assert (second.order_id, second.filled, second.state) == ("v8", Decimal(0), S.NEW)


def test_the_same_id_on_two_accounts_is_two_orders() -> None:
    manager = OrderManager(ManualClock())
    other = OrderUpdate("other", "a", "v", S.NEW, update().data.side, update().data.order_type, Decimal(3), Decimal(0))
    manager.on_event(update("a"))
    manager.on_event(event(other, source=Source.LIVE))
    assert {order.account: order.quantity for order in manager.working(LINEAR)} == {ACCOUNT: 1, "other": 3}
