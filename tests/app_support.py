"""Running the workstation in a test: a practice session on screen, keys at a pace, waiting for what should come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from ttxt_core.session import Session, practice
from ttxt_tui.app import Workstation
from ttxt_tui.config.settings import Settings
from ttxt_tui.theme.loader import load_theme


class Driver:
    """A trader at the keyboard."""

    def __init__(self, app: Workstation, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def session(self) -> Session:
        return self.app.session

    async def press(self, *keys: str) -> None:
        """Keys one after another, far enough apart to be no paste."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause(0.03)

    async def until(self, what: Callable[[], bool], told: str = "") -> None:
        """Wait until `what` holds; ten seconds at the most."""
        for _ in range(500):
            if what():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"did not happen: {told or what}\n{self.screen()}")

    def screen(self) -> str:
        """What is on screen, as text."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def painted(self) -> str:
        """The screen after the next frame."""
        await self.pilot.pause(0.15)
        return self.screen()


@asynccontextmanager
async def workstation(
    size: tuple[int, int] = (120, 40), session: Session | None = None, settings: Settings | None = None
) -> AsyncIterator[Driver]:
    """The workstation on screen, with a market."""
    made = session if session is not None else practice(seed=11, rate=150, history=60)
    app = Workstation(made, settings or Settings(), load_theme("ttxt-dark"))
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: app.workspace.market is not None and app.workspace.market.book.mid is not None)
        await driver.until(lambda: app.workspace.ladder is not None and app.workspace.ladder.cursor_ticks is not None)
        yield driver
