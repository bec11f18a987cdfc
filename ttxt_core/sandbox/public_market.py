"""One instrument as a sandbox shows it to everybody: book, trades, figures and candles.

Owns what is public and its history. It must not know orders or accounts.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from msgspec.structs import astuple

from ttxt_core.events.envelope import Event
from ttxt_core.events.market import Instrument, Kline, MarketTrade, MarketTrades, Orderbook, Side, Ticker
from ttxt_core.events.status import BookState, BookStatus
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.sandbox.candles import Candles

_KEPT_TRADES = 1000


class ShownTrade(NamedTuple):
    """A trade, its match time on this server, its place among all messages, and whether the price rose before it."""

    trade: MarketTrade
    time_ms: int
    sequence: int
    tick_direction: str


class PublicMarket:
    """An instrument's public side.

    Attributes:
        info: its steps. book: the displayed book. trades: newest last. candles: of all intervals.
        sequence: counts the messages that this instrument had.
    """

    def __init__(self, event: Event[Instrument]) -> None:
        self.info = InstrumentInfo.from_event(event)
        self.book = LocalOrderbook(self.info.key)
        self.trades: deque[ShownTrade] = deque(maxlen=_KEPT_TRADES)
        self.candles = Candles()
        self.sequence = 7_000_000_000
        self.book_time_ms = 0
        self._figures: Ticker = Ticker()
        self._direction = "ZeroPlusTick"

    @property
    def symbol(self) -> str:
        """The venue's own name."""
        return self.info.spec.symbol

    @property
    def category(self) -> str:
        """The venue's product."""
        return self.info.key.category

    @property
    def ticker(self) -> Ticker:
        """All figures that are known; bid, ask and last come from the book and the trades."""
        return self._figures

    @property
    def last(self) -> float | None:
        """Price of the last trade, else what the feed said it was, else the mid."""
        return self._figures.last if self._figures.last is not None else self.book.mid

    def best(self, side: Side) -> tuple[float, float] | None:
        """Best price and size of the book's own `side`."""
        return self.book.best_bid if side is Side.BUY else self.book.best_ask

    # -- what the feed says ----------------------------------------------------------------------------------

    def describe(self, event: Event[Instrument]) -> None:
        """The instrument is described anew."""
        self.info = InstrumentInfo.from_event(event)

    def on_book(self, event: Event[Orderbook], now_ms: int) -> None:
        """The displayed book changes."""
        self.sequence += 1
        self.book_time_ms = now_ms
        self.book.update(event)

    def on_status(self, status: BookStatus) -> None:
        """The feed judges its book."""
        if status.state is BookState.GAP:
            self.book.mark_gap(status.reason)
        elif status.state is not BookState.VALID:
            self.book.reset(status.reason)

    def on_trades(self, trades: MarketTrades, now_ms: int) -> list[ShownTrade]:
        """Others traded; returns the trades as they are shown."""
        self.sequence += 1
        shown = []
        for trade in trades.trades:
            before = self._figures.last
            if before is not None and trade.price != before:
                self._direction = "PlusTick" if trade.price > before else "MinusTick"
            elif not self._direction.startswith("Zero"):
                self._direction = f"Zero{self._direction}"
            self._merge(Ticker(last=trade.price))
            self.candles.trade(trade.price, trade.size, now_ms)
            shown.append(ShownTrade(trade, now_ms, self.sequence, self._direction))
        self.trades.extend(shown)
        return shown

    def on_ticker(self, ticker: Ticker) -> None:
        """The figures change."""
        self._merge(ticker)

    def on_kline(self, kline: Kline) -> None:
        """A candle of the time before the start."""
        self.candles.seed(kline)

    def _merge(self, ticker: Ticker) -> None:
        known, told = astuple(self._figures), astuple(ticker)
        self._figures = Ticker(*[old if new is None else new for old, new in zip(known, told, strict=True)])
