"""Rows of Bybit's instrument list, one by one: a row that can't be is an error of its own and spoils no other.

Owns what the fields of a row mean. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Raw

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.bybit.messages import InstrumentRow, RowName
from ttxt_core.errors import ProtocolError
from ttxt_core.events import Instrument
from ttxt_core.instruments import TradingPair

_LEFT_OUT: Final = "it is left out, the others of the list are not"

_row_decoder = msgspec.json.Decoder(InstrumentRow)
_name_decoder = msgspec.json.Decoder(RowName)


def read_row(raw: Raw, number: int, category: str) -> tuple[str, Instrument]:
    """The pair and the instrument in row `number` (from 1) of the list of `category`.

    Raises:
        ProtocolError: a field is missing, of a wrong type or can't be; it names the row.
    """
    try:
        row = _row_decoder.decode(raw)
        return _pair(row), _instrument(row, is_spot=category == "spot")
    except ValueError as error:
        asked = f"read the instrument {_name(raw, number)} of bybit {category}"
        raise ProtocolError(asked, str(error), _LEFT_OUT) from error


def _instrument(row: InstrumentRow, *, is_spot: bool) -> Instrument:
    lots = row.lot_size_filter
    lot_size = lots.qty_step or lots.base_precision
    if lot_size is None:
        raise ValueError("it has neither qtyStep nor basePrecision")
    for name, step in (("tick", row.price_filter.tick_size), ("lot", lot_size)):
        if not step.is_finite() or step <= 0:
            raise ValueError(f"its {name} size is {step}, which is not above zero")
    return Instrument(
        symbol=row.symbol,
        base=row.base_coin,
        quote=row.quote_coin,
        settle=row.settle_coin or row.quote_coin,
        tick_size=row.price_filter.tick_size,
        lot_size=lot_size,
        # Spot no longer checks its minOrderQty: it checks the value (Bybit, "Get Instruments Info").
        min_quantity=lot_size if is_spot else lots.min_order_qty,
        max_quantity=lots.max_limit_order_qty if is_spot else lots.max_order_qty,
        max_market_quantity=lots.max_market_order_qty if is_spot else lots.max_mkt_order_qty,
        min_notional=lots.min_order_amt if is_spot else lots.min_notional_value,
        max_leverage=row.leverage_filter.max_leverage if row.leverage_filter else None,
        status=row.status.lower(),
        min_price=row.price_filter.min_price,
        max_price=row.price_filter.max_price,
        funding_interval_ns=row.funding_interval * 60 * NANOSECONDS or None,
    )


def _pair(row: InstrumentRow) -> str:
    settle = row.settle_coin or row.quote_coin
    expiry = ""
    if row.contract_type.endswith("Futures") and row.delivery_time != "0":
        try:
            expiry = datetime.fromtimestamp(int(row.delivery_time) / 1000, UTC).strftime("%Y%m%d")
        except (ValueError, OverflowError, OSError) as error:
            raise ValueError(f"deliveryTime is {row.delivery_time!r}") from error
    return str(TradingPair(row.base_coin, row.quote_coin, settle, expiry))


def _name(raw: Raw, number: int) -> str:
    """Its symbol; where even that can't be read, which of the list it is."""
    try:
        return _name_decoder.decode(raw).symbol
    except ValueError:
        return f"in row {number}"
