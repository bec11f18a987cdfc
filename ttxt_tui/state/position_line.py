"""The position line: what is held of one instrument, what it makes, what leaving would bring, and what threatens it.

Owns those figures. They agree with the positions pane: both value a position by `ttxt_tui.state.profit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.events import PositionUpdate, Side
from ttxt_core.instruments import TradingPair
from ttxt_tui.state.fields import Field
from ttxt_tui.state.figures import MINUS, NS_PER_SECOND, money, signed_money
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.own_marks import OwnOrder
from ttxt_tui.state.profit import gain, mark_price, unrealised
from ttxt_tui.state.tones import Tone, of_sign

_MONEY_WIDTH: Final = 9


class Stance(StrEnum):
    """Which way a position stands; the values are the words on the screen."""

    LONG = "LONG"
    SHORT = "SHORT"
    FLAT = "FLAT"
    HOLDS = "HOLDS"
    """Spot: something is owned, with no entry price."""


class PositionView(NamedTuple):
    """The position line: the word, and what follows it."""

    stance: Stance
    fields: tuple[Field, ...]


def position_view(
    market: MarketState,
    position: PositionUpdate | None,
    *,
    now_ns: int,
    orders: Sequence[OwnOrder] = (),
    held: Decimal = Decimal(0),
    taker_fee: Decimal | None = None,
) -> PositionView:
    """The line of one instrument.

    Args:
        position: as it was last told; None when nothing was.
        now_ns: market time.
        orders: working orders on the instrument, for the stop.
        held: what the account owns of the base currency, on spot.
        taker_fee: what a taker pays, as a fraction; None takes the instrument's own, where it tells one.
    """
    if position is None or not position.quantity:
        return _holding(market, held) if held else PositionView(Stance.FLAT, _flat(market, now_ns))
    info, quantity = market.info, abs(position.quantity)
    is_long = position.quantity > 0
    size = info.format_quantity(quantity)
    entry = "" if position.entry_price is None else f" @{info.format_price(position.entry_price, group=True)}"
    fields = [Field(f"{size}{entry}", tone=Tone.STRONG)]
    if position.break_even_price is not None:
        fields.append(Field(info.format_price(position.break_even_price, group=True), "b/e", tone=Tone.DIM, rank=6))
    fields += [*_profit(market, position), *_exit(market, position, now_ns, taker_fee), *_liquidation(market, position)]
    fields += [
        *_stop(market, position, orders),
        *_target(market, position, orders),
        *_funding(market, now_ns, is_long=is_long),
    ]
    return PositionView(Stance.LONG if is_long else Stance.SHORT, tuple(fields))


def _flat(market: MarketState, now_ns: int) -> tuple[Field, ...]:
    return (Field("no position", tone=Tone.FAINT), *_funding(market, now_ns, is_long=None))


def _holding(market: MarketState, held: Decimal) -> PositionView:
    spec, price = market.info.spec, market.reference_price
    fields = [Field(market.info.format_quantity(held), unit=spec.base, tone=Tone.STRONG)]
    if price is not None:
        fields.append(Field(money(float(held) * price, spec.quote), "worth", spec.quote, width=_MONEY_WIDTH, rank=1))
    return PositionView(Stance.HOLDS, tuple(fields))


def _profit(market: MarketState, position: PositionUpdate) -> list[Field]:
    profit = unrealised(TradingPair.parse(market.key.pair), position, mark_price(position, market))
    if profit is None:
        return []
    text = signed_money(profit, market.info.spec.settle)
    brief = f"uPnL {text:<{_MONEY_WIDTH}}"
    return [Field(text, "uPnL", "(mark)", of_sign(profit), _MONEY_WIDTH, brief=brief, brief_rank=8)]


def _exit(market: MarketState, position: PositionUpdate, now_ns: int, taker_fee: Decimal | None) -> list[Field]:
    """What a market order that closes the position would make of it now, its fee paid."""
    if position.entry_price is None:
        return []
    if not market.trust(now_ns).is_good:
        return [Field("unknown", "exit", tone=Tone.WARNING, rank=5)]
    info, quantity = market.info, float(abs(position.quantity))
    side = Side.SELL if position.quantity > 0 else Side.BUY
    taken = market.book.cost_to_take(side, quantity)
    if taken.average is None or taken.quantity < quantity * (1 - 1e-9):
        return [Field("book too thin", "exit", tone=Tone.WARNING, rank=5)]
    fee = info.spec.taker_fee if taker_fee is None else taker_fee
    made = gain(TradingPair.parse(market.key.pair), position.quantity, position.entry_price, taken.average)
    made -= float(fee or 0) * (quantity / taken.average if info.is_inverse else taken.cost)
    text = signed_money(made, info.spec.settle)
    unit = "(book)" if fee is None else "(book − fees)"
    brief = f"exit {text:<{_MONEY_WIDTH}}"
    return [Field(text, "exit now", unit, of_sign(made), _MONEY_WIDTH, rank=5, brief=brief, brief_rank=9)]


def _liquidation(market: MarketState, position: PositionUpdate) -> list[Field]:
    price = position.liquidation_price
    if price is None:
        return []
    text, mark = market.info.format_price(price, group=True), mark_price(position, market)
    if not mark:
        return [Field(text, "liq", rank=3)]
    share = (float(price) / mark - 1) * 100
    distance = f"{'+' if share > 0 else MINUS}{abs(share):.1f} %"
    return [Field(f"{text} {distance}", "liq", rank=3, brief=f"liq {distance}", brief_rank=5)]


def _stop(market: MarketState, position: PositionUpdate, orders: Sequence[OwnOrder]) -> list[Field]:
    """The stop that would be reached first, and what it would leave."""
    is_long = position.quantity > 0
    side = Side.SELL if is_long else Side.BUY
    stops = [order.ticks for order in orders if order.is_stop and order.side is side]
    if not stops:
        return []
    return [_leaving("stop", max(stops) if is_long else min(stops), market, position, rank=4, brief_rank=7)]


def _target(market: MarketState, position: PositionUpdate, orders: Sequence[OwnOrder]) -> list[Field]:
    """The target that would be reached first, and what it would make."""
    is_long = position.quantity > 0
    side = Side.SELL if is_long else Side.BUY
    targets = [order.ticks for order in orders if order.is_target and order.side is side]
    if not targets:
        return []
    return [_leaving("target", min(targets) if is_long else max(targets), market, position, rank=8, brief_rank=10)]


def _leaving(
    name: str, ticks: int, market: MarketState, position: PositionUpdate, *, rank: int, brief_rank: int
) -> Field:
    """An exit, and what the position would have made there, fees left out."""
    price = market.info.price(ticks)
    text = market.info.format_price(price, group=True)
    if position.entry_price is None:
        return Field(text, name, rank=rank)
    left = gain(TradingPair.parse(market.key.pair), position.quantity, position.entry_price, float(price))
    made = signed_money(left, market.info.spec.settle)
    tone = of_sign(left)
    return Field(f"{text} = {made}", name, tone=tone, rank=rank, brief=f"{name} {made}", brief_rank=brief_rank)


def _funding(market: MarketState, now_ns: int, *, is_long: bool | None) -> list[Field]:
    """What the position is paid (or pays, below zero) and when; without a position, the rate that longs pay."""
    rate, next_ns = market.ticker.funding_rate, market.ticker.next_funding_ns
    if rate is None:
        return []
    share = (-rate if is_long else rate) * 100
    sign = "+" if share > 0 else MINUS if share < 0 else ""
    text = f"{sign}{abs(share):.4f} %"
    if next_ns is not None and next_ns > now_ns:
        text += f" {countdown(next_ns - now_ns)}"
    return [Field(text, "fund", tone=Tone.DIM, rank=7)]


def countdown(left_ns: int) -> str:
    """Hours and minutes that are left: `02:14`."""
    minutes = left_ns // (60 * NS_PER_SECOND)
    return f"{minutes // 60:02}:{minutes % 60:02}"
