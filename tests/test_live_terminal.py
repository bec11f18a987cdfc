"""What panes write themselves is what Textual would paint: a terminal that got both shows the same in every cell."""

from __future__ import annotations

import pyte
import pytest
from rich.console import Console
from textual._compositor import LayoutUpdate
from textual.strip import Strip

from tests.app_support import workstation
from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.session import practice

START_NS = 1_786_310_819_000_000_000
WIDTH, HEIGHT = 200, 60


def cells(screen: pyte.Screen) -> list[list[pyte.screens.Char]]:
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    return screen, pyte.Stream(screen)


@pytest.mark.parametrize(
    ("theme", "depth"),
    [
        ("ttxt-dark", "truecolor"),
        ("ttxt-light", "truecolor"),
        ("ttxt-dark", "256"),
        ("ansi256", "256"),
        ("ansi256", "truecolor"),
    ],
)
async def test_what_panes_write_is_what_textual_would_paint(theme: str, depth: str) -> None:
    clock = ManualClock(START_NS)
    async with workstation((WIDTH, HEIGHT), practice(seed=7, rate=1_000, history=120, clock=clock)) as driver:
        app, written = driver.app, list[str]()
        app.use_theme(theme)
        app.console = Console(color_system=depth, force_terminal=True, width=WIDTH, height=HEIGHT)  # type: ignore[arg-type]
        assert app._driver is not None
        await driver.press("4", "e", "enter", "2", "b")
        await driver.pilot.pause(0.3)

        def painted() -> str:
            """The whole screen, segment by segment, without what panes have made ready for the terminal."""
            rows = [Strip(list(strip)) for strip in app.screen._compositor.render_strips()]
            for style in {segment.style for row in rows for segment in row if segment.style is not None}:
                style._ansi = None  # a style that another depth of colour was asked of keeps what it was
            return "".join(f"\x1b[{y};1H{row.render(app.console)}" for y, row in enumerate(rows, 1))

        def sent() -> str:
            """The whole screen as Textual sends it."""
            update = app.screen._compositor.render_update(full=True)
            assert isinstance(update, LayoutUpdate)
            return update.render_segments(app.console).replace("\n", "\r\n")

        for pane in app.desk_screen.visible_panes():
            pane.flush()
        ours, stream = terminal()
        painted()
        stream.feed(sent())
        app._driver.write = written.append  # type: ignore[method-assign, assignment]
        for _ in range(8):
            clock.advance_ns(50 * MILLISECOND_NS)
            seen = app.store.market.version if app.store.market is not None else 0
            await driver.until(lambda seen=seen: app.store.market is not None and app.store.market.version != seen)  # type: ignore[misc]
            for pane in app.desk_screen.visible_panes():
                pane.flush()
        assert written
        stream.feed("".join(written))
        theirs, other = terminal()
        other.feed(painted())
        assert cells(ours) == cells(theirs)
