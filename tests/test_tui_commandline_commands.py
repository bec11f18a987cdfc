"""Every command of the table does what it says, on screen."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from tests.recording_support import made_recording
from tests.test_tui_commandline_orders import line_of, position, run, type_, working
from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import InstrumentKey, OrderState
from ttxt_core.session import replay
from ttxt_tui.commandline.table import COMMANDS
from ttxt_tui.config.settings import Recording, Settings
from ttxt_tui.state.log import LogLevel

D = Decimal
LINEAR = InstrumentKey("practice", "linear", "BTC/USDT")
START_NS = 1_790_000_000 * NANOSECONDS


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def rest(driver: Driver, count: int = 1) -> None:
    """Own orders far below the market."""
    for at in range(count):
        await run(driver, f"buy 0.0{at + 1} at bid-{300 + at}t")
        await driver.until(lambda: len(working(driver)) == at + 1)  # noqa: B023 - awaited in its own round


async def hold(driver: Driver) -> None:
    await run(driver, "buy 0.05 market")
    await driver.until(lambda: position(driver) == D("0.05"))


async def test_cancel() -> None:
    async with workstation() as driver:
        await rest(driver, 3)
        numbers = [driver.app.workspace.store.orders.number_of(order) for order in working(driver)]
        assert numbers == [1, 2, 3]
        await run(driver, "cancel 2")
        await driver.until(lambda: [order.quantity for order in working(driver)] == [D("0.01"), D("0.03")])
        await run(driver, "cancel 2")
        assert "no working order has that number" in await driver.painted()
        await driver.press("escape")
        await run(driver, "cancel entries")
        await driver.until(lambda: not working(driver))
        await run(driver, "buy 0.01 at bid-300t")
        await driver.until(lambda: len(working(driver)) == 1)
        assert driver.app.workspace.store.orders.number_of(working(driver)[0]) == 4, "a number is never given twice"
        await run(driver, "cancel all")
        await driver.until(lambda: not working(driver))


async def test_stops_are_put_moved_and_cancelled_by_their_own_word_only() -> None:
    async with workstation() as driver:
        await run(driver, "stop bid-400t")
        assert "no position to protect" in await driver.painted()
        await hold(driver)
        await run(driver, "stop bid-400t")
        await driver.until(lambda: len(driver.session.orders.protective()) == 1)
        (stop,) = driver.session.orders.protective()
        await driver.until(lambda: not stop.in_flight)
        number, before = driver.app.workspace.store.orders.number_of(stop), stop.trigger_price
        assert before is not None
        await run(driver, f"amend {number} price bid-500t")
        await driver.until(lambda: stop.trigger_price is not None and stop.trigger_price < before)
        await run(driver, f"amend {number} quantity 1")
        assert "a stop follows the position's size" in await driver.painted()
        await driver.press("escape")
        await run(driver, "cancel all")
        await driver.pilot.pause(0.3)
        assert stop.is_working
        await run(driver, "cancel stops")
        await driver.until(lambda: not stop.is_working)


async def test_move_and_amend() -> None:
    async with workstation() as driver:
        await rest(driver, 2)
        first, second = working(driver)
        tick = D("0.1")
        at = first.price
        assert at is not None
        await run(driver, "move 1 -3t")
        await driver.until(lambda: first.price == at - 3 * tick)
        await driver.press("escape")
        await driver.press("tab")
        selected = driver.app.workspace.desk.selected
        chosen = first if selected == first.client_order_id else second
        stands = chosen.price
        assert stands is not None
        await run(driver, "move 2t")
        await driver.until(lambda: chosen.price == stands + 2 * tick)
        type_(driver, f"amend 2 price {at - 9 * tick} quantity 0.5")
        assert "amend BUY 0.5 @" in await driver.painted()
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: (second.price, second.quantity) == (at - 9 * tick, D("0.5")))
        await run(driver, "amend 2 quantity 50%")
        assert "a share of what is free is no total" in await driver.painted()


async def test_flatten_and_reverse() -> None:
    async with workstation() as driver:
        await hold(driver)
        await run(driver, "flatten 40%")
        desk = driver.app.workspace.desk
        await driver.until(lambda: position(driver) == D("0.03") and not desk.no_entry(LINEAR))
        type_(driver, "reverse")
        assert "reverses to short 0.03" in await driver.painted()
        assert position(driver) == D("0.03"), "it is staged first"
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: position(driver) == D("-0.03"))
        await run(driver, "flatten")
        await driver.until(lambda: position(driver) == 0)


async def test_size_arm_and_disarm() -> None:
    async with workstation() as driver:
        await run(driver, "size 0.123")
        size = driver.app.workspace.desk.size
        assert size is not None
        assert size.quantity == D("0.123")
        await run(driver, "size 0.0000001")
        assert "less than a lot" in await driver.painted()
        await run(driver, "disarm")
        assert not driver.session.commands.is_armed
        await run(driver, "arm")
        assert "Enter arms" in await driver.painted()
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        assert driver.session.commands.is_armed


async def test_what_is_looked_at() -> None:
    async with workstation() as driver:
        workspace = driver.app.workspace
        await driver.until(lambda: len(workspace.store.markets) > 1)
        await run(driver, "symbol ETH")
        assert workspace.market is not None
        assert workspace.market.key.pair == "ETH/USDT"
        await run(driver, "symbol btcusdt perp")
        assert workspace.market.key.pair == "BTC/USDT"
        await run(driver, "symbol DOGE")
        assert "this session does not have it" in await driver.painted()
        await driver.press("escape")
        await run(driver, "group 7")
        assert workspace.ladder is not None
        assert workspace.ladder.group == 7
        await run(driver, "timeframe 15m")
        assert workspace.chart is not None
        assert workspace.chart.interval == "15m"
        await run(driver, "theme no-color")
        assert driver.app.theme == "no-color"
        await run(driver, "theme nothing-such")
        assert driver.app.theme == "no-color"
        assert "nothing-such" in await driver.painted()


async def test_an_order_on_another_symbol_can_be_cancelled_but_not_amended_unseen() -> None:
    async with workstation() as driver:
        await rest(driver)
        await run(driver, "symbol ETH")
        await run(driver, "amend 1 quantity 0.5")
        assert ":symbol BTC/USDT perp shows it" in " ".join((await driver.painted()).split())
        await driver.press("escape")
        await run(driver, "cancel 1")
        await driver.until(lambda: not working(driver))


async def test_record_on_and_off(tmp_path: Path) -> None:
    async with workstation(settings=Settings(recording=Recording(str(tmp_path)))) as driver:
        await run(driver, "record off")
        assert "nothing is being recorded" in await driver.painted()
        await run(driver, "record on")
        await driver.until(lambda: driver.session.recording is not None)
        await run(driver, "record on")
        assert "it is being recorded" in await driver.painted()
        await run(driver, "record off")
        assert "Enter stops" in await driver.painted()
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: driver.session.recording is None)


async def test_export(tmp_path: Path) -> None:
    async with workstation() as driver:
        await hold(driver)
        await rest(driver)
        await driver.until(lambda: [order.state for order in driver.session.orders.working()] == [OrderState.NEW])
        path = tmp_path / "my fills.csv"
        await run(driver, f'export fills "{path}"')
        await driver.until(path.exists)
        await run(driver, f"export orders {tmp_path / 'orders.csv'}")
        await driver.until((tmp_path / "orders.csv").exists)
        await driver.until(lambda: "2 orders written" in driver.screen())
        fills = rows_of(path)
        assert sum(D(row["quantity"]) for row in fills) == D("0.05")
        orders = rows_of(tmp_path / "orders.csv")
        assert [row["state"] for row in orders] == ["filled", "new"]
        before = path.read_bytes()
        await run(driver, f'export fills "{path}"')
        await driver.until(lambda: "is there already" in driver.screen())
        assert path.read_bytes() == before
        await run(driver, f"export fills {tmp_path / 'no' / 'folder.csv'}")
        await driver.until(lambda: "can't write" in driver.screen())


async def test_leverage_and_the_replays_words_say_why_not() -> None:
    async with workstation() as driver:
        await run(driver, "leverage 5")
        assert "leverage is the simulator's own in PRACTICE" in await driver.painted()
        await run(driver, "speed 10")
        assert "only a REPLAY has a time to go to, a speed and attempts" in await driver.painted()


async def test_help_palette_and_quit() -> None:
    async with workstation((200, 60)) as driver:
        await run(driver, "help")
        await driver.press("end")
        assert ":export orders|fills PATH" in await driver.painted()
        await driver.press("escape", "ctrl+p", *"trade another")
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        assert line_of(driver).text == "symbol "
        await driver.press("escape")
        await rest(driver)
        await run(driver, "q")
        assert "Quit?" in await driver.painted()
        await driver.press("escape")
        await run(driver, "cancel all")
        await driver.until(lambda: not working(driver))
        await run(driver, "quit")
        await driver.until(lambda: not driver.app.is_running)


async def test_replay_and_speed(tmp_path_factory: pytest.TempPathFactory) -> None:
    recording = made_recording(tmp_path_factory.mktemp("recordings"), 40, START_NS)
    async with workstation(session=replay([recording])) as driver:
        player = driver.session.replayer
        assert player is not None
        await run(driver, "speed 0.5")
        assert player.speed == 0.5
        await driver.press("h")
        await run(driver, "replay +25s")
        await driver.until(lambda: player.position_ns >= START_NS + 24 * NANOSECONDS)
        await run(driver, "replay 27:00")
        assert "a time: 14:30:05" in await driver.painted()


async def test_every_command_is_done_without_an_exception() -> None:
    lines = {
        "buy": "buy 1 at bid", "sell": "sell 1 market", "stop": "stop 1", "cancel": "cancel 9", "move": "move 1t",
        "amend": "amend 9 price 1", "flatten": "flatten 5", "size": "size max", "leverage": "leverage 2",
        "onekey": "onekey on", "symbol": "symbol X", "group": "group 3", "timeframe": "timeframe 1s",
        "theme": "theme x", "record": "record off", "export": "export fills /", "replay": "replay 1:00",
        "speed": "speed max", "skip": "skip 5", "hold": "hold fill", "future": "future shown", "cost": "cost fifo",
        "alert": "alert crosses 1",
    }  # fmt: skip
    async with workstation(has_book=False) as driver:
        for command in COMMANDS:
            if command.name in {"quit", "help"}:
                continue
            type_(driver, lines.get(command.name, command.name))
            driver.app.handlers.command_key("enter", "")
            driver.app.handlers.close_command()
        assert driver.app.is_running
        assert not any(
            entry.level is LogLevel.ERROR and "Traceback" in entry.text for entry in driver.app.store.log.after(-1)
        )
