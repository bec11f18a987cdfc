"""When an alert is met: one condition a kind, fed with the events of its instrument.

Owns what each kind counts and when it is clear again. Whether an alert may fire, and how often, is
`ttxt_tui.state.alerts`' matter. Nothing here reads a clock.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any, Final

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import BookState, Event, MarketTrade, MarketTrades, Orderbook
from ttxt_tui.config.alerts import AlertKind, AlertRule
from ttxt_tui.state.figures import age, fixed, plain, scaled, trimmed
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.names import SIDE_SHORT, SIDE_WORD

PRICE_BAND: Final = 0.0005
"""A price that fired is clear when the last price is this share of it away."""
CLEAR_BELOW: Final = 0.8
"""A spread or a burst is clear below this share of its value."""
BURST_S: Final = 10
USUAL_S: Final = 300
"""How far back of those ten seconds reaches what is usual."""
LEAST_USUAL_S: Final = 60
"""Before so much is known nothing is usual."""
BASIS_POINTS: Final = 10_000


class Condition:
    """What an alert waits for. By itself it is never met and always clear."""

    def __init__(self, value: float) -> None:
        self.value = value

    def heard(self, market: MarketState, event: Event[Any]) -> bool:
        """Whether `event`, which `market` has taken in, meets it."""
        return False

    def passes(self, now_ns: int) -> bool:
        """Whether it is met because nothing was heard up to `now_ns`."""
        return False

    def is_clear(self) -> bool:
        """Whether what was met is clearly over."""
        return True

    def reset(self) -> None:
        """Another time, or a new stream: what was counted is void."""

    def said(self, market: MarketState) -> str:
        """What met it, in words, without the symbol."""
        return ""

    def briefly(self, market: MarketState) -> str:
        """The same in a word or two."""
        return ""


class PriceCondition(Condition):
    """The last price comes from one side of a price to it or through it."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self._last: float | None = None
        self._side = 0

    def heard(self, market: MarketState, event: Event[Any]) -> bool:
        if type(event.data) is not MarketTrades:
            return False
        is_met = False
        for trade in event.data.trades:
            self._last = trade.price
            side = (trade.price > self.value) - (trade.price < self.value)
            if self._side and side != self._side:
                is_met = True
                self._side = side or -self._side
            elif side:
                self._side = side
        return is_met

    def is_clear(self) -> bool:
        return self._last is None or abs(self._last - self.value) >= PRICE_BAND * self.value

    def reset(self) -> None:
        self._last, self._side = None, 0

    def said(self, market: MarketState) -> str:
        way = "▲ rose" if self._side > 0 else "▼ fell"
        return f"{way} to {_price(market, self.value)}"

    def briefly(self, market: MarketState) -> str:
        return f"{'▲' if self._side > 0 else '▼'} {_price(market, self.value)}"


class SpreadCondition(Condition):
    """The spread of a valid book is wider than so many basis points."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self._width = 0.0

    def heard(self, market: MarketState, event: Event[Any]) -> bool:
        if type(event.data) is not Orderbook or market.book.state is not BookState.VALID:
            return False
        bid, ask = market.book.best_bid, market.book.best_ask
        if bid is None or ask is None:
            return False
        self._width = (ask[0] - bid[0]) / ((ask[0] + bid[0]) / 2) * BASIS_POINTS
        return self._width > self.value

    def is_clear(self) -> bool:
        return self._width <= CLEAR_BELOW * self.value

    def reset(self) -> None:
        self._width = 0.0

    def said(self, market: MarketState) -> str:
        return f"spread {_short(self._width)} bp, over {_short(self.value)}"

    def briefly(self, market: MarketState) -> str:
        return f"spread {_short(self._width)} bp"


class PrintCondition(Condition):
    """A print: what one taker took at one time, over all prices of a message. Block trades are none."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self._worth = 0.0
        self._trade: MarketTrade | None = None

    def heard(self, market: MarketState, event: Event[Any]) -> bool:
        if type(event.data) is not MarketTrades:
            return False
        worth, largest, before = 0.0, 0.0, None
        for trade in event.data.trades:
            if trade.is_block:
                continue
            is_same = before is not None and (before.side, before.time_ns) == (trade.side, trade.time_ns)
            worth = _worth(market, trade) + (worth if is_same else 0.0)
            before = trade
            if worth >= max(largest, self.value):
                largest, self._worth, self._trade = worth, worth, trade
        return largest > 0

    def said(self, market: MarketState) -> str:
        if self._trade is None:
            return ""
        worth = f"{fixed(self._worth, 0)} {market.info.spec.quote}"
        return f"large print {SIDE_WORD[self._trade.side]} {worth} @ {_price(market, self._trade.price)}"

    def briefly(self, market: MarketState) -> str:
        return "" if self._trade is None else f"print {SIDE_SHORT[self._trade.side]} {scaled(self._worth)}"


class BurstCondition(Condition):
    """What traded in the last seconds, over what usually trades in as many."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.reset()

    def reset(self) -> None:
        self._seconds: deque[tuple[int, float]] = deque()
        self._first = self._second = -1
        self._now = self._recent = self._usual = self._times = 0.0

    def heard(self, market: MarketState, event: Event[Any]) -> bool:
        second = event.header.receive_time_ns // NANOSECONDS
        if second > self._second:
            self._turn(second)
        if type(event.data) is MarketTrades:
            self._now += sum(_worth(market, trade) for trade in event.data.trades if not trade.is_block)
        self._times = (self._recent + self._now) / self._usual if self._usual else 0.0
        return self._times >= self.value

    def _turn(self, second: int) -> None:
        """Another second has begun: sum up what was before it."""
        if self._first < 0:
            self._first = second
        elif self._now:
            self._seconds.append((self._second, self._now))
        self._second, self._now = second, 0.0
        recent_from = second - BURST_S + 1
        while self._seconds and self._seconds[0][0] < recent_from - USUAL_S:
            self._seconds.popleft()
        self._recent = sum(worth for at, worth in self._seconds if at >= recent_from)
        known_s = min(recent_from - self._first, USUAL_S)
        before = sum(worth for at, worth in self._seconds if at < recent_from)
        self._usual = before / known_s * BURST_S if known_s >= LEAST_USUAL_S else 0.0

    def is_clear(self) -> bool:
        return self._times <= CLEAR_BELOW * self.value

    def said(self, market: MarketState) -> str:
        return f"{_short(self._times)}× the usual volume in {BURST_S} s"

    def briefly(self, market: MarketState) -> str:
        return f"volume {_short(self._times)}×"


class StaleCondition(Condition):
    """Nothing was heard of a valid book for so many seconds. Before there was one, nothing is stale."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self._good_ns: int | None = None
        self._quiet_ns = 0

    def heard(self, market: MarketState, event: Event[Any]) -> bool:
        now_ns = event.header.receive_time_ns
        is_met = self.passes(now_ns)
        if type(event.data) is Orderbook and market.book.state is BookState.VALID:
            self._good_ns = now_ns
        return is_met

    def passes(self, now_ns: int) -> bool:
        if self._good_ns is None:
            return False
        self._quiet_ns = now_ns - self._good_ns
        return self._quiet_ns >= self.value * NANOSECONDS

    def is_clear(self) -> bool:
        return self._good_ns is None or self._quiet_ns < self.value * NANOSECONDS

    def reset(self) -> None:
        self._good_ns, self._quiet_ns = None, 0

    def said(self, market: MarketState) -> str:
        return f"no valid book for {age(self._quiet_ns)}"

    def briefly(self, market: MarketState) -> str:
        return f"stale {age(self._quiet_ns)}"


_CONDITIONS: Final[dict[AlertKind, type[Condition]]] = {
    AlertKind.CROSSES: PriceCondition,
    AlertKind.SPREAD: SpreadCondition,
    AlertKind.PRINTS: PrintCondition,
    AlertKind.BURST: BurstCondition,
    AlertKind.STALE: StaleCondition,
}


def condition_of(rule: AlertRule) -> Condition:
    """A condition that has heard nothing yet."""
    return _CONDITIONS[rule.when](rule.value)


def described(rule: AlertRule, market: MarketState | None) -> str:
    """What a rule watches: `crosses 65,000.0`, `spread over 5 bp`."""
    value = _short(rule.value)
    texts = {
        AlertKind.CROSSES: f"crosses {value if market is None else _price(market, rule.value)}",
        AlertKind.SPREAD: f"spread over {value} bp",
        AlertKind.PRINTS: f"prints from {value}" + ("" if market is None else f" {market.info.spec.quote}"),
        AlertKind.BURST: f"burst of {value}× the usual volume",
        AlertKind.STALE: f"stale for {value} s",
    }
    return texts[rule.when]


def _worth(market: MarketState, trade: MarketTrade) -> float:
    """In quote currency."""
    return trade.size if market.info.is_inverse else trade.size * trade.price


def _price(market: MarketState, price: float) -> str:
    """With the instrument's decimals; whole where it lies between its ticks."""
    info = market.info
    exact = info.exact_price(price)
    return info.format_price(exact, group=True) if exact % info.tick_size == 0 else f"{exact:,f}"


def _short(value: float) -> str:
    """At most two decimals; of a value near zero two figures that count."""
    return trimmed(f"{value:,.2f}") if value >= 0.1 else plain(Decimal(f"{value:.2g}"))
