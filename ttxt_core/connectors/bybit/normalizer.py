"""Bybit's public spot, linear and inverse frames to standard events.

Source of the rules: Bybit's v5 documentation. A book delta follows the message with `u` one less; a message of type
`snapshot`, or with `u` 1 (the service was restarted), replaces the book.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final, TypeVar

import msgspec

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.connectors.bybit.instrument_rows import read_row
from ttxt_core.connectors.bybit.messages import (
    BookFrame,
    Envelope,
    InstrumentReply,
    KlineFrame,
    TickerFrame,
    TradeFrame,
)
from ttxt_core.connectors.normalizer import NormalizerBase
from ttxt_core.errors import ProtocolError
from ttxt_core.events import (
    ConnectorError,
    Event,
    Kline,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Side,
    Source,
    Ticker,
)

VENUE: Final = "bybit"
CATEGORIES: Final = ("spot", "linear", "inverse")

_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_TOPIC_FIRST: Final = b'{"topic":"'
_NEXT_FIELD: Final = b","
_SHOWN: Final = 160

_book_decoder = msgspec.json.Decoder(BookFrame, strict=False)
_trade_decoder = msgspec.json.Decoder(TradeFrame, strict=False)
_kline_decoder = msgspec.json.Decoder(KlineFrame, strict=False)
_ticker_decoder = msgspec.json.Decoder(TickerFrame)
_envelope_decoder = msgspec.json.Decoder(Envelope)
_instrument_decoder = msgspec.json.Decoder(InstrumentReply)

_T = TypeVar("_T")
_Reader = Callable[[bytes, int], list[Event[Any]]]


class BybitNormalizer(NormalizerBase):
    """Reads the frames of one public connection (`spot`, `linear` or `inverse`)."""

    venue = VENUE

    def __init__(self, category: str, source: Source = Source.LIVE) -> None:
        """`category` as in the connection's path.

        Raises:
            ProtocolError: a category that this normalizer does not read.
        """
        if category not in CATEGORIES:
            raise ProtocolError(f"read Bybit category {category!r}", "it is not known", f"known: {CATEGORIES}")
        self.category = category
        self._source = source
        self._pairs: dict[str, str] = {}
        self._routes: dict[bytes, _Reader] = {}
        """By how a frame begins, up to the end of its topic: cheaper than to look for the topic in each."""

    # -- frames ----------------------------------------------------------------------------------------

    def normalize(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """See `NormalizerBase`."""
        reader = self._routes.get(payload.partition(_NEXT_FIELD)[0])
        if reader is None:
            envelope = self._decode(_envelope_decoder, payload, "frame")
            topic = envelope.topic
            if topic is None:
                return self._answer(envelope, payload, receive_time_ns)
            reader = self._routes[b'%b%b"' % (_TOPIC_FIRST, topic.encode())] = self._route(topic)
        return reader(payload, receive_time_ns)

    def _route(self, topic: str) -> _Reader:
        """The reader of a topic's frames, bound to its symbol."""
        kind, *middle = topic.split(".")
        symbol = middle.pop() if middle else ""
        asked = f"read {self.venue} {self.category} {topic}"
        make = {
            ("orderbook", 1): self._book_reader,
            ("publicTrade", 0): self._trade_reader,
            ("kline", 1): self._kline_reader,
            ("tickers", 0): self._ticker_reader,
        }.get((kind, len(middle)))
        if make is None:
            raise ProtocolError(asked, "unknown topic")
        pair = self._pairs.get(symbol)
        if pair is None:
            raise ProtocolError(asked, f"unknown symbol {symbol}", "it is not in the instrument list that was read")
        return make(pair, middle[0] if middle else "")

    def _book_reader(self, pair: str, middle: str) -> _Reader:
        venue, category, source = self.venue, self.category, self._source
        decode = _book_decoder.decode
        try:
            depth = int(middle)
        except ValueError:
            raise ProtocolError(f"read {VENUE} orderbook.{middle} {pair}", "its depth is not a number") from None

        def read(payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
            try:
                frame = decode(payload)
            except ValueError as error:
                raise _unreadable(f"orderbook {pair}", payload, error) from error
            data = frame.data
            update = data.u
            is_snapshot = update == 1 or frame.type == "snapshot"
            time_ms = frame.cts or frame.ts
            header = MessageHeader(venue, category, pair, time_ms * MILLISECOND_NS, receive_time_ns, 0, source)
            previous = None if is_snapshot else update - 1
            return [Event(header, Orderbook(data.b, data.a, is_snapshot, update, previous, depth))]

        return read

    def _trade_reader(self, pair: str, _middle: str) -> _Reader:
        def read(payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
            frame = self._decode(_trade_decoder, payload, f"trades {pair}")
            trades = []
            for row in frame.data:
                side = _SIDES.get(row.S)
                if side is None:
                    raise ProtocolError(f"read {VENUE} trades {pair}", f"side {row.S!r}", "expected Buy or Sell")
                trades.append(MarketTrade(row.p, row.v, side, row.i, row.T * MILLISECOND_NS, row.BT))
            if not trades:
                return []
            return [Event(self._header(pair, frame.ts, receive_time_ns), MarketTrades(trades))]

        return read

    def _kline_reader(self, pair: str, _middle: str) -> _Reader:
        def read(payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
            frame = self._decode(_kline_decoder, payload, f"klines {pair}")
            if any(row.end < row.start for row in frame.data):
                raise _unreadable(f"klines {pair}", payload, "a candle ends before it starts")
            header = self._header(pair, frame.ts, receive_time_ns)
            return [
                Event(
                    header,
                    Kline(
                        # A month has no fixed length, so the candle's own bounds say how long it is.
                        interval_ns=(row.end + 1 - row.start) * MILLISECOND_NS,
                        start_ns=row.start * MILLISECOND_NS,
                        open=row.open,
                        high=row.high,
                        low=row.low,
                        close=row.close,
                        volume=row.volume,
                        turnover=row.turnover,
                        is_closed=row.confirm,
                    ),
                )
                for row in frame.data
            ]

        return read

    def _ticker_reader(self, pair: str, _middle: str) -> _Reader:
        def read(payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
            frame = self._decode(_ticker_decoder, payload, f"ticker {pair}")
            row = frame.data
            try:
                ticker = Ticker(
                    last=_number(row.last_price),
                    mark=_number(row.mark_price),
                    index=_number(row.index_price or row.usd_index_price),
                    bid=_number(row.bid1_price),
                    bid_size=_number(row.bid1_size),
                    ask=_number(row.ask1_price),
                    ask_size=_number(row.ask1_size),
                    funding_rate=_number(row.funding_rate),
                    next_funding_ns=int(row.next_funding_time) * MILLISECOND_NS if row.next_funding_time else None,
                    open_interest=_number(row.open_interest),
                    change_24h=_number(row.price24h_pcnt),
                    high_24h=_number(row.high_price24h),
                    low_24h=_number(row.low_price24h),
                    volume_24h=_number(row.volume24h),
                    turnover_24h=_number(row.turnover24h),
                )
            except ValueError as error:
                raise _unreadable(f"ticker {pair}", payload, error) from error
            return [Event(self._header(pair, frame.ts, receive_time_ns), ticker)]

        return read

    def _answer(self, envelope: Envelope, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """The answer to a command: nothing when it went well."""
        if envelope.op is None:
            asked = f"read {self.venue} {self.category} frame"
            raise ProtocolError(asked, "it has neither topic nor op", f"the frame begins {_excerpt(payload)}")
        if envelope.success is False:
            refused = ConnectorError("protocol", f"{envelope.op} {envelope.req_id}".strip(), envelope.ret_msg)
            return [Event(self._header("", 0, receive_time_ns), refused)]
        return []

    # -- instruments -----------------------------------------------------------------------------------

    def instruments(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """See `NormalizerBase`."""
        asked = f"read the instruments of {self.venue} {self.category}"
        reply = self._decode(_instrument_decoder, payload, "instruments")
        if reply.ret_code != 0:
            raise ProtocolError(asked, f"code {reply.ret_code}: {reply.ret_msg}")
        if reply.result.category not in {"", self.category}:  # without one the caller knows what it asked for
            raise ProtocolError(asked, f"the list is of category {reply.result.category!r}")
        events: list[Event[Any]] = []
        for number, raw in enumerate(reply.result.rows, 1):
            try:
                pair, instrument = read_row(raw, number, self.category)
            except ProtocolError as error:
                bad = ConnectorError("instrument", error.asked, error.answered, error.hint)
                events.append(Event(self._header("", reply.time, receive_time_ns), bad))
            else:
                self._pairs[instrument.symbol] = pair
                events.append(Event(self._header(pair, reply.time, receive_time_ns), instrument))
        return events

    # -- helpers ---------------------------------------------------------------------------------------

    def _header(self, pair: str, venue_time_ms: int, receive_time_ns: int) -> MessageHeader:
        return MessageHeader(
            self.venue, self.category, pair, venue_time_ms * MILLISECOND_NS, receive_time_ns, 0, self._source
        )

    def _decode(self, decoder: msgspec.json.Decoder[_T], payload: bytes, what: str) -> _T:
        try:
            return decoder.decode(payload)
        except ValueError as error:  # not JSON, not of this shape, or not UTF-8
            raise _unreadable(what, payload, error) from error


def _number(text: str | None) -> float | None:
    if not text:
        return None
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _unreadable(what: str, payload: bytes, error: Exception | str) -> ProtocolError:
    return ProtocolError(f"read {VENUE} {what}", str(error), f"the frame begins {_excerpt(payload)}")


def _excerpt(payload: bytes) -> str:
    text = payload[:_SHOWN].decode("utf-8", "replace")
    return text + "…" if len(payload) > _SHOWN else text or "(empty)"
