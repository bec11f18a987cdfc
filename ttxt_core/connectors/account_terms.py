"""The terms of an account: whose it is, what its key may do, and what its orders would be under.

Owns the words, which are no venue's, and the comparison of two answers. It asks for nothing: see `VenueQueries`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from ttxt_core.clock import NANOSECONDS


class PositionMode(StrEnum):
    """ONE_WAY has one position a pair; HEDGE has a long and a short one side by side."""

    ONE_WAY = "one-way"
    HEDGE = "hedge"


class MarginKind(StrEnum):
    """What stands for a position: the whole account, what was set aside for it, or the account by its total risk."""

    CROSS = "cross"
    ISOLATED = "isolated"
    PORTFOLIO = "portfolio"


class FeeRates(NamedTuple):
    """What trading costs, as fractions of the notional."""

    maker: Decimal
    taker: Decimal


class KeyTerms(Struct, frozen=True, kw_only=True):
    """Whose a key is and what it may do.

    Attributes:
        account_id: the venue's own id of the account.
        is_read_only: it may change nothing. may_trade: in the category that was asked about.
        may_withdraw: it may move money out of the account.
        permissions: the venue's own names of them.
        expires_ns: when it ends; None where it does not, or the venue does not say.
        addresses: the IP addresses that it may be used from; none for any.
    """

    account_id: str
    is_read_only: bool
    may_trade: bool
    may_withdraw: bool
    permissions: tuple[str, ...]
    expires_ns: int | None = None
    addresses: tuple[str, ...] = ()


class PairTerms(Struct, frozen=True, kw_only=True):
    """What orders in one pair are under; None where the venue does not say, and where there is no such thing."""

    pair: str
    fees: FeeRates | None = None
    leverage: Decimal | None = None
    position_mode: PositionMode | None = None


class AccountTerms(Struct, frozen=True, kw_only=True):
    """All of it, of the pairs that are traded in their order; `key` None where the venue tells nothing of keys."""

    key: KeyTerms | None
    margin: MarginKind | None
    pairs: tuple[PairTerms, ...]


def changes(before: AccountTerms, after: AccountTerms) -> list[str]:
    """What differs, in words: ``leverage of BTC/USDT is 20, it was 10``. Terms of the same pairs are compared."""
    found = _changed("margin", before.margin, after.margin)
    if before.key is not None and after.key is not None:
        for words, name in _KEY_TERMS:
            found += _changed(words, _shown(getattr(before.key, name)), _shown(getattr(after.key, name)))
        ends = [_time(key.expires_ns) for key in (before.key, after.key)]
        found += _changed("the key's end", *ends)
    elif before.key is not after.key:
        found.append("what the venue tells of the key is not what it told before")
    for old, new in zip(before.pairs, after.pairs, strict=True):
        found += _changed(f"position mode of {new.pair}", old.position_mode, new.position_mode)
        found += _changed(f"leverage of {new.pair}", old.leverage, new.leverage)
        found += _changed(f"maker fee of {new.pair}", old.fees and old.fees.maker, new.fees and new.fees.maker)
        found += _changed(f"taker fee of {new.pair}", old.fees and old.fees.taker, new.fees and new.fees.taker)
    return found


_KEY_TERMS = (
    ("the account", "account_id"),
    ("read-only", "is_read_only"),
    ("may trade", "may_trade"),
    ("may withdraw", "may_withdraw"),
    ("the key's addresses", "addresses"),
)


def _changed(what: str, before: object, after: object) -> list[str]:
    return [] if before == after else [f"{what} is {_said(after)}, it was {_said(before)}"]


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(value) or "any") if isinstance(value, tuple) else value


def _said(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "not told" if value is None else str(value)


def _time(at_ns: int | None) -> str | None:
    return None if at_ns is None else f"{datetime.fromtimestamp(at_ns // NANOSECONDS, UTC):%Y-%m-%d %H:%M} UTC"
