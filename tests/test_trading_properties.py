"""Whatever is pressed, whatever the market does and whenever: the rules about money hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading_support import LINEAR, SPOT, D, Floor
from ttxt_core.events import (
    AmendOrder,
    BookState,
    CancelOrder,
    CreateOrder,
    Event,
    OrderType,
    Side,
    TimeInForce,
)

Action = Callable[[Floor], object]
SIDES = st.sampled_from(Side)
NEAR = st.integers(975, 1025)
FRACTIONS = st.sampled_from([D("0.25"), D("0.5"), D("0.75"), D(1)])


def press(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Action]]:
    """Press a key of the desk."""

    def made(values: tuple[Any, ...]) -> tuple[str, Action]:
        return f"{name}{values}", lambda floor: getattr(floor.desk, name)(*values)

    return st.tuples(*arguments).map(made)


def happen(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Action]]:
    """Let the market or time do something."""

    def made(values: tuple[Any, ...]) -> tuple[str, Action]:
        return f"floor.{name}{values}", lambda floor: getattr(floor, name)(*values)

    return st.tuples(*arguments).map(made)


@st.composite
def tickets(draw: st.DrawFn) -> tuple[str, Action]:
    arguments = draw(SIDES), draw(NEAR), D(draw(st.integers(1, 3_000))) / 1_000
    options = {
        "order_type": draw(st.sampled_from([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET])),
        "time_in_force": draw(st.sampled_from(TimeInForce)),
        "post_only": draw(st.booleans()),
        "reduce_only": draw(st.booleans()),
    }
    return f"ticket{arguments}{options}", lambda floor: floor.desk.ticket(*arguments, **options)


@st.composite
def books(draw: st.DrawFn) -> tuple[str, Action]:
    bid, spread = draw(st.integers(985, 1015)), draw(st.integers(1, 5))
    sizes = st.lists(st.integers(1, 4_000), max_size=3)
    bids = [((bid - at) / 10, size / 1_000) for at, size in enumerate(draw(sizes))]
    asks = [((bid + spread + at) / 10, size / 1_000) for at, size in enumerate(draw(sizes))]
    return f"book {bids} {asks}", lambda floor: floor.book(bids, asks)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Action]:
    at = draw(st.integers(0, 5))

    def edit(floor: Floor) -> None:
        orders = floor.desk.own_orders()
        if orders:
            floor.desk.edit(orders[at % len(orders)].client_order_id)

    return f"edit {at}", edit


@st.composite
def entered(draw: st.DrawFn) -> tuple[str, Action]:
    """Armed on a good book, stage something and send it."""
    name, stage = draw(st.one_of(press("stage", SIDES, NEAR), press("take", SIDES), press("join", SIDES), tickets()))

    def enter(floor: Floor) -> None:
        if floor.desk.market is not None and floor.desk.market.book.state is not BookState.VALID:
            floor.book(key=floor.desk.active)
        floor.desk.arm()
        stage(floor)
        floor.desk.send()

    return f"enter {name}", enter


@st.composite
def moved(draw: st.DrawFn) -> tuple[str, Action]:
    """Choose an own order and move it, with the keys quiet after that or not."""
    down, by, ms = draw(st.integers(1, 4)), draw(st.integers(-30, 30)), draw(st.sampled_from([10, 90, 150]))

    def move(floor: Floor) -> None:
        for _ in range(down):
            floor.desk.select_next(1)
        floor.desk.move(by)
        floor.wait(ms)

    return f"moved {down} {by} {ms}", move


ENTRIES = st.one_of(
    entered(),
    entered(),
    entered(),
    press("improve", SIDES),
    press("reverse"),
    edits(),
    press("send"),
    press("preset", st.integers(1, 5)),
    press("step_size", st.integers(-3, 3)),
    press("position_size"),
    press("arm"),
)
CHOICES = st.one_of(
    moved(), moved(), press("select_next", st.sampled_from([1, -1])), press("move", st.integers(-30, 30))
)
EXITS = st.one_of(
    st.integers(1, 3).map(
        lambda n: (f"cancel {n}", lambda floor: floor.desk.cancel_aimed(floor.desk.own_orders()[:n]))
    ),
    press("cancel_newest"),
    press("cancel_symbol"),
    press("cancel_everywhere"),
    press("flatten", FRACTIONS),
    press("flatten", FRACTIONS),
    press("protect", st.integers(940, 1060)),
    press("protect", st.integers(940, 1060)),
    press("panic"),
    press("disarm"),
    press("back_out"),
)
GONE: tuple[str, Action] = ("gap", lambda floor: floor.status(BookState.GAP))
GOOD: tuple[str, Action] = ("good", lambda floor: floor.book())
MARKET = st.one_of(
    books(),
    books(),
    happen("trade", st.integers(980, 1020).map(lambda ticks: ticks / 10), st.integers(1, 5).map(float), SIDES),
    st.sampled_from([GONE, *[GOOD] * 3]),
    happen("wait", st.sampled_from([10, 30, 60, 150, 700])),
    happen("wait", st.sampled_from([10, 30, 60])),
    st.integers(980, 1020).map(lambda ticks: (f"mark {ticks}", lambda floor: floor.ticker(mark=ticks / 10))),
    st.sampled_from([LINEAR, SPOT]).map(lambda key: (f"activate {key}", lambda floor: floor.desk.activate(key))),
)
STEPS = st.lists(st.one_of(ENTRIES, ENTRIES, CHOICES, EXITS, MARKET, MARKET), min_size=12, max_size=50)
HELD = st.sampled_from([None, "1", "-1", "2.003"])


class Watch:
    """Sees every command on its way to the exchange, and every fill."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.sent: list[Event[Any]] = []
        self.ids: set[str] = set()
        self.seen_fills = 0
        self.position = D(0)
        send = floor.router.send

        def watched(event: Event[Any]) -> str | None:
            order = floor.orders.order_of(event)
            reason = send(event)
            self.check(event, order, reason)
            return reason

        floor.router.send = watched

    def check(self, event: Event[Any], order: Any, reason: str | None) -> None:
        command = event.data
        is_exit = (
            type(command) is CancelOrder
            or (type(command) is CreateOrder and command.reduce_only)
            or (type(command) is AmendOrder and order is not None and order.is_protective)
        )
        assert not (is_exit and reason), f"an exit was stopped: {reason}"
        if reason is not None:
            return
        self.sent.append(event)
        if not is_exit and type(command) is CreateOrder:
            assert self.floor.router.is_armed
        if type(command) is CreateOrder:
            assert command.client_order_id not in self.ids
            self.ids.add(command.client_order_id)
        if type(command) is AmendOrder and command.price is not None and order.side is Side.BUY:
            asked = self.floor.desk.context.touch(order.key).ask
            staged = self.floor.desk.staged
            is_confirmed = staged is not None and staged.take_confirmed
            assert asked is None or is_confirmed or command.price * 10 < asked

    def look(self) -> None:
        """An exit's fill always brings the position nearer to zero."""
        for fill in self.floor.fills[self.seen_fills :]:
            order = self.floor.orders.by_client_id(fill.client_order_id)
            assert order is not None
            if order.key != LINEAR:
                continue
            after = self.position + (fill.quantity if fill.side is Side.BUY else -fill.quantity)
            if order.reduce_only:
                assert abs(after) < abs(self.position)
            self.position = after
        self.seen_fills = len(self.floor.fills)


def may_only_reduce(floor: Floor, watch: Watch, action: Action) -> None:
    """`action` sends cancels, reduce-only orders and amends of such, and nothing else."""
    before = len(watch.sent)
    action(floor)
    for event in watch.sent[before:]:
        order = floor.orders.order_of(event)
        assert type(event.data) is CancelOrder or (order is not None and order.is_protective)


@given(held=HELD, steps=STEPS, exits=st.lists(EXITS, max_size=5), lag=st.booleans())
@settings(max_examples=150)
def test_the_rules_hold_whatever_happens_and_everything_can_be_closed(
    held: str | None, steps: list[tuple[str, Action]], exits: list[tuple[str, Action]], lag: bool
) -> None:
    floor = Floor(lag=lag)
    watch = Watch(floor)
    if held is not None:
        floor.hold(held)
    for _, action in steps:
        action(floor)
        floor.poll()
        floor.desk.pretrade()
        assert floor.desk.prompt == "" or floor.desk.staged is not None
        watch.look()
    floor.desk.disarm()
    for _, action in exits:
        may_only_reduce(floor, watch, action)
        floor.wait(20)
        watch.look()
    floor.desk.activate(LINEAR)
    floor.status(BookState.SYNCING)
    floor.book([(99.0, 5_000.0)], [(99.1, 5_000.0)])
    floor.book([(99.0, 5_000.0)], [(99.1, 5_000.0)], SPOT)
    may_only_reduce(floor, watch, lambda each: each.desk.panic())
    floor.settle(6_000)
    watch.look()
    assert floor.orders.working() == []
    assert watch.position == floor.desk.context.position(LINEAR) == 0
    assert floor.desk.alerts == []
    assert floor.desk.ghosts == {}
