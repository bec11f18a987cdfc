"""Running the workstation in a test: a practice session on screen, keys at a pace, waiting for what should come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from textual import events
from textual.keys import _character_to_key
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

    def send(self, *keys: str) -> None:
        """Keys all at once, as a paste comes."""
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            driver.send_message(_key_event(key))

    async def press(self, *keys: str) -> None:
        """Keys one after another, far enough apart to be no paste, each done before the next.

        Not the pilot's own way: that waits until the process is idle, which with a market running it never is.
        """
        for key in keys:
            self.send(key)
            await self.pilot.pause(0.03)
            await self._handled()

    async def _handled(self) -> None:
        """Wait until what was sent has gone through the app, its screen, and one that it opened or came back to."""
        while True:
            screen = self.app.screen
            for part in (self.app, screen, screen.focused):
                came = asyncio.Event()
                if part is not None and part.call_later(came.set):
                    with suppress(TimeoutError):  # one that closes in between hears nothing more
                        await asyncio.wait_for(came.wait(), 1.0)
            if self.app.screen is screen:
                return

    async def until(self, what: Callable[[], bool], told: str = "") -> None:
        """Wait until `what` holds; half a minute at the most."""
        deadline = time.monotonic() + 30
        while not what():
            assert time.monotonic() < deadline, f"did not happen: {told or what}\n{self.screen()}"
            await self.pilot.pause(0.02)

    def screen(self) -> str:
        """What is on screen, as text."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def painted(self) -> str:
        """The screen after the next frames."""
        stats = self.app.frames.stats
        ends = stats.frames + 4
        await self.pilot.pause(0.15)
        await self.until(lambda: stats.frames >= ends, "frames")
        return self.screen()


def _key_event(key: str) -> events.Key:
    """What Textual makes of a key that a terminal sends."""
    character = " " if key == "space" else key if len(key) == 1 else None
    name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
    return events.Key(name, character)


@asynccontextmanager
async def workstation(
    size: tuple[int, int] = (120, 40),
    session: Session | None = None,
    settings: Settings | None = None,
    *,
    notices: Sequence[str] = (),
    has_book: bool = True,
) -> AsyncIterator[Driver]:
    """The workstation on screen, with a market; `has_book`: and one that can be traded on."""
    made = session if session is not None else practice(seed=11, rate=150, history=60)
    app = Workstation(made, settings or Settings(), load_theme("ttxt-dark"), notices=notices)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: app.workspace.market is not None)
        if not has_book:
            yield driver
            return
        await driver.until(lambda: app.workspace.market is not None and app.workspace.market.book.mid is not None)
        await driver.until(lambda: app.workspace.ladder is not None and app.workspace.ladder.cursor_ticks is not None)
        yield driver
