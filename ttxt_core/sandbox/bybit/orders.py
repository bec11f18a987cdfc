"""Orders and executions as Bybit keeps and shows them.

Owns the venue's record of an order, its rows, and the store that is asked for them. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct, field

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit.exit_form import STOP_LOSS, TAKE_PROFIT, TRAILING, Exits
from ttxt_core.sandbox.bybit.wire import SIDE_NAMES, Row, text

ZERO = Decimal(0)
OPEN = frozenset({"New", "PartiallyFilled", "Untriggered", "Triggered"})
TAKE_OVER = "CreateByTakeOver_PassThrough"
"""What makes the order that closes a position in liquidation."""
WHOLE_EXITS = frozenset({TAKE_PROFIT, STOP_LOSS, TRAILING})
PARTIAL_EXITS = frozenset({"PartialTakeProfit", "PartialStopLoss"})
TRIGGER_NAMES = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice", TriggerBy.INDEX: "IndexPrice"}


class Trigger(Struct):
    """What releases a conditional order."""

    price: Decimal
    by: TriggerBy
    direction: TriggerDirection


class VenueOrder(Struct, kw_only=True, eq=False):
    """One order, from its creation to its end.

    Attributes:
        order_id: Bybit's; also what the simulated exchange calls it. link_id: the client's, may be empty.
        key: of the position that it changes; on spot, of the instrument. position_index: which that is.
        price: None for market orders. quantity: as asked for, in `market_unit`.
        status, cancel_type, reject_reason: Bybit's words.
        filled, value: base currency and quote currency so far. fees: by currency. closed_pnl: quote currency.
        stop_type: of orders that wait or waited for a trigger.
        exits: attached to it. parent_link_id: of an exit, the client's id of the order that it was attached to.
        trail: of a trailing stop, how far its trigger follows the price; active_price: what starts that.
    """

    order_id: str
    link_id: str
    key: InstrumentKey
    symbol: str
    side: Side
    order_type: str
    quantity: Decimal
    price: Decimal | None
    time_in_force: str
    created_ms: int
    updated_ms: int
    status: str = "New"
    cancel_type: str = "UNKNOWN"
    reject_reason: str = "EC_NoError"
    position_index: int = 0
    market_unit: str = ""
    reduce_only: bool = False
    close_on_trigger: bool = False
    trigger: Trigger | None = None
    stop_type: str = ""
    create_type: str = "CreateByUser"
    last_price: Decimal | None = None
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)
    closed_pnl: Decimal = ZERO
    exits: Exits = Exits()
    parent_link_id: str = ""
    trail: Decimal | None = None
    active_price: Decimal | None = None

    @property
    def category(self) -> str:
        """The venue's product."""
        return self.key.category

    @property
    def is_open(self) -> bool:
        """It may still fill."""
        return self.status in OPEN

    @property
    def is_waiting(self) -> bool:
        """It waits for its trigger, outside the book."""
        return self.status == "Untriggered"

    @property
    def is_whole_exit(self) -> bool:
        """It closes the whole position, however large that is."""
        return self.stop_type in WHOLE_EXITS

    @property
    def is_partial_exit(self) -> bool:
        """It closes a part of the position."""
        return self.stop_type in PARTIAL_EXITS

    @property
    def left(self) -> Decimal:
        """What may still fill; 0 when it is done, and for a quantity in quote currency."""
        if not self.is_open or self.market_unit == "quoteCoin":
            return ZERO
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal:
        """Of what is filled, which must be something."""
        return self.filled / self.value if self.category == "inverse" else self.value / self.filled

    def row(self, *, is_stream: bool = False) -> Row:
        """The order as REST lists it and the private stream sends it."""
        is_spot = self.category == "spot"
        trigger, exits = self.trigger, self.exits
        profit, loss = exits.take_profit, exits.stop_loss
        average = f"{self.average_price:.{_AVERAGE_DECIMALS}f}" if self.filled else ""
        row: Row = {
            "symbol": self.symbol,
            "orderId": self.order_id,
            "orderLinkId": self.link_id,
            "parentOrderLinkId": self.parent_link_id,
            "blockTradeId": "",
            "side": SIDE_NAMES[self.side],
            "positionIdx": self.position_index,
            "orderStatus": self.status,
            "cancelType": self.cancel_type,
            "rejectReason": self.reject_reason,
            "timeInForce": self.time_in_force,
            "isLeverage": "0" if is_spot else "",
            "price": text(self.price),
            "qty": text(self.quantity),
            "avgPrice": text(Decimal(average), "") if average else "",
            "leavesQty": text(self.left),
            "leavesValue": text(self.left * (self.price or ZERO)),
            "cumExecQty": text(self.filled),
            "cumExecValue": text(self.value),
            "cumExecFee": text(sum(self.fees.values(), ZERO)),
            "cumFeeDetail": {coin: text(fee) for coin, fee in self.fees.items()},
            "orderType": self.order_type,
            "stopOrderType": self.stop_type,
            "orderIv": "",
            "marketUnit": self.market_unit,
            "slippageToleranceType": "UNKNOWN",
            "slippageTolerance": "",
            "triggerPrice": text(trigger.price) if trigger else "",
            "triggerDirection": _DIRECTIONS[trigger.direction] if trigger else 0,
            "triggerBy": TRIGGER_NAMES[trigger.by] if trigger else "",
            "takeProfit": text(profit.price) if profit else "",
            "stopLoss": text(loss.price) if loss else "",
            "tpLimitPrice": text(profit.limit, "") if profit else "",
            "slLimitPrice": text(loss.limit, "") if loss else "",
            "tpTriggerBy": TRIGGER_NAMES[profit.by] if profit else "",
            "slTriggerBy": TRIGGER_NAMES[loss.by] if loss else "",
            "ocoTriggerBy": "",
            "basePrice" if is_spot else "lastPriceOnCreated": text(self.last_price, ""),
            "reduceOnly": self.reduce_only,
            "closeOnTrigger": self.close_on_trigger,
            "placeType": "",
            "smpType": "None",
            "smpGroup": 0,
            "smpOrderId": "",
            "createdTime": str(self.created_ms),
            "updatedTime": str(self.updated_ms),
        }
        if not is_spot:
            row |= {"createType": self.create_type, "tpslMode": self._mode()}
        if is_stream:
            fee_currency = next(iter(self.fees), "") if is_spot else ""
            row |= {"category": self.category, "closedPnl": text(self.closed_pnl), "feeCurrency": fee_currency}
        return row

    def _mode(self) -> str:
        if self.is_whole_exit or self.is_partial_exit:
            return "Full" if self.is_whole_exit else "Partial"
        if not self.exits.terms():
            return ""
        return "Partial" if self.exits.is_partial else "Full"


_AVERAGE_DECIMALS = 12
_DIRECTIONS = {TriggerDirection.RISE: 1, TriggerDirection.FALL: 2}


class Execution(Struct, frozen=True):
    """One fill: its row, and what it is looked up by."""

    row: Row
    order: VenueOrder
    time_ms: int


class OrderStore:
    """All orders and executions of the account, for as long as the sandbox runs."""

    def __init__(self) -> None:
        self.executions: list[Execution] = []
        self._orders: dict[str, VenueOrder] = {}
        self._by_link: dict[tuple[str, str], VenueOrder] = {}
        self._open: dict[str, VenueOrder] = {}

    def add(self, order: VenueOrder) -> None:
        """Take on an order."""
        self._orders[order.order_id] = order
        self._open[order.order_id] = order
        if order.link_id:
            self._by_link[order.category, order.link_id] = order

    def close(self, order: VenueOrder) -> None:
        """The order is done."""
        self._open.pop(order.order_id, None)

    def knows_link(self, category: str, link_id: str) -> bool:
        """Whether a client id was used before, by an open order or one that is long done."""
        return (category, link_id) in self._by_link

    def find(self, category: str, order_id: str, link_id: str) -> VenueOrder | None:
        """By Bybit's id, else by the client's."""
        order = self._orders.get(order_id) if order_id else self._by_link.get((category, link_id))
        return order if order is not None and order.category == category else None

    def by_id(self, order_id: str) -> VenueOrder | None:
        """By Bybit's id."""
        return self._orders.get(order_id)

    def open_orders(self) -> list[VenueOrder]:
        """Orders that may still fill, oldest first."""
        return list(self._open.values())

    def newest_first(self) -> Iterator[VenueOrder]:
        """All orders."""
        return reversed(self._orders.values())
