"""What the tests of the practice market share: a reader that keeps the book, and checks each event against it."""

from typing import Any

from ttxt_core.events import BookState, Event, Kline, MarketTrades, Orderbook, Ticker
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import PracticePair

START_NS = 1_790_000_000_000_000_000 + 12_345_678_901
"""Somewhere inside a minute."""
SECOND_NS = 1_000_000_000


class Reader:
    """Takes one pair's events as a consumer would; what a real market can't do fails here.

    Attributes:
        book: the kept book.
        events: everything read. trades, deltas, tickers, candles: the data of each kind with its time.
    """

    def __init__(self, pair: PracticePair) -> None:
        self.pair = pair
        self.info = InstrumentInfo(pair.key, pair.spec)
        self.book = LocalOrderbook(pair.key)
        self.events: list[Event[Any]] = []
        self.trades: list[tuple[int, MarketTrades]] = []
        self.deltas: list[tuple[int, Orderbook]] = []
        self.tickers: list[tuple[int, Ticker]] = []
        self.candles: list[tuple[int, Kline]] = []
        self.spreads: list[int] = []
        self._held: tuple[dict[float, float], dict[float, float]] = ({}, {})

    def read(self, event: Event[Any]) -> None:
        header, data = event.header, event.data
        if self.events:
            last = self.events[-1].header
            assert header.venue_time_ns >= last.venue_time_ns
            assert header.sequence == last.sequence + 1
        self.events.append(event)
        time_ns = header.venue_time_ns
        if isinstance(data, Orderbook):
            self._read_book(event)
        elif isinstance(data, MarketTrades):
            self._check_trades(data)
            self.trades.append((time_ns, data))
        elif isinstance(data, Ticker):
            self.tickers.append((time_ns, data))
        elif isinstance(data, Kline):
            self.candles.append((time_ns, data))

    def run(self, flow: OrderFlow, steps: int) -> "Reader":
        """Read `steps` steps of `flow`, after its opening when nothing was read yet."""
        if not self.events:
            for event in flow.opening():
                self.read(event)
        for _ in range(steps):
            for event in flow.step():
                self.read(event)
        return self

    def _read_book(self, event: Event[Orderbook]) -> None:
        data = event.data
        for held, levels in zip(self._held, (data.bids, data.asks), strict=True):
            for price, size in levels:
                self.info.to_ticks(price)  # raises when it is off the grid
                assert self.info.to_lots(size) >= 0
                # A delta says what changed and nothing else.
                assert size != held.get(price, 0.0)
                held[price] = size
        assert self.book.update(event) is BookState.VALID, self.book.reason
        if not data.is_snapshot:
            self.deltas.append((event.header.venue_time_ns, data))
        bid, ask = self.book.best_bid, self.book.best_ask
        assert bid is not None
        assert ask is not None
        self.spreads.append(self.info.to_ticks(ask[0]) - self.info.to_ticks(bid[0]))
        assert self.spreads[-1] >= 1

    def _check_trades(self, data: MarketTrades) -> None:
        """One market order took what was there: the best prices first, never more than was shown."""
        side = data.trades[0].side
        sizes: dict[float, int] = {}
        for trade in data.trades:
            assert trade.side is side
            assert trade.size > 0
            sizes[trade.price] = sizes.get(trade.price, 0) + self.info.to_lots(trade.size)
        shown = (self.book.asks if side == "buy" else self.book.bids)(len(sizes))
        assert [price for price, _ in shown] == list(sizes)
        for (_, size), lots in zip(shown, sizes.values(), strict=True):
            assert lots <= self.info.to_lots(size)
