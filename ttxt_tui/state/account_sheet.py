"""The sheet before arming: an account's terms, orders, positions and limits, row by row. Warnings come first.

Owns the rows and their words; what an account's terms are is the session's.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import Event, OrderUpdate, PositionUpdate
from ttxt_core.orders.limits import RiskLimits
from ttxt_tui.state.figures import date_of, number_of, plain
from ttxt_tui.state.tones import Tone

if TYPE_CHECKING:  # with it comes the network stack
    from ttxt_core.connectors.account_terms import KeyTerms, PairTerms
    from ttxt_core.session.account_sheet import AccountSheet

_SHOWN: Final = 4
"""How many orders, or positions, have a row; more are counted."""
_DAY_NS: Final = 86_400 * NANOSECONDS


class SheetRow(NamedTuple):
    """A row: what it is about (empty: the same as above), and what it says."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN


def sheet_rows(sheet: AccountSheet, limits: RiskLimits, address: str, now_ns: int) -> list[SheetRow]:
    """The rows of a sheet.

    Args:
        limits: in force. address: the host that orders go to, where the config names one; else empty.
        now_ns: the time, for how long a key is good.
    """
    rows = [SheetRow("REFUSED", sheet.refusal, Tone.ERROR)] if sheet.refusal else []
    rows += [SheetRow("!", warning, Tone.WARNING) for warning in sheet.warnings]
    terms, where = sheet.terms, f"{sheet.venue} {sheet.category} · {sheet.environment.upper()}"
    rows += [
        SheetRow("account", f"{sheet.account} · id {sheet.account_id}", Tone.STRONG),
        SheetRow("venue", f"{where} · at {address}" if address else where),
        SheetRow("key", _key(terms.key, now_ns)),
    ]
    if terms.margin is not None:
        rows.append(SheetRow("margin", terms.margin))
    rows += [SheetRow(pair.pair, _pair(pair)) for pair in terms.pairs]
    rows += _listed("orders", "open order", [_order(event) for event in sheet.orders])
    rows += _listed("positions", "open position", [_position(event) for event in sheet.positions])
    rows += [SheetRow("" if at else "limits", text) for at, text in enumerate(_limits(limits))]
    if sheet.protection.is_armed:  # that there is none is the first of the warnings
        rows.append(SheetRow("protection", sheet.protection.text, Tone.OK))
    return rows


def _key(key: KeyTerms | None, now_ns: int) -> str:
    if key is None:
        return "the venue does not tell what it may do"
    words = ["READ-ONLY" if key.is_read_only else "may trade" if key.may_trade else "MAY NOT TRADE"]
    words.append("MAY WITHDRAW" if key.may_withdraw else "no withdrawals")
    words.append(f"from {number_of(len(key.addresses), 'IP')}" if key.addresses else "from ANY IP")
    if key.expires_ns is None:
        words.append("no end")
    else:
        days = (key.expires_ns - now_ns) // _DAY_NS
        words.append(f"ends {date_of(key.expires_ns)} ({number_of(max(days, 0), 'day')})")
    return " · ".join(words)


def _pair(terms: PairTerms) -> str:
    words = [] if terms.position_mode is None else [str(terms.position_mode)]
    if terms.leverage is not None:
        words.append(f"leverage {plain(terms.leverage)}×")
    if terms.fees is None:
        words.append("fees not told")
    else:
        words.append(f"maker {plain(terms.fees.maker * 100)} % taker {plain(terms.fees.taker * 100)} %")
    return " · ".join(words)


def _order(event: Event[OrderUpdate]) -> str:
    order = event.data
    price = order.price if order.trigger_price is None else order.trigger_price
    stop = " stop" if order.trigger_price is not None else ""
    at = "" if price is None else f" @ {plain(price)}"
    reduce = " reduce-only" if order.reduce_only else ""
    return f"{order.side.upper()}{stop} {plain(order.quantity)} {event.header.pair}{at}{reduce}"


def _position(event: Event[PositionUpdate]) -> str:
    position = event.data
    side = "LONG" if position.quantity > 0 else "SHORT"
    at = "" if position.entry_price is None else f" @ {plain(position.entry_price)}"
    liquidation = position.liquidation_price
    end = f" · liq {plain(liquidation)}" if liquidation else ""
    return f"{side} {plain(abs(position.quantity))} {event.header.pair}{at}{end}"


def _listed(label: str, what: str, texts: Sequence[str]) -> list[SheetRow]:
    if not texts:
        return [SheetRow(label, "none")]
    rows = [SheetRow("" if at else label, text) for at, text in enumerate(texts[:_SHOWN])]
    if len(texts) > _SHOWN:
        rows.append(SheetRow("", f"and {number_of(len(texts) - _SHOWN, f'more {what}')}"))
    return rows


def _limits(limits: RiskLimits) -> list[str]:
    """Two rows: of one order, then of the account."""
    sizes = ", ".join(f"{plain(most)} {pair.partition('/')[0]}" for pair, most in limits.max_order_quantity.items())
    order = [f"order {_amount(limits.max_order_notional)}", f"of {sizes}" if sizes else ""]
    order.append(f"band {_percent(limits.price_band)}")
    if limits.orders_per_second is not None:
        order.append(f"{limits.orders_per_second}/s")
    account = [f"position {_amount(limits.max_position_notional)}", f"day's loss {_amount(limits.daily_loss)}"]
    if limits.max_leverage is not None:
        account.append(f"leverage {plain(limits.max_leverage)}×")
    if limits.min_liquidation_distance is not None:
        account.append(f"liq {_percent(limits.min_liquidation_distance)} away")
    account.append("stop required" if limits.require_stop else "no stop required")
    return [" · ".join(word for word in words if word) for words in (order, account)]


def _amount(amount: Decimal | None) -> str:
    return "none" if amount is None else plain(amount)


def _percent(fraction: Decimal | None) -> str:
    return "none" if fraction is None else f"{plain(fraction * 100)} %"
