"""The one screen of the workstation: all panes of a session, placed by the plan.

Owns the panes, which of them share a place, the focus and the zoom. What keys do is in `handlers`; what panes show is
the workspace's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region
from textual.layout import Layout
from textual.screen import Screen
from textual.strip import Strip

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.actions import BY_ID, Scope
from ttxt_tui.keymap import Keymap, shown
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.command_line import hint_height, hint_rows, input_row
from ttxt_tui.paint.footer import footer
from ttxt_tui.paint.header import header_row
from ttxt_tui.paint.position_line import position_row
from ttxt_tui.paint.prompt import coach_line, feedback_line
from ttxt_tui.paint.status_bar import status_bar
from ttxt_tui.paint.ticket import pretrade_line, ticket_box
from ttxt_tui.panes.account import AccountPane
from ttxt_tui.panes.chart import ChartPane
from ttxt_tui.panes.depth import DepthPane
from ttxt_tui.panes.heatmap import HeatmapPane
from ttxt_tui.panes.ladder import LadderPane
from ttxt_tui.panes.lines import LinesPane
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.replay_bar import ReplayPane
from ttxt_tui.panes.tables import LogPane, OrdersPane
from ttxt_tui.panes.tape import TapePane
from ttxt_tui.panes.views import WorkspaceViews
from ttxt_tui.panes.watchlist import WatchlistPane
from ttxt_tui.panes.workspace import LADDERS, Workspace
from ttxt_tui.screens.layout import (
    LEAST,
    TALL_FROM,
    TOO_SMALL,
    DeskLayout,
    View,
    charts,
    hint_width,
    ladder_count,
    overlays,
    plan,
    tabs,
)
from ttxt_tui.screens.linked_panes import fill_ladders, show_links
from ttxt_tui.screens.pane_names import (
    AROUND_SUBTITLE,
    COACH_INTRO,
    HINTS,
    HINTS_LAST,
    HINTS_REPLAY,
    REPLAY_BAR,
    SCOPES,
    TITLES,
    names_of,
    title_of,
)
from ttxt_tui.state.header import Arming
from ttxt_tui.state.log import LogLevel
from ttxt_tui.theme.palette import Palette
from ttxt_tui.trading.feedback import Feedback


class DeskScreen(Screen[None], inherit_bindings=False):
    """Header, position line, panes, prompt, status, footer."""

    CSS_PATH = "desk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_FROM, "-tall")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, workspace: Workspace, palette: Palette, glyphs: Glyphs, keymap: Keymap) -> None:
        super().__init__()
        self.workspace = workspace
        self.tab = "orders"
        self.chart = "chart"
        self.ladders = 1
        self.zoomed: str | None = None
        self._keymap = keymap
        self._looked_at = "ladder"
        self._linked_for: Hashable = None
        self._above: dict[str, Region] = {}
        self._layout = DeskLayout(self.view)
        self._views = WorkspaceViews(workspace)
        self._panes = self._make_panes(palette, glyphs)
        for name in (*TITLES, "ticket", "replay"):
            self._panes[name].add_class("-framed")

    @property
    def layout(self) -> Layout:
        """The plan; style sheets can only name Textual's own layouts."""
        return self._layout

    # -- what is on it -----------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield from self._panes.values()

    def on_mount(self) -> None:
        for name in TITLES:
            self._panes[name].entitle(title_of(name))
        if self.view().is_replay:
            self._panes["replay"].border_title = "Replay"
        self.workspace.store.on_instrument.append(lambda _: self.rearrange())
        self.show_ladder()

    def view(self) -> View:
        """What the plan depends on besides the size."""
        shown_tabs = tabs(self.size.width)
        tab = self.tab if self.tab in shown_tabs or not shown_tabs else shown_tabs[0]
        view = View(
            tab,
            self.zoomed,
            self.workspace.replay is not None,
            chart=self.chart,
            symbols=max(len(self.workspace.store.markets), 1),
            ladders=self.ladders,
        )
        line, ladder = self.workspace.command_line, self.workspace.ladder
        if not line.is_open:
            return view
        width = hint_width(self.size.width, plan(*self.size, view))
        is_low = ladder is not None and ladder.window.is_cursor_low
        return view._replace(hint_rows=hint_height(line, self._panes["hint"].palette, width), is_cursor_low=is_low)

    @property
    def is_too_small(self) -> bool:
        """The terminal has no room for a market; only what panics is done."""
        return self.size.width < LEAST.width or self.size.height < LEAST.height

    def visible_panes(self) -> list[LivePane[Any]]:
        """The panes on screen, in painting order: what is traded on first."""
        width, height, view = *self.size, self.view()
        places = plan(width, height, view) | overlays(width, height, view)
        return [pane for name, pane in self._panes.items() if name in places]

    def pane(self, name: str) -> LivePane[Any]:
        """A pane by name."""
        return self._panes[name]

    @property
    def palette(self) -> Palette:
        """The styles of the current theme."""
        return self._panes["ladder"].palette

    def use_palette(self, palette: Palette) -> None:
        """Paint everything in another theme."""
        for pane in self._panes.values():
            pane.palette = palette

    # -- focus and zoom ----------------------------------------------------------------------------------

    @property
    def focused_name(self) -> str:
        """The name of the pane with the focus; the ladder's when none has it."""
        return self.focused.id if isinstance(self.focused, LivePane) and self.focused.id in TITLES else "ladder"

    @property
    def scope(self) -> Scope | None:
        """The scope of the focused pane; None for the ladder: its keys are global."""
        return SCOPES.get(self.focused_name)

    def show_ladder(self) -> None:
        """Focus the ladder that is traded on."""
        self.show_pane(self.workspace.active_ladder)

    def on_descendant_focus(self) -> None:
        """By a click as well."""
        self._look_at(self.focused_name)

    def _look_at(self, name: str) -> None:
        """Who turns to another pane has not the staged order in mind any more: it is dropped."""
        if name != self._looked_at and self.workspace.desk.unstage():
            self.workspace.say(Feedback("staged order dropped: another pane", LogLevel.INFO))
        self._looked_at = name
        if name in LADDERS:
            self.workspace.turn_to(name)
        self.show_links()

    def show_ladders(self, count: int) -> int:
        """So many ladders side by side, as far as there is room; gives how many there are."""
        self.ladders = ladder_count(self.size.width, count)
        shown = LADDERS[: self.ladders]
        fill_ladders(self.workspace, shown)
        if self.workspace.active_ladder not in shown:
            self.show_ladder_at(0)
        self.rearrange()
        return self.ladders

    def show_ladder_at(self, steps: int) -> None:
        """Focus the ladder so many to the right of the active one, round and round; the first where that is gone."""
        shown = LADDERS[: ladder_count(self.size.width, self.ladders)]
        active = self.workspace.active_ladder
        self.show_pane(shown[(shown.index(active) + steps) % len(shown)] if active in shown else shown[0])

    def show_links(self) -> None:
        """Say in the frames how the panes are linked."""
        show_links(self._panes, self.workspace, plan(*self.size, self.view()))

    def show_pane(self, name: str) -> None:
        """Focus a pane, bringing its tab to the front where it shares a place."""
        self._look_at(name)
        if self.zoomed is not None and self.zoomed != name:
            self.zoomed = name if self._has_place(self.zoomed) else None
        self._bring_to_front(name)
        if not self._has_place(name):
            self.zoomed = name
        self.rearrange()
        self._panes[name].focus(scroll_visible=False)

    def _bring_to_front(self, name: str) -> None:
        if name in tabs(self.size.width):
            self.tab = name
        if name in charts(self.size.width):
            self.chart = name

    def _has_place(self, name: str) -> bool:
        """Whether a pane has a place at this size, a tab at least; without one it can only be alone on screen."""
        width, height = self.size
        together = (*tabs(width), *charts(width))
        return name in together or name in plan(width, height, self.view()._replace(zoomed=None))

    def on_watchlist_pane_chosen(self, event: WatchlistPane.Chosen) -> None:
        """A symbol was clicked at."""
        self.workspace.choose("watchlist", event.key)

    def zoom(self) -> None:
        """The focused pane alone, and back."""
        self.zoomed = None if self.zoomed is not None else self.focused_name
        if self._has_place(self.focused_name):
            self.rearrange()
        else:
            self.show_ladder()

    def show_arming(self) -> None:
        """The ladder's frame says when one key sends, and all frames how they are linked; asked every frame."""
        workspace = self.workspace
        for name in LADDERS:
            is_one_key = workspace.desk.is_one_key and name == workspace.active_ladder
            ladder = self._panes[name]
            if ladder.has_class("-one-key") is not is_one_key:
                ladder.set_class(is_one_key, "-one-key")
                ladder.entitle(f"{title_of(name)} · {Arming.ONE_KEY}" if is_one_key else title_of(name))
        if self._linked_for != (
            linked_for := (workspace.links.version, workspace.store.active, workspace.desk.is_one_key)
        ):
            self._linked_for = linked_for
            self.show_links()

    def rearrange(self) -> None:
        """Put everything in its place: what the plan depends on has changed."""
        together, places = (tabs(self.size.width), charts(self.size.width)), plan(*self.size, self.view())
        for name in TITLES:
            group = next((names for names in together if name in names), ())
            room = places[name].width - AROUND_SUBTITLE if name in places else 0
            others = names_of([other for other in group if other != name], room)
            self._panes[name].border_subtitle = others if self.zoomed is None else ""
        self.show_links()
        self._lay_out()

    def place_command(self) -> None:
        """The command line was opened or closed, or its hints take more or fewer rows."""
        above = overlays(*self.size, self.view())
        if above != self._above:
            self._above = above
            self._lay_out()

    def _lay_out(self) -> None:
        """Asked of the screen itself, a layout would come from its cache of where its children are."""
        self._panes["header"].refresh(layout=True)

    def on_resize(self) -> None:
        if self.zoomed is None:
            self._bring_to_front(self.focused_name)
        if self.workspace.active_ladder not in LADDERS[: ladder_count(self.size.width, self.ladders)]:
            self.show_ladder_at(0)
        self.rearrange()

    # -- making ------------------------------------------------------------------------------------------

    def _make_panes(self, palette: Palette, glyphs: Glyphs) -> dict[str, LivePane[Any]]:
        workspace, views = self.workspace, self._views

        def lines(
            name: str, paint: Callable[[Palette, int, int], Sequence[Strip]], version: Callable[[], Hashable]
        ) -> LivePane[Any]:
            return LinesPane(palette, paint, id=name, version=version)

        def quarter_second() -> int:
            return workspace.human_ns() // (NANOSECONDS // 4)

        def header_version() -> Hashable:
            """With the last price, which tape and chart show at once: a screen tells one."""
            return quarter_second(), workspace.market and workspace.market.last_price

        command = workspace.command_line

        return {
            "command": lines("command", lambda p, w, _: [input_row(command, p, w)], lambda: command.version),
            "hint": lines("hint", lambda p, w, h: hint_rows(command, p, w, h), lambda: command.version),
            **{name: LadderPane(palette, workspace, id=name) for name in LADDERS},
            "position": lines("position", lambda p, w, _: [position_row(views.position(), p, w)], quarter_second),
            "prompt": lines("prompt", self._prompt, lambda: (workspace.spoken(), workspace.coach.steps)),
            "pretrade": lines("pretrade", lambda p, w, _: [pretrade_line(views.ticket(), p, w)], views.ticket),
            "ticket": lines("ticket", lambda p, w, h: ticket_box(views.ticket(), p, w, h), views.ticket),
            "tape": TapePane(palette, workspace, id="tape"),
            "chart": ChartPane(palette, workspace, glyphs, id="chart", title=title_of("chart")),
            "heatmap": HeatmapPane(palette, workspace, glyphs, id="heatmap", title=title_of("heatmap")),
            "depth": DepthPane(palette, workspace, glyphs, id="depth", title=title_of("depth")),
            "orders": OrdersPane(palette, workspace, id="orders"),
            "account": AccountPane(palette, workspace, glyphs, id="account"),
            "log": LogPane(palette, workspace, id="log"),
            "watchlist": WatchlistPane(palette, workspace, id="watchlist"),
            "replay": ReplayPane(palette, workspace, self._replay_hints(), id="replay"),
            "header": lines("header", lambda p, w, _: [header_row(views.header(), p, w)], header_version),
            "status": lines("status", lambda p, w, _: [status_bar(views.status(), p, w)], quarter_second),
            TOO_SMALL: LinesPane(palette, self._too_small, id=TOO_SMALL),
            "footer": lines("footer", self._footer, lambda: (self.focused_name, workspace.asked)),
        }

    def _prompt(self, palette: Palette, width: int, _height: int) -> list[Strip]:
        spoken, coach = self.workspace.spoken(), self.workspace.coach
        if not spoken.text and self.workspace.session.view_only:
            return [feedback_line(Feedback(self.workspace.session.view_only), palette, width)]
        if spoken.text or not coach.steps:
            return [feedback_line(spoken, palette, width)]
        return [coach_line(COACH_INTRO.get(self.workspace.session.kind, ""), coach.steps, palette, width)]

    def _replay_hints(self) -> list[tuple[str, str]]:
        """What the bar says of its keys."""
        return [(" ".join(filter(None, map(self._key, ids))), label) for ids, label in REPLAY_BAR]

    def _key(self, name: str) -> str:
        """The main key of an action, as people write it; empty where it has none."""
        keys = self._keymap.keys(name)
        return shown(keys[0]) if keys else ""

    def _footer(self, palette: Palette, width: int, _height: int) -> list[Strip]:
        ids = (*HINTS, *(HINTS_REPLAY if self.workspace.replay is not None else ()), *HINTS_LAST)
        hints = [(shown(self._keymap.keys(name)[0]), BY_ID[name].label) for name in ids if self._keymap.keys(name)]
        return [footer(hints, palette, width)]

    def _too_small(self, palette: Palette, width: int, height: int) -> list[Strip]:
        style, blank = palette.style("warning", "background"), palette.style("text", "background")
        words = (f"{width}×{height} is too small", "ttxt needs 80×24", "Ctrl+X cancels entries", "Ctrl+Q quits")
        rows = [Strip.blank(width, blank)] * max((height - len(words)) // 2, 0)
        rows += [_centred(word, width, style) for word in words]
        return [*rows, *([Strip.blank(width, blank)] * height)][:height]


def _centred(text: str, width: int, style: Style) -> Strip:
    return Strip([Segment(f"{text[:width]:^{width}}", style)], width)
