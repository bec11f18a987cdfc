"""Events, instruments and orders that the tests of orders and sessions share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    Event,
    EventData,
    Fill,
    FillKind,
    Instrument,
    InstrumentKey,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionUpdate,
    Side,
    Source,
)

LINEAR = InstrumentKey("practice", "linear", "BTC/USDT")
SPOT = InstrumentKey("practice", "spot", "BTC/USDT")
ACCOUNT = "practice"
SECOND = 1_000_000_000


def event(
    data: EventData, *, key: InstrumentKey = LINEAR, at: int = 1, source: Source = Source.SIMULATOR
) -> Event[Any]:
    """`data` of `key`, venue time, receive time and sequence all `at`."""
    return Event(MessageHeader(*key, at, at, at, source), data)


def create(
    client_id: str = "a",
    side: Side = Side.BUY,
    quantity: str = "1",
    price: str | None = "100",
    *,
    key: InstrumentKey = LINEAR,
    at: int = 1,
    **fields: Any,
) -> Event[CreateOrder]:
    kind = fields.pop("order_type", OrderType.LIMIT if price is not None else OrderType.MARKET)
    limit = None if price is None else Decimal(price)
    command = CreateOrder(ACCOUNT, client_id, side, kind, Decimal(quantity), limit, **fields)
    return event(command, key=key, at=at, source=Source.CLIENT)


def amend(client_id: str = "a", *, at: int = 1, **fields: str) -> Event[AmendOrder]:
    command = AmendOrder(ACCOUNT, client_id, **{name: Decimal(value) for name, value in fields.items()})
    return event(command, at=at, source=Source.CLIENT)


def cancel(client_id: str = "a", *, at: int = 1) -> Event[CancelOrder]:
    return event(CancelOrder(ACCOUNT, client_id), at=at, source=Source.CLIENT)


def ack(
    client_id: str = "a",
    command: Command = Command.CREATE,
    outcome: AckOutcome = AckOutcome.ACCEPTED,
    *,
    at: int = 1,
    reason: str | None = None,
    source: Source = Source.SIMULATOR,
) -> Event[OrderAck]:
    return event(OrderAck(ACCOUNT, client_id, command, outcome, f"id-{client_id}", reason), at=at, source=source)


def update(
    client_id: str = "a",
    state: OrderState = OrderState.NEW,
    filled: str = "0",
    *,
    quantity: str = "1",
    price: str | None = "100",
    at: int = 1,
    **fields: Any,
) -> Event[OrderUpdate]:
    data = OrderUpdate(
        ACCOUNT,
        client_id,
        fields.pop("order_id", f"id-{client_id}"),
        state,
        fields.pop("side", Side.BUY),
        fields.pop("order_type", OrderType.LIMIT),
        Decimal(quantity),
        Decimal(filled),
        None if price is None else Decimal(price),
        **fields,
    )
    return event(data, at=at)


def fill(
    client_id: str = "a", execution: str = "e1", quantity: str = "1", price: str = "100", *, at: int = 1, **fields: Any
) -> Event[Fill]:
    data = Fill(
        ACCOUNT,
        client_id,
        fields.pop("order_id", f"id-{client_id}"),
        execution,
        fields.pop("kind", FillKind.TRADE),
        fields.pop("side", Side.BUY),
        Decimal(price),
        Decimal(quantity),
        Decimal(fields.pop("fee", "0")),
        fields.pop("fee_currency", "USDT"),
        fields.pop("is_maker", False),
    )
    return event(data, key=fields.pop("key", LINEAR), at=at)


def position(quantity: str, *, key: InstrumentKey = LINEAR, **figures: str) -> Event[PositionUpdate]:
    figure = {name: Decimal(value) for name, value in figures.items()}
    return event(PositionUpdate(ACCOUNT, Decimal(quantity), **figure), key=key)


def instrument(key: InstrumentKey = LINEAR, *, tick: str = "0.1", lot: str = "0.001") -> Event[Instrument]:
    base, _, quote = key.pair.partition("/")
    return event(Instrument(f"{base}{quote}", base, quote, quote, Decimal(tick), Decimal(lot)), key=key)


def snapshot(bid: float = 100.0, ask: float = 100.1, *, key: InstrumentKey = LINEAR, at: int = 1) -> Event[Orderbook]:
    return event(Orderbook([(bid, 5.0)], [(ask, 5.0)], True, at), key=key, at=at)
