"""The matching model: own orders against a market that does not know of them. Integer ticks and lots, no I/O.

Owns the own orders that rest on one instrument, their places in the queue, and what own orders took from the
displayed book. The displayed book itself stays outside: its levels are handed in as ladders, best first.

The rules:

- A trade through our price, its aggressor on the other side, fills us first, up to its size; at our price we get
  only what is left after the queue ahead.
- The queue ahead is what the level displayed when we came, less the trades at that price since, and never more
  than the level displays later. What is shown there after us stands behind us.
- A level of the other side at our price or beyond fills us, as maker at our price, up to its size.
- What we took of a level stays gone until the feed changes that level's size.
- Own orders never meet each other: `own_in_the_way` names those that a new order would run into.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.simulation.own_order import OwnOrder

Level = tuple[int, int]
"""``(ticks, lots)``: a price and what is displayed there."""


class Rung(NamedTuple):
    """A level as own orders may use it: `lots` for them at `price` ticks, of the lots `displayed` there."""

    price: int
    lots: int
    displayed: int


class Execution(NamedTuple):
    """A fill of `order`, already counted in it: `quantity` lots at `price` ticks."""

    order: OwnOrder
    price: int
    quantity: int
    is_maker: bool


def reaches(side: Side, limit: int | None, price: int) -> bool:
    """Whether an order on `side` with this limit trades at `price`; a market order (None) does at any."""
    if limit is None:
        return True
    return limit >= price if side is Side.BUY else limit <= price


def plan_take(side: Side, quantity: int, limit: int | None, rungs: Iterable[Rung]) -> list[Rung]:
    """What an order for `quantity` lots would get from the other side's rungs, best first."""
    plan: list[Rung] = []
    for rung in rungs:
        if quantity <= 0 or not reaches(side, limit, rung.price):
            break
        plan.append(rung._replace(lots=min(rung.lots, quantity)))
        quantity -= rung.lots
    return plan


def lots_for_value(value: int, rungs: Iterable[Rung]) -> int:
    """How many lots `value` (ticks × lots) pays for on the rungs."""
    bought = 0
    for rung in rungs:
        affordable = min(rung.lots, value // rung.price)
        bought += affordable
        value -= affordable * rung.price
        if affordable < rung.lots:
            break
    return bought


class MatchingBook:
    """Own resting orders of one instrument.

    The methods that fill are generators: an execution is counted in its order, which leaves the book when it is
    done; the caller settles it before it asks for the next, and may shrink or remove other orders meanwhile.

    Attributes:
        version: changes when an order or a taken level comes or goes.
    """

    def __init__(self) -> None:
        self.version = 0
        self._own: dict[Side, list[OwnOrder]] = {Side.BUY: [], Side.SELL: []}
        self._taken: dict[Side, dict[int, Rung]] = {Side.BUY: {}, Side.SELL: {}}

    # -- own orders ----------------------------------------------------------------------------------------

    def rest(self, order: OwnOrder, queue_ahead: int | None) -> None:
        """Put `order` behind the own orders at its price and behind `queue_ahead` lots of others."""
        order.queue_ahead = queue_ahead
        insort(self._own[order.side], order, key=_priority)
        self.version += 1

    def remove(self, order: OwnOrder) -> None:
        """Take `order` out, if it rests here."""
        orders = self._own[order.side]
        if order in orders:
            orders.remove(order)
            self.version += 1

    def orders(self, side: Side) -> list[OwnOrder]:
        """Own orders of `side`: best price first, at one price the oldest first."""
        return list(self._own[side])

    def orders_at(self, side: Side, price: int) -> list[OwnOrder]:
        """Own orders at `price`, oldest first."""
        orders = self._own[side]
        start = end = bisect_left(orders, -price if side is Side.BUY else price, key=_priority)
        while end < len(orders) and orders[end].price == price:
            end += 1
        return orders[start:end]

    def best_price(self, side: Side) -> int | None:
        """The price of the own order that is served first; None when there is none."""
        orders = self._own[side]
        return orders[0].price if orders else None

    def prices_to_watch(self, side: Side) -> set[int]:
        """Levels of `side` whose displayed size matters here: own orders rest there or took from them."""
        return {order.price for order in self._own[side]} | self._taken[side].keys()

    def longest_queue(self, side: Side, price: int) -> int | None:
        """The most lots ahead of an own order at `price`: while more is displayed, a change there changes nothing.

        None where any change matters: a queue is not known, or something was taken.
        """
        if price in self._taken[side]:
            return None
        longest = 0
        for order in self.orders_at(side, price):
            if order.queue_ahead is None:
                return None
            longest = max(longest, order.queue_ahead)
        return longest

    # -- the market moves ----------------------------------------------------------------------------------

    def change_level(self, side: Side, price: int, displayed: int | None) -> None:
        """The feed says that a level displays `displayed` lots; None when the feed does not reach that far."""
        taken = self._taken[side].get(price)
        if taken is not None and taken.displayed != displayed:
            del self._taken[side][price]
            self.version += 1
        if displayed is None:
            return
        for order in self.orders_at(side, price):
            ahead = order.queue_ahead
            order.queue_ahead = displayed if ahead is None else min(ahead, displayed)

    def trade(self, price: int, quantity: int, aggressor: Side) -> Iterator[Execution]:
        """A public trade of `quantity` lots."""
        left = quantity
        for order in self.orders(aggressor.opposite):
            if left <= 0 or not reaches(order.side, order.price, price):
                break
            if order.is_done:
                continue
            if order.price != price:
                order.queue_ahead = 0  # the price was traded through: whoever stood ahead is gone
            elif order.queue_ahead is None:
                continue
            ahead = order.queue_ahead
            order.queue_ahead = max(0, ahead - left)
            filled = min(left - ahead, order.remaining)
            if filled > 0:
                left -= filled
                yield self._make(order, filled)

    def cross(self, side: Side, ladder: Iterable[Level]) -> Iterator[Execution]:
        """Levels of the other side, best first, have come to the prices of own orders of `side`."""
        for rung in list(self.effective(side.opposite, ladder)):
            left = rung.lots
            for order in self.orders(side):
                if left <= 0 or not reaches(side, order.price, rung.price):
                    break
                if order.is_done:
                    continue
                filled = min(left, order.remaining)
                left -= filled
                self._take(side.opposite, rung._replace(lots=filled))
                yield self._make(order, filled)

    # -- own orders take -----------------------------------------------------------------------------------

    def effective(self, side: Side, ladder: Iterable[Level]) -> Iterator[Rung]:
        """The levels of `side` less what own orders took of them; emptied ones are left out."""
        taken = self._taken[side]
        for price, displayed in ladder:
            gone = taken.get(price)
            left = displayed - gone.lots if gone is not None else displayed
            if left > 0:
                yield Rung(price, left, displayed)

    def taken_at(self, side: Side, price: int) -> int:
        """How many lots of a level own orders took."""
        taken = self._taken[side].get(price)
        return taken.lots if taken is not None else 0

    def own_in_the_way(self, order: OwnOrder, plan: list[Rung]) -> list[OwnOrder]:
        """Own orders of the other side that `order` would meet while it takes `plan` and rests what is left."""
        is_left = order.remaining > sum(rung.lots for rung in plan)
        last = plan[-1] if plan else None
        stop = order.price if is_left and order.price else last.price if last is not None else 0
        met: list[OwnOrder] = []
        for own in self.orders(order.side.opposite):
            if not stop or not reaches(order.side, stop, own.price):
                break
            if last is not None and own.price == last.price and not is_left:
                stands_behind = own.queue_ahead is None or own.queue_ahead >= last.lots
                if stands_behind:
                    continue
            met.append(own)
        return met

    def take(self, order: OwnOrder, plan: list[Rung]) -> Iterator[Execution]:
        """Carry out what `plan_take` gave for `order`."""
        for rung in plan:
            if order.is_done:
                return
            self._take(order.side.opposite, rung)
            order.fill(rung.price, rung.lots)
            yield Execution(order, rung.price, rung.lots, is_maker=False)

    # -- inside --------------------------------------------------------------------------------------------

    def _make(self, order: OwnOrder, quantity: int) -> Execution:
        order.fill(order.price, quantity)
        if order.is_done:
            self.remove(order)
        return Execution(order, order.price, quantity, is_maker=True)

    def _take(self, side: Side, rung: Rung) -> None:
        self._taken[side][rung.price] = rung._replace(lots=self.taken_at(side, rung.price) + rung.lots)
        self.version += 1


def _priority(order: OwnOrder) -> int:
    return -order.price if order.side is Side.BUY else order.price
