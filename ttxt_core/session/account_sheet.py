"""The account sheet: what is shown of an account before its orders may be armed.

Owns what is on it, what of it forbids arming, and what it warns of. `confirmation` judges whether it still holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.account_terms import AccountTerms, KeyTerms, PositionMode
from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.config import Environment
from ttxt_core.connectors.dead_man import Protection
from ttxt_core.events import ConnectorError, Event, OrderUpdate, PositionUpdate, Side
from ttxt_core.events.orders import stop_direction
from ttxt_core.orders.accounts import SPOT

_SOON_NS: Final = 7 * 86_400 * NANOSECONDS
"""A key that ends within this is warned of."""


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """What a venue says of an account.

    Attributes:
        venue, category, environment: where. account: what the config calls it.
        account_id: the venue's own id of it; ``key-…``, made of the key, where the venue does not tell it.
        terms: key, margin, and per pair fees, leverage and position mode.
        orders: all that work in the category, of other pairs and made elsewhere too.
        positions: those that are not flat.
        protection: what becomes of entries when this machine dies.
        refusal: why the account can't be armed, in one sentence; None when it can.
        warnings: what to think of first, worst first.
        asked_ns: when it was complete, by the session's monotonic clock.
    """

    venue: str
    category: str
    environment: Environment
    account: str
    account_id: str
    terms: AccountTerms
    orders: tuple[Event[OrderUpdate], ...]
    positions: tuple[Event[PositionUpdate], ...]
    protection: Protection
    refusal: str | None
    warnings: tuple[str, ...]
    asked_ns: int


async def ask_for_sheet(
    connector: ConnectorBase,
    account_id: str,
    *,
    max_leverage: Decimal | None,
    is_own: Callable[[str], bool],
    view_only: str = "",
) -> AccountSheet:
    """Ask the venue for everything that is on the sheet.

    Args:
        connector: whose account. account_id: the venue's own id of it.
        max_leverage: the limit. is_own: whether an order of this client order id was made here.
        view_only: why nothing is sent from here; empty where it is.

    Raises:
        TtxtError: a question was not answered.
    """
    config, queries = connector.config, connector.queries
    terms, orders, positions = await asyncio.gather(
        queries.account_terms(config.pairs), queries.open_orders(), queries.positions(config.pairs)
    )
    working = _of(orders, OrderUpdate)
    held = [event for event in _of(positions, PositionUpdate) if event.data.quantity]
    protection, now_ns = connector.dead_man.protection, connector.clock.now_ns()
    unread = [event.data for event in (*orders, *positions) if type(event.data) is ConnectorError]
    warnings = [f"{error.asked}: {error.answered}" for error in unread]
    warnings += _key_warnings(terms.key, now_ns)
    if not protection.is_armed:
        warnings.append(f"{protection.text}{f' ({protection.reason})' if protection.reason else ''}")
    warnings += _leverage_warnings(terms, max_leverage)
    warnings += _order_warnings(working, held, is_own)
    return AccountSheet(
        venue=connector.venue,
        category=connector.category,
        environment=config.environment,
        account=config.account,
        account_id=account_id,
        terms=terms,
        orders=tuple(working),
        positions=tuple(held),
        protection=protection,
        refusal=view_only or refusal(terms, connector.category, now_ns),
        warnings=tuple(warnings),
        asked_ns=connector.clock.monotonic_ns(),
    )


def refusal(terms: AccountTerms, category: str, now_ns: int) -> str | None:
    """Why an account of these terms can't be armed; None when it can."""
    key = terms.key
    if key is not None:
        if key.is_read_only:
            return "the key is read-only: make one at the venue that may trade"
        if not key.may_trade:
            has = ", ".join(key.permissions) or "none"
            return f"the key has no permission to trade {category}, it has: {has}"
        if key.expires_ns is not None and key.expires_ns <= now_ns:
            return f"the key ended on {_day(key.expires_ns)}: make a new one at the venue"
    for pair in terms.pairs:
        if pair.position_mode is PositionMode.HEDGE:
            return f"{pair.pair} is in hedge mode, and one position a pair is known here: set one-way mode at the venue"
    return None


def _key_warnings(key: KeyTerms | None, now_ns: int) -> list[str]:
    if key is None:
        return ["the venue tells nothing of the key: its permissions and its end are not known"]
    found = []
    if key.may_withdraw:
        found.append("the key may WITHDRAW money: make one that may only trade")
    if key.expires_ns is not None and key.expires_ns - now_ns < _SOON_NS:
        found.append(f"the key ends on {_day(key.expires_ns)}")
    if not key.addresses:
        found.append("the key is bound to no address: whoever has it can use it from anywhere")
    return found


def _leverage_warnings(terms: AccountTerms, most: Decimal | None) -> list[str]:
    return [
        f"leverage of {pair.pair} is {pair.leverage.normalize():f}, the limit max_leverage {most.normalize():f}"
        for pair in terms.pairs
        if most is not None and pair.leverage is not None and pair.leverage > most
    ]


def _order_warnings(
    orders: list[Event[OrderUpdate]], positions: list[Event[PositionUpdate]], is_own: Callable[[str], bool]
) -> list[str]:
    found = []
    elsewhere = sum(not _is_ours(event.data, is_own) for event in orders)
    if elsewhere:
        were = "order was" if elsewhere == 1 else "orders were"
        found.append(f"{elsewhere} open {were} made elsewhere: counted in the limits, cancelled with the entries")
    guarded = {event.header.pair for event in orders if _is_stop(event.data)}
    found += [
        f"the position in {event.header.pair} has no stop" for event in positions if event.header.pair not in guarded
    ]
    if stranded := [event.header.pair for event in orders if _is_stranded(event, positions)]:
        were = "stop" if len(stranded) == 1 else "stops"
        found.append(f"{len(stranded)} {were} without a position ({', '.join(sorted(set(stranded)))})")
    return found


def _is_ours(order: OrderUpdate, is_own: Callable[[str], bool]) -> bool:
    """Exits of a position are named by nobody: they are not called another's."""
    return is_own(order.client_order_id) or is_own(order.parent_client_order_id) or order.is_position_exit


def _is_stop(order: OrderUpdate) -> bool:
    """It closes a position when the market has gone against it."""
    worse = stop_direction(order.side)
    return order.reduce_only and order.trigger_price is not None and (order.trigger_direction or worse) is worse


def _is_stranded(event: Event[OrderUpdate], positions: list[Event[PositionUpdate]]) -> bool:
    """It waits to close a position that is not there; on spot, where there are none, nothing is."""
    order, header = event.data, event.header
    if header.category == SPOT or not order.reduce_only or order.trigger_price is None:
        return False
    held = (position.data.quantity for position in positions if position.header.pair == header.pair)
    return not any((quantity > 0) is (order.side is Side.SELL) for quantity in held)


def _of(events: list[Event[Any]], kind: type) -> list[Event[Any]]:
    return [event for event in events if type(event.data) is kind]


def _day(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // NANOSECONDS, UTC):%Y-%m-%d}"
