"""`make screenshots`: runs the workstation, trades a little by keyboard, and paints what it shows.

One practice session gives the practice pictures and a recording of itself; that recording is replayed for the others.
Everything is seeded, but the market runs in real time: pictures differ a little from run to run.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from screenshots.painter import paint
from ttxt_core.session import Session, practice, replay
from ttxt_tui.app import Workstation
from ttxt_tui.config.settings import Recording, Settings
from ttxt_tui.theme.loader import load_theme

FOLDER = Path(__file__).parent
SIZES = ((80, 24), (120, 40), (200, 60))
SEED = 7

Script = Callable[[Workstation, Pilot[None]], Awaitable[None]]


async def press(pilot: Pilot[None], *keys: str, pause: float = 0.15) -> None:
    """Press keys one after another, at the pace of a person: holds and pastes are told by time."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause(pause)


async def trade(_app: Workstation, pilot: Pilot[None]) -> None:
    """A position with a stop, entries on both sides, a staged order."""
    await pilot.pause(3)
    await press(pilot, "4", "e", "enter")
    await pilot.pause(0.6)
    await press(pilot, "home", *["down"] * 9, "t")
    await pilot.pause(0.5)
    await press(pilot, "2", "home", *["down"] * 4, "b", "enter")
    await pilot.pause(0.5)
    await press(pilot, "3", "end", *["up"] * 5, "s", "enter")
    await pilot.pause(0.5)
    await press(pilot, "1", "end", *["up"] * 7, "s", "enter")
    await pilot.pause(0.5)
    await press(pilot, "home", *["down"] * 2, "b")
    await pilot.pause(0.5)


async def look(_app: Workstation, pilot: Pilot[None]) -> None:
    """Some of the recording played, a fill, held."""
    await pilot.pause(2.5)
    await press(pilot, "3", "e", "enter")
    await pilot.pause(0.6)
    await press(pilot, "2", "home", *["down"] * 3, "b", "enter")
    await pilot.pause(0.5)
    await press(pilot, "m", "h")
    await pilot.pause(0.5)


async def watch_book(app: Workstation, pilot: Pilot[None]) -> None:
    """The heatmap alone, with orders of one's own, over most of a minute."""
    await trade(app, pilot)
    await press(pilot, ";", "7", "[", "z")
    await pilot.pause(45)


async def picture(session: Session, settings: Settings, size: tuple[int, int], name: str, script: Script) -> None:
    """Run `session` at `size`, do `script`, paint the screen to `name`."""
    app = Workstation(session, settings, load_theme(settings.screen.theme or "ttxt-dark"))
    async with app.run_test(size=size) as pilot:
        await script(app, pilot)
        await app.frames.frame()
        await pilot.pause()
        path = FOLDER / f"{name}-{size[0]}x{size[1]}.png"
        paint(app.screen._compositor.render_strips(), path)  # noqa: SLF001 - there is no public way to the strips
        print(path.relative_to(FOLDER.parent))


async def main() -> None:
    """Paint all pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        async def recorded(app: Workstation, pilot: Pilot[None]) -> None:
            await press(pilot, "ctrl+r")
            await trade(app, pilot)
            if app.size.width == SIZES[-1][0]:
                await pilot.pause(30)

        for width, height in SIZES:
            settings = Settings(recording=Recording(str(folder / str(width))))
            await picture(practice(seed=SEED, rate=300), settings, (width, height), "practice", recorded)
        recording = folder / str(SIZES[-1][0]) / "PRACTICE-LINEAR_BTC_USDT.bin"
        await picture(practice(seed=SEED, rate=300), Settings(), SIZES[-1], "heatmap", watch_book)
        for size in SIZES:
            await picture(replay([recording]), Settings(), size, "replay", look)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
