"""Bybit v5 frames as typed structs: what msgspec decodes a frame into. Numbers arrive as strings and become floats.

Source: Bybit's v5 documentation, "Websocket Stream · Public" and "Get Instruments Info". Only the fields that are used
are named; others are skipped without being decoded. Bounds are of what can be: no NaN, nothing negative, no time that
64 bits of nanoseconds don't hold.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct, field

Amount = Annotated[float, Meta(ge=0, le=sys.float_info.max)]
"""A price or a size."""
Milliseconds = Annotated[int, Meta(ge=0, le=(2**63 - 1) // 1_000_000)]
Counter = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Envelope(Struct, gc=False):
    """Any frame: data frames have a topic, answers to commands an op."""

    topic: str | None = None
    op: str | None = None
    success: bool | None = None
    ret_msg: str = ""
    req_id: str = ""


class BookData(Struct, gc=False):
    """`b` and `a` are (price, size), bids falling and asks rising; `u` counts the messages of the stream."""

    b: list[tuple[Amount, Amount]]
    a: list[tuple[Amount, Amount]]
    u: Counter


class BookFrame(Struct, gc=False):
    """`orderbook.{depth}.{symbol}`; `cts` is the matching engine's time, ms."""

    type: Literal["snapshot", "delta"]
    ts: Milliseconds
    data: BookData
    cts: Milliseconds | None = None


class TradeRow(Struct, gc=False):
    """One trade: `T` match time ms, `S` the taker's side, `v` size, `p` price, `i` id, `BT` block trade."""

    T: Milliseconds
    s: str
    S: str
    v: Amount
    p: Amount
    i: str
    BT: bool = False


class TradeFrame(Struct, gc=False):
    """`publicTrade.{symbol}`."""

    ts: Milliseconds
    data: list[TradeRow]


class KlineRow(Struct, gc=False):
    """One candle; `end` is its last millisecond, `confirm` is true once, in the message that closes it."""

    start: Milliseconds
    end: Milliseconds
    open: Amount
    high: Amount
    low: Amount
    close: Amount
    volume: Amount
    turnover: Amount
    confirm: bool


class KlineFrame(Struct, gc=False):
    """`kline.{interval}.{symbol}`; one message may hold the closing candle and the next."""

    ts: Milliseconds
    data: list[KlineRow]


class TickerRow(Struct, gc=False, rename="camel"):
    """A ticker. Linear deltas hold changed keys only; dated futures send empty texts for what they have not."""

    symbol: str
    last_price: str | None = None
    mark_price: str | None = None
    index_price: str | None = None
    usd_index_price: str | None = None
    bid1_price: str | None = None
    bid1_size: str | None = None
    ask1_price: str | None = None
    ask1_size: str | None = None
    funding_rate: str | None = None
    next_funding_time: str | None = None
    open_interest: str | None = None
    price24h_pcnt: str | None = None
    high_price24h: str | None = None
    low_price24h: str | None = None
    volume24h: str | None = None
    turnover24h: str | None = None


class TickerFrame(Struct, gc=False):
    """`tickers.{symbol}`."""

    ts: Milliseconds
    data: TickerRow


class PriceFilter(Struct, gc=False, rename="camel"):
    """Price steps and bounds; spot rows have no bounds."""

    tick_size: Decimal
    min_price: Decimal | None = None
    max_price: Decimal | None = None


class LotSizeFilter(Struct, gc=False, rename="camel"):
    """Quantity steps and bounds; linear and spot name them differently."""

    min_order_qty: Decimal | None = None
    qty_step: Decimal | None = None
    base_precision: Decimal | None = None
    max_order_qty: Decimal | None = None
    max_limit_order_qty: Decimal | None = None
    max_mkt_order_qty: Decimal | None = None
    max_market_order_qty: Decimal | None = None
    min_notional_value: Decimal | None = None
    min_order_amt: Decimal | None = None


class LeverageFilter(Struct, gc=False, rename="camel"):
    """Leverage bounds of a derivative."""

    max_leverage: Decimal


class InstrumentRow(Struct, gc=False, rename="camel"):
    """One row of the instrument list; `delivery_time` is ms as text, "0" for perpetuals; `funding_interval` minutes."""

    symbol: str
    status: str
    base_coin: str
    quote_coin: str
    price_filter: PriceFilter
    lot_size_filter: LotSizeFilter
    settle_coin: str = ""
    contract_type: str = ""
    delivery_time: str = "0"
    funding_interval: int = 0
    leverage_filter: LeverageFilter | None = None


class RowName(Struct, gc=False):
    """As much of a row as says which one it is."""

    symbol: str


class InstrumentResult(Struct, gc=False):
    """The list and the category it is of; a row is an `InstrumentRow`, read by itself since one may be bad."""

    category: str = ""
    rows: list[Raw] = field(name="list", default_factory=list)


class InstrumentReply(Struct, gc=False, rename="camel"):
    """`GET /v5/market/instruments-info`."""

    ret_code: int
    ret_msg: str
    result: InstrumentResult
    time: Milliseconds = 0
