"""A connector against a sandbox exchange: market, account and every kind of command, on spot, linear and demo."""

import asyncio
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.connector_support import PAIR, running
from ttxt_core.events import (
    AckOutcome,
    BookState,
    Command,
    ConnectorError,
    Fill,
    Instrument,
    Kline,
    MarketTrades,
    OrderState,
    OrderType,
    PositionUpdate,
    QuantityUnit,
    Side,
    Ticker,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
    Wallet,
)
from ttxt_core.sandbox.bybit.sandbox import BybitSandboxSettings
from ttxt_core.web.aiohttp_transport import AiohttpConnection
from ttxt_core.web.requests import Opcode

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("category", ["linear", "spot"])
async def test_market_account_and_an_orders_whole_life(category: str) -> None:
    async with running(category) as desk:
        await desk.ready()
        assert desk.of(Instrument)[0].symbol == "BTCUSDT"
        assert desk.of(Instrument)[0].taker_fee == Decimal("0.00055" if category == "linear" else "0.001")
        candles = desk.of(Kline)
        assert [candle.is_closed for candle in candles[:20]] == [True] * 19 + [False]
        assert all(b.start_ns - a.start_ns == a.interval_ns for a, b in pairwise(candles[:20]))
        assert desk.of(Wallet)[0].is_snapshot
        await desk.until(lambda: bool(desk.of(Ticker)) and bool(desk.of(MarketTrades)), "ticker and trades")

        resting = desk.create(Side.BUY, "0.01", desk.price("-5"))
        ack = await desk.acked(resting)
        assert (ack.command, ack.outcome) == (Command.CREATE, AckOutcome.ACCEPTED)
        assert (await desk.in_state(resting, "new")).order_id == ack.order_id
        moved = Decimal(desk.price("-4"))
        desk.amend(resting, price=moved)
        assert (await desk.acked(resting, 2)).outcome is AckOutcome.ACCEPTED
        await desk.until(lambda: desk.updates(resting)[-1].price == moved, "the new price")
        desk.cancel(resting)
        assert (await desk.acked(resting, 3)).outcome is AckOutcome.ACCEPTED
        assert (await desk.in_state(resting, "canceled")).filled_quantity == 0

        taken = desk.create(Side.BUY, "0.01")
        assert (await desk.in_state(taken, "filled")).filled_quantity == Decimal("0.01")
        await desk.until(lambda: sum(fill.quantity for fill in desk.of(Fill)) == Decimal("0.01"), "its fills")
        if category == "linear":
            await desk.until(lambda: desk.of(PositionUpdate)[-1].quantity == Decimal("0.01"), "the position")
        assert desk.of(ConnectorError) == []


async def test_an_order_has_left_when_the_call_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    send = AiohttpConnection.send

    def noted(own: AiohttpConnection, data: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        send(own, data, opcode)
        sent.append(data)

    async with running() as desk:
        await desk.ready()
        price = desk.price("-5")
        monkeypatch.setattr(AiohttpConnection, "send", noted)
        first = desk.create(Side.BUY, "0.01", price)
        assert [first.encode() in data for data in sent] == [True]
        desk.cancel(first)  # in the same turn: it goes in the next, and not before its create
        assert len(sent) == 1
        assert (await desk.acked(first, 2)).outcome is AckOutcome.ACCEPTED
        await desk.in_state(first, "canceled")
        assert [b"order.create" in data for data in sent if first.encode() in data] == [True, False]


async def test_a_cancel_does_not_overtake_its_create_that_is_held_back() -> None:
    async with running() as desk:
        await desk.ready()
        price = desk.price("-5")
        desk.connector.throttler.hold(["/v5/order/create"], 0.3)
        held = desk.create(Side.BUY, "0.01", price)
        await asyncio.sleep(0.01)
        desk.cancel(held)
        await desk.in_state(held, "canceled")
        await desk.acked(held, 2)
        answers = [(ack.command, ack.outcome) for ack in desk.acks(held)]
        assert answers == [(Command.CREATE, AckOutcome.ACCEPTED), (Command.CANCEL, AckOutcome.ACCEPTED)]


async def test_what_the_venue_has_no_such_order_of_is_refused_and_costs_the_others_nothing() -> None:
    async with running() as desk:
        await desk.ready()
        wrong = desk.create(Side.BUY, "0.01", desk.price("-5"), quantity_unit=QuantityUnit.QUOTE)
        names = [desk.create(Side.BUY, "0.01", desk.price("-5")) for _ in range(2)]
        among = desk.create(Side.BUY, "0.01", desk.price("-5"), post_only=True, time_in_force=TimeInForce.IOC)
        for name in (wrong, among):
            ack = await desk.acked(name)
            assert (ack.outcome, ack.code) == (AckOutcome.REJECTED, None)
        for name in names:
            assert (await desk.acked(name)).outcome is AckOutcome.ACCEPTED


async def test_demo_trades_over_rest() -> None:
    async with running(environment="demo") as desk:
        await desk.ready()
        assert "trade" not in desk.connected()
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        desk.cancel(name)  # at once: over REST it must not overtake its create
        assert (await desk.acked(name)).outcome is AckOutcome.ACCEPTED
        cancelled = await desk.acked(name, 2)
        assert (cancelled.command, cancelled.outcome) == (Command.CANCEL, AckOutcome.ACCEPTED)
        await desk.in_state(name, "canceled")


@pytest.mark.parametrize("environment", ["testnet", "demo"])
async def test_neighbours_of_a_kind_go_as_one_batch_and_are_answered_one_by_one(environment: str) -> None:
    async with running(environment=environment) as desk:
        await desk.ready()
        price = desk.price("-5")
        names = [desk.create(Side.BUY, "0.01", price) for _ in range(3)]
        bad = desk.create(Side.BUY, "0.01", "0.05")  # off the tick
        await desk.until(lambda: all(desk.acks(name) for name in [*names, bad]), "four answers")
        assert [desk.acks(name)[0].outcome for name in names] == [AckOutcome.ACCEPTED] * 3
        refused = desk.acks(bad)[0]
        assert refused.outcome is AckOutcome.REJECTED
        assert refused.code is not None
        for name in names:
            desk.cancel(name)
        for name in names:
            await desk.in_state(name, "canceled")


async def test_trigger_orders_wait_fire_and_are_cancelled() -> None:
    async with running() as desk:
        await desk.ready()
        far = Decimal(desk.price("-20"))
        stop = desk.create(
            Side.SELL,
            "0.01",
            order_type=OrderType.STOP_MARKET,
            trigger_price=far,
            trigger_by=TriggerBy.MARK,
            trigger_direction=TriggerDirection.FALL,
        )
        update = await desk.in_state(stop, "untriggered")
        assert (update.order_type, update.trigger_price, update.trigger_by, update.trigger_direction) == (
            OrderType.STOP_MARKET,
            far,
            TriggerBy.MARK,
            TriggerDirection.FALL,
        )
        desk.cancel(stop)
        await desk.in_state(stop, "canceled")
        taking = desk.create(
            Side.BUY,
            "0.01",
            order_type=OrderType.STOP_MARKET,
            trigger_price=Decimal(desk.price("-10")),
            trigger_direction=TriggerDirection.RISE,
        )
        await desk.until(lambda: bool(desk.acks(taking) or desk.updates(taking)), "an answer")


async def test_a_stop_limit_order_waits_for_its_trigger() -> None:
    async with running() as desk:
        await desk.ready()
        far = Decimal(desk.price("-20"))
        stop = desk.create(
            Side.SELL, "0.01", str(far), trigger_price=far, trigger_direction=TriggerDirection.FALL, reduce_only=True
        )
        await desk.acked(stop)
        await desk.in_state(stop, "untriggered")
        order = desk.manager.by_client_id(stop)
        assert order is not None
        assert (order.state, order.order_type) == (OrderState.UNTRIGGERED, OrderType.LIMIT)


async def test_a_spot_conditional_is_found_again_to_be_cancelled() -> None:
    async with running("spot") as desk:
        await desk.ready()
        stop = desk.create(
            Side.SELL, "0.01", order_type=OrderType.STOP_MARKET, trigger_price=Decimal(desk.price("-20"))
        )
        await desk.in_state(stop, "untriggered")
        desk.cancel(stop)
        await desk.in_state(stop, "canceled")


async def test_what_the_venue_refuses_later_is_rejected_or_expired() -> None:
    async with running() as desk:
        await desk.ready()
        crossing = desk.create(Side.BUY, "0.01", desk.price("1"), post_only=True)
        assert (await desk.acked(crossing)).outcome is AckOutcome.ACCEPTED
        rejected = await desk.in_state(crossing, "rejected")
        assert rejected.reason is not None
        assert "post-only" in rejected.reason
        missed = desk.create(Side.BUY, "0.01", desk.price("-5"), time_in_force=TimeInForce.IOC)
        assert (await desk.in_state(missed, "expired")).filled_quantity == 0


async def test_spot_buys_for_a_value() -> None:
    async with running("spot") as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "100", quantity_unit=QuantityUnit.QUOTE)
        await desk.until(lambda: desk.updates(name) != [] and desk.updates(name)[-1].filled_quantity > 0, "its fill")
        spent = sum(fill.price * fill.quantity for fill in desk.of(Fill))
        assert Decimal(98) < spent <= Decimal(100)
        assert desk.updates(name)[-1].quantity == desk.updates(name)[-1].filled_quantity


async def test_cancel_everything_takes_all_out() -> None:
    async with running() as desk:
        await desk.ready()
        names = [desk.create(Side.BUY, "0.01", desk.price(str(-5 - n))) for n in range(3)]
        for name in names:
            await desk.in_state(name, "new")
        await desk.connector.cancel_everything(PAIR)
        for name in names:
            await desk.in_state(name, "canceled")
        await desk.connector.cancel_everything()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": "0.0001"}, "quantity"),
        ({"price": "10000.05"}, "price"),
        ({"quantity": "100000"}, ""),
        ({"price": "100", "quantity": "0.001"}, ""),
    ],
)
async def test_bad_orders_are_refused_with_the_venues_code(changes: dict[str, str], said: str) -> None:
    async with running() as desk:
        await desk.ready()
        order = {"quantity": "0.01", "price": desk.price("-5")} | changes
        name = desk.create(Side.BUY, order["quantity"], order["price"])
        ack = await desk.acked(name)
        if ack.outcome is AckOutcome.ACCEPTED:  # judged by the engine, after the answer
            reason = (await desk.in_state(name, "rejected")).reason
        else:
            assert ack.code is not None
            reason = ack.reason
        assert reason
        assert said.lower() in reason.lower()


async def test_a_client_order_id_is_used_once() -> None:
    async with running() as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(name, "new")
        desk.create(Side.BUY, "0.01", desk.price("-5"), client_order_id=name)
        ack = await desk.acked(name, 2)
        assert (ack.outcome, ack.code) == (AckOutcome.REJECTED, "110072")


async def test_orders_made_elsewhere_are_seen() -> None:
    settings = BybitSandboxSettings(seed=7, api_key="k" * 18, api_secret="s" * 36)
    async with running(settings=settings) as desk:
        await desk.ready()
        other = desk.create(Side.BUY, "0.01", desk.price("-5"), client_order_id="made-elsewhere")
        update = await desk.in_state(other, OrderState.NEW)
        assert update.order_id
        desk.cancel(other)
        await desk.in_state(other, "canceled")


async def test_without_trading_no_command_is_taken() -> None:
    async with running(trading="none", environment="mainnet") as desk:
        await desk.ready()
        assert desk.connector.book_state(PAIR) is BookState.VALID
        assert desk.connector.lanes.unavailable
        assert desk.of(Wallet) == []
