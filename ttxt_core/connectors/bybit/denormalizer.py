"""Commands as Bybit v5 writes them: bodies that the REST API and the trade socket share.

Source: Bybit's v5 documentation, "Trade". A quantity of a spot market order always says its unit, since the venue's
own default differs between buys and sells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from ttxt_core.connectors.bybit.limits import BATCH_LIMITS, EVERYTHING
from ttxt_core.connectors.denormalizer import PRIORITY_OF, DenormalizerBase, plain
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.errors import OrderError
from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    CreateOrder,
    Event,
    OrderType,
    PositionSide,
    QuantityUnit,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
)
from ttxt_core.web.requests import Priority, RESTRequest, WSJSONRequest

RECV_WINDOW_MS: Final = 5_000
"""How old a request may be when the venue reads it; later ones are refused, so nothing of ours acts after that."""

SPOT: Final = "spot"
CONDITIONAL: Final = "StopOrder"
"""How spot calls orders that wait for their trigger; it looks for them only when it is told to."""

_SIDES: Final = {Side.BUY: "Buy", Side.SELL: "Sell"}
_TIMES_IN_FORCE: Final = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
_TRIGGERS_BY: Final = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice", TriggerBy.INDEX: "IndexPrice"}
_TRIGGER_DIRECTIONS: Final = {TriggerDirection.RISE: 1, TriggerDirection.FALL: 2}
_POSITIONS: Final = {PositionSide.ONE_WAY: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}
_UNITS: Final = {QuantityUnit.BASE: "baseCoin", QuantityUnit.QUOTE: "quoteCoin"}
_WORDS: Final[dict[type, str]] = {CreateOrder: "create", AmendOrder: "amend", CancelOrder: "cancel"}

Body = dict[str, Any]


class BybitDenormalizer(DenormalizerBase):
    """Writes commands for `spot` or `linear`."""

    venue = "bybit"

    def __init__(self, category: str, symbols: SymbolTable, is_untriggered: Callable[[str, str | None], bool]) -> None:
        """`is_untriggered` says of a client order id and a venue's id whether that order waits for its trigger."""
        self.category = category
        self._symbols = symbols
        self._is_untriggered = is_untriggered

    @property
    def batch_limit(self) -> int:
        """See `DenormalizerBase`."""
        return BATCH_LIMITS[self.category]

    # -- requests ----------------------------------------------------------------------------------------

    def command_over_rest(self, commands: Sequence[Event[Any]]) -> RESTRequest:
        """See `DenormalizerBase`."""
        path = f"/v5/order/{_word(commands)}"
        return self._post(path, self.body(commands), PRIORITY_OF[type(commands[0].data)], len(commands))

    def command_over_ws(self, commands: Sequence[Event[Any]], request_id: str, now_ms: int) -> WSJSONRequest:
        """See `DenormalizerBase`."""
        word = f"order.{_word(commands)}"
        header = {"X-BAPI-TIMESTAMP": str(now_ms), "X-BAPI-RECV-WINDOW": str(RECV_WINDOW_MS)}
        payload = {"reqId": request_id, "header": header, "op": word, "args": [self.body(commands)]}
        return WSJSONRequest(payload, request_id, word)

    def command_limits(self, commands: Sequence[Event[Any]]) -> tuple[str, ...]:
        """See `DenormalizerBase`: the trade socket and the REST API share them."""
        return (f"/v5/order/{_word(commands)}",)

    def cancel_all(self, pair: str | None) -> list[RESTRequest]:
        """See `DenormalizerBase`. Spot takes one kind of order at a time, linear one settle currency."""
        symbol = {} if pair is None else {"symbol": self._symbols.symbol(pair)}
        parts: list[Body] = [symbol]
        if self.category == SPOT:
            parts = [{**symbol, "orderFilter": kind} for kind in ("Order", CONDITIONAL)]
        elif not symbol:
            parts = [{"settleCoin": currency} for currency in self._symbols.settle_currencies]
        return [
            self._post("/v5/order/cancel-all", {"category": self.category, **part}, Priority.CANCEL, 1)
            for part in parts
        ]

    # -- bodies ------------------------------------------------------------------------------------------

    def body(self, commands: Sequence[Event[Any]]) -> Body:
        """The body that carries `commands`: one command's fields, or a batch of them."""
        if len(commands) == 1:
            return {"category": self.category, **self._fields(commands[0])}
        return {"category": self.category, "request": [self._fields(command) for command in commands]}

    def _fields(self, event: Event[Any]) -> Body:
        command = event.data
        symbol = self._symbols.symbol(event.header.pair)
        if type(command) is CreateOrder:
            return {"symbol": symbol, **self._create(command)}
        body: Body = {"symbol": symbol}
        # The venue's id wins where both are given; an order made elsewhere may have no client id.
        if command.order_id:
            body["orderId"] = command.order_id
        else:
            body["orderLinkId"] = command.client_order_id
        if type(command) is AmendOrder:
            body.update(_amendment(command))
        elif self.category == SPOT and self._is_untriggered(command.client_order_id, command.order_id):
            body["orderFilter"] = CONDITIONAL
        return body

    def _create(self, command: CreateOrder) -> Body:
        reason = self._bad_shape(command)
        if reason is not None:
            raise OrderError(f"send order {command.client_order_id} to {self.venue} {self.category}", reason)
        is_limit, is_spot = command.order_type is OrderType.LIMIT, self.category == SPOT
        body: Body = {
            "side": _SIDES[command.side],
            "orderType": "Limit" if is_limit else "Market",
            "qty": plain(command.quantity, "quantity"),
            "orderLinkId": command.client_order_id,
        }
        if is_limit and command.price is not None:
            body["price"] = plain(command.price, "price")
            body["timeInForce"] = "PostOnly" if command.post_only else _TIMES_IN_FORCE[command.time_in_force]
        elif is_spot:
            body["marketUnit"] = _UNITS[command.quantity_unit]
        if not is_spot:
            body["positionIdx"] = _POSITIONS[command.position_side]
            # A sale on spot can't sell more than there is, so reduce-only says nothing there.
            body.update({"reduceOnly": True} if command.reduce_only else {})
            body.update({"closeOnTrigger": True} if command.close_on_trigger else {})
        body.update(self._trigger(command))
        body.update(_exits(command))
        return body

    def _trigger(self, command: CreateOrder) -> Body:
        if command.trigger_price is None:
            return {}
        price = plain(command.trigger_price, "trigger price")
        if self.category == SPOT:  # there the venue sees by its last price which way it must come
            return {"triggerPrice": price, "orderFilter": CONDITIONAL}
        # Without a direction a stop limits a loss: a buy waits for a rise, a sale for a fall.
        natural = TriggerDirection.RISE if command.side is Side.BUY else TriggerDirection.FALL
        return {
            "triggerPrice": price,
            "triggerBy": _TRIGGERS_BY[command.trigger_by or TriggerBy.LAST],
            "triggerDirection": _TRIGGER_DIRECTIONS[command.trigger_direction or natural],
        }

    def _bad_shape(self, command: CreateOrder) -> str | None:
        """Why the venue has no such order."""
        is_limit = command.order_type is OrderType.LIMIT
        is_market = command.order_type is OrderType.MARKET
        is_spot, is_quote = self.category == SPOT, command.quantity_unit is QuantityUnit.QUOTE
        reduces = command.reduce_only or command.close_on_trigger
        complaints = (
            (is_limit and command.price is None, "a limit order needs a price"),
            (not is_limit and command.price is not None, f"a {command.order_type} order takes no price"),
            (
                command.order_type is OrderType.STOP_MARKET and command.trigger_price is None,
                "a stop order needs a trigger price",
            ),
            (is_market and command.trigger_price is not None, "a market order has no trigger: send a stop order"),
            (
                command.post_only and (not is_limit or command.time_in_force is not TimeInForce.GTC),
                "only a resting limit order can be post-only",
            ),
            (is_quote and not (is_spot and not is_limit), "only a spot market order counts in quote currency"),
            (is_spot and command.position_side is not PositionSide.ONE_WAY, "spot has no position sides"),
            (is_spot and reduces and command.side is Side.BUY, "a buy on spot reduces nothing"),
            (
                is_spot and command.trigger_by not in {None, TriggerBy.LAST},
                "spot triggers by the last price alone",
            ),
        )
        return next((reason for is_bad, reason in complaints if is_bad), None)

    def _post(self, path: str, body: Body, priority: Priority, weight: int) -> RESTRequest:
        return RESTRequest(
            "POST",
            path,
            body=orjson.dumps(body),
            headers={"Content-Type": "application/json"},
            is_signed=True,
            limits=(path, EVERYTHING),
            weight=weight,
            priority=priority,
        )


def _word(commands: Sequence[Event[Any]]) -> str:
    word = _WORDS[type(commands[0].data)]
    return word if len(commands) == 1 else f"{word}-batch"


def _amendment(command: AmendOrder) -> Body:
    values = {"price": command.price, "qty": command.quantity, "triggerPrice": command.trigger_price}
    changes = {name: plain(value, name) for name, value in values.items() if value is not None}
    if not changes:
        raise OrderError(f"amend order {command.client_order_id}", "the command changes nothing")
    return changes


def _exits(command: CreateOrder) -> Body:
    exits = {"takeProfit": command.take_profit, "stopLoss": command.stop_loss}
    return {name: plain(value, name) for name, value in exits.items() if value is not None}
