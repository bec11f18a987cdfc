"""One instrument's market as the screen knows it: book, ticker, trades and candles, and how far they can be trusted.

Owns what events say and nothing of how it is shown. `MarketState.apply` is the one way in; it is called for every
market event of its instrument, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    FeedGap,
    Instrument,
    Kline,
    MarketTrade,
    MarketTrades,
    Orderbook,
    ResetReason,
    Side,
    StreamReset,
    Ticker,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_tui.state.candles import CandleStore
from ttxt_tui.state.figures import age
from ttxt_tui.state.flow import LevelChanges, TradedVolume
from ttxt_tui.state.heat_history import TICK_NS, HeatHistory
from ttxt_tui.state.queue_position import QueueTracker
from ttxt_tui.state.tape import TapeState

STALE_AFTER_NS: Final = 10 * NANOSECONDS
"""A book that nothing was heard of for longer is not the market any more."""
_RECENT_TRADES: Final = 8
_VALID: Final = BookState.VALID


class TradedHere(NamedTuple):
    """What traded last at a price, in one go: until another price traded."""

    size: float
    side: Side
    time_ns: int


class Trust(NamedTuple):
    """Whether the book may be traded on. `text` is what to say: `STALE 12s`; empty when all is well."""

    is_good: bool
    text: str = ""
    reason: str = ""


_GOOD: Final = Trust(is_good=True)


class MarketState:
    """The market of one instrument.

    Attributes (read them, don't set them):
        info: its ticks, lots and formats.
        ticks_per_unit: how many ticks one unit of the quote currency has.
        book: the kept book; `trust` says whether it may be shown as the market.
        ticker: all figures that were told so far, merged.
        last_trade: None before the first.
        recent: ticks → what traded there last, the last few prices, oldest first.
        tape, candles, traded, changes, queues, heat: see their classes.
        version: changes with every event.
        epoch: changes when all that was known became void (another time of a replay, another tick size).
        latency_ns: receive time less venue time of the last event that had both; None before one.
    """

    def __init__(self, info: InstrumentInfo, stale_after_ns: int = STALE_AFTER_NS) -> None:
        self.key = info.key
        self.stale_after_ns = stale_after_ns
        self.book = LocalOrderbook(info.key)
        self.ticker = Ticker()
        self.last_trade: MarketTrade | None = None
        self.recent: dict[int, TradedHere] = {}
        self.tape = TapeState(info)
        self.candles = CandleStore()
        self.traded = TradedVolume()
        self.changes = LevelChanges()
        self.queues = QueueTracker()
        self.heat = HeatHistory()
        self.version = 0
        self.epoch = 0
        self.latency_ns: int | None = None
        self._book_time_ns: int | None = None
        self._set_info(info)
        self._appliers: dict[type, Callable[[Event[Any]], None]] = {
            Orderbook: self._on_book,
            MarketTrades: self._on_trades,
            Ticker: self._on_ticker,
            Kline: self._on_kline,
            Instrument: self._on_instrument,
            BookStatus: self._on_book_status,
            FeedGap: self._on_gap,
            StreamReset: self._on_reset,
        }

    # -- reading -----------------------------------------------------------------------------------------

    @property
    def last_price(self) -> float | None:
        """Of the last trade; before one, what the ticker says."""
        return self.last_trade.price if self.last_trade is not None else self.ticker.last

    @property
    def reference_price(self) -> float | None:
        """The best known price: the middle of a valid book, else the last price, the mark, or the one side there is."""
        is_valid = self.book.state is BookState.VALID
        if is_valid and self.book.mid is not None:
            return self.book.mid
        if self.last_price is not None or self.ticker.mark is not None:
            return self.ticker.mark if self.last_price is None else self.last_price
        level = self.book.best_bid or self.book.best_ask
        return level[0] if is_valid and level is not None else None

    def age_ns(self, now_ns: int) -> int | None:
        """How long ago the book was heard of, at `now_ns` of market time; None before it was."""
        return None if self._book_time_ns is None else max(0, now_ns - self._book_time_ns)

    def trust(self, now_ns: int) -> Trust:
        """Whether the book may be traded on at `now_ns` of market time."""
        since_ns = self.age_ns(now_ns)
        state = self.book.state
        if state is BookState.VALID:
            if since_ns is None or since_ns < self.stale_after_ns:
                return _GOOD
            return Trust(is_good=False, text=f"STALE {age(since_ns)}", reason=f"no book message for {age(since_ns)}")
        word = state.value.upper()
        if since_ns is None or state is BookState.SYNCING:
            return Trust(is_good=False, text=word, reason=self.book.reason)
        return Trust(is_good=False, text=f"{word} {age(since_ns)}", reason=self.book.reason)

    def ticks_of(self, price: float) -> int:
        """`price` of market data in ticks, to the nearest; never fails."""
        return int(price * self.ticks_per_unit + 0.5)

    # -- events ------------------------------------------------------------------------------------------

    def apply(self, event: Event[Any]) -> None:
        """Take in a market event of this instrument, or a reset of its stream; others are ignored."""
        applier = self._appliers.get(type(event.data))
        if applier is None:
            return
        header = event.header
        if header.venue_time_ns and header.receive_time_ns:
            self.latency_ns = max(0, header.receive_time_ns - header.venue_time_ns)
        if header.receive_time_ns >= self.heat.due_ns:
            self._advance_heat(header.receive_time_ns)
        applier(event)
        self.version += 1

    def pass_quiet_time(self, now_ns: int) -> None:
        """It is `now_ns` of market time: where nothing was heard for a while, what is kept by time goes on."""
        if now_ns >= self.heat.due_ns + TICK_NS:
            self._advance_heat(now_ns)

    def _advance_heat(self, now_ns: int) -> None:
        self.heat.advance(now_ns, self.book, (self._book_time_ns or 0) + self.stale_after_ns)

    def _on_book(self, event: Event[Orderbook]) -> None:
        message, book = event.data, self.book
        if self.changes.is_wanted:
            self._note_changes(message, event.header.receive_time_ns)
        self.heat.is_changed = True
        if book.update(event) is not _VALID:
            self.heat.mark_broken()
        self._book_time_ns = event.header.receive_time_ns
        if self.queues:
            self.queues.on_book(book)

    def _note_changes(self, message: Orderbook, now_ns: int) -> None:
        changes, book, per_unit = self.changes, self.book, self.ticks_per_unit
        if message.is_snapshot:
            changes.clear()
            return
        changes.turn(now_ns)
        for side, levels in ((Side.BUY, message.bids), (Side.SELL, message.asks)):
            for price, size in levels:
                changes.note(side, int(price * per_unit + 0.5), size - book.size_at(side, price))

    def _on_trades(self, event: Event[MarketTrades]) -> None:
        trades, now_ns = event.data.trades, event.header.receive_time_ns
        if not trades:
            return
        self.tape.add(trades, now_ns)
        self.candles.apply_trades(trades)
        recent = self.recent
        for trade in trades:
            ticks = self.ticks_of(trade.price)
            self.traded.add(trade.side, ticks, trade.size)
            self.heat.add_trade(trade.side, ticks, trade.size)
            before = next(reversed(recent)) if recent else None
            size = trade.size
            if before == ticks and recent[ticks].side is trade.side:
                size += recent[ticks].size
            recent.pop(ticks, None)
            recent[ticks] = TradedHere(size, trade.side, now_ns)
            if self.changes.is_wanted:
                self.changes.note(trade.side.opposite, ticks, trade.size)
            if self.queues:
                self.queues.on_trade(trade.side, trade.price, trade.size)
        while len(recent) > _RECENT_TRADES:
            del recent[next(iter(recent))]
        self.last_trade = trades[-1]

    def _on_ticker(self, event: Event[Ticker]) -> None:
        told, known = event.data, self.ticker
        figures = (
            (getattr(known, name) if (figure := getattr(told, name)) is None else figure)
            for name in Ticker.__struct_fields__
        )
        self.ticker = Ticker(*figures)

    def _on_kline(self, event: Event[Kline]) -> None:
        self.candles.apply_kline(event.data)

    def _on_instrument(self, event: Event[Instrument]) -> None:
        if event.data == self.info.spec:
            return
        is_other_grid = event.data.tick_size != self.info.tick_size or event.data.lot_size != self.info.lot_size
        self._set_info(InstrumentInfo.from_event(event))
        if is_other_grid:
            self._clear("the instrument's steps changed")
            self.heat.clear()
            self.epoch += 1

    def _on_book_status(self, event: Event[BookStatus]) -> None:
        status = event.data
        if status.state is BookState.SYNCING:
            self.book.reset(status.reason)
        elif status.state is BookState.STALE:
            self.book.mark_stale(status.reason)
        elif status.state is BookState.GAP:
            self.book.mark_gap(status.reason)
        # VALID says nothing new: only a snapshot makes the kept book valid again.
        if self.book.state is not _VALID:
            self.heat.mark_broken()

    def _on_gap(self, event: Event[FeedGap]) -> None:
        self.tape.missed(event.data.missed, event.header.receive_time_ns)

    def _on_reset(self, event: Event[StreamReset]) -> None:
        self._clear(f"stream reset: {event.data.reason}")
        if event.data.reason is ResetReason.RECONNECT:
            self.heat.mark_broken()  # what was seen before is of the same time and stays
            return
        self.heat.clear()
        self.epoch += 1

    # -- inside ------------------------------------------------------------------------------------------

    def _set_info(self, info: InstrumentInfo) -> None:
        self.info = self.tape.info = info
        self.ticks_per_unit = 1.0 / float(info.tick_size)
        self.heat.use_steps(self.ticks_per_unit, 1.0 / float(info.lot_size))

    def _clear(self, reason: str) -> None:
        self.book.reset(reason)
        self.ticker = Ticker()
        self.last_trade = None
        self.recent.clear()
        self.tape.clear()
        self.candles.clear()
        self.traded.clear()
        self.changes.clear()
        self.queues.clear()
        self._book_time_ns = self.latency_ns = None
