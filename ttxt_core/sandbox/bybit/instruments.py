"""Instrument rows and price bands, as Bybit lists them."""

from __future__ import annotations

from decimal import Decimal

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.market import Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.sandbox.bybit.wire import Row, text
from ttxt_core.sandbox.public_market import PublicMarket

_LAUNCH_MS = "1585526400000"
_UNBOUNDED = "1000000000"
BAND = Decimal("0.05")
"""How far a limit price may lie on the taking side of the last price."""
_STATUS = {"trading": "Trading", "prelaunch": "PreLaunch", "delivering": "Delivering", "closed": "Closed"}


def instrument_row(info: InstrumentInfo) -> Row:
    """A row of ``/v5/market/instruments-info``."""
    return spot_row(info) if info.key.category == "spot" else contract_row(info)


def spot_row(info: InstrumentInfo) -> Row:
    """A spot pair."""
    spec = info.spec
    most = text(spec.max_quantity, _UNBOUNDED)
    return {
        "symbolId": 9,
        "symbol": spec.symbol,
        "baseCoin": spec.base,
        "quoteCoin": spec.quote,
        "innovation": "0",
        "symbolType": "",
        "status": _STATUS.get(spec.status, spec.status),
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": f"{spec.lot_size:f}",
            "quotePrecision": f"{spec.tick_size * spec.lot_size:f}",
            "minOrderQty": text(spec.min_quantity, f"{spec.lot_size:f}"),
            "maxOrderQty": most,
            "minOrderAmt": text(spec.min_notional, "0"),
            "maxOrderAmt": _UNBOUNDED,
            "maxLimitOrderQty": most,
            "maxMarketOrderQty": text(spec.max_market_quantity, _UNBOUNDED),
            "postOnlyMaxLimitOrderSize": most,
        },
        "priceFilter": {"tickSize": f"{spec.tick_size:f}"},
        "riskParameters": {"priceLimitRatioX": text(BAND), "priceLimitRatioY": text(BAND)},
    }


def contract_row(info: InstrumentInfo) -> Row:
    """A perpetual contract."""
    spec = info.spec
    most = text(spec.max_quantity, _UNBOUNDED)
    interval_ns = spec.funding_interval_ns or 0
    return {
        "symbol": spec.symbol,
        "symbolId": 5,
        "contractType": "InversePerpetual" if info.is_inverse else "LinearPerpetual",
        "status": _STATUS.get(spec.status, spec.status),
        "baseCoin": spec.base,
        "quoteCoin": spec.quote,
        "settleCoin": spec.settle,
        "symbolType": "",
        "launchTime": _LAUNCH_MS,
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(info.price_decimals),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{spec.max_leverage or Decimal(100):.2f}",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": f"{spec.min_price or spec.tick_size:f}",
            "maxPrice": text(spec.max_price, _UNBOUNDED),
            "tickSize": f"{spec.tick_size:f}",
        },
        "lotSizeFilter": {
            "minNotionalValue": text(spec.min_notional, "0"),
            "maxOrderQty": most,
            "maxMktOrderQty": text(spec.max_market_quantity, _UNBOUNDED),
            "minOrderQty": f"{spec.min_quantity or spec.lot_size:f}",
            "qtyStep": f"{spec.lot_size:f}",
            "postOnlyMaxOrderQty": most,
        },
        "unifiedMarginTrade": True,
        "fundingInterval": interval_ns // (60 * NANOSECONDS),
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "displayName": "",
        "forbidUplWithdrawal": False,
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": text(BAND), "priceLimitRatioY": text(BAND)},
    }


def price_limit(market: PublicMarket, side: Side) -> Decimal | None:
    """The highest price of a buy, or the lowest of a sell; None before there is a price."""
    last = market.last
    if last is None:
        return None
    info = market.info
    exact = info.exact_price(last)
    return info.round_price(exact * (1 + BAND if side is Side.BUY else 1 - BAND), side)
