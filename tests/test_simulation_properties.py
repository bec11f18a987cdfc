"""Random markets and random commands: what must hold whatever happens."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation_auditor import Auditor, Book, at_or_through, lots, through
from tests.simulation_desk import LINEAR, NO_LATENCY, SPOT, Desk
from ttxt_core.events import (
    BookState,
    CancelOrder,
    InstrumentKey,
    Orderbook,
    OrderState,
    OrderType,
    ProtectPosition,
    Side,
    TimeInForce,
    TriggerBy,
)
from ttxt_core.orders.states import TERMINAL
from ttxt_core.simulation.simulator_settings import Latency

D = Decimal
MIDDLE = 1_000
WAITING = (OrderState.UNTRIGGERED, OrderState.TRIGGERED)

sides = st.sampled_from(Side)
ticks = st.integers(MIDDLE - 8, MIDDLE + 8)
sizes = st.integers(1, 4_000)
level = st.tuples(st.just("level"), sides, ticks, sizes | st.just(0))
trade = st.tuples(st.just("trade"), sides, ticks, sizes)
create = st.tuples(
    st.just("create"),
    sides,
    ticks,
    sizes,
    st.sampled_from(["limit", "limit", "post", "ioc", "fok", "market", "stop", "stop_limit", "bracket"]),
    st.booleans(),
)
protect = st.tuples(st.just("protect"), st.none() | ticks | st.just(0), st.none() | ticks | st.just(0))
amend = st.tuples(st.just("amend"), st.integers(0, 30), st.none() | ticks, st.none() | sizes)
cancel = st.tuples(st.just("cancel"), st.integers(0, 30))
status = st.tuples(st.just("status"), st.sampled_from([BookState.GAP, BookState.STALE, BookState.VALID]))
resync = st.just(("snapshot",))
steps = st.lists(
    st.one_of(level, level, level, trade, trade, create, create, protect, amend, cancel, status, resync), max_size=60
)
latencies = st.sampled_from([NO_LATENCY, Latency()])
keys = st.sampled_from([LINEAR, SPOT])


class Run:
    """Plays steps on a desk under audit."""

    def __init__(self, key: InstrumentKey, latency: Latency) -> None:
        self.desk = Desk(key, latency=latency, seed=3, balances={"USDT": D(3_000), "BTC": D(10)})
        self.book = Book()
        self.audit = Auditor(self.desk, self.book)
        self.names: list[str] = []
        for tick in range(1, 6):
            self.book.set(Side.BUY, MIDDLE - tick, 1_000 * tick)
            self.book.set(Side.SELL, MIDDLE + tick, 1_000 * tick)
        self.snapshot()

    def play(self, steps: list[Any]) -> None:
        for step in steps:
            self.desk.pass_ms(7)  # commands that are due now act before the market does
            self.audit.check()
            getattr(self, step[0])(*step[1:])
        self.desk.pass_ms(1_000)
        self.audit.check()
        for name in self.names:
            self.desk.cancel(name)
            self.audit.check()
        for order in self.audit.working():
            self.desk.send(CancelOrder(self.desk.account, order.client_order_id, order.order_id))
            self.audit.check()
        self.desk.pass_ms(1_000)
        self.audit.check()
        assert self.audit.working() == []
        self.audit.at_rest()

    def snapshot(self) -> None:
        self.audit.is_valid = True
        self.desk.book(self.book.rows(Side.BUY), self.book.rows(Side.SELL))
        self.audit.check()

    def status(self, state: BookState) -> None:
        book_was = self.desk.simulator._core._markets[self.desk.key].book.state
        self.audit.is_valid = state is BookState.VALID and book_was is BookState.VALID
        self.desk.status(state)
        self.audit.check()

    def level(self, side: Side, tick: int, size: int) -> None:
        changes = self.book.set(side, tick, size)
        rows = {where: [(t / 10, s / 1_000) for w, t, s in changes if w is where] for where in Side}
        crossing = sum(self.book.levels[side].values())
        self.desk.send(Orderbook(rows[Side.BUY], rows[Side.SELL], False, 2))
        makers = [fill for fill in self.audit.check() if fill.is_maker]
        assert lots(makers) <= crossing
        assert {fill.side for fill in makers} <= {side.opposite}

    def trade(self, aggressor: Side, tick: int, size: int) -> None:
        working = [order for order in self.audit.working() if order.state not in WAITING]
        resting = [o for o in working if o.price is not None and o.side is aggressor.opposite]
        passed = [order for order in resting if through(order, tick)]
        owed = min(size, int(sum((o.quantity - o.filled_quantity for o in passed), D(0)) * 1_000))
        has_reduce_only = any(order.reduce_only for order in resting)
        was_valid = self.audit.is_valid
        self.desk.trade(tick / 10, size / 1_000, aggressor)
        makers = [fill for fill in self.audit.check() if fill.is_maker]
        assert lots(makers) <= size, "more was filled than traded"
        allowed = {order.client_order_id for order in resting if at_or_through(order, tick)}
        assert {fill.client_order_id for fill in makers} <= allowed
        if was_valid and not has_reduce_only:
            served = {order.client_order_id for order in passed}
            assert lots([fill for fill in makers if fill.client_order_id in served]) == owed

    def create(self, side: Side, tick: int, size: int, kind: str, reduce_only: bool) -> None:
        price, quantity = str(D(tick) / 10), str(D(size) / 1_000)
        more: dict[str, Any] = {"reduce_only": reduce_only}
        if kind == "stop":
            more |= {"order_type": OrderType.STOP_MARKET, "trigger_price": D(price), "trigger_by": TriggerBy.LAST}
        elif kind == "stop_limit":
            more |= {"trigger_price": D(tick + 2) / 10, "trigger_by": TriggerBy.LAST}
        elif kind == "bracket" and self.desk.key.category == "linear":
            away = 4 if side is Side.BUY else -4
            more = {"take_profit": D(tick + away) / 10, "stop_loss": D(tick - away) / 10}
        elif kind == "post":
            more["post_only"] = True
        elif kind in ("ioc", "fok"):
            more["time_in_force"] = TimeInForce(kind)
        limit = None if kind in ("market", "stop") else price
        self.names.append(self.desk.order(side, quantity, limit, **more))
        self.audit.check()

    def amend(self, index: int, tick: int | None, size: int | None) -> None:
        if index < len(self.names):
            price = None if tick is None else str(D(tick) / 10)
            self.desk.amend(self.names[index], price, None if size is None else str(D(size) / 1_000))
            self.audit.check()

    def protect(self, profit: int | None, loss: int | None) -> None:
        prices = [None if tick is None else D(tick) / 10 for tick in (profit, loss)]
        self.desk.send(ProtectPosition(self.desk.account, f"p{self.desk.ms}", *prices))
        self.audit.check()

    def cancel(self, index: int) -> None:
        if index < len(self.names):
            self.desk.cancel(self.names[index])
            self.audit.check()


@given(keys, latencies, steps)
def test_whatever_happens_the_books_balance_and_no_rule_is_broken(key, latency, steps):
    Run(key, latency).play(steps)


@given(keys, steps)
def test_the_same_seed_and_input_give_the_same_reports(key, steps):
    one, two = Run(key, Latency()), Run(key, Latency())
    one.play(steps)
    two.play(steps)
    assert one.desk.out == two.desk.out


@given(latencies, steps)
def test_the_position_reported_is_the_sum_of_the_fills(latency, steps):
    run = Run(LINEAR, latency)
    run.play(steps)
    position = run.desk.position()
    assert position.quantity == run.audit.position
    assert (position.entry_price is None) == (position.quantity == 0)


@given(keys, steps)
def test_no_command_stays_without_an_answer(key, steps):
    run = Run(key, Latency())
    run.play(steps)
    acked = [event.data.client_order_id for event in run.desk.out if type(event.data).__name__ == "OrderAck"]
    for name in run.names:
        assert acked.count(name) >= 2  # the create, and the last cancel
    assert {update.state for update in run.audit.orders.values()} <= TERMINAL


def random_steps(random: Random, count: int) -> list[Any]:
    """A busier mix than strategies find by themselves."""
    kinds = ["limit", "limit", "post", "ioc", "fok", "market", "stop", "stop_limit", "bracket"]
    steps: list[Any] = []
    for _ in range(count):
        side, tick, size = random.choice(list(Side)), MIDDLE + random.randint(-8, 8), random.randint(1, 4_000)
        other_tick, other_size = random.choice([None, tick]), random.choice([None, size])
        possible = {
            ("level", side, tick, random.choice([0, size])): 35,
            ("trade", side, tick, size): 20,
            ("create", side, tick, size, random.choice(kinds), random.random() < 0.3): 25,
            ("amend", random.randint(0, count // 4), other_tick, other_size): 8,
            ("cancel", random.randint(0, count // 4)): 7,
            ("protect", random.choice([None, 0, tick]), random.choice([None, 0, tick + 3])): 3,
            ("status", random.choice([BookState.GAP, BookState.STALE, BookState.VALID])): 2,
            ("snapshot",): 3,
        }
        steps += random.choices(list(possible), list(possible.values()))
    return steps


def play_long(seed: int) -> int:
    """One long run; gives how many fills it had."""
    random = Random(seed)
    run = Run(random.choice([LINEAR, SPOT]), random.choice([NO_LATENCY, Latency()]))
    run.play(random_steps(random, 250))
    return len(run.audit.executions)


@pytest.mark.parametrize("seed", range(60))
def test_long_runs_break_no_rule_either(seed):
    assert play_long(seed)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_very_many_long_runs_break_no_rule_either():
    assert sum(play_long(seed) for seed in range(1_000, 2_500)) > 10_000
