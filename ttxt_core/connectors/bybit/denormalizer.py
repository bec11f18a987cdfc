"""Commands as Bybit v5 writes them: bodies that the REST API and the trade socket share.

Source: Bybit's v5 documentation, "Trade". A quantity of a spot market order always says its unit, since the venue's
own default differs between buys and sells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson

from ttxt_core.connectors.bybit.limits import BATCH_LIMITS, EVERYTHING, PROTECT
from ttxt_core.connectors.bybit.paths import asked_by
from ttxt_core.connectors.denormalizer import DenormalizerBase, plain, priority_of
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.errors import OrderError
from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    CreateOrder,
    Event,
    OrderType,
    PositionSide,
    ProtectPosition,
    QuantityUnit,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
    stop_direction,
)
from ttxt_core.web.requests import Priority, RESTRequest, WSJSONRequest

RECV_WINDOW_MS: Final = 5_000
"""How old a request may be when the venue reads it; later ones are refused, so nothing of ours acts after that."""

SPOT: Final = "spot"
CONDITIONAL: Final = "StopOrder"
ATTACHED: Final = "tpslOrder"
"""How spot calls orders that wait for their trigger, and those among them that it made of attached exits, or that were
asked for by that name; it looks for them only when it is told to, and its orders don't say which they are."""
_OTHER_KIND: Final = {CONDITIONAL: ATTACHED, ATTACHED: CONDITIONAL}

_SIDES: Final = {Side.BUY: "Buy", Side.SELL: "Sell"}
_TIMES_IN_FORCE: Final = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
_TRIGGERS_BY: Final = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice", TriggerBy.INDEX: "IndexPrice"}
_TRIGGER_DIRECTIONS: Final = {TriggerDirection.RISE: 1, TriggerDirection.FALL: 2}
_POSITIONS: Final = {PositionSide.ONE_WAY: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}
_UNITS: Final = {QuantityUnit.BASE: "baseCoin", QuantityUnit.QUOTE: "quoteCoin"}
_WORDS: Final[dict[type, str]] = {CreateOrder: "create", AmendOrder: "amend", CancelOrder: "cancel"}
_OPS: Final = {kind: f"order.{word}" for kind, word in _WORDS.items()}
_BATCH_OPS: Final = {kind: f"order.{word}-batch" for kind, word in _WORDS.items()}
_RECV_WINDOW: Final = str(RECV_WINDOW_MS)
_LIMITS: Final = {kind: (f"/v5/order/{word}",) for kind, word in _WORDS.items()} | {ProtectPosition: (PROTECT,)}
_BATCH_LIMITS: Final = {kind: (f"/v5/order/{word}-batch",) for kind, word in _WORDS.items()}
_WHOLE_POSITION: Final = "Full"
"""Attached exits and those of a position close all of it, at market."""
# Reading a member off its enum costs as much as the comparison that it is for, in each order that goes.
_LIMIT: Final = OrderType.LIMIT
_QUOTE: Final = QuantityUnit.QUOTE
_NOT_RESTING: Final = "only a resting limit order can be post-only"
_NOT_IN_QUOTE: Final = "only a spot market order counts in quote currency"

Body = dict[str, Any]


class BybitDenormalizer(DenormalizerBase):
    """Writes commands for `spot` or `linear`."""

    venue = "bybit"
    rest_only = frozenset({ProtectPosition})

    def __init__(self, category: str, symbols: SymbolTable, is_untriggered: Callable[[str, str | None], bool]) -> None:
        """`is_untriggered` says of a client order id and a venue's id whether that order waits for its trigger."""
        self.category = category
        self._symbols = symbols
        self._is_untriggered = is_untriggered
        self._kinds: dict[str, str] = {}

    @property
    def batch_limit(self) -> int:
        """See `DenormalizerBase`."""
        return BATCH_LIMITS[self.category]

    # -- requests ----------------------------------------------------------------------------------------

    def command_over_rest(self, commands: Sequence[Event[Any]]) -> RESTRequest:
        """See `DenormalizerBase`."""
        if type(commands[0].data) is ProtectPosition:
            return self._post(PROTECT, self._protection(commands[0]), Priority.CANCEL, 1)
        path = f"/v5/order/{_word(commands)}"
        return self._post(path, self.body(commands), priority_of(commands[0].data), len(commands))

    def command_over_ws(self, commands: Sequence[Event[Any]], request_id: str, now_ms: int) -> WSJSONRequest:
        """See `DenormalizerBase`."""
        word = (_OPS if len(commands) == 1 else _BATCH_OPS)[type(commands[0].data)]
        header = {"X-BAPI-TIMESTAMP": str(now_ms), "X-BAPI-RECV-WINDOW": _RECV_WINDOW}
        body = self.body(commands)
        payload = {"reqId": request_id, "header": header, "op": word, "args": [body]}
        return WSJSONRequest(payload, request_id, word)

    def command_limits(self, commands: Sequence[Event[Any]]) -> tuple[str, ...]:
        """See `DenormalizerBase`: the trade socket and the REST API share them."""
        return (_LIMITS if len(commands) == 1 else _BATCH_LIMITS)[type(commands[0].data)]

    def retries(self, event: Event[Any]) -> bool:
        """See `DenormalizerBase`: an order on spot that waits is looked for among both kinds, once each."""
        command = event.data
        if type(command) is not CancelOrder or not self._is_filtered(command) or _name(command) in self._kinds:
            return False
        self._kinds[_name(command)] = _OTHER_KIND[_likely_kind(command)]
        return True

    def cancel_all(self, pair: str | None) -> list[RESTRequest]:
        """See `DenormalizerBase`. Spot takes one kind of order at a time, linear one settle currency."""
        symbol = {} if pair is None else {"symbol": self._symbols.symbol(pair)}
        parts: list[Body] = [symbol]
        if self.category == SPOT:
            parts = [{**symbol, "orderFilter": kind} for kind in ("Order", CONDITIONAL, ATTACHED)]
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
            body = self._fields(commands[0])
            body["category"] = self.category
            return body
        return {"category": self.category, "request": [self._fields(command) for command in commands]}

    def _fields(self, event: Event[Any]) -> Body:
        command = event.data
        symbol = self._symbols.symbol(event.header.pair)
        if type(command) is CreateOrder:
            return self._create(symbol, command)
        body: Body = {"symbol": symbol}
        # The venue's id wins where both are given; an order made elsewhere may have no client id.
        if command.order_id:
            body["orderId"] = command.order_id
        else:
            body["orderLinkId"] = command.client_order_id
        if type(command) is AmendOrder:
            body.update(_amendment(command))
        elif self._is_filtered(command):
            body["orderFilter"] = self._kinds.get(_name(command), _likely_kind(command))
        return body

    def _is_filtered(self, command: CancelOrder) -> bool:
        return self.category == SPOT and self._is_untriggered(command.client_order_id, command.order_id)

    def _create(self, symbol: str, command: CreateOrder) -> Body:
        reason = self._bad_shape(command)
        if reason is not None:
            raise OrderError(f"send order {command.client_order_id} to {self.venue} {self.category}", reason)
        is_limit, is_spot = command.order_type is _LIMIT, self.category == SPOT
        body: Body = {
            "symbol": symbol,
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
            if command.reduce_only or command.close_on_trigger:
                body["reduceOnly"] = True
            if command.close_on_trigger:
                body["closeOnTrigger"] = True
        if command.trigger_price is not None:
            body.update(self._trigger(command, command.trigger_price))
        if command.take_profit is not None or command.stop_loss is not None:
            body.update(_exits(command))
            if not is_spot:
                body["tpslMode"] = _WHOLE_POSITION
        return body

    def _protection(self, event: Event[Any]) -> Body:
        """The exits of a position. One that closes it takes the other along: the venue keeps both with the position."""
        command: ProtectPosition = event.data
        asked, exits = f"protect the position in {event.header.pair}", _exits(command)
        if self.category == SPOT:
            raise OrderError(asked, "spot has no positions", "send an order with a trigger price")
        if not exits:
            raise OrderError(asked, "the command names no exit")
        symbol, position = self._symbols.symbol(event.header.pair), _POSITIONS[command.position_side]
        body: Body = {"category": self.category, "symbol": symbol, "tpslMode": _WHOLE_POSITION}
        return body | {"positionIdx": position, **exits}

    def _trigger(self, command: CreateOrder, trigger_price: Decimal) -> Body:
        price = plain(trigger_price, "trigger price")
        if self.category == SPOT:  # there the venue sees by its last price which way it must come
            return {"triggerPrice": price, "orderFilter": CONDITIONAL}
        return {
            "triggerPrice": price,
            "triggerBy": _TRIGGERS_BY[command.trigger_by or TriggerBy.LAST],
            "triggerDirection": _TRIGGER_DIRECTIONS[command.trigger_direction or stop_direction(command.side)],
        }

    def _bad_shape(self, command: CreateOrder) -> str | None:
        """Why the venue has no such order."""
        reason = _bad_limit(command) if command.order_type is _LIMIT else _bad_taker(command, self.category)
        if reason is None and (command.take_profit is not None or command.stop_loss is not None):
            reason = "an exit has no exits of its own" if command.reduce_only or command.close_on_trigger else None
        return _bad_on_spot(command) if reason is None and self.category == SPOT else reason

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
            label=asked_by(path),
        )


def _name(command: CancelOrder) -> str:
    return command.order_id or command.client_order_id


def _likely_kind(command: CancelOrder) -> str:
    """Only what the venue made by itself, and what was made at its web page, has no client id."""
    return CONDITIONAL if command.client_order_id else ATTACHED


def _word(commands: Sequence[Event[Any]]) -> str:
    word = _WORDS[type(commands[0].data)]
    return word if len(commands) == 1 else f"{word}-batch"


def _bad_limit(command: CreateOrder) -> str | None:
    if command.price is None:
        return "a limit order needs a price"
    if command.post_only and command.time_in_force is not TimeInForce.GTC:
        return _NOT_RESTING
    return _NOT_IN_QUOTE if command.quantity_unit is _QUOTE else None


def _bad_taker(command: CreateOrder, category: str) -> str | None:
    if command.price is not None:
        return f"a {command.order_type} order takes no price"
    if command.order_type is OrderType.STOP_MARKET and command.trigger_price is None:
        return "a stop order needs a trigger price"
    if command.order_type is OrderType.MARKET and command.trigger_price is not None:
        return "a market order has no trigger: send a stop order"
    if command.post_only:
        return _NOT_RESTING
    return _NOT_IN_QUOTE if command.quantity_unit is QuantityUnit.QUOTE and category != SPOT else None


def _bad_on_spot(command: CreateOrder) -> str | None:
    if command.position_side is not PositionSide.ONE_WAY:
        return "spot has no position sides"
    if command.side is Side.BUY and (command.reduce_only or command.close_on_trigger):
        return "a buy on spot reduces nothing"
    if command.order_type is not OrderType.LIMIT and (command.take_profit is not None or command.stop_loss is not None):
        return "on spot only a limit order carries exits"
    by = (command.trigger_by, command.take_profit_by, command.stop_loss_by)
    return "spot triggers by the last price alone" if TriggerBy.MARK in by or TriggerBy.INDEX in by else None


def _amendment(command: AmendOrder) -> Body:
    values = {"price": command.price, "qty": command.quantity, "triggerPrice": command.trigger_price}
    changes = {name: plain(value, name) for name, value in values.items() if value is not None}
    if not changes:
        raise OrderError(f"amend order {command.client_order_id}", "the command changes nothing")
    return changes


def _exits(command: CreateOrder | ProtectPosition) -> Body:
    exits: Body = {}
    if command.take_profit is not None:
        exits["takeProfit"] = plain(command.take_profit, "take-profit")
        if command.take_profit_by is not None:
            exits["tpTriggerBy"] = _TRIGGERS_BY[command.take_profit_by]
    if command.stop_loss is not None:
        exits["stopLoss"] = plain(command.stop_loss, "stop loss")
        if command.stop_loss_by is not None:
            exits["slTriggerBy"] = _TRIGGERS_BY[command.stop_loss_by]
    return exits
