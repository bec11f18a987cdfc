"""What happened to the account, in Bybit's words: records kept up to date, and the messages that tell of it.

Owns the way from the simulated exchange's reports to rows. A step's messages come as position, execution, order,
wallet; each order once, as it is after the step.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from ttxt_core.events import Fill, InstrumentKey, OrderState, OrderUpdate, PositionUpdate, Side, Wallet
from ttxt_core.instruments import TradingPair
from ttxt_core.sandbox.bybit.account_rows import AccountRows, ShownExits
from ttxt_core.sandbox.bybit.orders import TAKE_OVER, Execution, OrderStore, VenueOrder
from ttxt_core.sandbox.bybit.wire import SIDE_NAMES, Row, text
from ttxt_core.sandbox.exchange import Reports, SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

ZERO = Decimal(0)
_RATE = Decimal("1e-8")
_KINDS = {TAKE_OVER: "BustTrade"}
_STATUS = {
    OrderState.NEW: "New",
    OrderState.PARTIALLY_FILLED: "PartiallyFilled",
    OrderState.FILLED: "Filled",
    OrderState.CANCELED: "Cancelled",
    OrderState.EXPIRED: "Cancelled",
    OrderState.REJECTED: "Rejected",
}
_CANCELS: tuple[tuple[str, str, str], ...] = (
    ("own order", "CancelBySmp", "EC_BySelfMatch"),
    ("reduce-only", "CancelByReduceOnly", "EC_PerCancelRequest"),
    ("fill or kill", "UNKNOWN", "EC_NoEnoughQtyToFill"),
    ("immediate or cancel", "UNKNOWN", "EC_NoImmediateQtyToFill"),
    ("the visible depth is used up", "UNKNOWN", "EC_NoImmediateQtyToFill"),
    ("steps changed", "CancelByAdmin", "EC_PerCancelRequest"),
)
"""The simulated exchange's words for an order's end, Bybit's cancelType and rejectReason."""

ExitsOf = Callable[[InstrumentKey], ShownExits]


class PrivateMessage(NamedTuple):
    """What the private stream says: rows of a topic, all of one category (empty for the wallet)."""

    topic: str
    category: str
    rows: list[Row]


class Step(NamedTuple):
    """What the simulated exchange's reports of a moment mean: orders that had fills, and orders that are done."""

    filled: list[VenueOrder]
    ended: list[VenueOrder]


class Journal:
    """Records of orders and executions, and what is still to be told of them.

    Attributes:
        orders: the records. accounts: rows of positions and the wallet.
    """

    def __init__(self, exchange: SandboxExchange, clock: ServerClock, random: Random) -> None:
        self.orders = OrderStore()
        self.accounts = AccountRows(exchange)
        self._exchange = exchange
        self._clock = clock
        self._random = random
        self._positions: dict[InstrumentKey, Decimal] = {}
        self._expected: dict[str, tuple[str, str]] = {}
        self._changed: dict[str, VenueOrder] = {}
        self._executions: list[tuple[str, Row]] = []
        self._moved: dict[InstrumentKey, None] = {}
        self._currencies: dict[str, None] = {}

    def expect_cancel(self, order: VenueOrder, cancel_type: str, reason: str) -> None:
        """The order's next end is called so."""
        self._expected[order.order_id] = cancel_type, reason

    def moved(self, key: InstrumentKey) -> None:
        """The position is to be told."""
        self._moved[key] = None

    def changed(self, order: VenueOrder) -> None:
        """The order is to be told."""
        self._changed[order.order_id] = order

    def take_in(self, reports: Reports) -> Step:
        """Bring the records up to date."""
        filled: dict[str, VenueOrder] = {}
        ended: list[VenueOrder] = []
        for event in reports:
            data = event.data
            if type(data) is Fill:
                order = self.orders.by_id(data.client_order_id)
                if order is not None:
                    self._on_fill(order, data)
                    filled[order.order_id] = order
            elif type(data) is OrderUpdate:
                order = self.orders.by_id(data.client_order_id)
                if order is not None and order.is_open and self._on_update(order, data):
                    ended.append(order)
            elif type(data) is PositionUpdate:
                self._moved[event.header.key] = None
            elif type(data) is Wallet:
                self._currencies |= dict.fromkeys(balance.currency for balance in data.balances)
        return Step(list(filled.values()), ended)

    def drain(self, about: VenueOrder | None, exits: ExitsOf) -> list[PrivateMessage]:
        """The messages that tell what is untold; the position of a command on contracts is told in any case."""
        if about is not None and about.category != "spot":
            self._moved[about.key] = None
        now_ms = self._clock.now_ms()
        messages = [
            PrivateMessage(
                "position",
                key.category,
                [self.accounts.position(key, now_ms, exits(key), is_stream=True)],
            )
            for key in self._moved
        ]
        for category in dict.fromkeys(category for category, _ in self._executions):
            rows = [row for c, row in self._executions if c == category]
            messages.append(PrivateMessage("execution", category, rows))
        messages += [
            PrivateMessage("order", order.category, [order.row(is_stream=True)]) for order in self._changed.values()
        ]
        if self._currencies:
            messages.append(PrivateMessage("wallet", "", [self.accounts.wallet(self._currencies)]))
        self._moved.clear()
        self._executions.clear()
        self._changed.clear()
        self._currencies.clear()
        return messages

    # -- inside ----------------------------------------------------------------------------------------------

    def _market(self, key: InstrumentKey) -> PublicMarket:
        return self._exchange.market(key)

    def _on_update(self, order: VenueOrder, update: OrderUpdate) -> bool:
        """Whether the order is done."""
        order.updated_ms = self._clock.now_ms()
        order.status = _STATUS[update.state]
        if order.market_unit != "quoteCoin":
            order.quantity = update.quantity
        if update.state in {OrderState.CANCELED, OrderState.EXPIRED}:
            reason = update.reason or ""
            names = next(
                ((c, r) for words, c, r in _CANCELS if words in reason), ("CancelByUser", "EC_PerCancelRequest")
            )
            order.cancel_type, order.reject_reason = self._expected.pop(order.order_id, names)
            if order.filled and order.reject_reason == "EC_NoImmediateQtyToFill":
                order.reject_reason = "EC_CancelForNoFullFill"
            if order.filled and order.category == "spot":
                order.status = "PartiallyFilledCanceled"
        self.changed(order)
        if order.is_open:
            return False
        self._expected.pop(order.order_id, None)
        self.orders.close(order)
        return True

    def _on_fill(self, order: VenueOrder, fill: Fill) -> None:
        order.filled += fill.quantity
        pair = TradingPair.parse(self._market(order.key).info.key.pair)
        value = abs(pair.cost(fill.quantity, fill.price))
        order.value += value
        order.fees[fill.fee_currency] = order.fees.get(fill.fee_currency, ZERO) + fill.fee
        order.closed_pnl += fill.realised_pnl or ZERO
        # The fee's own rate: of what is received on spot, of the value on contracts.
        base = fill.quantity if order.category == "spot" and fill.fee_currency == pair.base else value
        self._execute(
            order,
            execPrice=text(fill.price),
            execQty=text(fill.quantity),
            execType=_KINDS.get(order.create_type, "Trade"),
            execValue=text(value),
            execFee=text(fill.fee),
            feeRate=text((fill.fee / base).quantize(_RATE)),
            feeCurrency=fill.fee_currency,
            isMaker=fill.is_maker,
            closedSize=text(self._closed(order, fill)),
            execPnl=text(fill.realised_pnl),
        )

    def on_funding(self, order: VenueOrder, mark: Decimal, fee: Decimal, rate: Decimal) -> None:
        """A position was charged: told as an execution of `order`, which nobody has sent."""
        self._execute(
            order,
            orderQty="0",
            leavesQty="0",
            execPrice=text(mark),
            execQty=text(order.quantity),
            execType="Funding",
            execValue=text(abs(TradingPair.parse(self._market(order.key).info.key.pair).cost(order.quantity, mark))),
            execFee=text(fee),
            feeRate=text(rate),
            feeCurrency=self._market(order.key).info.spec.settle,
            isMaker=False,
            closedSize="0",
            execPnl="0",
        )

    def _execute(self, order: VenueOrder, **figures: Any) -> None:
        now_ms, market = self._clock.now_ms(), self._market(order.key)
        row: Row = {
            "category": order.category,
            "symbol": order.symbol,
            "orderId": order.order_id,
            "orderLinkId": order.link_id,
            "side": SIDE_NAMES[order.side],
            "orderPrice": text(order.price),
            "orderQty": text(order.quantity),
            "leavesQty": text(max(ZERO, order.quantity - order.filled) if order.market_unit != "quoteCoin" else ZERO),
            "createType": order.create_type,
            "orderType": order.order_type,
            "stopOrderType": order.stop_type or "UNKNOWN",
            "execId": str(UUID(int=self._random.getrandbits(128), version=4)),
            "execTime": str(now_ms),
            "isLeverage": "0",
            "markPrice": text(self._exchange.core.mark_price(order.key), ""),
            "indexPrice": "",
            "underlyingPrice": "",
            "tradeIv": "",
            "markIv": "",
            "blockTradeId": "",
            "marketUnit": order.market_unit,
            "extraFees": "",
            "seq": market.sequence,
        }
        row |= figures
        self.orders.executions.append(Execution(row, order, now_ms))
        self._executions.append((order.category, row))

    def _closed(self, order: VenueOrder, fill: Fill) -> Decimal:
        """How much of a fill made a position smaller."""
        if order.category == "spot":
            return ZERO
        before = self._positions.get(order.key, ZERO)
        signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
        self._positions[order.key] = before + signed
        return min(abs(before), fill.quantity) if before * signed < 0 else ZERO
