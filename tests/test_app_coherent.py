"""One screen, one truth: figures in different panes agree with each other."""

from __future__ import annotations

import re
from decimal import Decimal

from tests.app_support import Driver, workstation
from ttxt_core.events import PositionSide
from ttxt_tui.state.own_marks import own_orders


def pane_text(driver: Driver, name: str) -> list[str]:
    """The rows of a pane as they are painted."""
    pane = driver.app.desk_screen.pane(name)
    region = pane.content_region
    lines = driver.screen().splitlines()[region.y : region.bottom]
    return [line[region.x : region.right] for line in lines]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-").replace("+", ""))


async def test_the_panes_agree() -> None:
    async with workstation((200, 60)) as driver:
        session, app = driver.session, driver.app
        key = app.store.active
        assert key is not None
        await driver.press("4", "e", "enter")
        await driver.until(lambda: session.orders.accounts.held(key, session.account) > 0, "long")
        # Far from the market, so that they rest for as long as this takes.
        await driver.press("2", "home", "pagedown", "pagedown", "b", "enter")
        await driver.press("3", "end", "pageup", "pageup", "s", "enter")
        await driver.until(lambda: len(session.orders.working(key)) == 2, "two entries rest")
        market = app.workspace.market
        assert market is not None
        # Nothing is awaited from here on, so that all panes show one moment.
        for pane in app.desk_screen.visible_panes():
            pane.flush()
        info = market.info

        position = session.orders.accounts.positions[key, session.account, PositionSide.ONE_WAY]
        row = next(line for line in pane_text(driver, "account") if "LONG" in line)
        size, entry, mark, profit = (number(text) for text in re.findall(r"[-+−]?[\d,]+\.\d+", row)[:4])
        assert size == position.quantity
        assert abs(profit - size * (mark - entry)) <= size * info.tick_size + Decimal("0.01")

        for event in session.orders.fills:
            fill = event.data
            rate = info.spec.maker_fee if fill.is_maker else info.spec.taker_fee
            assert rate is not None
            assert fill.fee == rate * fill.price * fill.quantity

        orders = own_orders(session.orders.working(key), info)
        ladder = pane_text(driver, "ladder")
        rows = pane_text(driver, "orders")
        for order in orders:
            price = info.format_price(info.price(order.ticks), group=True)
            assert any(price in line for line in rows), f"{price} is not among the orders"
        visible = [order for order in orders if app.workspace.ladder is not None]
        quantities = [info.format_quantity(order.quantity) for order in visible]
        assert any(quantity in line for line in ladder for quantity in quantities)

        tape_last = re.findall(r"[▲▼] +([\d,.]+)", "\n".join(pane_text(driver, "tape")[2:]))[0]
        assert market.last_price is not None
        assert tape_last == info.format_price(market.last_price, group=True)
        assert tape_last in "\n".join(pane_text(driver, "chart"))
        assert tape_last in driver.screen().splitlines()[0]


async def test_widths_do_not_change_with_the_numbers() -> None:
    async with workstation((120, 40)) as driver:
        heads = set()
        for _ in range(25):
            text = (await driver.painted()).splitlines()
            heads.add(next(line for line in text if "Bid" in line and "Ask" in line)[-50:])
            assert all(len(line) == 120 for line in text)
        assert len(heads) == 1
