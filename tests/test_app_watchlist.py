"""Several symbols on screen: the watchlist, ladders side by side, panes linked in groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app_support import Driver, workstation
from ttxt_core.events import InstrumentKey, OrderState
from ttxt_tui.config.alerts import AlertKind, AlertRule
from ttxt_tui.panes.watchlist import WatchlistPane
from ttxt_tui.panes.workspace import LADDERS
from ttxt_tui.screens.layout import LEAST_LADDER, WATCHLIST_AROUND, View, ladder_count, plan
from ttxt_tui.state.names import symbol
from ttxt_tui.state.watchlist import WatchColumn

WIDE = (200, 60)


async def all_markets(driver: Driver) -> list[InstrumentKey]:
    """Every instrument of the session, each with a book, in the watchlist's order."""
    store = driver.app.store
    await driver.until(lambda: len(store.markets) == 4 and all(m.book.mid for m in store.markets.values()))
    return sorted(store.markets, key=lambda key: (key.pair, key.category))


def shown_in(driver: Driver, pane: str) -> InstrumentKey:
    market = driver.app.workspace.market_in(pane)
    assert market is not None
    return market.key


def is_staged(driver: Driver) -> bool:
    return driver.app.workspace.desk.staged is not None


async def command(driver: Driver, line: str) -> None:
    await driver.press(":", *("space" if char == " " else char for char in line))
    await driver.pilot.pause(0.45)
    await driver.press("enter")


# -- watchlist --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), WIDE])
async def test_the_watchlist_lists_every_symbol(size: tuple[int, int]) -> None:
    async with workstation(size) as driver:
        await all_markets(driver)
        await driver.press(";", "9")
        await driver.until(lambda: "9 Watchlist" in driver.screen())
        text = await driver.painted()
        for name in ("BTC perp", "BTC spot", "ETH perp", "SOL perp"):
            assert name in text or name.replace(" ", "/USDT ") in text, text
        assert driver.app.desk_screen.focused_name == "watchlist"


async def test_enter_shows_the_symbol_in_all_linked_panes_and_trades_it() -> None:
    async with workstation(WIDE) as driver:
        keys = await all_markets(driver)
        store, desk = driver.app.store, driver.app.workspace.desk
        first = store.active
        await driver.press(";", "9", "b")
        assert is_staged(driver)
        await driver.press("escape", ";", "9", "down", "down")
        wanted = driver.app.workspace.watchlist.cursor
        assert wanted == keys[2] != first
        await driver.press("enter")
        assert store.active == desk.active == wanted
        assert {shown_in(driver, pane) for pane in ("ladder", "chart", "tape", "heatmap", "depth")} == {wanted}
        await driver.until(lambda: f"n Ticket · {symbol(wanted)}" in driver.screen(), "the ticket names it")
        assert driver.app.desk_screen.focused_name == "watchlist", "the next symbol is a key away"


async def test_what_is_staged_is_sent_by_enter_wherever_the_cursor_is() -> None:
    async with workstation(WIDE) as driver:
        await all_markets(driver)
        first = driver.app.store.active
        await driver.press(";", "9", "down", "down", "q", "enter")
        await driver.until(lambda: [o.state for o in driver.session.orders.working()] == [OrderState.NEW])
        assert driver.app.store.active == first, "Enter sent, and chose no other symbol"
        assert driver.session.orders.working()[0].key == first


async def test_keys_sort_the_list() -> None:
    async with workstation(WIDE) as driver:
        watched = driver.app.workspace.watchlist
        await driver.press(";", "9", "right", "right")
        assert "↓24h" in await driver.painted()
        await driver.press("R")
        assert "↑24h" in await driver.painted()
        await driver.press("left")
        assert "↓Last" in await driver.painted()
        await driver.press("j", "k", "up", "down")
        assert watched.cursor is not None
        await driver.press(";", ";")
        assert watched.cursor is None, "the cursor has left with the focus"


async def test_a_first_click_only_focuses_then_one_chooses_and_one_on_a_head_sorts() -> None:
    async with workstation(WIDE) as driver:
        keys = await all_markets(driver)
        first, watched = driver.app.store.active, driver.app.workspace.watchlist
        await driver.painted()
        assert await driver.pilot.click(WatchlistPane, offset=(5, 4))
        await driver.until(lambda: driver.app.desk_screen.focused_name == "watchlist")
        assert driver.app.store.active == first
        await driver.pilot.pause(0.05)
        await driver.pilot.click(WatchlistPane, offset=(5, 4))
        await driver.until(lambda: driver.app.store.active == keys[2], "the third line")
        await driver.pilot.click(WatchlistPane, offset=(15, 1))
        await driver.until(lambda: watched.column is WatchColumn.LAST)


async def test_style_sheets_know_every_pane_as_one() -> None:
    async with workstation(WIDE) as driver:
        screen = driver.app.desk_screen
        assert set(screen.query("LivePane")) == set(screen.children)


# -- ladders side by side ---------------------------------------------------------------------------------------


async def test_ladders_side_by_side_show_symbols_of_their_own() -> None:
    async with workstation(WIDE) as driver:
        await all_markets(driver)
        await command(driver, "ladders 3")
        text = await driver.painted()
        shown = [shown_in(driver, name) for name in LADDERS[:3]]
        assert len(set(shown)) == 3
        assert text.count("Ladder ·") == 3
        for market in (driver.app.store.markets[key] for key in shown):
            assert market.book.best_bid is not None
            assert f"{market.info.format_price(market.book.best_bid[0], group=True)[:3]}" in text
        assert "1 Ladder · A" in text
        await command(driver, "ladders 1")
        assert "Ladder ·" not in await driver.painted(), "one group: nothing to tell apart"


async def test_exactly_one_ladder_is_active_and_turning_to_another_drops_what_is_staged() -> None:
    async with workstation(WIDE) as driver:
        await all_markets(driver)
        await command(driver, "ladders 2")
        workspace, screen = driver.app.workspace, driver.app.desk_screen
        first, second = shown_in(driver, "ladder"), shown_in(driver, "ladder2")

        def active() -> list[str]:
            return [name for name in LADDERS if screen.pane(name).has_class("-active")]

        await driver.until(lambda: active() == ["ladder"])
        await driver.press("b")
        assert is_staged(driver)
        await driver.press("|")
        assert not is_staged(driver)
        assert (workspace.active_ladder, workspace.desk.active, driver.app.store.active) == ("ladder2", second, second)
        await driver.until(lambda: active() == ["ladder2"])
        assert shown_in(driver, "chart") == first, "the chart is linked to the other one"
        await driver.press(";", "2", "q")
        assert is_staged(driver), "money keys act on the active ladder from any pane"
        await driver.press("enter")
        await driver.until(lambda: [o.key for o in driver.session.orders.working()] == [second])
        await driver.press(";", ";")
        assert screen.focused_name == "ladder2", "back to the ladder that is traded on"
        await driver.press("|")
        assert workspace.desk.active == first


async def test_a_first_click_into_another_ladder_only_turns_to_it() -> None:
    async with workstation(WIDE) as driver:
        await all_markets(driver)
        await command(driver, "ladders 2")
        await driver.painted()
        workspace = driver.app.workspace
        aimed = {name: workspace.ladder_in(name) for name in LADDERS[:2]}
        await driver.press("b")
        assert is_staged(driver)
        second = aimed["ladder2"]
        assert second is not None
        await driver.until(lambda: second.cursor_ticks is not None)
        at = second.cursor_ticks
        await driver.pilot.click("#ladder2", offset=(5, 6))
        await driver.until(lambda: workspace.active_ladder == "ladder2")
        assert not is_staged(driver)
        assert second.cursor_ticks == at
        await driver.pilot.pause(0.05)
        await driver.pilot.click("#ladder2", offset=(5, 6))
        await driver.until(lambda: second.cursor_ticks != at, "now it aims")


async def test_a_size_belongs_to_its_symbol() -> None:
    async with workstation(WIDE) as driver:
        await all_markets(driver)
        await command(driver, "ladders 2")
        desk = driver.app.workspace.desk
        await driver.press("5")
        first = desk.size
        assert first is not None
        await driver.press("|")
        second = desk.size
        assert second is not None
        assert second.preset == 1, "that of the other symbol, not what was chosen for this one"
        await driver.press("3", "|")
        assert desk.size == first


async def test_fewer_columns_have_fewer_ladders_and_the_one_that_is_traded_on_is_seen() -> None:
    async with workstation(WIDE) as driver:
        await all_markets(driver)
        await command(driver, "ladders 3")
        await driver.press("|", "|")
        assert driver.app.workspace.active_ladder == "ladder3"
        await driver.pilot.resize_terminal(120, 40)
        await driver.until(lambda: driver.app.workspace.active_ladder == "ladder")
        assert driver.app.workspace.desk.active == shown_in(driver, "ladder")
        await command(driver, "ladders 4")
        assert "no room for more than 2" in await driver.painted()
        await driver.pilot.resize_terminal(80, 24)
        await driver.press("|")
        assert "one ladder" in await driver.painted()


@given(width=st.integers(80, 400), height=st.integers(24, 120), ladders=st.integers(1, 4), symbols=st.integers(1, 30))
def test_ladders_are_never_too_narrow(width: int, height: int, ladders: int, symbols: int) -> None:
    places = plan(width, height, View(symbols=symbols, ladders=ladders))
    shown = [places[name] for name in LADDERS if name in places]
    assert len(shown) == ladder_count(width, ladders) <= ladders
    assert all(place.width >= LEAST_LADDER for place in shown)
    assert sum(place.area for place in places.values()) == width * height
    if "watchlist" in places:
        assert symbols > 1
        assert places["watchlist"].height > WATCHLIST_AROUND


# -- groups -----------------------------------------------------------------------------------------------------


async def test_a_pane_in_another_group_keeps_its_symbol() -> None:
    async with workstation(WIDE) as driver:
        keys = await all_markets(driver)
        workspace = driver.app.workspace
        first = shown_in(driver, "chart")
        await driver.press(";", "2", "C")
        assert "link this pane in group a, b, c, d" in await driver.painted()
        await driver.press("d")
        other = next(key for key in keys if key != first)
        await command(driver, f"symbol {other.pair} {'spot' if other.category == 'spot' else 'perp'}")
        assert (shown_in(driver, "chart"), shown_in(driver, "tape"), workspace.desk.active) == (first, other, other)
        assert workspace.chart is not None
        assert workspace.chart.market.key == first
        await driver.until(lambda: "2 Chart 1m · D" in driver.screen(), "the frames say so")
        assert "5 Tape · A" in driver.screen()
        await command(driver, "link a")
        assert shown_in(driver, "chart") == other
        await driver.until(lambda: "· A" not in driver.screen(), "all are one again")


async def test_a_symbol_chosen_in_a_pane_of_another_group_is_not_traded() -> None:
    async with workstation(WIDE) as driver:
        keys = await all_markets(driver)
        first = driver.app.store.active
        await driver.press(";", "5", "C", "c")
        assert shown_in(driver, "tape") == first
        await driver.press("/", "s", "o", "l")
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        sol = next(key for key in keys if key.pair.startswith("SOL"))
        await driver.until(lambda: shown_in(driver, "tape") == sol)
        assert driver.app.store.active == driver.app.workspace.desk.active == first
        assert shown_in(driver, "chart") == first


async def test_a_pane_of_all_symbols_is_in_no_group() -> None:
    async with workstation(WIDE) as driver:
        await driver.press(";", "3", "C")
        assert "in no group" in await driver.painted()
        assert driver.app.handlers.awaited is None


async def test_an_alert_that_fired_is_marked() -> None:
    async with workstation(WIDE) as driver:
        keys = await all_markets(driver)
        assert " ! " not in driver.screen()
        eth = driver.app.store.markets[keys[2]]
        driver.app.store.alerts.add(AlertRule(AlertKind.SPREAD, 0.0001), eth)
        await driver.until(lambda: " ! ETH perp" in driver.screen(), "its spread is wider than that")
