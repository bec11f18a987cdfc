"""What happened to the account, in Bybit's words: records kept up to date, and the messages that tell of it.

Owns the way from the simulated exchange's reports to rows. A step's messages come as position, execution, order,
wallet; each order once, as it is after the step.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import NamedTuple
from uuid import UUID

from ttxt_core.events import Fill, InstrumentKey, OrderState, OrderUpdate, PositionUpdate, Side, Wallet
from ttxt_core.sandbox.bybit.account_rows import AccountRows
from ttxt_core.sandbox.bybit.orders import Execution, OrderStore, VenueOrder
from ttxt_core.sandbox.bybit.wire import SIDE_NAMES, Row, text
from ttxt_core.sandbox.exchange import Reports, SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

ZERO = Decimal(0)
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

Exits = Callable[[InstrumentKey], tuple[Decimal | None, Decimal | None]]


class PrivateMessage(NamedTuple):
    """What the private stream says: rows of a topic, all of one category (empty for the wallet)."""

    topic: str
    category: str
    rows: list[Row]


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

    def changed(self, order: VenueOrder) -> None:
        """The order is to be told."""
        self._changed[order.order_id] = order

    def take_in(self, reports: Reports) -> list[VenueOrder]:
        """Bring the records up to date; returns the orders that have just had fills."""
        filled: dict[str, VenueOrder] = {}
        for event in reports:
            data = event.data
            if type(data) is Fill:
                order = self.orders.by_id(data.client_order_id)
                if order is not None:
                    self._on_fill(order, data)
                    filled[order.order_id] = order
            elif type(data) is OrderUpdate:
                self._on_update(data)
            elif type(data) is PositionUpdate:
                self._moved[event.header.key] = None
            elif type(data) is Wallet:
                self._currencies |= dict.fromkeys(balance.currency for balance in data.balances)
        return list(filled.values())

    def drain(self, about: VenueOrder | None, exits: Exits) -> list[PrivateMessage]:
        """The messages that tell what is untold; a linear command's position is told in any case."""
        if about is not None and about.category == "linear":
            self._moved[about.key] = None
        now_ms = self._clock.now_ms()
        messages = [
            PrivateMessage(
                "position",
                "linear",
                [self.accounts.position(self._market(key), now_ms, exits(key), is_stream=True)],
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

    def _on_update(self, update: OrderUpdate) -> None:
        order = self.orders.by_id(update.client_order_id)
        if order is None:
            return
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
        if not order.is_open:
            self._expected.pop(order.order_id, None)
            self.orders.close(order)
        self.changed(order)

    def _on_fill(self, order: VenueOrder, fill: Fill) -> None:
        order.filled += fill.quantity
        order.value += fill.price * fill.quantity
        order.fees[fill.fee_currency] = order.fees.get(fill.fee_currency, ZERO) + fill.fee
        order.closed_pnl += fill.realised_pnl or ZERO
        closed = self._closed(order, fill)
        now_ms, market = self._clock.now_ms(), self._market(order.key)
        value = fill.price * fill.quantity
        # The fee's own rate: of what is received on spot, of the value on linear.
        base = fill.quantity if fill.fee_currency == market.info.spec.base else value
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
            "execPrice": text(fill.price),
            "execQty": text(fill.quantity),
            "execType": "Trade",
            "execValue": text(value),
            "execFee": text(fill.fee),
            "feeRate": text((fill.fee / base).quantize(Decimal("1e-8"))),
            "feeCurrency": fill.fee_currency,
            "execTime": str(now_ms),
            "isMaker": fill.is_maker,
            "isLeverage": "0",
            "closedSize": text(closed),
            "execPnl": text(fill.realised_pnl),
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
