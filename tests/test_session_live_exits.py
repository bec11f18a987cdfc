"""Stops, take-profits, brackets and pairs of a LIVE session, against a sandbox exchange."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tests.connector_support import sandbox_config
from tests.live_support import (
    KEY,
    LIMITS,
    STOP,
    armed,
    cut_private,
    has_book,
    in_state,
    order,
    price_of,
    running,
    until,
)
from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    Event,
    InstrumentKey,
    MessageHeader,
    OrderAck,
    OrderNotice,
    OrderState,
    OrderType,
    ProtectPosition,
    Side,
    Ticker,
    TriggerBy,
    TriggerDirection,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import LiveSession

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
SPOT = InstrumentKey("bybit", "spot", "BTC/USDT")
D = Decimal


def tick(sandbox: BybitSandbox, price: Decimal, by: str = "last") -> None:
    """One of the reference prices of the exchange jumps, for a moment."""
    figures: dict[str, Any] = {by: float(price)}
    sandbox.exchange.publish_nowait(Event(MessageHeader(*KEY), Ticker(**figures)))


def exits(session: LiveSession) -> list[ManagedOrder]:
    return [found for found in session.orders.protective(KEY) if found.is_position_exit]


def held(session: LiveSession) -> Decimal:
    return session.orders.accounts.held(KEY, "main")


async def a_position(session: LiveSession, quantity: str = "0.02", **fields: Any) -> ManagedOrder:
    await until(lambda: has_book(session), "a book")
    await armed(session)
    entry = order(session, Side.BUY, quantity, None, **fields)
    await in_state(entry, OrderState.FILLED)
    await until(lambda: held(session) == Decimal(quantity), "the position")
    return entry


@pytest.mark.parametrize("by", list(TriggerBy))
async def test_a_stop_limit_is_released_by_its_price_and_rests_at_its_limit(tmp_path: Path, by: TriggerBy) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        trigger = price_of(session, "-3")
        fields = STOP | {"order_type": OrderType.LIMIT, "trigger_price": trigger, "trigger_by": by}
        stop = order(session, Side.SELL, "0.02", "3", **fields)
        await in_state(stop, OrderState.UNTRIGGERED)
        assert (stop.is_stop, stop.is_protective, stop.trigger_by) == (True, True, by)
        moved = price_of(session, "-4")
        assert session.send(KEY, AmendOrder("main", stop.client_order_id, trigger_price=moved)) is None
        await until(lambda: stop.trigger_price == moved and not stop.in_flight, "the new trigger")
        tick(sandbox, price_of(session, "-3.5"), by.value)
        tick(sandbox, price_of(session, "-4.5"), by.value)
        await in_state(stop, OrderState.NEW)
        assert session.orders.entries(KEY) == []


async def test_a_take_profit_and_a_stop_fire_while_nobody_listens(tmp_path: Path) -> None:
    """What was released during a break is known after it: the order, its fill and the position."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        fields = STOP | {"trigger_direction": TriggerDirection.RISE}
        profit = order(session, Side.SELL, "0.02", "3", **fields)
        await in_state(profit, OrderState.UNTRIGGERED)
        assert profit.is_take_profit
        cut_private(sandbox)
        tick(sandbox, price_of(session, "3.5"))
        await until(lambda: not session.connector.is_ready, "the break")
        await in_state(profit, OrderState.FILLED)
        await until(lambda: held(session) == 0, "flat")
        assert profit.filled == D("0.02")
        fills = [fill.data for fill in session.orders.fills if fill.data.client_order_id == profit.client_order_id]
        assert sum(fill.quantity for fill in fills) == D("0.02")


@pytest.mark.parametrize("profits", [True, False])
async def test_a_bracket_is_one_order_and_its_exits_end_each_other(tmp_path: Path, profits: bool) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await until(lambda: has_book(session), "a book")
        up, down = price_of(session, "3"), price_of(session, "-3")
        entry = await a_position(session, take_profit=up, stop_loss=down, stop_loss_by=TriggerBy.MARK)
        await until(lambda: len(exits(session)) == 2, "two exits")
        profit, stop = sorted(exits(session), key=lambda found: found.is_stop)
        assert (profit.trigger_price, stop.trigger_price, stop.trigger_by) == (up, down, TriggerBy.MARK)
        for one in (profit, stop):
            assert (one.parent, one.client_order_id, one.is_external) == (entry.client_order_id, "", False)
            assert one.quantity in {D(0), D("0.02")}
        assert session.orders.linked(profit) == [stop]
        assert session.orders.entries(KEY) == []
        moved = price_of(session, "-2.5")
        assert session.send(KEY, AmendOrder("main", "", trigger_price=moved, order_id=stop.order_id)) is None
        await until(lambda: stop.trigger_price == moved and not stop.in_flight, "the stop moved")
        tick(sandbox, price_of(session, "3.5" if profits else "-3.5"), "last" if profits else "mark")
        first, second = (profit, stop) if profits else (stop, profit)
        await in_state(first, OrderState.FILLED)
        await in_state(second, OrderState.CANCELED)
        await until(lambda: held(session) == 0, "flat")


async def test_a_position_is_given_exits_which_are_moved_and_removed(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        acks = session.events.subscribe("acks", accepts=frozenset({OrderAck}))

        async def protect(**fields: Any) -> OrderAck:
            command = ProtectPosition("main", new_client_order_id(Random()), **fields)
            assert session.send(KEY, command) is None
            answers: list[OrderAck] = []

            def is_answered() -> bool:
                answers.extend(e.data for e in acks.get_batch_nowait() if e.data.command is Command.PROTECT)
                return bool(answers)

            await until(is_answered, "an answer")
            assert answers[0].client_order_id == command.client_order_id
            return answers[0]

        await until(lambda: has_book(session), "a book")
        flat = await protect(stop_loss=price_of(session, "-3"))
        assert flat.outcome is AckOutcome.REJECTED
        assert flat.reason
        await a_position(session)
        session.commands.disarm("exits go all the same")
        assert (await protect(stop_loss=price_of(session, "-3"), take_profit=price_of(session, "3"))).reason is None
        await until(lambda: len(exits(session)) == 2, "two exits")
        lower = price_of(session, "-4")
        await protect(stop_loss=lower, take_profit=D(0))
        await until(lambda: [one.trigger_price for one in exits(session)] == [lower], "one exit")
        (stop,) = exits(session)
        assert session.send(KEY, CancelOrder("main", "", stop.order_id)) is None
        await in_state(stop, OrderState.CANCELED)


async def test_exits_made_before_are_found_by_the_next_session(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        async with running(sandbox, sandbox_config(sandbox), tmp_path) as session:
            await until(lambda: has_book(session), "a book")
            await a_position(session, take_profit=price_of(session, "5"), stop_loss=price_of(session, "-5"))
            await until(lambda: len(exits(session)) == 2, "two exits")
        async with running(sandbox, sandbox_config(sandbox), tmp_path) as session:
            await until(lambda: len(exits(session)) == 2 and held(session), "what was left")
            assert session.orders.entries(KEY) == []
            assert {one.trigger_direction for one in exits(session)} == set(TriggerDirection)


def legs(session: LiveSession, key: InstrumentKey = KEY, quantity: str = "0.02") -> tuple[CreateOrder, CreateOrder]:
    """A stop 3 % below, and a target 3 % above: one that rests, on spot one that waits."""
    common: dict[str, Any] = {"side": Side.SELL, "quantity": D(quantity), "reduce_only": True}
    names = [new_client_order_id(Random()) for _ in range(2)]
    down, up = price_of(session, "-3"), price_of(session, "3")
    stop = CreateOrder("main", names[0], order_type=OrderType.STOP_MARKET, trigger_price=down, **common)
    if key is KEY:
        return stop, CreateOrder("main", names[1], order_type=OrderType.LIMIT, price=up, **common)
    waits = {"trigger_price": up, "trigger_direction": TriggerDirection.RISE}
    return stop, CreateOrder("main", names[1], order_type=OrderType.STOP_MARKET, **waits, **common)


async def test_a_pair_of_a_resting_target_and_a_stop(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        commands = legs(session)
        assert session.oco.send(KEY, *commands) is None
        tracked = [session.orders.by_client_id(command.client_order_id) for command in commands]
        stop, target = tracked
        assert stop is not None
        assert target is not None
        await in_state(stop, OrderState.UNTRIGGERED)
        await in_state(target, OrderState.NEW)
        assert session.oco.is_local(stop)
        assert session.orders.linked(target) == [stop]
        tick(sandbox, price_of(session, "-3.5"))
        await in_state(stop, OrderState.FILLED)
        await in_state(target, OrderState.CANCELED)
        await until(lambda: held(session) == 0 and session.oco.pairs == [], "flat")


async def test_a_leg_that_filled_during_a_break_takes_the_other_out_after_it(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session, "0.04")
        commands = legs(session)  # for half of it, so that the venue does not end the other leg by itself
        assert session.oco.send(KEY, *commands) is None
        stop, target = (session.orders.by_client_id(command.client_order_id) for command in commands)
        assert stop is not None
        assert target is not None
        await in_state(stop, OrderState.UNTRIGGERED)
        await in_state(target, OrderState.NEW)
        cut_private(sandbox)
        tick(sandbox, price_of(session, "-3.5"))
        await in_state(stop, OrderState.FILLED)
        await in_state(target, OrderState.CANCELED)
        await until(lambda: held(session) == D("0.02"), "the other half")


async def test_a_leg_that_is_cancelled_elsewhere_leaves_the_other(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        told = session.events.subscribe("notices", accepts=frozenset({OrderNotice}))
        await a_position(session)
        commands = legs(session)
        assert session.oco.send(KEY, *commands) is None
        stop, target = (session.orders.by_client_id(command.client_order_id) for command in commands)
        assert stop is not None
        assert target is not None
        await in_state(stop, OrderState.UNTRIGGERED)
        await in_state(target, OrderState.NEW)
        assert session.send(KEY, CancelOrder("main", target.client_order_id)) is None
        await in_state(target, OrderState.CANCELED)
        await until(lambda: not stop.linked_to, "the stop alone")
        assert stop.state is OrderState.UNTRIGGERED
        (notice,) = told.get_batch_nowait()
        assert notice.data.text.startswith("the stop stands alone, its target is canceled")


async def test_a_pair_on_spot_sells_once(tmp_path: Path) -> None:
    limits = replace(LIMITS, max_leverage=None, min_liquidation_distance=None)
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox, "spot"), tmp_path, limits) as session,
    ):
        await until(lambda: session.events.book(SPOT) is not None and SPOT in session.instruments, "a book")
        await armed(session)
        book = session.events.book(SPOT)
        assert book is not None
        assert book.best_bid is not None
        info = session.instruments[SPOT]
        at = info.to_ticks(book.best_bid[0])
        common: dict[str, Any] = {"side": Side.SELL, "quantity": D("0.02"), "reduce_only": True}
        names = [new_client_order_id(Random()) for _ in range(2)]
        stop = CreateOrder(
            "main", names[0], order_type=OrderType.STOP_MARKET, trigger_price=info.price(at * 97 // 100), **common
        )
        target = CreateOrder(
            "main",
            names[1],
            order_type=OrderType.STOP_MARKET,
            trigger_price=info.price(at * 103 // 100),
            trigger_direction=TriggerDirection.RISE,
            **common,
        )
        before = session.orders.accounts.held(SPOT, "main")
        assert session.oco.send(SPOT, stop, target) is None
        first, second = (session.orders.by_client_id(name) for name in names)
        assert first is not None
        assert second is not None
        await in_state(first, OrderState.UNTRIGGERED)
        await in_state(second, OrderState.UNTRIGGERED)
        jump = Ticker(last=info.float_price(at * 104 // 100))
        sandbox.exchange.publish_nowait(Event(MessageHeader(*SPOT), jump))
        await in_state(second, OrderState.FILLED)
        await in_state(first, OrderState.CANCELED)
        await until(lambda: before - session.orders.accounts.held(SPOT, "main") == D("0.02"), "sold once")
