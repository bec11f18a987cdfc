"""What Bybit tells of an account and its key, as terms that are no venue's.

Pure functions: rows in, terms out. Source: Bybit's v5 documentation, "Get API Key Information", "Get Account Info",
"Get Position Info" and "Get DCP Info".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from msgspec import Struct, field

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.account_terms import KeyTerms, MarginKind, PositionMode
from ttxt_core.connectors.bybit.account_messages import PositionRow
from ttxt_core.errors import ProtocolError

PRODUCTS: Final = {"spot": "SPOT", "linear": "DERIVATIVES", "inverse": "DERIVATIVES"}
"""What the dead-man switch calls the categories."""

_MARGINS: Final = {
    "REGULAR_MARGIN": MarginKind.CROSS,
    "ISOLATED_MARGIN": MarginKind.ISOLATED,
    "PORTFOLIO_MARGIN": MarginKind.PORTFOLIO,
}
_CONTRACTS: Final = (("ContractTrade", "Order"), ("Derivatives", "DerivativesTrade"))
_TRADE: Final = {"spot": (("Spot", "SpotTrade"),), "linear": _CONTRACTS, "inverse": _CONTRACTS}
_WITHDRAW: Final = "Withdraw"
_ANY_ADDRESS: Final = "*"
_EARLIEST_YEAR: Final = 2000
"""A key that does not end has an end of year 1."""


class KeyRow(Struct, gc=False, rename="camel"):
    """`GET /v5/user/query-api`; `read_only` is 0 or 1, `expired_at` ISO 8601."""

    read_only: int
    permissions: dict[str, list[str] | None]
    user_id: int = field(name="userID")
    ips: list[str] = field(default_factory=list)
    expired_at: str = ""


class AccountRow(Struct, gc=False, rename="camel"):
    """`GET /v5/account/info`."""

    margin_mode: str


class DeadManRow(Struct, gc=False, rename="camel"):
    """The dead-man switch of one product; `time_window` is seconds as text."""

    product: str
    dcp_status: str = ""
    time_window: str = ""


class DeadManList(Struct, gc=False, rename="camel"):
    """`GET /v5/account/query-dcp-info`: empty for an account without the switch, and for every sub-account."""

    dcp_infos: list[DeadManRow] = field(default_factory=list)


def key_terms(row: KeyRow, category: str) -> KeyTerms:
    """What a key may do in `category`.

    Raises:
        ProtocolError: its end is no time.
    """
    granted = {(kind, name) for kind, names in row.permissions.items() for name in names or ()}
    return KeyTerms(
        account_id=str(row.user_id),
        is_read_only=row.read_only != 0,
        may_trade=row.read_only == 0 and not granted.isdisjoint(_TRADE[category]),
        may_withdraw=any(name == _WITHDRAW for _, name in granted),
        permissions=tuple(f"{kind} {name}" for kind, name in sorted(granted)),
        expires_ns=_expires_ns(row.expired_at),
        addresses=tuple(address for address in row.ips if address != _ANY_ADDRESS),
    )


def margin_kind(row: AccountRow) -> MarginKind:
    """What stands for the account's positions.

    Raises:
        ProtocolError: a mode that is not known.
    """
    if row.margin_mode not in _MARGINS:
        raise ProtocolError("read the account's margin mode", f"{row.margin_mode!r} is not known")
    return _MARGINS[row.margin_mode]


def position_terms(rows: Iterable[PositionRow], symbol: str) -> tuple[PositionMode | None, Decimal | None]:
    """Position mode and leverage of `symbol`; in hedge mode the higher of the two sides' leverages.

    Raises:
        ProtocolError: a leverage that is no number.
    """
    own = [row for row in rows if row.symbol == symbol]
    if not own:
        return None, None
    mode = PositionMode.HEDGE if any(row.position_idx for row in own) else PositionMode.ONE_WAY
    try:
        leverages = [Decimal(row.leverage) for row in own if row.leverage]
    except InvalidOperation as error:
        raise ProtocolError(f"read the leverage of {symbol}", f"{own[0].leverage!r} is no number") from error
    return mode, max(leverages, default=None)


def dead_man_window_s(infos: DeadManList, category: str) -> int | None:
    """The window of the switch that is on for `category`; None where none is told of.

    Raises:
        ProtocolError: a window that is no number.
    """
    for row in infos.dcp_infos:
        if row.product == PRODUCTS[category] and row.dcp_status == "ON":
            if not (row.time_window.isascii() and row.time_window.isdigit()):
                raise ProtocolError("read the dead-man switch", f"its window is {row.time_window!r}")
            return int(row.time_window)
    return None


def _expires_ns(text: str) -> int | None:
    if not text:
        return None
    try:
        end = datetime.fromisoformat(text)
    except ValueError as error:
        raise ProtocolError("read the key's end", f"{text!r} is no time") from error
    if end.year < _EARLIEST_YEAR:
        return None
    return int(end.replace(tzinfo=end.tzinfo or UTC).timestamp()) * NANOSECONDS
