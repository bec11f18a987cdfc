"""What changes under a LIVE session: the account's terms, its positions, the instrument, what the venue lists."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from tests.connector_support import sandbox_config
from tests.live_desk import desk_of
from tests.live_support import KEY, QUICK, armed, has_book, in_state, order, running, until
from tests.sandbox_client import Client
from ttxt_core.events import OrderState, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import LiveSession

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
D = Decimal


def held(session: LiveSession) -> Decimal:
    return session.orders.accounts.held(KEY, "main")


async def ready(session: LiveSession) -> None:
    await until(lambda: has_book(session), "a book")
    await armed(session)


@pytest.mark.parametrize("side", ["Buy", "Sell"])
async def test_a_position_of_a_hedge_mode_that_another_switched_on_disarms_and_can_be_closed(
    tmp_path: Path, side: str
) -> None:
    index = 1 if side == "Buy" else 2
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox), tmp_path) as session,
        ClientSession() as http,
        desk_of(session) as desk,
    ):
        await ready(session)
        client = Client(sandbox, http)
        reply = await client.post("/v5/position/switch-mode", category="linear", symbol="BTCUSDT", mode=3)
        assert reply["retCode"] == 0
        reply = await client.create(side=side, orderType="Market", qty="0.03", price=None, positionIdx=index)
        assert reply["retCode"] == 0, reply
        await until(lambda: held(session) == (D("0.03") if index == 1 else D("-0.03")), "the position")
        assert not session.commands.is_armed
        assert "hedge mode" in (session.why_not_arm() or "")
        desk.desk.flatten(D(1))
        await until(lambda: held(session) == 0, lambda: [*desk.desk.alerts, *desk.said])


async def test_a_position_that_can_not_be_read_is_not_called_flat(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        await until(lambda: held(session) == D("0.02"), "the position")
        account: Any = session.connector._account
        symbols = session.connector.symbols
        lost = symbols._pair_of.pop("BTCUSDT")
        try:
            await account._reconcile_holdings()
        finally:
            symbols._pair_of["BTCUSDT"] = lost
        await asyncio.sleep(0.1)
        assert held(session) == D("0.02")


async def test_an_order_that_the_venue_does_not_list_yet_is_not_called_ended(tmp_path: Path) -> None:
    """Its lists come from another machine than its stream, and may be behind it."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        bid = order(session, Side.BUY, "0.01", "-3")
        await until(lambda: [known.data.client_order_id for known in session.connector.orders] == [bid.name], "told")
        queries: Any = session.connector.queries
        real = queries.open_orders, queries.order

        async def nothing(*_: Any) -> list[Any]:
            return []

        async def none(*_: Any) -> None:
            return None

        queries.open_orders, queries.order = nothing, none
        account: Any = session.connector._account
        await account.reconcile()
        queries.open_orders, queries.order = real
        await account.reconcile()
        await asyncio.sleep(0.1)
        assert bid.state is OrderState.NEW


async def test_steps_that_the_venue_changes_are_those_of_the_next_order(tmp_path: Path) -> None:
    often = replace(QUICK, instruments_s=0.1)
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path, timings=often) as session, desk_of(session) as desk:
            await ready(session)
            await in_state(order(session, Side.BUY, "0.025", None), OrderState.FILLED)
            fees = session.instruments[KEY].spec.taker_fee
            market = sandbox.exchange.markets["linear", "BTCUSDT"]
            spec = replace(market.info.spec, tick_size=D("0.5"), lot_size=D("0.005"), min_quantity=D("0.005"))
            market.info = InstrumentInfo(market.info.key, spec)
            await until(lambda: session.instruments[KEY].tick_size == D("0.5"), "the new steps")
            assert session.instruments[KEY].spec.taker_fee == fees
            await until(lambda: desk.desk.context.trust(KEY).is_good and not session.commands.is_armed, "a new book")
            desk.desk.flatten(D(1))
            await until(lambda: held(session) == 0, lambda: [*desk.desk.alerts, *desk.said])
            sold = [row for row in sandbox.state(1)["orders"] if row["side"] == "Sell"]
            assert all(D(row["price"]) % D("0.5") == 0 for row in sold)


async def test_an_instrument_that_is_listed_later_is_known(tmp_path: Path) -> None:
    """What the account does in it elsewhere can be read."""
    often = replace(QUICK, instruments_s=0.1)
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox), tmp_path, timings=often) as session,
    ):
        await until(lambda: has_book(session), "a book")
        symbols = session.connector.symbols
        del symbols._by_pair["ETH/USDT"], symbols._pair_of["ETHUSDT"]
        await until(lambda: symbols.knows("ETHUSDT"), "the listing")
