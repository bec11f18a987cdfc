"""Exits as requests ask for them: take-profit and stop-loss of an order, and of a position. Read and checked, pure.

Source: Bybit's v5 documentation, "Place Order" and "Set Trading Stop".
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy
from ttxt_core.sandbox.bybit.errors import bad_parameter
from ttxt_core.sandbox.bybit.fields import Fields, read_number, read_position_index, read_trigger_by

TAKE_PROFIT, STOP_LOSS, TRAILING = "TakeProfit", "StopLoss", "TrailingStop"
_PREFIXES = {TAKE_PROFIT: ("takeProfit", "tp"), STOP_LOSS: ("stopLoss", "sl")}


class ExitTerms(NamedTuple):
    """When an exit is released, and what it becomes: `limit` None is a market order."""

    price: Decimal
    by: TriggerBy
    limit: Decimal | None = None


class Exits(NamedTuple):
    """The exits of an order. `is_partial`: each for what that order fills, not for the whole position."""

    take_profit: ExitTerms | None = None
    stop_loss: ExitTerms | None = None
    is_partial: bool = False

    def changed(self, change: Exits) -> Exits:
        """As they are after a `change`."""
        profit = self.take_profit if change.take_profit is None else change.take_profit
        loss = self.stop_loss if change.stop_loss is None else change.stop_loss
        return Exits(_unless_zero(profit), _unless_zero(loss), self.is_partial)

    def terms(self) -> list[tuple[str, ExitTerms]]:
        """Those that were asked for, by their kind."""
        both = ((TAKE_PROFIT, self.take_profit), (STOP_LOSS, self.stop_loss))
        return [(kind, terms) for kind, terms in both if terms is not None]


class TradingStop(NamedTuple):
    """What a position is to be given: terms None leave an exit as it is, a price of 0 takes it away.

    Attributes:
        quantity: of partial exits. trail: distance of a trailing stop; active: the price that starts it.
    """

    position_index: int
    exits: Exits
    quantity: Decimal | None
    trail: Decimal | None
    active: Decimal | None


def read_exits(fields: Fields, *, is_spot: bool) -> Exits:
    """The exits attached to an order.

    Raises:
        Refusal: a number can't be read, or a limit price without partial mode on a contract.
    """
    is_partial = _is_partial(fields)
    exits = _both(fields, has_limit=is_partial or is_spot, is_partial=is_partial or is_spot)
    return exits._replace(take_profit=_unless_zero(exits.take_profit), stop_loss=_unless_zero(exits.stop_loss))


def read_changed_exits(fields: Fields) -> Exits:
    """The exits that an amend changes: a price of 0 takes one away.

    Raises:
        Refusal: a number can't be read.
    """
    return _both(fields, has_limit=True)


def read_trading_stop(fields: Fields) -> TradingStop:
    """What ``/v5/position/trading-stop`` asks for.

    Raises:
        Refusal: a number can't be read, or the sizes of partial exits are missing or differ.
    """
    is_partial = _is_partial(fields)
    exits = _both(fields, has_limit=is_partial, is_partial=is_partial)
    sizes = {read_number(fields, f"{_PREFIXES[kind][1]}Size") for kind, _ in exits.terms()}
    if is_partial and (len(sizes) != 1 or not next(iter(sizes))):
        raise bad_parameter("tpSize and slSize are required under partial mode, and must equal")
    quantity = next(iter(sizes)) if is_partial else None
    trail, active = read_number(fields, "trailingStop"), read_number(fields, "activePrice")
    return TradingStop(read_position_index(fields), exits, quantity, trail, active)


def check_exits(exits: Exits, side: Side, base: Decimal | None) -> None:
    """Refuse exits that would be released at once: `side` opens the position, at `base`.

    Raises:
        Refusal: a take-profit on the losing side of the price, or a stop-loss on the winning side.
    """
    if base is None:
        return
    name = "Buy" if side is Side.BUY else "Sell"
    for kind, terms in exits.terms():
        must_be_higher = (kind == TAKE_PROFIT) == (side is Side.BUY)
        is_good = terms.price > base if must_be_higher else terms.price < base
        if terms.price and not is_good:
            wanted = "higher" if must_be_higher else "lower"
            words = f"{kind}:{terms.price:f} set for {name} position should be {wanted} than base_price:{base:f}"
            raise bad_parameter(words)


def _both(fields: Fields, *, has_limit: bool, is_partial: bool = False) -> Exits:
    profit, loss = (_terms(fields, kind, has_limit=has_limit) for kind in (TAKE_PROFIT, STOP_LOSS))
    return Exits(profit, loss, is_partial)


def _unless_zero(terms: ExitTerms | None) -> ExitTerms | None:
    return terms if terms is not None and terms.price else None


def _terms(fields: Fields, kind: str, *, has_limit: bool) -> ExitTerms | None:
    name, prefix = _PREFIXES[kind]
    price = read_number(fields, name)
    if price is None:
        return None
    is_limit = fields.get(f"{prefix}OrderType") == "Limit"
    limit = read_number(fields, f"{prefix}LimitPrice") if is_limit else None
    if is_limit and not has_limit:
        raise bad_parameter(f"{prefix}OrderType can only be Market under full mode")
    if is_limit and not limit:
        raise bad_parameter(f"{prefix}LimitPrice is required for a limit order")
    return ExitTerms(price, read_trigger_by(fields, f"{prefix}TriggerBy"), limit)


def _is_partial(fields: Fields) -> bool:
    mode = fields.get("tpslMode") or "Full"
    if mode not in {"Full", "Partial"}:
        raise bad_parameter("tpslMode invalid")
    return mode == "Partial"
