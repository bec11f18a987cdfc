"""One instrument as the simulated exchange sees it: the displayed market, and the own orders beside it.

Owns the kept book, the reference prices and the way from the floats of market data to the ticks and lots of the
matching model. It settles nothing and reports nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import inf
from typing import NamedTuple

from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.market import Orderbook, Side, Ticker
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.events.status import BookState, BookStatus
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.simulation.matching import Level, MatchingBook, Rung, plan_take, reaches
from ttxt_core.simulation.own_order import OwnOrder
from ttxt_core.simulation.position_exits import ExitKind


class FeeRates(NamedTuple):
    """Fractions of the notional; negative is a rebate."""

    maker: Decimal
    taker: Decimal


class SimulatedMarket:
    """An instrument's market.

    Attributes:
        info: its steps. fees, leverage: what the account gets here.
        book: the displayed book. matching: own resting orders.
        last, mark, index: prices as last told; None before.
        stops: own orders that wait for their trigger. released: stops that were triggered and wait for a VALID book.
        exits: those of `stops` that stand with the position.
        fault: why the feed does not fit the instrument; empty when it does.
    """

    def __init__(self, info: InstrumentInfo, fees: FeeRates, leverage: Decimal, book: LocalOrderbook) -> None:
        self.key: InstrumentKey = info.key
        self.info = info
        self.fees = fees
        self.leverage = leverage
        self.book = book
        self.matching = MatchingBook()
        self.stops: list[OwnOrder] = []
        self.released: list[OwnOrder] = []
        self.exits: dict[ExitKind, OwnOrder] = {}
        self.last: float | None = None
        self.mark: float | None = None
        self.index: float | None = None
        self.fault = ""
        self._feed_state = BookState.VALID
        self._feed_reason = ""
        self._watched: dict[Side, dict[float, float]] = {Side.BUY: {}, Side.SELL: {}}
        """Price → the size that a message must stay below to matter there."""
        self._watched_version = 0
        self._own_bid = -inf
        self._own_ask = inf

    def change_instrument(self, info: InstrumentInfo, fees: FeeRates, leverage: Decimal) -> None:
        """The venue describes the instrument anew. With other steps, own orders must have left before."""
        if (info.tick_size, info.lot_size) != (self.info.tick_size, self.info.lot_size):
            self.matching = MatchingBook()
            self._watched_version = -1
        self.info, self.fees, self.leverage, self.fault = info, fees, leverage, ""

    def resting_orders(self) -> list[OwnOrder]:
        """Own orders in the book, buys first."""
        return self.matching.orders(Side.BUY) + self.matching.orders(Side.SELL)

    def standing_orders(self) -> list[OwnOrder]:
        """All own orders: those in the book, and stops."""
        return [*self.resting_orders(), *self.stops, *self.released]

    def drop_exit(self, order: OwnOrder) -> None:
        """If `order` is an exit of the position, it no longer stands with it: it ended, or was triggered."""
        for kind, standing in self.exits.items():
            if standing is order:
                del self.exits[kind]
                return

    # -- what the feed says --------------------------------------------------------------------------------

    def update_book(self, event: Event[Orderbook]) -> None:
        """Take in a book message, and what it means for queues and taken levels.

        Raises:
            InstrumentError: a size at a level of ours is not a whole number of lots.
        """
        self.book.update(event)
        message = event.data
        if message.is_snapshot:
            self._feed_state, self._feed_reason, self.fault = BookState.VALID, "", ""
        if self.matching.version != self._watched_version:
            self._watch()
        bids, asks = self._watched[Side.BUY], self._watched[Side.SELL]
        if not (bids or asks) or self.book.state is not BookState.VALID or self.fault:
            return
        if message.is_snapshot:
            for side, watched in ((Side.BUY, bids), (Side.SELL, asks)):
                for price in watched:
                    self._see_level(side, price)
            return
        for side, watched, levels in ((Side.BUY, bids, message.bids), (Side.SELL, asks, message.asks)):
            if watched:
                for price, size in levels:
                    if price in watched and size < watched[price]:
                        self._see_level(side, price)

    def update_status(self, status: BookStatus) -> None:
        """The feed judges its book. A snapshot ends whatever it was."""
        self._feed_state, self._feed_reason = status.state, status.reason
        if status.state is BookState.GAP:
            self.book.mark_gap(status.reason)
        elif status.state is BookState.SYNCING:
            self.book.reset(status.reason)

    def update_ticker(self, ticker: Ticker) -> bool:
        """Take in the reference prices that a ticker carries; True when one of them moved."""
        before = self.last, self.mark, self.index
        self.last = ticker.last if ticker.last is not None else self.last
        self.mark = ticker.mark if ticker.mark is not None else self.mark
        self.index = ticker.index if ticker.index is not None else self.index
        return before != (self.last, self.mark, self.index)

    def forget_feed(self, reason: str) -> None:
        """The stream broke or jumped: nothing that it said holds any more."""
        self.book.reset(reason)
        self.last = self.mark = self.index = None
        self._feed_state, self._feed_reason, self.fault = BookState.VALID, "", ""

    # -- the displayed market ------------------------------------------------------------------------------

    @property
    def is_valid(self) -> bool:
        """The book may be traded on."""
        return self.book.state is BookState.VALID and self._feed_state is BookState.VALID and not self.fault

    @property
    def invalid_reason(self) -> str:
        """Why it may not, in words."""
        if self.fault:
            return self.fault
        if self.book.state is not BookState.VALID:
            return f"the book is {self.book.state}: {self.book.reason}"
        return f"the book is {self._feed_state}: {self._feed_reason}"

    def rungs(self, side: Side) -> Iterator[Rung]:
        """The levels of `side` as own orders may take them, best first.

        Raises:
            InstrumentError: a level lies off the instrument's grid.
        """
        return self.matching.effective(side, self._ladder(side))

    def plan(self, side: Side, quantity: int, limit: int | None) -> list[Rung]:
        """What an own order on `side` would take."""
        return plan_take(side, quantity, limit, self.rungs(side.opposite))

    def is_crossed(self) -> bool:
        """Whether a displayed level has come to an own order; what we took of it is not looked at."""
        if self.matching.version != self._watched_version:
            self._watch()
        if self._own_bid > -inf:
            ask = self.book.best_ask
            if ask is not None and ask[0] <= self._own_bid:
                return True
        if self._own_ask < inf:
            bid = self.book.best_bid
            return bid is not None and bid[0] >= self._own_ask
        return False

    def crossing(self, side: Side) -> list[Level]:
        """Displayed levels that have come to the own orders of `side`, best first; mostly none."""
        levels: list[Level] = []
        best = self.matching.best_price(side)
        if best is None:
            return levels
        for price, lots in self._ladder(side.opposite):
            if not reaches(side, best, price):
                break
            levels.append((price, lots))
        return levels

    def queue_at(self, side: Side, price: int) -> int | None:
        """Lots that are displayed at `price` and would be served before us; None where the feed does not reach."""
        if not self.is_valid:
            return None
        displayed = self._displayed(side, self.info.float_price(price))
        return None if displayed is None else max(0, displayed - self.matching.taken_at(side, price))

    # -- trades and triggers -------------------------------------------------------------------------------

    def touches_own(self, price: float, aggressor: Side) -> bool:
        """Whether a trade could fill an own resting order."""
        if self.matching.version != self._watched_version:
            self._watch()
        return price <= self._own_bid if aggressor is Side.SELL else price >= self._own_ask

    def prepare_queue(self, side: Side, price: int) -> None:
        """Settle, where the feed reaches `price` by now, the queue of own orders that were put beyond its reach."""
        if any(order.queue_ahead is None for order in self.matching.orders_at(side, price)):
            self._see_level(side, self.info.float_price(price))

    def reference(self, by: TriggerBy) -> float | None:
        """The price that triggers go by; the last price stands in for a mark price that was never told."""
        if by is TriggerBy.LAST:
            return self.last
        if by is TriggerBy.INDEX:
            return self.index
        return self.mark if self.mark is not None else self.last

    def triggered_stops(self) -> list[OwnOrder]:
        """Stops whose price was reached, oldest first."""
        return [order for order in self.stops if self.is_triggered(order)]

    def is_triggered(self, order: OwnOrder) -> bool:
        """Whether the order's reference price has come to its trigger."""
        trigger = order.trigger
        if trigger is None:
            return False
        now, wanted = self.reference(trigger.by), self.info.float_price(trigger.price)
        if now is None:
            return False
        return now >= wanted if trigger.direction is TriggerDirection.RISE else now <= wanted

    def mark_price(self) -> Decimal | None:
        """What positions are valued at: the venue's mark, else the last trade, else the mid."""
        candidates = (self.mark, self.last, self.book.mid)
        price = next((price for price in candidates if price is not None), None)
        return None if price is None else self.info.exact_price(price)

    # -- inside --------------------------------------------------------------------------------------------

    def _ladder(self, side: Side) -> Iterator[Level]:
        info = self.info
        for price, size in self.book.bids() if side is Side.BUY else self.book.asks():
            yield info.to_ticks(price), info.to_lots(size)

    def _displayed(self, side: Side, price: float) -> int | None:
        """Lots at a level; None when it lies beyond the last level of a stream with a fixed depth."""
        book = self.book
        size = book.size_at(side, price)
        if size or not book.depth:
            return self.info.to_lots(size)
        levels = book.bids() if side is Side.BUY else book.asks()
        is_cut_off = len(levels) >= book.depth
        is_beyond = is_cut_off and (price < levels[-1][0] if side is Side.BUY else price > levels[-1][0])
        return None if is_beyond else 0

    def _see_level(self, side: Side, price: float) -> None:
        ticks = self.info.to_ticks(price)
        self.matching.change_level(side, ticks, self._displayed(side, price))
        self._watched[side][price] = self._bound(side, ticks)

    def _bound(self, side: Side, ticks: int) -> float:
        longest = self.matching.longest_queue(side, ticks)
        return inf if longest is None else self.info.float_size(longest)

    def _watch(self) -> None:
        """Name the levels that matter as the feed does, so that a message is searched without converting it."""
        matching, float_price = self.matching, self.info.float_price
        for side in Side:
            self._watched[side] = {
                float_price(price): self._bound(side, price) for price in matching.prices_to_watch(side)
            }
        bid, ask = matching.best_price(Side.BUY), matching.best_price(Side.SELL)
        self._own_bid = -inf if bid is None else float_price(bid)
        self._own_ask = inf if ask is None else float_price(ask)
        self._watched_version = matching.version
