"""A recording in disguise, for practice without knowing what it is of or when: other names, dates and price levels.

Owns the change of events, and of times there and back. It changes names and units and never the market: a base currency
is counted in another unit, as after a split, so that ticks and lots stay the same whole numbers, a price times a size
is the same money, and every percentage and fee is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import (
    BookStatus,
    Event,
    FeedGap,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Ticker,
)
from ttxt_core.instruments import InstrumentInfo, TradingPair
from ttxt_core.recording.index import Damage
from ttxt_core.recording.reader import Gap
from ttxt_core.recording.timeline import Moment, Timeline

FIRST_DAY: Final = date(2000, 1, 1)
"""The day that a recording in disguise begins on; the time of day stays."""
DAY_NS: Final = 86_400 * NANOSECONDS

_UNITS: Final = (2, 4, 5, 8)
"""Leading digits of the factors: each has an exact decimal inverse, and none leaves a price as it is known."""
_LEVEL: Final = 1
"""The power of ten that prices are brought to before that: they begin between 20 and 800, whatever they were."""
_LOOK_AHEAD: Final = 20_000
"""Events that are looked at for a first price of every instrument."""
_OFF_GRID: Final = 4
"""Decimals that a price off the tick grid (mark, index) keeps beyond those of the tick."""


class _Units(NamedTuple):
    """How one instrument is counted: what prices and amounts of base and quote currency are multiplied by."""

    key: InstrumentKey
    price: Decimal
    base: Decimal
    quote: Decimal
    price_decimals: int
    size_decimals: int


class Disguise:
    """Other names, units and dates for some instruments.

    Attributes:
        names: currency → what it is called instead. later_ns: what is added to every time, whole days.
    """

    def __init__(
        self,
        instruments: Iterable[Event[Instrument]],
        names: Mapping[str, str],
        factors: Mapping[str, Decimal],
        later_ns: int,
    ) -> None:
        """`factors`: currency → how many of its old units one new unit is; 1 where it is not named."""
        self.names = names
        self.later_ns = later_ns
        self._factors = factors
        self._units: dict[tuple[str, str, str], _Units] = {}
        for event in instruments:
            self._learn(event)
        self._changes: dict[type, Callable[[Any, _Units], Any]] = {
            Orderbook: _book,
            MarketTrades: self._trades,
            Kline: self._candle,
            Ticker: self._ticker,
            BookStatus: _status,
            FeedGap: _gap,
        }

    @classmethod
    def of(cls, timeline: Timeline, random: Random) -> Disguise:
        """One for the recordings of `timeline`: each base currency a name and a price level drawn from `random`."""
        instruments = timeline.instruments
        bases = list(dict.fromkeys(event.data.base for event in instruments.values()))
        letters = [chr(ord("A") + at % 26) * 3 + (str(at // 26) if at > 25 else "") for at in range(len(bases))]
        random.shuffle(letters)
        levels = _first_prices(timeline)
        factors = {
            base: Decimal(random.choice(_UNITS)).scaleb(_LEVEL - levels.get(base, Decimal(1)).adjusted())
            for base in bases
        }
        begun = datetime.fromtimestamp(timeline.first_ns // NANOSECONDS, UTC).date()
        later_ns = (FIRST_DAY - begun).days * DAY_NS
        return cls(instruments.values(), dict(zip(bases, letters, strict=True)), factors, later_ns)

    def key(self, key: InstrumentKey) -> InstrumentKey:
        """What `key` is called."""
        pair = TradingPair.parse(key.pair)
        base, quote, settle = (self.names.get(name, name) for name in (pair.base, pair.quote, pair.settle))
        return InstrumentKey(key.venue, key.category, str(TradingPair(base, quote, settle, self._day(pair.expiry))))

    def price_factor(self, key: InstrumentKey) -> Decimal:
        """What prices of the instrument that is really `key` are multiplied by."""
        pair = TradingPair.parse(key.pair)
        return self._factors.get(pair.base, Decimal(1)) / self._factors.get(pair.quote, Decimal(1))

    def event(self, event: Event[Any]) -> Event[Any] | None:
        """`event` in disguise; None for one of a type that is not known here, which might tell."""
        kind = type(event.data)
        if kind is Instrument:
            return self._learn(event)
        change = self._changes.get(kind)
        if change is None:
            return None
        header = event.header
        units = self._units.get((header.venue, header.category, header.pair))
        if units is None:
            return Event(self._header(header, header.key), event.data) if kind is FeedGap else None
        return Event(self._header(header, units.key), change(event.data, units))

    # -- inside ------------------------------------------------------------------------------------------

    def _header(self, header: MessageHeader, key: InstrumentKey) -> MessageHeader:
        venue_ns = header.venue_time_ns + self.later_ns if header.venue_time_ns else 0
        return MessageHeader(*key, venue_ns, header.receive_time_ns + self.later_ns, header.sequence, header.source)

    def _learn(self, event: Event[Instrument]) -> Event[Instrument]:
        """The instrument in disguise, in whose steps its other events are told from now on."""
        spec, key = event.data, self.key(event.header.key)
        base = 1 / self._factors.get(spec.base, Decimal(1))
        quote = 1 / self._factors.get(spec.quote, Decimal(1))
        price = self.price_factor(event.header.key)

        def scaled(amount: Decimal | None, factor: Decimal) -> Decimal | None:
            return None if amount is None else amount * factor

        pair = TradingPair.parse(key.pair)
        changed = replace(
            spec,
            symbol=f"{pair.base}{pair.quote}",
            base=pair.base,
            quote=pair.quote,
            settle=self.names.get(spec.settle, spec.settle),
            tick_size=spec.tick_size * price,
            lot_size=spec.lot_size * base,
            min_quantity=scaled(spec.min_quantity, base),
            max_quantity=scaled(spec.max_quantity, base),
            max_market_quantity=scaled(spec.max_market_quantity, base),
            min_notional=scaled(spec.min_notional, quote),
            min_price=scaled(spec.min_price, price),
            max_price=scaled(spec.max_price, price),
        )
        info = InstrumentInfo(key, changed)
        self._units[event.header.key] = _Units(key, price, base, quote, info.price_decimals, info.quantity_decimals)
        return Event(self._header(event.header, key), changed)

    def _day(self, expiry: str) -> str:
        if not expiry:
            return ""
        day = datetime.strptime(expiry, "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=self.later_ns // DAY_NS)
        return f"{day:%Y%m%d}"

    def _trades(self, data: MarketTrades, units: _Units) -> MarketTrades:
        price, size, later_ns = float(units.price), float(units.base), self.later_ns
        return MarketTrades(
            [
                MarketTrade(
                    round(trade.price * price, units.price_decimals),
                    round(trade.size * size, units.size_decimals),
                    trade.side,
                    trade.trade_id,
                    trade.time_ns + later_ns,
                    trade.is_block,
                )
                for trade in data.trades
            ]
        )

    def _candle(self, data: Kline, units: _Units) -> Kline:
        price, places = float(units.price), units.price_decimals
        return Kline(
            data.interval_ns,
            data.start_ns + self.later_ns,
            round(data.open * price, places),
            round(data.high * price, places),
            round(data.low * price, places),
            round(data.close * price, places),
            data.volume * float(units.base),
            data.turnover * float(units.quote),
            data.is_closed,
        )

    def _ticker(self, data: Ticker, units: _Units) -> Ticker:
        places = units.price_decimals

        def price(value: float | None, more: int = 0) -> float | None:
            return None if value is None else round(value * float(units.price), places + more)

        def amount(value: float | None, factor: Decimal) -> float | None:
            return None if value is None else value * float(factor)

        return replace(
            data,
            last=price(data.last),
            mark=price(data.mark, _OFF_GRID),
            index=price(data.index, _OFF_GRID),
            bid=price(data.bid),
            bid_size=amount(data.bid_size, units.base),
            ask=price(data.ask),
            ask_size=amount(data.ask_size, units.base),
            next_funding_ns=None if data.next_funding_ns is None else data.next_funding_ns + self.later_ns,
            open_interest=amount(data.open_interest, units.base),
            high_24h=price(data.high_24h),
            low_24h=price(data.low_24h),
            volume_24h=amount(data.volume_24h, units.base),
            turnover_24h=amount(data.turnover_24h, units.quote),
        )


class DisguisedTimeline:
    """A timeline in disguise: all that it gives, and every time that it is asked for, is so. See `Timeline`."""

    def __init__(self, timeline: Timeline, disguise: Disguise) -> None:
        self._timeline = timeline
        self._disguise = disguise
        self._later_ns = disguise.later_ns

    @property
    def first_ns(self) -> int:
        """Least receive time."""
        return self._timeline.first_ns + self._later_ns

    @property
    def last_ns(self) -> int:
        """Greatest receive time."""
        return self._timeline.last_ns + self._later_ns

    @property
    def instruments(self) -> dict[InstrumentKey, Event[Instrument]]:
        """The instruments, in the order of the paths.

        Raises:
            RecordingError: a recording's instrument can't be read.
        """
        changed = list(self._events(self._timeline.instruments.values()))
        return {event.header.key: event for event in changed}

    @property
    def gaps(self) -> list[Gap]:
        """Where events are missing."""
        return [Gap(gap.start_ns + self._later_ns, gap.end_ns + self._later_ns) for gap in self._timeline.gaps]

    @property
    def damage(self) -> list[tuple[Path, Damage]]:
        """What can't be read; the file's name might tell and is left out."""
        return [(Path("a recording"), damage) for _, damage in self._timeline.damage]

    def activity(self, buckets: int) -> list[int]:
        """Events in each of `buckets` equal parts of the whole time."""
        return self._timeline.activity(buckets)

    def start(self) -> Moment:
        """Before the first event."""
        return self._moment(self._timeline.start())

    def state_at(self, time_ns: int) -> Moment:
        """What was known after all events up to and including `time_ns`, and what follows."""
        return self._moment(self._timeline.state_at(time_ns - self._later_ns))

    def last_time_before(self, time_ns: int) -> int | None:
        """The receive time of the last event before `time_ns`; None when there is none."""
        found = self._timeline.last_time_before(time_ns - self._later_ns)
        return None if found is None else found + self._later_ns

    def last_book_before(self, time_ns: int) -> int | None:
        """The receive time of the last `Orderbook` before `time_ns`; None when there is none."""
        found = self._timeline.last_book_before(time_ns - self._later_ns)
        return None if found is None else found + self._later_ns

    def _moment(self, moment: Moment) -> Moment:
        return Moment(list(self._events(moment.state)), self._events(moment.rest))

    def _events(self, events: Iterable[Event[Any]]) -> Iterator[Event[Any]]:
        return (changed for event in events if (changed := self._disguise.event(event)) is not None)


def _book(data: Orderbook, units: _Units) -> Orderbook:
    price, size = float(units.price), float(units.base)
    price_decimals, size_decimals = units.price_decimals, units.size_decimals

    def levels(told: list[tuple[float, float]]) -> list[tuple[float, float]]:
        # Rounding gives the very float that names the step, as a venue's text would.
        return [(round(p * price, price_decimals), round(s * size, size_decimals)) for p, s in told]

    bids, asks = levels(data.bids), levels(data.asks)
    return Orderbook(bids, asks, data.is_snapshot, data.sequence, data.previous_sequence, data.depth)


def _status(data: BookStatus, _: _Units) -> BookStatus:
    return BookStatus(data.state)


def _gap(data: FeedGap, _: _Units) -> FeedGap:
    return FeedGap("events are missing", data.missed)


def _first_prices(timeline: Timeline) -> dict[str, Decimal]:
    """Base currency → the first price that is told of it."""
    prices: dict[str, Decimal] = {}
    wanted = {TradingPair.parse(key.pair).base for key in timeline.instruments}
    for event in islice(timeline.start().rest, _LOOK_AHEAD):
        price = _price_in(event.data)
        if price is None or not price > 0:
            continue
        prices.setdefault(TradingPair.parse(event.header.pair).base, Decimal(repr(price)))
        if len(prices) == len(wanted):
            break
    return prices


def _price_in(data: object) -> float | None:
    if isinstance(data, Orderbook):
        return next((level[0] for level in (*data.bids[:1], *data.asks[:1])), None)
    if isinstance(data, MarketTrades):
        return data.trades[0].price if data.trades else None
    return data.close if isinstance(data, Kline) else None
