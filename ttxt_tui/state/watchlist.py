"""The watchlist: every instrument of the session in a row, sorted by a column, one of them under the cursor.

Owns the order of the rows, the cursor and how each figure is written. While the cursor is in the list no row changes
its place: what is aimed at stays where it is. Nothing here draws, and no instrument is chosen here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import BookState, InstrumentKey
from ttxt_tui.state.candles import Candle
from ttxt_tui.state.figures import MINUS, on_the_point, scaled, signed, trimmed
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.names import short_symbol, symbol
from ttxt_tui.state.tones import Tone, of_sign

SPARK_MINUTES: Final = 5
"""Of each point of a sparkline, which is the close of a candle."""
SPARK_INTERVAL_NS: Final = SPARK_MINUTES * 60 * NANOSECONDS
_MINUTE_NS: Final = 60 * NANOSECONDS
GAP: Final = 0
_LEVELS: Final = 7
"""A line of rows above each other: the eighth of a cell above parts them."""
_MOST_BASIS_POINTS: Final = 9_999.0


class WatchColumn(StrEnum):
    """What rows can be sorted by; the values are the heads of the columns."""

    SYMBOL = "Symbol"
    LAST = "Last"
    CHANGE = "24h"
    SPREAD = "Spread"
    VOLUME = "Volume"


class Holding(NamedTuple):
    """What is ours of an instrument.

    Attributes:
        position: on spot what is owned. orders: how many work.
        alerts: how many watch it. is_alerted: one of them fired and is not armed again.
    """

    position: Decimal = Decimal(0)
    orders: int = 0
    alerts: int = 0
    is_alerted: bool = False


class WatchRow(NamedTuple):
    """An instrument as it is shown. Figures of a column have blanks behind so that their points line up.

    Attributes:
        last: the last price; `last_tone` is that of the change. spread: in basis points of the middle.
        change: of 24 hours, or with an `s` before it since the first price of the session that is known.
        volume: of 24 hours, in the quote currency (of an inverse contract in contracts).
        spark: heights of 1 to 7 of the last closes, see `sparkline`; `spark_tone` is that of their change.
        position: its direction and size, empty when flat. orders: `◆` and how many work, empty when none.
        alerts: how many watch it, empty when none; is_alerted: as in `Holding`.
        trust: why the book is no market just now, as on the ladder; empty when it is one.
        is_linked: the instrument that the list's group shows. is_cursor: the row that Enter takes.
    """

    key: InstrumentKey
    symbol: str
    short_symbol: str
    last: str
    last_tone: Tone
    change: str
    spread: str
    volume: str
    spark: tuple[int, ...]
    spark_tone: Tone
    position: str
    is_long: bool
    orders: str
    alerts: str
    is_alerted: bool
    trust: str
    is_linked: bool
    is_cursor: bool


class Watchlist:
    """Rows of `markets`.

    Attributes:
        column: what the rows are sorted by. is_rising: the least comes first.
        version: changes with cursor, scroll and sorting; figures have their own time.
    """

    def __init__(
        self, markets: Mapping[InstrumentKey, MarketState], holding_of: Callable[[InstrumentKey], Holding]
    ) -> None:
        self._markets = markets
        self._holding_of = holding_of
        self._order: list[InstrumentKey] = []
        self._cursor: InstrumentKey | None = None
        self._is_entered = False
        self._top = 0
        self.column = WatchColumn.SYMBOL
        self.is_rising = True
        self.version = 0

    # -- what keys do ------------------------------------------------------------------------------------

    @property
    def cursor(self) -> InstrumentKey | None:
        """The instrument that Enter takes; None while the cursor is elsewhere."""
        return self._cursor if self._cursor in self._markets else None

    def enter(self, linked: InstrumentKey | None) -> None:
        """The cursor comes into the list, on `linked`: from now on the rows stay where they are."""
        self._is_entered, self._cursor = True, linked
        self.version += 1

    def leave(self) -> None:
        """The cursor has gone: rows are sorted as they are again."""
        self._is_entered, self._cursor = False, None
        self.version += 1

    def move(self, rows: int) -> None:
        """Move the cursor, once it is in the list, down by `rows`, as far as there are any."""
        order = self._order
        if order and self._is_entered:
            at = order.index(self._cursor) if self._cursor in order else 0
            self._cursor = order[min(max(at + rows, 0), len(order) - 1)]
            self.version += 1

    def point_at(self, line: int) -> InstrumentKey | None:
        """Put the cursor, once it is in the list, on a line of it; the instrument there, None where none is."""
        at = self._top + line
        if not self._is_entered or line < 0 or at >= len(self._order):
            return None
        self._cursor = self._order[at]
        self.version += 1
        return self._cursor

    def sort_by(self, column: WatchColumn) -> None:
        """Sort by `column`: names from A on, figures the largest first; by the same again, the other way round."""
        self.is_rising = not self.is_rising if column is self.column else column is WatchColumn.SYMBOL
        self.column = column
        self._order = self._sorted()
        self.version += 1

    def sort_next(self, steps: int) -> None:
        """Sort by the next column to the right, or with -1 to the left."""
        columns = list(WatchColumn)
        self.sort_by(columns[(columns.index(self.column) + steps) % len(columns)])

    # -- what is shown -----------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many instruments there are."""
        return len(self._markets)

    def rows(self, height: int, linked: InstrumentKey | None, now_ns: int, points: int) -> list[WatchRow]:
        """At most `height` rows, scrolled so that the cursor is among them.

        Args:
            linked: the instrument that the list's group shows.
            points: how many of them a sparkline has.
            now_ns: market time, for the age of books.
        """
        self._follow(linked)
        order, at = self._order, self._cursor if self._cursor is not None else linked
        if at in order:
            line = order.index(at)
            self._top = min(max(self._top, line - height + 1), line)
        self._top = max(min(self._top, len(order) - height), 0)
        shown = [self._markets[key] for key in order[self._top : self._top + max(height, 0)]]
        spreads = on_the_point(_spread_text(_spread(market, now_ns)) for market in shown)
        return [
            self._row(market, spread, linked, now_ns, points) for market, spread in zip(shown, spreads, strict=True)
        ]

    # -- inside ------------------------------------------------------------------------------------------

    def _follow(self, linked: InstrumentKey | None) -> None:
        """New instruments come last while the cursor is in the list, and else where they belong."""
        markets = self._markets
        if not self._is_entered:
            self._order = self._sorted()
            return
        known = [key for key in self._order if key in markets]
        self._order = [*known, *(key for key in self._sorted() if key not in known)] if known else self._sorted()
        if self._cursor not in markets:
            self._cursor = linked if linked in markets else next(iter(self._order), None)

    def _sorted(self) -> list[InstrumentKey]:
        """By the column; what has no figure comes last, and equals by their names."""
        by_name = sorted(self._markets, key=lambda key: (key.pair, key.category, key.venue))
        if self.column is WatchColumn.SYMBOL:
            return by_name if self.is_rising else by_name[::-1]
        sign = 1.0 if self.is_rising else -1.0
        figures = {key: _figure(self._markets[key], self.column) for key in by_name}
        told = [(sign * figure, at, key) for at, (key, figure) in enumerate(figures.items()) if figure is not None]
        return [key for *_, key in sorted(told)] + [key for key, figure in figures.items() if figure is None]

    def _row(
        self, market: MarketState, spread: str, linked: InstrumentKey | None, now_ns: int, points: int
    ) -> WatchRow:
        key, info, last = market.key, market.info, market.last_price
        change, is_of_day = _change(market)
        holding = self._holding_of(key)
        position = info.round_quantity(abs(holding.position))
        trust = market.trust(now_ns).text
        end_ns = now_ns - now_ns % SPARK_INTERVAL_NS + SPARK_INTERVAL_NS
        recent = market.candles.series(SPARK_INTERVAL_NS).between(end_ns - points * SPARK_INTERVAL_NS, end_ns)
        return WatchRow(
            key=key,
            symbol=symbol(key),
            short_symbol=short_symbol(key),
            last="–" if last is None else info.format_price(last, group=True),
            last_tone=Tone.DIM if trust or change is None else of_sign(change),
            change="–" if change is None else f"{'' if is_of_day else 's'}{signed(change * 100, 2)}%",
            spread=spread,
            volume=_volume_text(market),
            spark=sparkline(recent, end_ns),
            spark_tone=of_sign(recent[-1].close - recent[0].close) if recent else Tone.FAINT,
            position=trimmed(info.format_quantity(position)) if position else "",
            is_long=holding.position > 0,
            alerts=str(min(holding.alerts, 99)) if holding.alerts else "",
            is_alerted=holding.is_alerted,
            orders=f"◆{min(holding.orders, 99)}" if holding.orders else "",
            trust=trust,
            is_linked=key == linked,
            is_cursor=self._is_entered and key == self._cursor,
        )


def sparkline(candles: Sequence[Candle], end_ns: int) -> tuple[int, ...]:
    """The closes of candles as heights of 1 to 7 between their least and their greatest.

    One for each interval from the first candle to `end_ns`; one without a candle is a `GAP`.
    """
    if not candles:
        return ()
    low, high = min(candle.close for candle in candles), max(candle.close for candle in candles)
    span, first_ns = high - low, candles[0].time_ns
    heights = [GAP] * ((end_ns - first_ns) // SPARK_INTERVAL_NS)
    for candle in candles:
        share = (candle.close - low) / span if span > 0 else 0.5
        heights[(candle.time_ns - first_ns) // SPARK_INTERVAL_NS] = 1 + min(int(share * _LEVELS), _LEVELS - 1)
    return tuple(heights)


def _change(market: MarketState) -> tuple[float | None, bool]:
    """The change as a fraction, and whether it is that of 24 hours: else it is since the oldest candle's opening."""
    if market.ticker.change_24h is not None:
        return market.ticker.change_24h, True
    candles, last = market.candles.series(_MINUTE_NS).candles, market.last_price
    if last is None or not candles or not candles[0].open:
        return None, False
    return last / candles[0].open - 1, False


def _spread(market: MarketState, now_ns: int) -> float | None:
    """In basis points of the middle; None where the book is no market."""
    book = market.book
    if not market.trust(now_ns).is_good or book.best_bid is None or book.best_ask is None or not book.mid:
        return None
    return (book.best_ask[0] - book.best_bid[0]) / book.mid * 1e4


def _spread_text(spread: float | None) -> str:
    if spread is None:
        return "–"
    spread = min(spread, _MOST_BASIS_POINTS)
    decimals = 2 if abs(spread) < 9.995 else 1 if abs(spread) < 99.95 else 0
    return f"{spread:.{decimals}f}".replace("-", MINUS)


def _volume(market: MarketState) -> float | None:
    """Of 24 hours in the quote currency; of an inverse contract, which counts in that, its volume."""
    ticker = market.ticker
    worth = ticker.volume_24h if market.info.is_inverse else ticker.turnover_24h
    if worth is None and ticker.volume_24h is not None and market.last_price is not None:
        worth = ticker.volume_24h * market.last_price
    return worth


def _volume_text(market: MarketState) -> str:
    volume = _volume(market)
    return "–" if volume is None else scaled(volume)


def _figure(market: MarketState, column: WatchColumn) -> float | None:
    """What a row is sorted by."""
    if column is WatchColumn.LAST:
        return market.last_price
    if column is WatchColumn.CHANGE:
        return _change(market)[0]
    if column is WatchColumn.VOLUME:
        return _volume(market)
    book = market.book
    if book.state is not BookState.VALID or book.best_bid is None or book.best_ask is None or not book.mid:
        return None
    return (book.best_ask[0] - book.best_bid[0]) / book.mid
