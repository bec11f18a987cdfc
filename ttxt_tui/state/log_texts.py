"""What the log says of an event: one line, its topic and how grave it is. Pure functions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

from ttxt_core.events import (
    AckOutcome,
    BookState,
    BookStatus,
    ConnectionState,
    ConnectorError,
    ConnectorStatus,
    Event,
    FeedGap,
    Fill,
    FillKind,
    InstrumentKey,
    OrderAck,
    OrderNotice,
    OrderState,
    OrderUpdate,
    Side,
    StreamReset,
    UnknownEvent,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state import figures
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.names import SIDE_WORD, STATE_WORD, symbol


class Line(NamedTuple):
    """A line of the log without its time."""

    level: LogLevel
    topic: str
    text: str


_OUTCOME_LEVEL: Final = {
    AckOutcome.ACCEPTED: LogLevel.INFO,
    AckOutcome.REJECTED: LogLevel.ERROR,
    AckOutcome.UNKNOWN: LogLevel.WARN,
}
_STATE_LEVEL: Final = {
    OrderState.FILLED: LogLevel.OK,
    OrderState.REJECTED: LogLevel.ERROR,
    OrderState.UNKNOWN: LogLevel.WARN,
    OrderState.EXPIRED: LogLevel.WARN,
}
_CONNECTION_LEVEL: Final = {
    ConnectionState.CONNECTED: LogLevel.OK,
    ConnectionState.RECONNECTING: LogLevel.WARN,
    ConnectionState.DISCONNECTED: LogLevel.ERROR,
}
_BOOK_LEVEL: Final = {
    BookState.VALID: LogLevel.OK,
    BookState.SYNCING: LogLevel.INFO,
    BookState.STALE: LogLevel.WARN,
    BookState.GAP: LogLevel.WARN,
}


def ack(event: Event[OrderAck], order: ManagedOrder | None, info: InstrumentInfo | None) -> Line:
    """The answer to a command; `order` is the one that it is about, when it is known."""
    data = event.data
    what = "" if order is None else _order(order.side, order.quantity, order.trigger_price or order.price, info)
    answer = (
        f"{data.command} {data.outcome}" if data.outcome is not AckOutcome.UNKNOWN else f"{data.command}: no answer"
    )
    text = f"{answer}: {what or symbol(event.header.key)}"
    return Line(_OUTCOME_LEVEL[data.outcome], "order", _because(text, data.reason, data.code))


def update(event: Event[OrderUpdate], info: InstrumentInfo | None) -> Line:
    """A new state of an order; a filled one with the price that it got, others with the one that they ask for."""
    data = event.data
    price = data.trigger_price or data.price
    if data.state is OrderState.FILLED and data.average_price is not None:
        price = data.average_price if info is None else round(data.average_price, info.price_decimals)
    text = f"{STATE_WORD[data.state]}: {_order(data.side, data.quantity, price, info)}"
    if data.filled_quantity and data.state is not OrderState.FILLED:
        text += f", {_quantity(data.filled_quantity, info)} filled"
    return Line(_STATE_LEVEL.get(data.state, LogLevel.INFO), "order", _because(text, data.reason))


def fill(event: Event[Fill], info: InstrumentInfo | None) -> Line:
    """An execution."""
    data = event.data
    what = "fill" if data.kind is FillKind.TRADE else data.kind.value
    fee = f"{figures.fixed(data.fee, figures.money_decimals(data.fee_currency) + 2)} {data.fee_currency}"
    role = "maker" if data.is_maker else "taker"
    text = f"{what}: {_order(data.side, data.quantity, data.price, info)}, fee {fee}, {role}"
    return Line(LogLevel.OK, "fill", text)


def status(event: Event[Any]) -> Line:
    """Any other event for the log: statuses, errors, gaps, resets, notices, and types that are not known."""
    data, header = event.data, event.header
    about = symbol(header.key) if header.pair else header.venue or "all"
    if isinstance(data, ConnectorStatus):
        level = _CONNECTION_LEVEL.get(data.state, LogLevel.INFO)
        return Line(level, "feed", _because(f"{header.venue} {data.stream} {data.state}", data.reason))
    if isinstance(data, ConnectorError):
        text = f"{data.asked}: {data.answered}" + (f" ({data.hint})" if data.hint else "")
        return Line(LogLevel.ERROR, "record" if data.kind == "recording" else data.kind, text)
    if isinstance(data, BookStatus):
        return Line(_BOOK_LEVEL[data.state], "book", _because(f"{about} book {data.state}", data.reason))
    if isinstance(data, FeedGap):
        missed = "" if data.missed is None else f", {data.missed:,} events missed"
        return Line(LogLevel.WARN, "feed", f"{about} gap: {data.reason}{missed}")
    if isinstance(data, OrderNotice):
        return Line(LogLevel.WARN, "order", f"{about} {data.text}")
    if isinstance(data, StreamReset):
        return Line(LogLevel.WARN, "session", f"{about} reset: {data.reason}")
    if isinstance(data, UnknownEvent):
        return Line(LogLevel.WARN, "data", f"an event of the unknown type {data.tag!r} was skipped")
    return Line(LogLevel.INFO, "data", f"{about} {type(data).__name__}")


def nameless(key: InstrumentKey) -> Line:
    """Market data came before anything said in which steps the instrument trades."""
    return Line(LogLevel.WARN, "data", f"{key}: data before the instrument is known; they are not shown")


def _order(side: Side, quantity: Decimal, price: Decimal | None, info: InstrumentInfo | None) -> str:
    at = "market" if price is None else _price(price, info)
    name = f" {symbol(info.key)}" if info is not None else ""
    return f"{SIDE_WORD[side]} {_quantity(quantity, info)}{name} @ {at}"


def _quantity(quantity: Decimal, info: InstrumentInfo | None) -> str:
    """As the instrument writes it; whole where that would hide what is wrong with it."""
    shown = figures.trimmed(info.format_quantity(quantity)) if info is not None else ""
    return shown if shown and Decimal(shown) == quantity else figures.trimmed(f"{quantity:f}")


def _price(price: Decimal, info: InstrumentInfo | None) -> str:
    """Likewise."""
    shown = info.format_price(price, group=True) if info is not None else ""
    return shown if shown and Decimal(shown.replace(",", "")) == price else f"{price:,f}"


def _because(text: str, reason: str | None, code: str | None = None) -> str:
    """The venue's code is added where the reason does not name it already."""
    is_named = code is None or code in (reason or "")
    parts = [part for part in (reason, None if is_named else f"code {code}") if part]
    return f"{text} — {', '.join(parts)}" if parts else text
