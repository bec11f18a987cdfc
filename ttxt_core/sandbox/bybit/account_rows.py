"""Positions and the wallet as Bybit shows them.

Owns how the simulated account's ledgers become rows. All in US dollars where Bybit's is, with USDT and USDC at 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.instruments import TradingPair
from ttxt_core.sandbox.bybit.wire import Row, text
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.position_sides import LONG, ONE_WAY, SHORT
from ttxt_core.simulation.accounts import EXACT, initial_margin

ZERO = Decimal(0)
_DOLLARS = frozenset({"USDT", "USDC", "USD"})
_MAINTENANCE = Decimal("0.005")
_DECIMALS = Decimal("1e-8")
ShownExits = tuple[Decimal | None, Decimal | None, Decimal | None]
_SIDE_NAMES = {ONE_WAY: "", LONG: "Buy", SHORT: "Sell"}
"""The side that a position of hedge mode has even when it is flat."""


class AccountRows:
    """Reads the account."""

    def __init__(self, exchange: SandboxExchange) -> None:
        self._exchange = exchange

    def position(self, key: InstrumentKey, now_ms: int, exits: ShownExits, *, is_stream: bool) -> Row:
        """A linear position; `exits` are its take-profit and stop-loss, and the distance of its trailing stop."""
        core, market, index = self._exchange.core, self._exchange.market(key), self._exchange.sides.index(key)
        position, leverage = self._exchange.account.position(key), core.leverage(key)
        quantity, mark = position.quantity, core.mark_price(key)
        unrealised = position.unrealised_pnl(mark) if mark is not None else ZERO
        margin = initial_margin(abs(position.cost), leverage)
        maintenance = abs(position.cost) * _MAINTENANCE
        realised = EXACT.subtract(position.realised_pnl, position.fees)
        take_profit, stop_loss, trail = exits
        none = "0" if is_stream else ""
        row: Row = {
            "positionIdx": index,
            "tradeMode": 0,
            "riskId": 1,
            "riskLimitValue": "2000000",
            "symbol": market.symbol,
            "side": _SIDE_NAMES[index] or ("Buy" if quantity > 0 else "Sell" if quantity < 0 else ""),
            "size": text(abs(quantity)),
            "entryPrice" if is_stream else "avgPrice": text(position.entry_price),
            "leverage": text(leverage),
            "positionValue": text(abs(position.cost)),
            "positionBalance": text(margin),
            "markPrice": text(mark, ""),
            "positionIM": text(margin),
            "positionIMByMp": text(margin),
            "positionMM": text(maintenance),
            "positionMMByMp": text(maintenance),
            "takeProfit": text(take_profit, none),
            "stopLoss": text(stop_loss, none),
            "trailingStop": text(trail),
            "unrealisedPnl": text(unrealised) if quantity else "0",
            "curRealisedPnl": text(realised),
            "cumRealisedPnl": text(realised),
            "sessionAvgPrice": "",
            "createdTime": str(now_ms),
            "updatedTime": str(now_ms),
            "tpslMode": "Full",
            "liqPrice": text(self.liquidation_price(key), ""),
            "bustPrice": text(self.bankruptcy_price(key), ""),
            "positionStatus": "Normal",
            "adlRankIndicator": 2 if quantity else 0,
            "autoAddMargin": 0,
            "leverageSysUpdatedTime": "",
            "mmrSysUpdatedTime": "",
            "seq": market.sequence,
            "isReduceOnly": False,
            "breakEvenPrice": text(self._break_even(key)),
        }
        return row | {"category": key.category} if is_stream else row

    def liquidation_price(self, key: InstrumentKey) -> Decimal | None:
        """The mark price at which the account's money in the settle currency is down to the maintenance margin."""
        return self._price_where_left(key, abs(self._exchange.account.position(key).cost) * _MAINTENANCE)

    def bankruptcy_price(self, key: InstrumentKey) -> Decimal | None:
        """The mark price at which it is all gone."""
        return self._price_where_left(key, ZERO)

    def _price_where_left(self, key: InstrumentKey, left: Decimal) -> Decimal | None:
        """Where a position's mark price leaves so much, all others being as they are; None when flat or never."""
        account, position = self._exchange.account, self._exchange.account.position(key)
        if not position.quantity:
            return None
        market = self._exchange.market(key)
        money = account.balances.total(market.info.spec.settle) - left
        for other in self._positions_in(market.info.spec.settle):
            if other != key:
                mark = self._exchange.core.mark_price(other)
                held = account.position(other)
                money += held.unrealised_pnl(mark) if mark is not None else ZERO
                money -= abs(held.cost) * _MAINTENANCE
        cost = position.cost - money
        price = TradingPair.parse(market.info.key.pair).average_price(position.quantity, cost) if cost else ZERO
        return market.info.round_price(price, Side.SELL if position.quantity > 0 else Side.BUY) if price > 0 else None

    def wallet(self, currencies: Iterable[str] | None = None) -> Row:
        """The unified account, with all of its currencies or those named."""
        coins = {balance.currency: balance.total for balance in self._exchange.account.balances.snapshot()}
        rows = {currency: self._coin(currency) for currency in coins}
        equity = _sum(rows, "usdValue")
        held = sum((Decimal(row["held_usd"]) for row in rows.values()), ZERO)
        unrealised = _sum(rows, "unrealisedPnl")
        margin, maintenance = _sum(rows, "totalPositionIM") + _sum(rows, "totalOrderIM"), _sum(rows, "totalPositionMM")
        wanted = list(rows) if currencies is None else [c for c in currencies if c in rows]
        shown = [{name: value for name, value in rows[c].items() if name != "held_usd"} for c in wanted]
        wallet = text(equity - unrealised)
        return {
            "accountType": "UNIFIED",
            "accountIMRate": _ratio(margin, equity),
            "accountMMRate": _ratio(maintenance, equity),
            "accountIMRateByMp": _ratio(margin, equity),
            "accountMMRateByMp": _ratio(maintenance, equity),
            "accountLTV": "0",
            "totalEquity": text(equity),
            "totalWalletBalance": wallet,
            "totalMarginBalance": text(equity),
            "totalAvailableBalance": text(equity - held),
            "totalPerpUPL": text(unrealised),
            "totalInitialMargin": text(margin),
            "totalInitialMarginByMp": text(margin),
            "totalMaintenanceMargin": text(maintenance),
            "totalMaintenanceMarginByMp": text(maintenance),
            "coin": shown,
        }

    def _coin(self, currency: str) -> Row:
        balances = self._exchange.account.balances
        total, held = balances.total(currency), balances.held(currency)
        order_margin = position_margin = maintenance = unrealised = realised = ZERO
        for key in self._positions_in(currency):
            position = self._exchange.account.position(key)
            margin = initial_margin(abs(position.cost), self._exchange.core.leverage(key))
            position_margin += margin
            order_margin += balances.held_for(currency, str(key)) - margin
            maintenance += abs(position.cost) * _MAINTENANCE
            mark = self._exchange.core.mark_price(key)
            unrealised += position.unrealised_pnl(mark) if mark is not None else ZERO
            realised += position.realised_pnl - position.fees
        locked = held - order_margin - position_margin
        equity = total + unrealised
        price = self._dollars(currency)
        return {
            "coin": currency,
            "equity": text(equity),
            "usdValue": text((equity * price).quantize(_DECIMALS)),
            "walletBalance": text(total),
            "locked": text(locked),
            "free": "",
            "availableToWithdraw": "",
            "availableToBorrow": "",
            "borrowAmount": "0",
            "accruedInterest": "0",
            "totalOrderIM": text(order_margin),
            "totalPositionIM": text(position_margin),
            "totalPositionMM": text(maintenance),
            "unrealisedPnl": text(unrealised),
            "cumRealisedPnl": text(realised),
            "bonus": "0",
            "collateralSwitch": True,
            "marginCollateral": True,
            "spotHedgingQty": "0",
            "spotBorrow": "0",
            "held_usd": text((held * price).quantize(_DECIMALS)),
        }

    def _positions_in(self, currency: str) -> list[InstrumentKey]:
        markets = self._exchange.markets.values()
        settled = [m.info.key for m in markets if m.category != "spot" and m.info.spec.settle == currency]
        return [name for key in settled for name in self._exchange.sides.of(key).values()]

    def _dollars(self, currency: str) -> Decimal:
        """What one unit is worth; 0 where nothing here says it."""
        if currency in _DOLLARS:
            return Decimal(1)
        for market in self._exchange.markets.values():
            if market.info.spec.base == currency and market.info.spec.quote in _DOLLARS and market.last is not None:
                return market.info.exact_price(market.last)
        return ZERO

    def _break_even(self, key: InstrumentKey) -> Decimal | None:
        taker_fee = self._exchange.market(key).info.spec.taker_fee or ZERO
        return self._exchange.account.position(key).break_even_price(taker_fee)


def _sum(rows: dict[str, Row], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows.values()), ZERO)


def _ratio(part: Decimal, whole: Decimal) -> str:
    return text((part / whole).quantize(Decimal("1e-4"))) if whole > 0 else "0"
