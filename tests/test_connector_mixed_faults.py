"""Everything goes wrong at once, seeded: it all settles by itself, and what is left is the venue's own."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tests.connector_support import PAIR, QUICK, Desk, running
from tests.test_connector_faults import KEPT, books_shown
from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import AckOutcome, BookState, Command, Fill, InstrumentKey, OrderState, Side
from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.faults import FaultKind, parse_fault

pytestmark = pytest.mark.timeout(300)

PATIENCE_S = 60.0
"""What anything may take at most on a machine that has much else to do."""
TIMINGS = replace(QUICK, answer_s=0.5, expiry_s=1.0, audit_s=0.5, retry_cap_s=0.2)
MARKET = InstrumentKey("bybit", "linear", PAIR)
MIXES = {
    "streams": (
        *("drop:0.03", "gap:0.01", "duplicate:0.04", "reorder:0.04", "half:0.005", "garbage:0.005"),
        *("disconnect@public:0.003", "disconnect@private:0.02", "stall@public:0.001:0.3", "stall@private:0.02:0.3"),
        "book_restart:0.01",
    ),
    "clock": ("lost_reply:0.2", "disconnect@private:0.03", "disconnect@trade:0.03", "book_restart:0.03", "gap:0.01"),
    "replies": (
        *("lost_reply:0.2", "slow:0.2:0.3", "early_update:0.4", "too_many@trade:0.1", "disconnect@trade:0.05"),
        *("too_many@rest:0.01", "garbage@trade:0.05"),
    ),
    "service": (
        *("ban@rest:0.01:0.05", "ban@public:0.3:0.05", "maintenance@trade:0.1:0.05", "maintenance@rest:0.02:0.05"),
        *("expired_auth@private:0.3:0.05", "expired_auth@trade:0.1:0.05", "expired_auth@rest:0.02:0.05"),
        *("disconnect@public:0.02", "disconnect@private:0.02", "lost_reply:0.3", "oversized@public:0.005"),
    ),
}
MIXES["all"] = tuple(fault for mix in MIXES.values() for fault in mix)
LEAST_AHEAD_S, MOST_AHEAD_S = -20.0, 30.0
"""Less than a minute apart: so far before the last known fill, by the venue's clock, fills are asked for again."""
SKEWS = {"clock": 0.1, "all": 0.02}
"""How often, at each step, the venue's clock is set ahead or back, and stays so."""


def fired(desk: Desk) -> int:
    """How often something went wrong so far."""
    return sum(desk.sandbox.faults.fired.values())


async def trade_at_random(desk: Desk, random: Random, faults: int, skews: float) -> list[str]:
    """Orders near and far, amended, cancelled and left, until so many faults have struck; gives their ids."""
    names: list[str] = []
    while fired(desk) < faults:
        if random.random() < skews:
            ahead_s = desk.sandbox.faults.skew_ns / NANOSECONDS + random.choice([-8, -3, 0.5, 3, 8, 20])
            desk.sandbox.faults.set(f"clock_skew:1:{max(LEAST_AHEAD_S, min(ahead_s, MOST_AHEAD_S))}")
        side = random.choice(list(Side))
        far = random.choice(["0.5", "2", "4"])
        price = desk.price(f"-{far}" if side is Side.BUY else far)
        match random.choice(["market", "limit", "limit", "cancel", "amend"]):
            case "market":
                names.append(desk.create(side, "0.005"))
            case "cancel" if names:
                desk.cancel(random.choice(names))
            case "amend" if names:
                desk.amend(random.choice(names), quantity=Decimal("0.02"))
            case _:
                names.append(desk.create(side, "0.01", price))
        await asyncio.sleep(0.04)
    return names


def pending(desk: Desk) -> list[Any]:
    """Orders with a command whose outcome is not certain yet."""
    return [order for order in desk.manager.working() if order.pending is not None]


def differences(desk: Desk) -> list[str]:
    """Where what a client believes is not what the venue has."""
    state, manager = desk.sandbox.state(), desk.manager
    found = []
    for row in state["orders"]:
        order = manager.by_client_id(row["orderLinkId"])
        done = Decimal(row["cumExecQty"])
        if order is None or order.state not in ENDS[row["orderStatus"]] or order.filled != done:
            found.append(f"{row['orderLinkId']} {row['orderStatus']} {done}: {order}")
        elif done and abs((order.average_price or 0) - Decimal(row["avgPrice"])) > Decimal("0.01"):
            found.append(f"{row['orderLinkId']} at {row['avgPrice']}: {order.average_price}")
    told, made = Counter(fill.execution_id for fill in desk.of(Fill)), [row["execId"] for row in state["executions"]]
    if told != Counter(made):
        found.append(f"fills: {told - Counter(made)} too many, {Counter(made) - told} missing")
    held = sum(Decimal(row["quantity"]) for row in state["positions"])
    if manager.accounts.held(MARKET, "main") != held:
        found.append(f"position {held}: {manager.accounts.held(MARKET, 'main')}")
    for currency, row in state["balances"].items():
        balance = manager.accounts.balance("bybit", "main", currency)
        if balance.total != Decimal(row["total"]):
            found.append(f"{currency} {row['total']}: {balance.total}")
    return found


ENDS = {
    "New": {OrderState.NEW},
    "PartiallyFilled": {OrderState.PARTIALLY_FILLED},
    "Filled": {OrderState.FILLED},
    "Cancelled": {OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED},
    "Rejected": {OrderState.REJECTED},
}


async def check_faults(
    monkeypatch: pytest.MonkeyPatch,
    specs: Sequence[str],
    *,
    seed: int,
    faults: int,
    skews: float = 0.0,
    environment: str = "testnet",
) -> int:
    """Trade while faults strike, let it settle, and compare; gives how many have struck."""
    taken: Counter[str] = Counter()
    create = OrderDesk.create

    def counted(venue: OrderDesk, fields: dict[str, Any]) -> dict[str, Any]:
        taken[fields["orderLinkId"]] += 1
        return create(venue, fields)

    monkeypatch.setattr(OrderDesk, "create", counted)
    monkeypatch.setattr("ttxt_core.connectors.bybit.wire._BAN_S", 0.2)
    async with running(settings=replace(KEPT, seed=seed), timings=TIMINGS, environment=environment) as desk:
        await desk.ready()
        first = desk.create(Side.BUY, "0.02")
        await desk.in_state(first, "filled")  # so that there is something to compare
        desk.sandbox.faults.set(*specs)
        names = [first, *await trade_at_random(desk, Random(seed), faults, skews)]
        ahead_s = desk.sandbox.faults.skew_ns / NANOSECONDS
        desk.sandbox.faults.clear()
        desk.sandbox.faults.set(f"clock_skew:1:{ahead_s}")

        # From here on nobody touches anything: it recovers by itself.
        await desk.until(lambda: all(desk.acks(name) for name in names), "every create is answered", PATIENCE_S)
        await desk.until(lambda: not pending(desk), "nothing is pending", PATIENCE_S)
        await desk.until(lambda: desk.connector.is_ready, "the account is reconciled", PATIENCE_S)
        await desk.until(lambda: desk.connector.book_state(PAIR) is BookState.VALID, "the book is valid", PATIENCE_S)
        await desk.connector.cancel_everything()
        await desk.until(lambda: not desk.manager.working(), "every order is settled", PATIENCE_S)
        await settled(desk)

        assert max(taken.values()) == 1
        refused = {name for name in names for ack in desk.acks(name) if is_refused_create(ack)}
        made = {row["orderLinkId"] for row in desk.sandbox.state()["orders"]}
        assert not refused & made
        assert made <= set(names) <= made | refused
        assert desk.of(Fill)
        await desk.until(lambda: books_shown(desk) > 50, "enough books were compared", PATIENCE_S)
        return fired(desk)


def is_refused_create(ack: Any) -> bool:
    return ack.command is Command.CREATE and ack.outcome is AckOutcome.REJECTED


async def settled(desk: Desk) -> None:
    try:
        await desk.until(lambda: not differences(desk), "the client believes what the venue has", PATIENCE_S)
    except AssertionError as error:
        raise AssertionError(f"{differences(desk)}") from error


@pytest.fixture(scope="module")
def struck(request: pytest.FixtureRequest) -> Iterator[dict[str, int]]:
    """How many faults have struck, by test; the sum is printed at the end."""
    counts: dict[str, int] = {}
    yield counts
    if (reporter := request.config.pluginmanager.get_plugin("terminalreporter")) is not None:
        reporter.write_line(f"\n{sum(counts.values()):,} faults have struck in {len(counts)} mixes")


async def run_mix(monkeypatch: pytest.MonkeyPatch, struck: dict[str, int], mix: str, seed: int, faults: int) -> None:
    skews = SKEWS.get(mix, 0.0)
    struck[f"{mix} {seed}"] = await check_faults(monkeypatch, MIXES[mix], seed=seed, faults=faults, skews=skews)
    assert struck[f"{mix} {seed}"] >= faults


def test_every_kind_of_fault_is_in_the_mix_of_all() -> None:
    mixed = {parse_fault(spec).kind for spec in MIXES["all"]} | {FaultKind.CLOCK_SKEW}
    assert mixed == set(FaultKind)


@pytest.mark.parametrize("mix", sorted(MIXES))
async def test_what_is_left_is_what_the_venue_has(
    monkeypatch: pytest.MonkeyPatch, struck: dict[str, int], mix: str
) -> None:
    await run_mix(monkeypatch, struck, mix, seed=11, faults=42)  # 210 in the five of them


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("mix", sorted(MIXES))
async def test_what_is_left_is_what_the_venue_has_for_long(
    monkeypatch: pytest.MonkeyPatch, struck: dict[str, int], mix: str, seed: int
) -> None:
    await run_mix(monkeypatch, struck, mix, seed, faults=75)  # 2,250 in the thirty of them


@pytest.mark.long
def test_two_thousand_faults_have_struck(struck: dict[str, int]) -> None:
    if len(struck) < 6 * len(MIXES):
        pytest.skip(f"only {len(struck)} mixes were asked for")
    assert sum(struck.values()) >= 2000
