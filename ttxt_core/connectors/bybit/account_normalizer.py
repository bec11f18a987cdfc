"""Bybit's orders, executions, positions and wallets to standard events, from the private stream and from REST lists.

Source of the rules: Bybit's v5 documentation. An acknowledgement says nothing of an order's state: these rows do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.connectors.account_normalizer import AccountNormalizerBase
from ttxt_core.connectors.bybit.account_messages import (
    CoinRow,
    ExecutionRow,
    OrderRow,
    PositionRow,
    PrivateEnvelope,
    WalletRow,
)
from ttxt_core.connectors.bybit.codes import NOT_FILLED, POST_ONLY, close_reason
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.errors import ProtocolError
from ttxt_core.events import (
    Balance,
    ConnectorError,
    Event,
    Fill,
    FillKind,
    MessageHeader,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionSide,
    PositionUpdate,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
    Wallet,
)

ZERO: Final = Decimal(0)
_SPOT: Final = "spot"
_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_STATES: Final = {
    "New": OrderState.NEW,
    "PartiallyFilled": OrderState.PARTIALLY_FILLED,
    "Untriggered": OrderState.UNTRIGGERED,
    "Triggered": OrderState.TRIGGERED,
    "Filled": OrderState.FILLED,
    "Cancelled": OrderState.CANCELED,
    "PartiallyFilledCanceled": OrderState.CANCELED,
    "Rejected": OrderState.REJECTED,
    "Deactivated": OrderState.CANCELED,
}
_TERMINAL: Final = frozenset({OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED})
_TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.GTC,
    "RPI": TimeInForce.GTC,
    "": TimeInForce.GTC,
}
_POST_ONLY: Final = frozenset({"PostOnly", "RPI"})
_POSITION_EXITS: Final = frozenset({"TakeProfit", "StopLoss", "TrailingStop"})
_NO_STOP: Final = frozenset({"", "UNKNOWN"})
_PARTIAL: Final = "Partial"
"""Exits in this mode are as large as the entry that made them; those of the other follow the position."""
_TRIGGERS_BY: Final = {"LastPrice": TriggerBy.LAST, "MarkPrice": TriggerBy.MARK, "IndexPrice": TriggerBy.INDEX}
_TRIGGER_DIRECTIONS: Final = {1: TriggerDirection.RISE, 2: TriggerDirection.FALL}
_POSITION_SIDES: Final = {0: PositionSide.ONE_WAY, 1: PositionSide.LONG, 2: PositionSide.SHORT}
_KINDS: Final = {
    "Trade": FillKind.TRADE,
    "BlockTrade": FillKind.TRADE,
    "FutureSpread": FillKind.TRADE,
    "AdlTrade": FillKind.ADL,
    "BustTrade": FillKind.LIQUIDATION,
    "Funding": FillKind.FUNDING,
    "Delivery": FillKind.SETTLEMENT,
    "Settle": FillKind.SETTLEMENT,
    "MovePosition": FillKind.SETTLEMENT,
    "CorporateAction": FillKind.SETTLEMENT,
}

_T = TypeVar("_T")
_R = TypeVar("_R")
_envelope_decoder = msgspec.json.Decoder(PrivateEnvelope)
_orders_decoder = msgspec.json.Decoder(list[OrderRow])
_executions_decoder = msgspec.json.Decoder(list[ExecutionRow])
_positions_decoder = msgspec.json.Decoder(list[PositionRow])
_wallets_decoder = msgspec.json.Decoder(list[WalletRow])


class BybitAccountNormalizer(AccountNormalizerBase):
    """Reads what concerns `category` of the account that is called `account` in every event."""

    venue = "bybit"

    def __init__(self, category: str, account: str, symbols: SymbolTable) -> None:
        self.category = category
        self._account = account
        self._symbols = symbols

    # -- frames ------------------------------------------------------------------------------------------

    def normalize_account(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """See `AccountNormalizerBase`."""
        envelope = _decode(_envelope_decoder, payload, "a frame")
        if envelope.topic is None:
            return self._answer(envelope, receive_time_ns)
        kind, at = envelope.topic.partition(".")[0], receive_time_ns
        if kind == "order":
            orders = _decode(_orders_decoder, envelope.data, "orders")
            return self.orders(orders, at)
        if kind == "execution":
            executions = _decode(_executions_decoder, envelope.data, "executions")
            return self.fills(executions, at)
        if kind == "position":
            positions = _decode(_positions_decoder, envelope.data, "positions")
            return self.positions(positions, at)
        if kind == "wallet":
            rows = _decode(_wallets_decoder, envelope.data, "wallets")
            return self.wallets(rows, at, envelope.creation_time)
        if kind == "dcp":
            return []
        raise ProtocolError(f"read {self.venue} {envelope.topic}", "unknown topic")

    def _answer(self, envelope: PrivateEnvelope, receive_time_ns: int) -> list[Event[Any]]:
        """The answer to a command: nothing when it went well."""
        if envelope.op is None:
            raise ProtocolError(f"read a private frame of {self.venue}", "it has neither topic nor op")
        if envelope.success is False:
            asked = f"{envelope.op} {envelope.req_id}".strip()
            answered = envelope.ret_msg_snake or envelope.ret_msg or "refused"
            return [self._error("protocol", asked, answered, receive_time_ns)]
        return []

    # -- rows --------------------------------------------------------------------------------------------

    def orders(self, rows: Iterable[OrderRow], receive_time_ns: int, category: str = "") -> list[Event[Any]]:
        """The updates in `rows`; `category` is that of a list whose rows don't say theirs."""
        own = (row for row in rows if (row.category or category or self.category) == self.category)
        return self._each(own, self._order, receive_time_ns)

    def fills(self, rows: Iterable[ExecutionRow], receive_time_ns: int, category: str = "") -> list[Event[Any]]:
        """The fills in `rows`, funding payments among them."""
        own = (row for row in rows if (row.category or category or self.category) == self.category)
        return self._each(own, self._fill, receive_time_ns)

    def positions(self, rows: Iterable[PositionRow], receive_time_ns: int, category: str = "") -> list[Event[Any]]:
        """The positions in `rows`, flat ones too."""
        own = (row for row in rows if (row.category or category or self.category) == self.category)
        return self._each(own, self._position, receive_time_ns)

    def wallets(
        self, rows: Iterable[WalletRow], receive_time_ns: int, time_ms: int, *, is_snapshot: bool = False
    ) -> list[Event[Any]]:
        """The balances in `rows`; they belong to no category and no pair."""
        header = MessageHeader(self.venue, self.category, "", time_ms * MILLISECOND_NS, receive_time_ns)

        def wallet(row: WalletRow, _at: int) -> list[Event[Any]]:
            return [Event(header, Wallet(self._account, [_balance(coin) for coin in row.coin], is_snapshot))]

        return self._each(rows, wallet, receive_time_ns)

    def _each(
        self, rows: Iterable[_R], read: Callable[[_R, int], list[Event[Any]]], receive_time_ns: int
    ) -> list[Event[Any]]:
        events: list[Event[Any]] = []
        for row in rows:
            try:
                events += read(row, receive_time_ns)
            except ProtocolError as error:
                events.append(self._error("protocol", error.asked, error.answered, receive_time_ns))
        return events

    def _order(self, row: OrderRow, receive_time_ns: int) -> list[Event[Any]]:
        asked = f"read order {row.order_id} of {self.venue} {self.category}"
        state = _state(row, asked)
        filled = _decimal(row.cum_exec_qty, asked) or ZERO
        quantity = _known(_decimal(row.qty, asked), "qty", asked)
        if row.market_unit == "quoteCoin" and row.order_type == "Market":
            # Its quantity is a value: what it comes to in base currency only its end tells.
            if state not in _TERMINAL:
                return []
            quantity = filled
        is_limit = row.order_type == "Limit"
        trigger_price = _decimal(row.trigger_price, asked) or None
        kind = OrderType.LIMIT if is_limit else OrderType.MARKET if trigger_price is None else OrderType.STOP_MARKET
        header = self._header(row.symbol, row.updated_time or row.created_time, receive_time_ns, asked)
        is_triggered = trigger_price is not None
        update = OrderUpdate(
            account=self._account,
            client_order_id=row.order_link_id,
            order_id=row.order_id,
            state=state,
            side=_known(_SIDES.get(row.side), f"side {row.side!r}", asked),
            order_type=kind,
            quantity=quantity,
            filled_quantity=filled,
            price=(_decimal(row.price, asked) or None) if is_limit else None,
            average_price=(_decimal(row.avg_price, asked) or None) if filled else None,
            time_in_force=_known(_TIMES_IN_FORCE.get(row.time_in_force), f"time in force {row.time_in_force}", asked),
            post_only=row.time_in_force in _POST_ONLY,
            reduce_only=row.reduce_only or row.close_on_trigger or self._is_spot_exit(row),
            trigger_price=trigger_price,
            trigger_by=_TRIGGERS_BY.get(row.trigger_by) if is_triggered else None,
            trigger_direction=_TRIGGER_DIRECTIONS.get(row.trigger_direction) if is_triggered else None,
            position_side=_position_side(row.position_idx, asked),
            created_time_ns=_time_ns(row.created_time, asked),
            reason=None if state is OrderState.FILLED else close_reason(row.reject_reason, row.cancel_type),
            take_profit=_decimal(row.take_profit, asked) or None,
            stop_loss=_decimal(row.stop_loss, asked) or None,
            parent_client_order_id=row.parent_order_link_id,
            is_position_exit=row.stop_order_type in _POSITION_EXITS and row.tpsl_mode != _PARTIAL,
        )
        return [Event(header, update)]

    def _fill(self, row: ExecutionRow, receive_time_ns: int) -> list[Event[Any]]:
        asked = f"read execution {row.exec_id} of {self.venue} {self.category}"
        side = _known(_SIDES.get(row.side), f"side {row.side!r}", asked)
        fill = Fill(
            account=self._account,
            client_order_id=row.order_link_id,
            order_id=row.order_id,
            execution_id=row.exec_id,
            kind=_known(_KINDS.get(row.exec_type), f"execution type {row.exec_type!r}", asked),
            side=side,
            price=_known(_decimal(row.exec_price, asked), "execPrice", asked),
            quantity=_known(_decimal(row.exec_qty, asked), "execQty", asked),
            fee=_decimal(row.exec_fee, asked) or ZERO,
            fee_currency=row.fee_currency or self._fee_currency(row.symbol, side),
            is_maker=row.is_maker,
            realised_pnl=None if self.category == _SPOT else _decimal(row.exec_pnl, asked),
        )
        return [Event(self._header(row.symbol, row.exec_time, receive_time_ns, asked), fill)]

    def _position(self, row: PositionRow, receive_time_ns: int) -> list[Event[Any]]:
        asked = f"read the position in {row.symbol} of {self.venue} {self.category}"
        size = _known(_decimal(row.size, asked), "size", asked)
        if size and row.side not in _SIDES:
            raise ProtocolError(asked, f"size {size} with side {row.side!r}", "expected Buy or Sell")
        quantity = -size if row.side == "Sell" else size
        position = PositionUpdate(
            account=self._account,
            quantity=quantity,
            entry_price=(_decimal(row.entry_price or row.avg_price, asked) or None) if size else None,
            position_side=_position_side(row.position_idx, asked),
            break_even_price=(_decimal(row.break_even_price, asked) or None) if size else None,
            mark_price=_decimal(row.mark_price, asked) or None,
            liquidation_price=(_decimal(row.liq_price, asked) or None) if size else None,
            leverage=_decimal(row.leverage, asked) or None,
            initial_margin=_decimal(row.position_im, asked),
            maintenance_margin=_decimal(row.position_mm, asked),
            unrealised_pnl=_decimal(row.unrealised_pnl, asked),
        )
        return [Event(self._header(row.symbol, row.updated_time, receive_time_ns, asked), position)]

    def _is_spot_exit(self, row: OrderRow) -> bool:
        """A sale on spot that waits for a price can only reduce what is held; the venue has no word for that there."""
        return self.category == _SPOT and row.side == "Sell" and row.stop_order_type not in _NO_STOP

    # -- helpers -----------------------------------------------------------------------------------------

    def _fee_currency(self, symbol: str, side: Side) -> str:
        """Where the venue does not say it: spot takes it from what is received, linear from what settles."""
        instrument = self._symbols.instrument(self._symbols.pair(symbol))
        if self.category != _SPOT:
            return instrument.settle
        return instrument.base if side is Side.BUY else instrument.quote

    def _header(self, symbol: str, time_ms: str, receive_time_ns: int, asked: str) -> MessageHeader:
        pair = self._symbols.pair(symbol)
        return MessageHeader(self.venue, self.category, pair, _time_ns(time_ms, asked), receive_time_ns)

    def _error(self, kind: str, asked: str, answered: str, receive_time_ns: int) -> Event[Any]:
        header = MessageHeader(self.venue, self.category, "", 0, receive_time_ns)
        return Event(header, ConnectorError(kind, asked, answered))


def _state(row: OrderRow, asked: str) -> OrderState:
    state = _known(_STATES.get(row.order_status), f"order status {row.order_status!r}", asked)
    if state is OrderState.CANCELED:
        if row.reject_reason == POST_ONLY:
            return OrderState.REJECTED
        if row.reject_reason in NOT_FILLED:
            return OrderState.EXPIRED
    return state


def _balance(coin: CoinRow) -> Balance:
    asked = f"read the balance of {coin.coin}"
    total = _decimal(coin.wallet_balance, asked) or ZERO
    parts = (coin.locked, coin.total_order_im, coin.total_position_im)
    held = sum((_decimal(part, asked) or ZERO for part in parts), ZERO)
    return Balance(coin.coin, total, total - held, held)


def _position_side(index: int, asked: str) -> PositionSide:
    return _known(_POSITION_SIDES.get(index), f"position index {index}", asked)


def _decimal(text: str, asked: str) -> Decimal | None:
    """None for an empty text: the venue has no such figure."""
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ProtocolError(asked, f"{text!r} is no number") from None
    if not value.is_finite():
        raise ProtocolError(asked, f"{text!r} is not finite")
    return value


def _time_ns(text: str, asked: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ProtocolError(asked, f"{text!r} is no time in milliseconds")
    return int(text) * MILLISECOND_NS


def _known(value: _T | None, what: str, asked: str) -> _T:
    if value is None:
        raise ProtocolError(asked, f"{what} is missing or not known")
    return value


def _decode(decoder: msgspec.json.Decoder[_T], payload: bytes | msgspec.Raw, what: str) -> _T:
    try:
        return decoder.decode(payload)
    except ValueError as error:
        raise ProtocolError(f"read {what} of bybit", str(error)) from error
