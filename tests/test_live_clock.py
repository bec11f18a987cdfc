"""A LIVE session on a machine whose clock is set while it runs, or was wrong before."""

from __future__ import annotations

import asyncio
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.connector_support import running as connected
from tests.connector_support import sandbox_config
from tests.live_support import QUICK, armed, has_book, in_state, order, running, until
from ttxt_core.clock import NANOSECONDS, SystemClock
from ttxt_core.events import OrderState, Side
from ttxt_core.orders.day_loss import DAY_NS
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import LiveSession

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
HOUR_NS = 3_600 * NANOSECONDS
D = Decimal


class Adjustable(SystemClock):
    """The system's clock, as somebody has set it."""

    set_by_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.set_by_ns

    async def sleep_until(self, when_ns: int) -> None:
        await super().sleep_until(when_ns - self.set_by_ns)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Adjustable:
    """The clock of every session that is made from now on."""
    adjustable = Adjustable()
    monkeypatch.setattr("ttxt_core.session.live_session.SystemClock", lambda: adjustable)
    return adjustable


async def ready(session: LiveSession) -> None:
    await until(lambda: has_book(session), "a book")
    await armed(session)


@pytest.mark.parametrize("by_ns", [HOUR_NS, -HOUR_NS, DAY_NS], ids=["ahead", "back", "a day ahead"])
async def test_a_clock_that_is_set_stops_entries_and_forgets_no_loss(
    tmp_path: Path, clock: Adjustable, by_ns: int
) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        fees, day = session.result.fees["USDT"], session._blotter.ledger.started_ns
        bid = order(session, Side.BUY, "0.01", "-3")
        await in_state(bid, OrderState.NEW)
        clock.set_by_ns = by_ns
        await until(lambda: not session.commands.is_armed, "the interlock")
        assert re.match("this machine's clock was set|stale market", session.commands.disarmed_because)
        await until(lambda: "apart: set this machine's clock" in (session.why_not_arm() or ""), session.why_not_arm)
        assert session._blotter.ledger.started_ns == day
        assert session.result.fees["USDT"] == fees
        leaving = order(session, Side.SELL, "0.02", None, reduce_only=True)  # an exit waits for no clock
        await in_state(leaving, OrderState.FILLED)
        clock.set_by_ns = 0
        await until(lambda: session.why_not_arm() is None, session.why_not_arm)
        assert session.commands.arm() is None
        assert session.result.fees["USDT"] > fees
        assert bid.is_working


async def test_a_command_of_unknown_outcome_is_not_given_up_early_when_the_clock_is_set(
    tmp_path: Path, clock: Adjustable
) -> None:
    """The venue may still carry out what is under way: its window is counted in true seconds."""
    patient = replace(QUICK, expiry_s=60.0)
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox), tmp_path, timings=patient) as session,
    ):
        await ready(session)
        queries, asked = session.connector.queries, []
        real = queries.order

        async def none(*names: object) -> None:
            asked.append(names)

        queries.order = none  # type: ignore[method-assign, assignment]
        sandbox.faults.set("lost_reply@trade", "drop@private")
        bid = order(session, Side.BUY, "0.01", "-3")
        await in_state(bid, OrderState.UNKNOWN)
        clock.set_by_ns = HOUR_NS
        asked.clear()
        await until(lambda: len(asked) >= 5, "questions")
        assert bid.state is OrderState.UNKNOWN
        queries.order = real  # type: ignore[method-assign]
        sandbox.faults.clear()
        await in_state(bid, OrderState.NEW)


async def test_a_book_that_falls_silent_after_the_clock_was_set_back_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Adjustable()
    monkeypatch.setattr("ttxt_core.connectors.base.SystemClock", lambda: clock)
    async with connected(settings=SANDBOX, timings=QUICK, trading="none") as desk:
        await desk.ready()
        desk.sandbox.faults.set("stall@public:1:60")
        await asyncio.sleep(0.3)  # what was on its way has come
        clock.set_by_ns = -HOUR_NS
        await desk.until(lambda: desk.connector.book_state("BTC/USDT") != "valid", "stale")


async def test_the_day_is_the_venues_also_on_a_machine_whose_clock_is_a_day_ahead(
    tmp_path: Path, clock: Adjustable
) -> None:
    clock.set_by_ns = DAY_NS
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await until(lambda: "apart" in (session.why_not_arm() or ""), session.why_not_arm)
        started_ns = session._blotter.ledger.started_ns
        assert 0 <= time.time_ns() - started_ns < DAY_NS
