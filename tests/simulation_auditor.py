"""An auditor for random runs of the simulator: checks every report against rules of its own, by the events alone."""

from decimal import Decimal
from typing import Any

from tests.simulation_desk import SPEC, Desk
from ttxt_core.events import AckOutcome, Command, CreateOrder, Fill, OrderAck, OrderUpdate, Side, Wallet
from ttxt_core.orders.states import STAGE, TERMINAL

D = Decimal


class Book:
    """The displayed book as the test makes it: tick → lots, and what was taken of a level since it last changed."""

    def __init__(self) -> None:
        self.levels: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self.taken: dict[tuple[Side, int], int] = {}

    def set(self, side: Side, tick: int, lots: int) -> list[tuple[Side, int, int]]:
        """Put `lots` at a level; what it would cross is swept away. Gives all changes, as a feed would."""
        swept = [
            other
            for other in self.levels[side.opposite]
            if lots and (other <= tick if side is Side.BUY else other >= tick)
        ]
        changes = [(side.opposite, other, 0) for other in swept] + [(side, tick, lots)]
        for where, level, size in changes:
            if self.levels[where].get(level, 0) != size:
                self.taken.pop((where, level), None)
            if size:
                self.levels[where][level] = size
            else:
                self.levels[where].pop(level, None)
        return changes

    def rows(self, side: Side) -> list[tuple[float, float]]:
        ticks = sorted(self.levels[side], reverse=side is Side.BUY)
        return [(tick / 10, self.levels[side][tick] / 1_000) for tick in ticks]


class Auditor:
    """Follows a desk. `check` is called after every call to it."""

    def __init__(self, desk: Desk, book: Book) -> None:
        self.desk = desk
        self.book = book
        self.is_valid = True
        self.commands: dict[str, CreateOrder] = {}
        self.orders: dict[str, OrderUpdate] = {}
        self.position = D(0)
        self.executions: set[str] = set()
        self.filled: dict[str, Decimal] = {}
        self.expected = {c: b[0] for c, b in desk.balances().items()}

    def working(self) -> list[OrderUpdate]:
        return [order for order in self.orders.values() if order.state not in TERMINAL]

    def check(self) -> list[Fill]:
        """Audit the last news, and give its fills."""
        fills = []
        for event in self.desk.news:
            data = event.data
            if isinstance(data, OrderAck):
                self._ack(data)
            elif isinstance(data, OrderUpdate):
                self._update(data)
            elif isinstance(data, Fill):
                self._fill(data)
                fills.append(data)
            elif isinstance(data, Wallet):
                self._wallet(data)
        for fill in fills:  # by the end of a step the order's total agrees with its fills
            assert self.orders[name_of(fill)].filled_quantity == self.filled[name_of(fill)]
        for currency, (total, _, _) in self.desk.balances().items():
            assert total == self.expected[currency]
        self._exits()
        return fills

    def _exits(self) -> None:
        """The position's exits close it, whole, and there is at most one of a kind; once triggered they are orders."""
        exits = [order for order in self.working() if order.is_position_exit and order.state.value == "untriggered"]
        assert len({order.trigger_direction for order in exits}) == len(exits)
        for order in exits:
            assert order.quantity - order.filled_quantity == abs(self.position)
            assert (self.position > 0) == (order.side is Side.SELL)

    def at_rest(self) -> None:
        """With no order and no position left, nothing is held."""
        if not self.working() and not self.position:
            assert all(held == 0 for _, _, held in self.desk.balances().values())

    def _ack(self, ack: OrderAck) -> None:
        if ack.outcome is AckOutcome.REJECTED:
            assert ack.reason
        elif ack.command is not Command.CREATE:
            assert ack.command is Command.PROTECT or self.orders[name_of(ack)].state not in TERMINAL

    def _update(self, order: OrderUpdate) -> None:
        before = self.orders.get(name_of(order))
        assert 0 <= order.filled_quantity <= order.quantity
        assert (order.state.value == "filled") == (order.filled_quantity == order.quantity)
        if before is not None:
            assert before.state not in TERMINAL, "a terminal state changed"
            assert STAGE[order.state] >= STAGE[before.state]
            assert order.filled_quantity >= before.filled_quantity
        self.orders[name_of(order)] = order

    def _fill(self, fill: Fill) -> None:
        order = self.orders[name_of(fill)]
        self.filled[name_of(fill)] = self.filled.get(name_of(fill), D(0)) + fill.quantity
        assert self.is_valid, "a fill on a book that is not valid"
        assert order.state not in TERMINAL
        assert fill.execution_id not in self.executions
        self.executions.add(fill.execution_id)
        assert fill.quantity > 0
        if order.price is not None:
            slack = order.price - fill.price if fill.side is Side.BUY else fill.price - order.price
            assert slack >= 0, "worse than the limit"
            assert not (fill.is_maker and slack)
        if order.post_only:
            assert fill.is_maker
        if not fill.is_maker:
            self._taken(fill)
        signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
        if order.reduce_only and self.desk.key.category == "linear":
            assert self.position * signed < 0
            assert abs(signed) <= abs(self.position), "a reduce-only order flipped the position"
        self.position += signed
        self._money(fill, signed)

    def _taken(self, fill: Fill) -> None:
        level = fill.side.opposite, int(fill.price * 10)
        taken = self.book.taken.get(level, 0) + int(fill.quantity * 1_000)
        assert taken <= self.book.levels[level[0]][level[1]], "more was taken than the level displayed"
        self.book.taken[level] = taken

    def _money(self, fill: Fill, signed: Decimal) -> None:
        if self.desk.key.category == "spot":
            rate = D("0.001") if fill.is_maker else D("0.002")
            received = fill.quantity if fill.side is Side.BUY else fill.quantity * fill.price
            assert fill.fee == received * rate
            self.expected["BTC"] += signed
            self.expected["USDT"] -= signed * fill.price
        else:
            rate = D("0.0002") if fill.is_maker else D("0.0005")
            assert fill.fee == fill.quantity * fill.price * rate
            assert fill.realised_pnl is not None
            self.expected["USDT"] += fill.realised_pnl
        self.expected[fill.fee_currency] -= fill.fee

    def _wallet(self, wallet: Wallet) -> None:
        for balance in wallet.balances:
            assert balance.total == balance.free + balance.held
            assert balance.held >= 0
            if self.desk.key.category == "spot":
                assert balance.free >= 0, "a spot balance was overdrawn"


def name_of(data: Any) -> str:
    """What an order is kept under, whichever report names it."""
    return data.client_order_id or data.order_id


def through(order: OrderUpdate, tick: int) -> bool:
    """Whether a trade at `tick` went through the order's price."""
    assert order.price is not None
    own = int(order.price / SPEC.tick_size)
    return tick < own if order.side is Side.BUY else tick > own


def at_or_through(order: OrderUpdate, tick: int) -> bool:
    return through(order, tick) or tick == int(order.price / SPEC.tick_size)


def lots(fills: list[Any]) -> int:
    return int(sum((fill.quantity for fill in fills), D(0)) * 1_000)
