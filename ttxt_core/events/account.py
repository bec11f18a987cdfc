"""The account: balances and positions. All figures are Decimal; what a venue does not give is None."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from ttxt_core.events.envelope import EventData
from ttxt_core.events.orders import PositionSide


class MarginMode(StrEnum):
    """CROSS shares the account's margin; ISOLATED risks what was set aside for the position."""

    CROSS = "cross"
    ISOLATED = "isolated"


class Balance(Struct, frozen=True, array_like=True, gc=False):
    """One currency: `total` = `free` + `held`; held is locked in working orders or margin."""

    currency: str
    total: Decimal
    free: Decimal
    held: Decimal


class Wallet(EventData, frozen=True, tag="wa"):
    """Balances that changed, or all of them when `is_snapshot`."""

    account: str
    balances: list[Balance]
    is_snapshot: bool = False


class PositionUpdate(EventData, frozen=True, tag="po"):
    """A position as it now is.

    Attributes:
        quantity: base currency, positive long, negative short, 0 flat.
        entry_price: average; None when flat. break_even_price: where closing pays the fees too.
        unrealised_pnl: at the mark price. realised_pnl: since the session began, before fees. fees: paid.
    """

    account: str
    quantity: Decimal
    entry_price: Decimal | None = None
    position_side: PositionSide = PositionSide.ONE_WAY
    break_even_price: Decimal | None = None
    mark_price: Decimal | None = None
    liquidation_price: Decimal | None = None
    leverage: Decimal | None = None
    margin_mode: MarginMode | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    realised_pnl: Decimal | None = None
    fees: Decimal | None = None
