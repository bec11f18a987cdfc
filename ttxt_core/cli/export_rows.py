"""Events as text: a JSON object an event, or flat CSV rows.

Owns the two shapes, which ``ttxt-rec export --help`` documents. Pure: events in, lines out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from msgspec import Struct

from ttxt_core.events import (
    BookStatus,
    Event,
    FeedGap,
    Instrument,
    Kline,
    MarketTrade,
    MarketTrades,
    Orderbook,
    Ticker,
)

SHOWN_TYPES: tuple[type[Struct], ...] = (Orderbook, MarketTrades, Kline, Ticker, Instrument, BookStatus, FeedGap)
"""The types that have columns of their own."""

HEADER_COLUMNS = ("receive_time_ns", "venue_time_ns", "record", "venue", "category", "pair", "type")
_BOOK_COLUMNS = ("is_snapshot", "sequence", "previous_sequence", "depth", "side", "price", "size")
_TRADE_COLUMNS = ("side", "price", "size", "trade_id", "time_ns", "is_block")
_OTHER_COLUMN = "data"

_Rows = Callable[[Any], Iterator[Sequence[Any]]]


# -- JSON ------------------------------------------------------------------------------------------------


def json_lines(events: Iterable[Event[Any]]) -> Iterator[str]:
    """``{"type", "header": {…}, "data": {…}}`` an event, fields by name. Decimals become texts: they are exact."""
    for event in events:
        named = {"type": type(event.data).__name__, "header": _named(event.header), "data": _named(event.data)}
        yield orjson.dumps(named, default=_plain, option=orjson.OPT_APPEND_NEWLINE).decode()


def _named(value: Any) -> Any:
    if isinstance(value, Struct):
        return {name: _named(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list) and value and isinstance(value[0], Struct):
        return [_named(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Struct):
        return _named(value)
    return str(value)


# -- CSV -------------------------------------------------------------------------------------------------


def csv_columns(types: Sequence[type] | None) -> list[str]:
    """The columns of a CSV file of `types` (None: all), each once, in the order of `SHOWN_TYPES`."""
    columns = dict.fromkeys(HEADER_COLUMNS)
    for cls in SHOWN_TYPES:
        if types is None or cls in types:
            columns |= dict.fromkeys(_columns_of(cls))
    if types is None or not set(types) <= set(SHOWN_TYPES):
        columns[_OTHER_COLUMN] = None
    return list(columns)


def csv_lines(events: Iterable[Event[Any]], types: Sequence[type] | None = None) -> Iterator[str]:
    """A line of column names, then the rows of each event."""
    columns = csv_columns(types)
    place = {name: number for number, name in enumerate(columns)}
    writers = {cls: (_ROWS.get(cls, _fields), [place[name] for name in _columns_of(cls)]) for cls in _placed(place)}
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(columns)
    yield from _taken(text)
    blank: list[Any] = [""] * (len(columns) - len(HEADER_COLUMNS))
    for event in events:
        header, data = event.header, event.data
        kind = type(data)
        start = [header.receive_time_ns, header.venue_time_ns, header.sequence, header.venue, header.category]
        start += [header.pair, kind.__name__]
        rows, places = writers.get(kind) or (_as_json, [place[_OTHER_COLUMN]])
        for values in rows(data):
            row = start + blank
            for position, value in zip(places, values, strict=True):
                row[position] = value
            write(row)
        yield from _taken(text)


def _taken(text: io.StringIO) -> Iterator[str]:
    """What `text` holds, which is then empty."""
    yield text.getvalue()
    text.seek(0)
    text.truncate()


def _placed(place: dict[str, int]) -> list[type[Struct]]:
    """The types whose columns are all there."""
    return [cls for cls in SHOWN_TYPES if place.keys() >= set(_columns_of(cls))]


def _columns_of(cls: type[Struct]) -> tuple[str, ...]:
    if cls is Orderbook:
        return _BOOK_COLUMNS
    return _TRADE_COLUMNS if cls is MarketTrades else cls.__struct_fields__


def _book_rows(book: Orderbook) -> Iterator[Sequence[Any]]:
    start = (_cell(book.is_snapshot), book.sequence, _cell(book.previous_sequence), book.depth)
    if not book.bids and not book.asks:  # it still moves the sequence
        yield (*start, "", "", "")
    for price, size in book.bids:
        yield (*start, "bid", price, size)
    for price, size in book.asks:
        yield (*start, "ask", price, size)


def _trade_rows(trades: MarketTrades) -> Iterator[Sequence[Any]]:
    for trade in trades.trades:
        yield _trade_row(trade)


def _trade_row(trade: MarketTrade) -> Sequence[Any]:
    return trade.side.value, trade.price, trade.size, trade.trade_id, trade.time_ns, _cell(trade.is_block)


def _fields(data: Any) -> Iterator[Sequence[Any]]:
    yield [_cell(getattr(data, name)) for name in data.__struct_fields__]


def _as_json(data: Any) -> Iterator[Sequence[Any]]:
    yield [orjson.dumps(_named(data), default=_plain).decode()]


_ROWS: dict[type, _Rows] = {Orderbook: _book_rows, MarketTrades: _trade_rows}


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return value.value
    return f"{value:f}" if isinstance(value, Decimal) else value
