"""Bybit's answers over REST and over the trade socket: the envelope, market data, and what became of commands.

Pure functions: bytes in, values or events out. An answer with a code that is not 0 raises what that code means.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.connectors.bybit.account_messages import (
    ItemCodes,
    KlineList,
    PublicTradeList,
    Reply,
    ServerTime,
    Taken,
    TakenList,
)
from ttxt_core.connectors.bybit.codes import OK, error_of, outcome_of, reason_of
from ttxt_core.connectors.commands import Answer
from ttxt_core.errors import ProtocolError
from ttxt_core.events import AckOutcome, Event, Kline, MarketTrade, MarketTrades, MessageHeader, Side

INTERVALS: Final = {
    "1m": "1",
    "3m": "3",
    "5m": "5",
    "15m": "15",
    "30m": "30",
    "1h": "60",
    "2h": "120",
    "4h": "240",
    "6h": "360",
    "12h": "720",
    "1d": "D",
    "1w": "W",
    "1M": "M",
}
"""How the venue calls the intervals it has."""

_LENGTHS_S: Final = {
    name: int(name[:-1]) * {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}[name[-1]]
    for name in INTERVALS
    if name[-1] != "M"
}
_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}

T = TypeVar("T")
_reply_decoder = msgspec.json.Decoder(Reply)


def reply_of(payload: bytes, asked: str) -> Reply:
    """The envelope, whatever its code.

    Raises:
        ProtocolError: it is none.
    """
    try:
        return _reply_decoder.decode(payload)
    except ValueError as error:
        raise ProtocolError(
            asked, f"{len(payload)} bytes that are no answer of bybit: {error}", "check the host"
        ) from error


def result_of(payload: bytes, kind: type[T], asked: str) -> T:
    """What was asked for.

    Raises:
        VenueRejectError, RateLimitError, AuthError: the venue refused. ProtocolError: the answer can't be read.
    """
    reply = reply_of(payload, asked)
    if reply.ret_code != OK:
        raise error_of(asked, reply.ret_code, reply.ret_msg)
    return _decode(reply.result, kind, asked)


# -- commands --------------------------------------------------------------------------------------------


def answers_of(payload: bytes, count: int) -> list[Answer]:
    """What became of the `count` commands that one request carried.

    Raises:
        ProtocolError: the answer can't be read, or is not about so many commands.
    """
    asked = f"read the answer to {count} commands"
    reply = reply_of(payload, asked)
    if reply.ret_code != OK:
        return [_answer(reply.ret_code, reply.ret_msg, Taken())] * count
    # REST calls it result, the trade socket data.
    body = reply.data if bytes(reply.result) == b"{}" else reply.result
    if count == 1:
        return [_answer(OK, "", _decode(body, Taken, asked))]
    taken = _decode(body, TakenList, asked).rows
    codes = _decode(reply.ret_ext_info, ItemCodes, asked).rows
    if len(codes) != count or len(taken) != count:
        raise ProtocolError(asked, f"it is about {len(taken)} orders and has {len(codes)} codes")
    return [_answer(code.code, code.msg, row) for code, row in zip(codes, taken, strict=True)]


def _answer(code: int, message: str, taken: Taken) -> Answer:
    outcome = outcome_of(code)
    if outcome is AckOutcome.ACCEPTED:
        return Answer(outcome, taken.order_id or None, None, None)
    return Answer(outcome, taken.order_id or None, reason_of(code, message), str(code))


# -- market data -----------------------------------------------------------------------------------------


def server_time_ns(payload: bytes) -> int:
    """The venue's time."""
    asked = "read the venue's time"
    text = result_of(payload, ServerTime, asked).time_nano
    if not (text.isascii() and text.isdigit()):
        raise ProtocolError(asked, f"timeNano is {text!r}")
    return int(text)


def klines(payload: bytes, header: MessageHeader, interval: str, now_ns: int) -> list[Event[Kline]]:
    """Candles of `interval`, oldest first; one that has not ended at `now_ns`, the venue's time, is open.

    Raises:
        ProtocolError and others: as `result_of`.
    """
    asked = f"read the {interval} candles of {header.key}"
    events = []
    for row in reversed(result_of(payload, KlineList, asked).rows):
        try:
            start_ms = int(row[0])
            first, high, low, last, volume, turnover = (float(text) for text in row[1:])
        except ValueError as error:
            raise ProtocolError(asked, str(error)) from error
        start_ns = start_ms * MILLISECOND_NS
        length_ns = _length_ns(interval, start_ms)
        is_closed = start_ns + length_ns <= now_ns
        candle = Kline(length_ns, start_ns, first, high, low, last, volume, turnover, is_closed)
        events.append(Event(header, candle))
    return events


def trades(payload: bytes, header: MessageHeader) -> list[Event[MarketTrades]]:
    """Recent trades as one event, oldest first; none where there were none."""
    asked = f"read the recent trades of {header.key}"
    trades_ = []
    for row in reversed(result_of(payload, PublicTradeList, asked).rows):
        try:
            time_ns = int(row.time) * MILLISECOND_NS
            price, size, side = float(row.price), float(row.size), _SIDES[row.side]
        except (ValueError, KeyError) as error:
            raise ProtocolError(asked, f"a row can't be read: {error}") from error
        trades_.append(MarketTrade(price, size, side, row.exec_id, time_ns, row.is_block_trade))
    return [Event(header, MarketTrades(trades_))] if trades_ else []


def _length_ns(interval: str, start_ms: int) -> int:
    """A month has as many days as it has."""
    if interval != "1M":
        return _LENGTHS_S[interval] * NANOSECONDS
    start = datetime.fromtimestamp(start_ms / 1000, UTC)
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return int((following - start).total_seconds()) * NANOSECONDS


def _decode(raw: msgspec.Raw, kind: type[T], asked: str) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except ValueError as error:
        raise ProtocolError(asked, f"the answer has another shape: {error}") from error
