"""LivePane: what is painted when rows, size or theme change, and how many bytes of it reach the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Label

from tests.app_support import workstation
from tests.ladder_support import Ladder, book, delta, market
from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.session import practice
from ttxt_tui import _textual_compat
from ttxt_tui.paint.delta import RowChange, RowWriter, look_of
from ttxt_tui.paint.ladder import ladder_line
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.panes.live import LivePane
from ttxt_tui.theme import Palette, load_theme

START_NS = 1_786_310_819_000_000_000
DARK = Palette(load_theme("ttxt-dark"))


class Rows(LivePane[str]):
    """Shows a list of texts, and notes which of them it painted."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(DARK, id="rows")
        self.texts = list(texts)
        self.turn = 0
        self.painted: list[str] = []

    def put(self, **texts: str) -> None:
        """Change lines, by `line_<number>`."""
        for name, text in texts.items():
            self.texts[int(name.removeprefix("line_"))] = text
        self.turn += 1

    def version(self) -> Hashable:
        return self.turn

    def rows(self, width: int, height: int) -> Sequence[str]:
        return self.texts

    def paint_row(self, row: str, width: int) -> Strip:
        self.painted.append(row)
        return Strip([Segment(f"{row:{width}}"[:width], self.palette.style("text", "panel"))], width)


class Shell(App[None]):
    CSS = "Rows { width: 20; height: 6; border: round white; }"

    def __init__(self, pane: Rows) -> None:
        _textual_compat.install()
        super().__init__()
        self.pane = pane
        self.written: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        assert self._driver is not None
        self._driver.write = self.written.append  # type: ignore[method-assign, assignment]


@asynccontextmanager
async def shown(pane: Rows) -> AsyncIterator[tuple[Shell, Pilot[None]]]:
    """The pane on screen: 18 × 4 cells from column 1, row 1."""
    app = Shell(pane)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        pane.flush()
        pane.painted.clear()
        app.written.clear()
        yield app, pilot


def lines(app: Shell) -> list[str]:
    """What a repaint of everything would show of the pane."""
    return [strip.text[1:19].rstrip() for strip in app.screen._compositor.render_strips()[1:5]]


def cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(char, style) for text, style, _ in strip for char in text]


async def test_only_rows_that_changed_are_painted() -> None:
    pane = Rows(["one", "two", "three", "four"])
    async with shown(pane) as (app, _):
        pane.put(line_1="twice")
        assert pane.flush()
        assert pane.painted == ["twice"]
        assert "".join(app.written).startswith("\x1b[3;4H"), "from the first cell that differs"
        assert "ice" in app.written[0]
        assert "one" not in app.written[0]
        assert lines(app) == ["one", "twice", "three", "four"]


async def test_nothing_is_painted_without_a_new_version_or_a_changed_row() -> None:
    pane = Rows(["one", "two"])
    async with shown(pane) as (app, _):
        pane.texts[0] = "not told"
        assert not pane.flush()
        pane.texts[0] = "one"
        pane.turn += 1
        assert not pane.flush()
        assert pane.painted == app.written == []


async def test_rows_that_go_leave_blanks_and_rows_too_many_are_left_out() -> None:
    pane = Rows(["one", "two", "three", "four"])
    async with shown(pane) as (app, _):
        pane.texts = ["one"]
        pane.turn += 1
        assert pane.flush()
        assert lines(app) == ["one", "", "", ""]
        pane.texts = list("abcdefgh")
        pane.turn += 1
        assert pane.flush()
        assert lines(app) == ["a", "b", "c", "d"]


async def test_a_new_theme_paints_every_row_anew() -> None:
    pane = Rows(["one", "two"])
    async with shown(pane) as (app, pilot):
        pane.palette = Palette(load_theme("ttxt-dark"))
        await pilot.pause(0.1)
        assert pane.painted == ["one", "two"]
        assert lines(app)[:2] == ["one", "two"]
        pane.painted.clear()
        pane.put(line_0="uno")
        assert pane.flush()
        assert pane.painted == ["uno"]


async def test_a_new_size_paints_every_row_anew() -> None:
    pane = Rows(["one", "two", "three", "four"])
    async with shown(pane) as (app, pilot):
        pane.styles.width = 12
        await pilot.pause(0.1)
        assert set(pane.painted) == {"one", "two", "three", "four"}
        assert [line[:9].strip() for line in lines(app)] == ["one", "two", "three", "four"]


async def test_rows_in_their_frame_are_as_textual_would_draw_them() -> None:
    pane = Rows(["one", "two", "three"])
    async with shown(pane):
        pane.border_title = "Rows"
        everything = Region(0, 0, *pane.outer_size)
        for ours, theirs in zip(pane.render_lines(everything), Widget.render_lines(pane, everything), strict=True):
            assert cells(ours) == cells(theirs)
        part = Region(2, 1, 5, 3)
        assert pane.render_lines(part) == Widget.render_lines(pane, part)


async def test_under_another_screen_nothing_is_written_over_it() -> None:
    pane = Rows(["one", "two"])
    async with shown(pane) as (app, pilot):
        await app.push_screen(_Dialog())
        await pilot.pause()
        app.written.clear()
        pane.put(line_0="uno")
        assert pane.flush()
        assert app.written == []
        app.pop_screen()
        await pilot.pause(0.1)
        assert lines(app)[:2] == ["uno", "two"]


@pytest.mark.parametrize(("row", "is_covered"), [(0, False), (1, True)])
async def test_under_a_widget_nothing_is_written_over_it(row: int, *, is_covered: bool) -> None:
    """One that lies on the frame alone is in nobody's way."""
    pane = Rows(["one", "two"])
    async with shown(pane) as (app, pilot):
        cover = Label("cover")
        cover.styles.layer = "above"
        cover.styles.offset = (0, row)
        app.screen.styles.layers = ("below", "above")  # type: ignore[assignment]
        await app.screen.mount(cover)
        await pilot.pause(0.1)
        app.written.clear()
        pane.put(line_0="uno")
        assert pane.flush()
        assert (app.written == []) is is_covered
        await pilot.pause(0.1)
        assert "cover" in app.screen._compositor.render_strips()[row].text
        assert is_covered or lines(app)[0] == "uno"


class _Dialog(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Label("sure?")


# -- budgets, without a clock: bytes are the same on every machine --------------------------------------------


def test_eight_changed_rows_of_a_ladder_are_less_than_two_kilobytes() -> None:
    bids = [(67_985.0 - level / 10, 1.5 + level) for level in range(20)]
    asks = [(67_985.1 + level / 10, 0.25 + level) for level in range(20)]
    of = market()
    of.apply(book(bids, asks))
    ladder = Ladder(of, 40)
    layout = LadderLayout.for_width(66, ladder.state.price_width)
    writer = RowWriter(lambda style: look_of(style, ColorSystem.TRUECOLOR))
    before = ladder.rows(cells=layout.cells)
    of.apply(delta([(price, 17.125) for price, _ in bids[:4]], [(price, 9.75) for price, _ in asks[:4]]))
    changed = [
        RowChange(y, ladder_line(old, DARK, layout), ladder_line(new, DARK, layout))
        for y, (old, new) in enumerate(zip(before, ladder.rows(cells=layout.cells), strict=True))
        if old != new
    ]
    assert len(changed) == 8
    written = writer.text(134, 3, changed)
    assert len(written.encode()) <= 2_048
    assert written.count("H") == 8


async def test_a_frame_of_a_busy_market_is_less_than_sixteen_kilobytes() -> None:
    clock = ManualClock(START_NS)
    async with workstation((200, 60), practice(seed=7, rate=1_000, history=120, clock=clock)) as driver:
        app, written = driver.app, list[str]()
        assert app._driver is not None
        await driver.pilot.pause(0.3)
        app._driver.write = written.append  # type: ignore[method-assign, assignment]
        most = 0
        for _ in range(40):
            written.clear()
            clock.advance_ns(50 * MILLISECOND_NS)
            seen = app.store.market.version if app.store.market is not None else 0
            await driver.until(lambda seen=seen: app.store.market is not None and app.store.market.version != seen)  # type: ignore[misc]
            for pane in app.desk_screen.visible_panes():
                pane.flush()
            most = max(most, sum(len(text.encode()) for text in written))
        assert 1_000 < most <= 16_384
