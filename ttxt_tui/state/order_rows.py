"""Orders and fills as rows: every figure written with its instrument's own precision.

Owns how one list of orders or fills becomes rows. Pure functions; what is selected and scrolled is `orders`' matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.events import (
    Command,
    Event,
    Fill,
    FillKind,
    OrderState,
    OrderType,
    QuantityUnit,
    Side,
    TriggerBy,
)
from ttxt_core.instruments import InstrumentInfo, TradingPair
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state import figures
from ttxt_tui.state.lookup import MarketOf
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.names import order_kind, short_symbol, symbol
from ttxt_tui.state.tones import Tone, of_sign

_STATE_TONE: Final = {
    OrderState.PENDING_NEW: Tone.ACCENT,
    OrderState.PENDING_AMEND: Tone.ACCENT,
    OrderState.PENDING_CANCEL: Tone.ACCENT,
    OrderState.PARTIALLY_FILLED: Tone.OWN,
    OrderState.UNKNOWN: Tone.ERROR,
    OrderState.UNTRIGGERED: Tone.PLAIN,
    OrderState.FILLED: Tone.OK,
    OrderState.REJECTED: Tone.ERROR,
}
_MOST_TICKS: Final = 999
_BASIS_POINTS: Final = 1e4


class OrderRow(NamedTuple):
    """An order, working or ended. Figures of a column have blanks behind so that their points line up.

    Attributes:
        id: the client order id, or the venue's id of an order without one.
        number: what it is called by on the command line; empty for one that ended.
        time: of the last news, UTC. age: since it was made.
        price: limit; of one that waits, what it waits for. share: what is filled of it, 0 to 1.
        distance: how far the market is from it: ticks behind the best price of its side, below zero ahead of it; for a
            stop, and beyond 999 ticks, basis points.
        flags: `R` reduce-only, `POS` an exit that the venue keeps with the position under nobody's name, `ext` made
            elsewhere, `loses queue` while such a move is on its way, `LOCAL` for the leg of a pair that this process
            keeps.
        terms: what else there is to it: `limit 66,990.0 · by mark · stop 66,800.0`.
        links: which orders it belongs with, by number: `⇄ #4`.
        reason: why it, or the last command on it, was refused or ended.
    """

    id: str
    symbol: str
    short_symbol: str
    side: Side
    kind: str
    price: str
    quantity: str
    filled: str
    share: float
    average: str
    state: OrderState
    tone: Tone
    time: str
    age: str
    distance: str
    flags: tuple[str, ...]
    reason: str
    selected: bool
    number: str = ""
    terms: str = ""
    links: str = ""


class FillRow(NamedTuple):
    """An execution. `fee` is negative for a rebate. `note` is `maker` or `taker`, or what it was when no trade."""

    time: str
    symbol: str
    short_symbol: str
    side: Side
    price: str
    quantity: str
    fee: str
    fee_currency: str
    realised: str
    realised_tone: Tone
    note: str


def order_id(order: ManagedOrder) -> str:
    """The id that a row has: the client order id, or the venue's id of an order without one."""
    return order.client_order_id or order.order_id or ""


def order_rows(
    orders: Sequence[ManagedOrder],
    market_of: MarketOf,
    now_ns: int,
    selected: str | None = None,
    *,
    numbers: Sequence[int] = (),
    links: Sequence[str] = (),
) -> list[OrderRow]:
    """A row for each order; `now_ns` is the market's time, `numbers` and `links` are theirs."""
    markets = [market_of(order.key) for order in orders]
    infos = [None if market is None else market.info for market in markets]
    prices = figures.on_the_point(_order_price(o, i) for o, i in zip(orders, infos, strict=True))
    quantities = figures.on_the_point(_order_quantity(o, i) for o, i in zip(orders, infos, strict=True))
    filled = figures.on_the_point(_quantity(o.filled, i) for o, i in zip(orders, infos, strict=True))
    averages = figures.on_the_point(_price(o.average_price, i) for o, i in zip(orders, infos, strict=True))
    states = [order.state for order in orders]
    return [
        OrderRow(
            id=order_id(order),
            symbol=symbol(order.key),
            short_symbol=short_symbol(order.key),
            side=order.side,
            kind=order_kind(order),
            price=prices[n],
            quantity=quantities[n],
            filled=filled[n],
            share=_share(order),
            average=averages[n],
            state=states[n],
            tone=_STATE_TONE.get(states[n], Tone.DIM),
            time=figures.time_of_day(order.updated_ns),
            age=figures.age(now_ns - order.created_ns),
            distance=_distance(order, markets[n]),
            flags=_flags(order),
            reason=order.reason or "",
            selected=order_id(order) == selected,
            number=str(numbers[n]) if numbers else "",
            terms=_order_terms(order, infos[n]),
            links=links[n] if links else "",
        )
        for n, order in enumerate(orders)
    ]


def moved_on(
    rows: Sequence[OrderRow], orders: Sequence[ManagedOrder], market_of: MarketOf, now_ns: int
) -> list[OrderRow]:
    """`rows` of `orders` that had no news since: only the time went on, and the market moved."""
    return [
        row._replace(age=figures.age(now_ns - order.created_ns), distance=_distance(order, market_of(order.key)))
        for row, order in zip(rows, orders, strict=True)
    ]


def fill_rows(fills: Sequence[Event[Fill]], market_of: MarketOf) -> list[FillRow]:
    """A row for each fill."""
    markets = [market_of(fill.header.key) for fill in fills]
    infos = [None if market is None else market.info for market in markets]
    prices = figures.on_the_point(_price(f.data.price, i) for f, i in zip(fills, infos, strict=True))
    quantities = figures.on_the_point(_quantity(f.data.quantity, i) for f, i in zip(fills, infos, strict=True))
    fees = figures.on_the_point(_fee(fill.data) for fill in fills)
    realised = figures.on_the_point(_realised(fill) for fill in fills)
    return [
        FillRow(
            time=figures.time_of_day(event.header.venue_time_ns or event.header.receive_time_ns, with_ms=True),
            symbol=symbol(event.header.key),
            short_symbol=short_symbol(event.header.key),
            side=event.data.side,
            price=prices[n],
            quantity=quantities[n],
            fee=fees[n],
            fee_currency=event.data.fee_currency,
            realised=realised[n],
            realised_tone=of_sign(event.data.realised_pnl or 0),
            note=_note(event.data),
        )
        for n, event in enumerate(fills)
    ]


def _price(price: Decimal | None, info: InstrumentInfo | None) -> str:
    if price is None:
        return ""
    return info.format_price(price, group=True) if info is not None else f"{price:,f}"


def _quantity(quantity: Decimal, info: InstrumentInfo | None) -> str:
    return info.format_quantity(quantity, group=True) if info is not None else f"{quantity:,f}"


def _order_price(order: ManagedOrder, info: InstrumentInfo | None) -> str:
    price = order.trigger_price if _shows_trigger(order) else order.price
    return "market" if price is None else _price(price, info)


def _order_terms(order: ManagedOrder, info: InstrumentInfo | None) -> str:
    """The limit behind a trigger, what a trigger goes by, and the exits that will come with an entry."""
    is_waiting = _shows_trigger(order)
    by = order.trigger_by if is_waiting else None
    parts = (
        ("limit", _price(order.price, info) if is_waiting else ""),
        ("by", "" if by is None or by is TriggerBy.LAST else by.value),
        ("stop", _price(order.stop_loss, info)),
        ("target", _price(order.take_profit, info)),
    )
    return " · ".join(f"{name} {text}" for name, text in parts if text)


def _shows_trigger(order: ManagedOrder) -> bool:
    return order.order_type is OrderType.STOP_MARKET or order.is_waiting


def _order_quantity(order: ManagedOrder, info: InstrumentInfo | None) -> str:
    if order.quantity_unit is QuantityUnit.QUOTE:
        return f"{figures.trimmed(f'{order.quantity:,f}')}$"
    return _quantity(order.quantity, info)


def _share(order: ManagedOrder) -> float:
    if order.quantity_unit is QuantityUnit.QUOTE or not order.quantity:
        return 0.0
    return float(min(order.filled / order.quantity, Decimal(1)))


def _distance(order: ManagedOrder, market: MarketState | None) -> str:
    if market is None:
        return ""
    if _shows_trigger(order):
        price = market.reference_price
        if not price or order.trigger_price is None:
            return ""
        return f"{abs(float(order.trigger_price) / price - 1) * _BASIS_POINTS:,.1f}bp"
    best = market.book.best_bid if order.side is Side.BUY else market.book.best_ask
    if best is None or order.price is None:
        return ""
    away = market.ticks_of(best[0]) - market.ticks_of(float(order.price))
    ticks = away if order.side is Side.BUY else -away
    if abs(ticks) <= _MOST_TICKS:
        return f"{figures.fixed(ticks, 0)}t"
    return f"{figures.fixed(ticks * float(market.info.tick_size) / best[0] * _BASIS_POINTS, 1)}bp"


def _flags(order: ManagedOrder) -> tuple[str, ...]:
    sent = order.in_flight.get(Command.AMEND)
    amend = sent.amend if sent is not None else None
    is_moved = amend is not None and amend.price is not None and amend.price != order.price
    has_grown = amend is not None and amend.quantity is not None and amend.quantity > order.quantity
    flags = (
        ("R", order.is_protective),
        ("POS", order.is_position_exit),
        ("ext", order.is_external and not order.is_position_exit),
        ("LOCAL", bool(order.linked_to)),
        ("loses queue", is_moved or has_grown),
    )
    return tuple(flag for flag, is_set in flags if is_set)


def _fee(fill: Fill) -> str:
    return figures.fixed(fill.fee, figures.money_decimals(fill.fee_currency) + 2)


def _realised(event: Event[Fill]) -> str:
    pnl = event.data.realised_pnl
    return "" if pnl is None else figures.signed_money(pnl, TradingPair.parse(event.header.pair).settle)


def _note(fill: Fill) -> str:
    if fill.kind is not FillKind.TRADE:
        return fill.kind.value
    return "maker" if fill.is_maker else "taker"
