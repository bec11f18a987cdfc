"""Market data: what a venue tells everybody. Prices and sizes are float64.

Sizes and volumes are in base currency and turnovers in quote currency; of inverse contracts, which settle in their base
currency, it is the other way round (`InstrumentInfo.quantity_currency`).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from ttxt_core.events.envelope import EventData


class Side(StrEnum):
    """Side of an order, or the aggressor's side of a trade."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Orderbook(EventData, frozen=True, tag="ob"):
    """An order book message: a snapshot that replaces the book or a delta that changes it.

    Attributes:
        bids: ``(price, size)`` levels; a snapshot's are best first. In a delta the size is the level's new
            absolute size and 0 removes it.
        asks: likewise.
        is_snapshot: True when the whole book is replaced.
        sequence: the venue's sequence after this message.
        previous_sequence: the sequence that a delta must follow; None where the venue has none.
        depth: levels a side that the stream carries; 0 when unlimited or unknown.
    """

    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    is_snapshot: bool
    sequence: int
    previous_sequence: int | None = None
    depth: int = 0


class MarketTrade(Struct, frozen=True, array_like=True, gc=False):
    """One public trade.

    Attributes:
        price: in quote currency.
        size: in base currency.
        side: the aggressor's (taker's) side.
        trade_id: the venue's id.
        time_ns: match time at the venue.
        is_block: a block trade, matched off the book.
    """

    price: float
    size: float
    side: Side
    trade_id: str
    time_ns: int
    is_block: bool = False


class MarketTrades(EventData, frozen=True, tag="tr"):
    """The trades of one venue message, in the venue's order (oldest first)."""

    trades: list[MarketTrade]


class Kline(EventData, frozen=True, tag="kl"):
    """One candle, open or closed.

    Attributes:
        interval_ns: length of the candle.
        start_ns: its first nanosecond, UTC.
        open, high, low, close: prices.
        volume: base currency.
        turnover: quote currency.
        is_closed: True only in the message that closes it.
    """

    interval_ns: int
    start_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    is_closed: bool


class Ticker(EventData, frozen=True, tag="tk"):
    """Figures about an instrument. Every field is optional: None means unchanged, not zero.

    Attributes:
        last, mark, index: prices.
        bid, bid_size, ask, ask_size: best levels.
        funding_rate: fraction for the running period (0.0001 is 0.01 %).
        next_funding_ns: when it is paid.
        open_interest: base currency.
        change_24h: fraction.
        high_24h, low_24h: prices. volume_24h: base currency. turnover_24h: quote currency.
    """

    last: float | None = None
    mark: float | None = None
    index: float | None = None
    bid: float | None = None
    bid_size: float | None = None
    ask: float | None = None
    ask_size: float | None = None
    funding_rate: float | None = None
    next_funding_ns: int | None = None
    open_interest: float | None = None
    change_24h: float | None = None
    high_24h: float | None = None
    low_24h: float | None = None
    volume_24h: float | None = None
    turnover_24h: float | None = None


class Instrument(EventData, frozen=True, tag="in"):
    """What can be traded and in which steps; `ttxt_core.instruments.InstrumentInfo` computes with it.

    Attributes:
        symbol: the venue's own symbol.
        base, quote, settle: currencies.
        tick_size: price step. lot_size: quantity step, base currency.
        min_quantity, max_quantity, max_market_quantity: base currency; None where the venue sets none.
        min_notional: least price × quantity, quote currency.
        maker_fee, taker_fee: fractions of the notional (0.0002 is 2 bps); None when not known.
        max_leverage: None for spot. status: the venue's word, lower-case; ``trading`` when open.
        min_price, max_price: bounds of a limit price; None where the venue sets none.
        funding_interval_ns: None where no funding is paid.
    """

    symbol: str
    base: str
    quote: str
    settle: str
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    max_market_quantity: Decimal | None = None
    min_notional: Decimal | None = None
    maker_fee: Decimal | None = None
    taker_fee: Decimal | None = None
    max_leverage: Decimal | None = None
    status: str = "trading"
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    funding_interval_ns: int | None = None
