"""What is looked at: chart, tape, log, focus, zoom, symbol, theme, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ttxt_core.events import InstrumentKey
from ttxt_tui.actions import Scope
from ttxt_tui.keymap import Keymap
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.screens.dialogs import ChooseDialog
from ttxt_tui.screens.handlers.book_pictures import BookPictureHandlers
from ttxt_tui.screens.handlers.chart import ChartHandlers
from ttxt_tui.screens.handlers.linking import LinkingHandlers
from ttxt_tui.screens.help import HelpDialog, help_lines
from ttxt_tui.screens.layout import NUMBERS
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.names import symbol
from ttxt_tui.theme.palette import Palette
from ttxt_tui.trading.feedback import Feedback


class Themes(NamedTuple):
    """The app's themes: choosing one from a list, using one by its name, all names, the colours of the current one."""

    choose: Callable[[], None]
    use: Callable[[str], None]
    names: Callable[[], list[str]]
    palette: Callable[[], Palette]


class ViewHandlers(BookPictureHandlers, ChartHandlers, LinkingHandlers):
    """The keys that change what is seen, and no order."""

    def __init__(self, screen: DeskScreen, keymap: Keymap, themes: Themes) -> None:
        super().__init__(screen, keymap)
        self._themes = themes

    # -- view --------------------------------------------------------------------------------------------

    def tape_filter_up(self) -> None:
        self._filter_tape(up=True)

    def tape_filter_down(self) -> None:
        self._filter_tape(up=False)

    def _filter_tape(self, *, up: bool) -> None:
        market = self._workspace.market
        if market is None:
            return
        tape, lot = market.tape, float(market.info.lot_size)
        steps = [0.0, *(lot * mantissa * 10**power for power in range(9) for mantissa in (1, 2, 5))]
        at = min(range(len(steps)), key=lambda i: abs(steps[i] - tape.min_size))
        tape.filter_by(steps[min(max(at + (1 if up else -1), 0), len(steps) - 1)])
        least = f"from {market.info.format_quantity(tape.min_size)} {market.info.quantity_currency}"
        self._say(Feedback(f"tape: prints {least}" if tape.min_size else "tape: all prints"))

    def log_filter(self) -> None:
        level = self._workspace.store.log.show_next_level()
        self._say(Feedback(f"log: {level} and graver"))

    def log_up(self) -> None:
        self._workspace.store.log.scroll(-1, self._screen.pane("log").size.height)

    def log_down(self) -> None:
        self._workspace.store.log.scroll(1, self._screen.pane("log").size.height)

    def focus(self) -> None:
        numbers = " · ".join(f"{number} {name}" for name, number in NUMBERS.items())
        self.expect(Scope.AFTER_FOCUS, f"pane: {numbers} · ; ladder")

    def _focus_number(self, number: int) -> None:
        name = next((name for name, own in NUMBERS.items() if own == number), None)
        if name is None:
            self._say(Feedback(f"no pane {number}", LogLevel.WARN))
        else:
            self._screen.show_pane(name)

    def focus_1(self) -> None:
        self._focus_number(1)

    def focus_2(self) -> None:
        self._focus_number(2)

    def focus_3(self) -> None:
        self._focus_number(3)

    def focus_4(self) -> None:
        self._focus_number(4)

    def focus_5(self) -> None:
        self._focus_number(5)

    def focus_6(self) -> None:
        self._focus_number(6)

    def focus_7(self) -> None:
        self._focus_number(7)

    def focus_8(self) -> None:
        self._focus_number(8)

    def focus_9(self) -> None:
        self._focus_number(9)

    def focus_ladder(self) -> None:
        self._screen.show_ladder()

    def zoom(self) -> None:
        self._screen.zoom()

    def symbol(self) -> None:
        options = [(str(at), symbol(key)) for at, key in enumerate(self._workspace.store.markets)]
        self._screen.app.push_screen(ChooseDialog("Symbol", options), self._take_symbol)

    def _take_symbol(self, chosen: str | None) -> None:
        if chosen is not None:
            keys: list[InstrumentKey] = list(self._workspace.store.markets)
            self._workspace.choose(self._screen.focused_name, keys[int(chosen)])

    def theme(self) -> None:
        self._themes.choose()

    def help(self) -> None:
        self._workspace.coach.did("help")
        lines = help_lines(self._keymap, is_replay=self._workspace.replay is not None)
        self._screen.app.push_screen(HelpDialog(lines, self._themes.palette()))

    def redraw(self) -> None:
        self._screen.refresh(repaint=True, layout=True)
