"""REST queries of the account: orders, executions, positions, wallet, fees, keys, and its few settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.account_terms import AccountTerms
from ttxt_core.sandbox.bybit.dead_man_switch import DeadManSwitch
from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.errors import Refusal, bad_parameter
from ttxt_core.sandbox.bybit.fields import Fields, read_category, read_symbol
from ttxt_core.sandbox.bybit.orders import VenueOrder
from ttxt_core.sandbox.bybit.rest_market import read_cursor, read_limit, read_time
from ttxt_core.sandbox.bybit.wire import CATEGORIES, CONTRACTS, EMPTY_CATEGORIES, Row, text
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

_WEEK_MS = 7 * 86_400_000
_RECENT = 500


class AccountQueries:
    """What a key may ask of its account, and set."""

    def __init__(
        self,
        exchange: SandboxExchange,
        desk: OrderDesk,
        switch: DeadManSwitch,
        terms: AccountTerms,
        clock: ServerClock,
    ) -> None:
        self._exchange = exchange
        self._terms = terms
        self._desk = desk
        self._switch = switch
        self._clock = clock

    def queries(self) -> dict[str, Callable[[Fields], Row]]:
        """Signed GET paths."""
        return {
            "/v5/order/realtime": self.open_orders,
            "/v5/order/history": self.order_history,
            "/v5/execution/list": self.executions,
            "/v5/position/list": self.positions,
            "/v5/account/wallet-balance": self.wallet,
            "/v5/account/info": self.account_info,
            "/v5/account/fee-rate": self.fee_rate,
            "/v5/account/query-dcp-info": lambda _fields: self._switch.info(),
            "/v5/asset/coin/query-info": self.coins,
        }

    def settings(self) -> dict[str, Callable[[Fields], Row]]:
        """Signed POST paths."""
        return {
            "/v5/position/set-leverage": self.set_leverage,
            "/v5/position/trading-stop": self._desk.set_trading_stop,
            "/v5/position/switch-mode": self.switch_mode,
            "/v5/order/disconnected-cancel-all": self.set_dead_man_switch,
        }

    # -- orders and executions -------------------------------------------------------------------------------

    def open_orders(self, fields: Fields) -> Row:
        """Open orders; with an id, or `openOnly` 1, those that are done too."""
        category = _category(fields)
        order_id, link_id = str(fields.get("orderId") or ""), str(fields.get("orderLinkId") or "")
        if order_id or link_id:
            found = self._desk.journal.orders.find(category, order_id, link_id)
            return _page(category, [found.row()] if found is not None else [], fields, 50, 20)
        if category == "linear" and not any(fields.get(name) for name in ("symbol", "baseCoin", "settleCoin")):
            raise bad_parameter("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
        orders = [
            order for order in self._desk.journal.orders.newest_first() if self._is_meant(order, category, fields)
        ]
        if str(fields.get("openOnly") or "0") == "1":
            wanted = [order for order in orders if not order.is_open][:_RECENT]
        else:
            wanted = [order for order in orders if order.is_open]
        return _page(category, [order.row() for order in wanted], fields, 50, 20)

    def order_history(self, fields: Fields) -> Row:
        """Orders that are done."""
        category = _category(fields)
        start, end = _window(fields, self._clock.now_ms())
        status = fields.get("orderStatus")
        names = str(fields.get("orderId") or ""), str(fields.get("orderLinkId") or "")
        rows = [
            order.row()
            for order in self._desk.journal.orders.newest_first()
            if self._is_meant(order, category, fields)
            and not order.is_open
            and status in {None, "", order.status}
            and names[0] in {"", order.order_id}
            and names[1] in {"", order.link_id}
            and start <= order.created_ms <= end
        ]
        return _page(category, rows, fields, 50, 20)

    def executions(self, fields: Fields) -> Row:
        """Fills, newest first."""
        category = _category(fields)
        start, end = _window(fields, self._clock.now_ms())
        names = str(fields.get("orderId") or ""), str(fields.get("orderLinkId") or "")
        rows = [
            {name: value for name, value in execution.row.items() if name != "category"}
            for execution in reversed(self._desk.journal.orders.executions)
            if self._is_meant(execution.order, category, fields)
            and names[0] in {"", execution.order.order_id}
            and names[1] in {"", execution.order.link_id}
            and fields.get("execType") in {None, "", execution.row["execType"]}
            and start <= execution.time_ms <= end
        ]
        return _page(category, rows, fields, 100, 50)

    def _is_meant(self, order: VenueOrder, category: str, fields: Fields) -> bool:
        if order.category != category or fields.get("symbol") not in {None, "", order.symbol}:
            return False
        spec = self._exchange.market(order.key).info.spec
        if fields.get("settleCoin") not in {None, "", spec.settle} or fields.get("baseCoin") not in {
            None,
            "",
            spec.base,
        }:
            return False
        wanted = fields.get("orderFilter")
        return wanted not in {"Order", "StopOrder", "tpslOrder"} or (wanted == "Order") != bool(order.stop_type)

    # -- positions and money ---------------------------------------------------------------------------------

    def positions(self, fields: Fields) -> Row:
        """Positions: of a symbol flat or not, of a settle coin only those that are open."""
        category = _category(fields)
        if category not in CONTRACTS:
            return {"category": category, "list": [], "nextPageCursor": ""}
        symbol, settle = fields.get("symbol"), fields.get("settleCoin")
        if not (symbol or settle):
            raise bad_parameter("Missing some parameters that must be filled in, symbol or settleCoin")
        if symbol:
            keys = list(self._exchange.sides.of(self._contract(fields).info.key).values())
        else:
            keys = [
                key
                for market in self._exchange.markets.values()
                if market.category == category and market.info.spec.settle == settle
                for key in self._exchange.sides.of(market.info.key).values()
                if self._exchange.account.position(key).quantity
            ]
        now_ms, rows = self._clock.now_ms(), self._desk.journal.accounts
        exits = self._desk.exits.shown
        shown = [rows.position(key, now_ms, exits(key), is_stream=False) for key in keys]
        return _page(category, shown, fields, 200, 20)

    def wallet(self, fields: Fields) -> Row:
        """The unified account."""
        if fields.get("accountType") != "UNIFIED":
            raise bad_parameter("accountType only support UNIFIED.")
        coins = str(fields.get("coin") or "")
        return {"list": [self._desk.journal.accounts.wallet(coins.split(",") if coins else None)]}

    def account_info(self, _fields: Fields) -> Row:
        """What the account is."""
        return self._terms.info(self._switch.window_s, self._clock.now_ms())

    def fee_rate(self, fields: Fields) -> Row:
        """Maker and taker fees."""
        category = _category(fields)
        rows = [
            {
                "symbol": market.symbol,
                "baseCoin": "",
                "takerFeeRate": text(market.info.spec.taker_fee, ""),
                "makerFeeRate": text(market.info.spec.maker_fee, ""),
            }
            for market in self._exchange.markets.values()
            if market.category == category and fields.get("symbol") in {None, "", market.symbol}
        ]
        return {"category": category, "list": rows}

    def coins(self, fields: Fields) -> Row:
        """The currencies, which can't be moved here."""
        currencies: dict[str, None] = {}
        for market in self._exchange.markets.values():
            currencies |= dict.fromkeys((market.info.spec.base, market.info.spec.quote))
        wanted = [currency for currency in currencies if fields.get("coin") in {None, "", currency}]
        rows = [{"name": c, "coin": c, "remainAmount": "0", "chains": []} for c in wanted]
        return {"rows": rows}

    # -- settings --------------------------------------------------------------------------------------------

    def set_leverage(self, fields: Fields) -> Row:
        """Change the leverage of a contract."""
        market = self._contract(fields)
        try:
            buy, sell = (Decimal(str(fields.get(name))) for name in ("buyLeverage", "sellLeverage"))
        except InvalidOperation as error:
            raise bad_parameter("leverage invalid") from error
        most = market.info.spec.max_leverage or Decimal(100)
        if buy != sell or not 1 <= buy <= most:
            raise bad_parameter("buy leverage must equal sell leverage, and be from 1 to the maximum")
        key = market.info.key
        if buy == self._exchange.core.leverage(key):
            raise Refusal(errors.LEVERAGE_NOT_MODIFIED, "leverage not modified")
        self._desk.on_reports(self._exchange.set_leverage(key, buy))
        return {}

    def switch_mode(self, fields: Fields) -> Row:
        """One-way or hedge mode, of an instrument or of all that settle in a coin and are neither held nor ordered."""
        modes = {"0": False, "3": True}
        wanted = modes.get(str(fields.get("mode")))
        category = read_category(fields)
        if category not in CONTRACTS or wanted is None:
            raise bad_parameter("mode invalid")
        coin = fields.get("coin")
        if not fields.get("symbol") and coin:
            markets = [m for m in self._exchange.markets.values() if m.category == category]
            for market in markets:
                if market.info.spec.settle == coin and self._why_not_switch(market, is_hedged=wanted) is None:
                    self._exchange.set_hedged(market, is_hedged=wanted)
            return {}
        market = self._contract(fields)
        refusal = self._why_not_switch(market, is_hedged=wanted)
        if refusal is not None:
            raise refusal
        self._exchange.set_hedged(market, is_hedged=wanted)
        return {}

    def _why_not_switch(self, market: PublicMarket, *, is_hedged: bool) -> Refusal | None:
        key, sides = market.info.key, self._exchange.sides
        if sides.is_hedged(key) == is_hedged:
            return Refusal(errors.MODE_NOT_MODIFIED, "Position mode is not modified")
        if is_hedged and market.info.spec.settle != "USDT":
            return Refusal(errors.NO_HEDGE_MODE, "Hedge mode is not available for this symbol")
        if any(self._exchange.account.position(name).quantity for name in sides.of(key).values()):
            return Refusal(errors.POSITION_EXISTS, "You have an existing position, so position mode cannot be switched")
        orders = self._desk.journal.orders.open_orders()
        if any(self._exchange.market(order.key) is market for order in orders):
            return Refusal(errors.ORDERS_EXIST, "Open orders exist, so you cannot change position mode")
        return None

    def set_dead_man_switch(self, fields: Fields) -> Row:
        """Set the window of the dead-man switch."""
        try:
            window_s = int(str(fields.get("timeWindow")))
        except ValueError as error:
            raise bad_parameter("timeWindow invalid") from error
        self._switch.set(str(fields.get("product") or "OPTIONS"), window_s)
        return {}

    def _contract(self, fields: Fields) -> PublicMarket:
        category = read_category(fields)
        if category not in CONTRACTS:
            raise bad_parameter("Illegal category")
        market = self._exchange.markets.get((category, read_symbol(fields)))
        if market is None:
            raise errors.SYMBOL.refusal(category)
        return market


def _category(fields: Fields) -> str:
    category = fields.get("category")
    if category not in {*CATEGORIES, *EMPTY_CATEGORIES}:
        raise bad_parameter("Illegal category")
    return str(category)


def _window(fields: Fields, now_ms: int) -> tuple[int, int]:
    """The time that a history query is about: a week, ending now unless it says otherwise."""
    start, end = read_time(fields, "startTime"), read_time(fields, "endTime")
    if start is not None and end is not None and end - start > _WEEK_MS:
        raise bad_parameter("The time range between startTime and endTime cannot exceed 7 days")
    if end is None:
        end = now_ms if start is None else start + _WEEK_MS
    return end - _WEEK_MS if start is None else start, end


def _page(category: str, rows: Iterable[Row], fields: Fields, most: int, default: int) -> Row:
    listed = list(rows)
    start, limit = read_cursor(fields), read_limit(fields, default, most)
    cursor = str(start + limit) if start + limit < len(listed) else ""
    return {"category": category, "list": listed[start : start + limit], "nextPageCursor": cursor}
