"""Pairs of exits under any history: fills in parts, answers that are refused, late or lost, cancels by hand."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.orders_support import SECOND, ack, fill
from tests.test_orders_oco import Desk
from ttxt_core.events import AckOutcome, AmendOrder, CancelOrder, Command, CreateOrder, Event, OrderState, Side
from ttxt_core.orders.states import TERMINAL

TENTH = Decimal("0.1")
WHOLE = 10
names = st.sampled_from(["stop", "target"])


class Leg:
    """An order as the venue has it, in tenths."""

    def __init__(self) -> None:
        self.state = OrderState.PENDING_NEW
        self.quantity = WHOLE
        self.filled = 0


class Pairs(RuleBasedStateMachine):
    """A venue that takes its time, and a hand that meddles. The position is as large as the pair."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        assert self.desk.pair() is None
        self.legs = {"stop": Leg(), "target": Leg()}
        self.under_way: list[Event] = []
        self.lost: list[Event] = []
        self.by_hand: set[str] = set()
        self.executions = 0
        self.collect()

    def collect(self) -> None:
        self.under_way += self.desk.lanes.get_batch_nowait()

    # -- what the venue does -------------------------------------------------------------------------------

    @rule(count=st.integers(1, 4), name=names)
    def fills(self, name: str, count: int) -> None:
        leg = self.legs[name]
        left = WHOLE - sum(other.filled for other in self.legs.values())
        count = min(count, leg.quantity - leg.filled, left)
        if leg.state in TERMINAL or leg.state is OrderState.PENDING_NEW or count <= 0:
            return
        leg.filled += count
        leg.state = OrderState.FILLED if leg.filled == leg.quantity else OrderState.PARTIALLY_FILLED
        self.executions += 1
        self.desk.hear(fill(name, f"x{self.executions}", str(count * TENTH), side=Side.SELL))
        self.tell(name)

    @precondition(lambda self: self.under_way)
    @rule(how=st.sampled_from(["take", "take", "take", "refuse", "lose", "lose the answer"]))
    def acts(self, how: str) -> None:
        command = self.under_way.pop(0)
        if how == "refuse":
            self.answer(command, AckOutcome.REJECTED)
            if type(command.data) is CreateOrder:
                self.legs[command.data.client_order_id].state = OrderState.REJECTED
        elif how.startswith("lose"):
            if how == "lose the answer":
                self.carry_out(command)
            self.answer(command, AckOutcome.UNKNOWN)
            self.lost.append(command)
        else:
            taken = self.carry_out(command)
            self.answer(command, AckOutcome.ACCEPTED if taken else AckOutcome.REJECTED)
            self.tell(command.data.client_order_id)
        self.collect()

    @precondition(lambda self: self.lost)
    @rule()
    def settles(self) -> None:
        """What became of a command whose answer was lost is found out by asking."""
        command = self.lost.pop(0)
        name = command.data.client_order_id
        leg = self.legs[name]
        if type(command.data) is CreateOrder and leg.state is OrderState.PENDING_NEW:
            leg.state = OrderState.REJECTED
            self.answer(command, AckOutcome.REJECTED)
        self.tell(name)
        if type(command.data) is not CreateOrder and leg.state not in TERMINAL:
            if type(command.data) is AmendOrder and leg.quantity * TENTH == command.data.quantity:
                return  # the update has shown it
            self.answer(command, AckOutcome.REJECTED)
        self.collect()

    @rule(name=names)
    def repeats(self, name: str) -> None:
        if self.legs[name].state is not OrderState.PENDING_NEW:
            self.tell(name)

    # -- what else happens ---------------------------------------------------------------------------------

    @rule(name=names)
    def is_cancelled_elsewhere(self, name: str) -> None:
        leg = self.legs[name]
        if leg.state not in TERMINAL and leg.state is not OrderState.PENDING_NEW:
            leg.state = OrderState.CANCELED
            self.by_hand.add(name)
            self.tell(name)

    @rule()
    def time_passes(self) -> None:
        self.desk.clock.advance_ns(SECOND)
        self.desk.keeper.look()
        self.collect()

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def one_command_is_under_way_for_a_leg(self) -> None:
        for name in self.legs:
            about = [e for e in self.under_way if e.data.client_order_id == name]
            assert len(about) <= 1

    @invariant()
    def nothing_is_taken_out_that_should_stand(self) -> None:
        """A leg ends only with the whole pair filled, by hand, or when it was never taken."""
        filled = sum(leg.filled for leg in self.legs.values())
        for name, leg in self.legs.items():
            if leg.state is OrderState.CANCELED and name not in self.by_hand:
                assert filled >= WHOLE or leg.filled >= leg.quantity or self.is_cut_to_its_fills(name)

    def is_cut_to_its_fills(self, name: str) -> bool:
        """What it had filled was already all that the other left of it."""
        other = self.legs["target" if name == "stop" else "stop"]
        return WHOLE - other.filled <= self.legs[name].filled

    def teardown(self) -> None:
        """When all is settled, what still works is no more than what the other leg left."""
        for _ in range(40):
            while self.under_way:
                self.acts("take")
            while self.lost:
                self.settles()
            self.time_passes()
        assert not self.under_way
        assert not self.lost
        stop, target = self.legs["stop"], self.legs["target"]
        for leg, other in ((stop, target), (target, stop)):
            if leg.state not in TERMINAL:
                assert leg.quantity <= WHOLE - other.filled
        for name, leg in self.legs.items():
            order = self.desk.orders.by_client_id(name)
            assert order is not None
            assert order.filled == leg.filled * TENTH
            assert order.is_working is (leg.state not in TERMINAL)
            both_work = stop.state not in TERMINAL and target.state not in TERMINAL
            assert bool(order.linked_to) is both_work
        assert len(self.desk.keeper.pairs) == both_work

    # -- helpers -------------------------------------------------------------------------------------------

    def carry_out(self, command: Event) -> bool:
        data = command.data
        leg = self.legs[data.client_order_id]
        if leg.state in TERMINAL:
            return False
        if type(data) is CreateOrder:
            leg.state = OrderState.NEW
        elif type(data) is CancelOrder:
            leg.state = OrderState.CANCELED
        else:
            quantity = int(data.quantity / TENTH)
            if quantity <= leg.filled:
                return False
            leg.quantity = quantity
        return True

    def answer(self, command: Event, outcome: AckOutcome) -> None:
        kind = {CreateOrder: Command.CREATE, AmendOrder: Command.AMEND, CancelOrder: Command.CANCEL}
        self.desk.hear(ack(command.data.client_order_id, kind[type(command.data)], outcome, reason="so says the test"))
        self.collect()

    def tell(self, name: str) -> None:
        leg = self.legs[name]
        self.desk.state(name, leg.state, str(leg.quantity * TENTH), str(leg.filled * TENTH))
        self.collect()


test_pairs = Pairs.TestCase
