"""The kind of session as a colour: on the frame of every pane, and on the title of the one with the focus."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style

from tests.app_support import Driver, workstation
from ttxt_core.session import Session, practice, replay
from ttxt_tui.config.settings import Recording, Settings
from ttxt_tui.state.header import SessionWord
from ttxt_tui.theme.loader import load_theme, theme_files
from ttxt_tui.theme.textual_theme import role_variables, session_variables


def style_at(driver: Driver, x: int, y: int) -> Style:
    """The style of a cell of the screen."""
    (segment,) = driver.app.screen._compositor.render_strips()[y].crop(x, x + 1)
    assert segment.style is not None
    return segment.style


def colours_at(driver: Driver, name: str) -> tuple[str, str, str, str]:
    """Of a pane on screen: the four corners of its frame."""
    region = driver.app.desk_screen.pane(name).region
    corners = (region.offset, region.top_right, region.bottom_left, region.bottom_right)
    found = []
    for at, (x, y) in enumerate(corners):
        color = style_at(driver, x - (at % 2), y - (at // 2)).color
        assert color is not None
        found.append(color.get_truecolor().hex)
    top_left, top_right, bottom_left, bottom_right = found
    return top_left, top_right, bottom_left, bottom_right


def framed(driver: Driver) -> list[str]:
    """The panes on screen that have a frame."""
    return [pane.id or "" for pane in driver.app.desk_screen.visible_panes() if pane.styles.border.top[0]]


async def check(driver: Driver, theme: str) -> None:
    """Header, frames and titles of the session on screen, in `theme`."""
    kind = driver.session.kind
    colours = {role: ink.css for role, ink in load_theme(theme).roles.items()}
    session, frame = (colours[role] for role in (f"session_{kind}", f"frame_{kind}"))  # type: ignore[index]
    word = style_at(driver, 1, 0).bgcolor
    assert word is not None
    assert word.get_truecolor().hex == session
    names = framed(driver)
    assert {"ladder", "chart", "orders", "tape", "ticket"} <= set(names)
    focused = driver.app.desk_screen.focused_name
    for name in names:
        expected = colours["border_focus"] if name == focused else frame
        assert colours_at(driver, name) == (expected,) * 4, name
        x, y = driver.app.desk_screen.pane(name).region.offset
        title = style_at(driver, x + 3, y).bgcolor
        assert title is not None
        assert (title.get_truecolor().hex == session) == (name == focused), name


async def check_everywhere(session: Session, settings: Settings | None = None) -> None:
    """With the focus here and there, and after a change of theme."""
    async with workstation((200, 60), session, settings) as driver:
        await check(driver, "ttxt-dark")
        driver.app.desk_screen.show_pane("orders")
        await driver.painted()
        await check(driver, "ttxt-dark")
        driver.app.use_theme("ttxt-light")
        await driver.painted()
        await check(driver, "ttxt-light")


async def test_practice() -> None:
    await check_everywhere(practice(seed=11, rate=150, history=60))


async def test_replay(tmp_path: Path) -> None:
    settings = Settings(recording=Recording(str(tmp_path)))
    recording = tmp_path / "PRACTICE-LINEAR_BTC_USDT.bin"
    async with workstation((120, 40), settings=settings) as driver:
        await driver.press("ctrl+r")
        await driver.pilot.pause(0.5)
        await driver.session.stop()
    await check_everywhere(replay([recording]))


@pytest.mark.parametrize("name", sorted(theme_files()))
@pytest.mark.parametrize("word", SessionWord)
def test_each_kind_has_its_own_in_every_theme(name: str, word: SessionWord) -> None:
    theme = load_theme(name)
    kind = word.lower()
    given = session_variables(role_variables(theme), kind)
    assert given["ttxt-frame"] == theme.roles[f"frame_{kind}"].css  # type: ignore[index]
    assert given["ttxt-session"] == theme.roles[f"session_{kind}"].css  # type: ignore[index]
    assert given["ttxt-session-style"] == theme.roles[f"session_{kind}"].text_style  # type: ignore[index]


async def test_without_colours_the_word_stays_and_the_focus_is_a_block() -> None:
    async with workstation((200, 60)) as driver:
        driver.app.use_theme("no-color")
        await driver.painted()
        assert driver.screen().startswith(" PRACTICE  ARMED ")
        assert style_at(driver, 1, 0).reverse
        for name in framed(driver):
            x, y = driver.app.desk_screen.pane(name).region.offset
            assert bool(style_at(driver, x + 3, y).reverse) == (name == "ladder"), name
