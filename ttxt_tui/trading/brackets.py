"""Brackets: which of the config's, if any, the next entries take along. It is chosen, never remembered."""

from __future__ import annotations

from collections.abc import Mapping

from ttxt_tui.config.brackets import Bracket
from ttxt_tui.state.figures import MINUS
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback


class Brackets:
    """The brackets of one desk.

    Attributes:
        name: which one is chosen; None for none.
    """

    def __init__(self, brackets: Mapping[str, Bracket]) -> None:
        self.name: str | None = None
        self._brackets = brackets

    @property
    def chosen(self) -> Bracket | None:
        """What an entry takes along; None for nothing."""
        return None if self.name is None else self._brackets[self.name]

    @property
    def text(self) -> str:
        """`tight −10bp +20bp`; empty while none is chosen."""
        if self.chosen is None:
            return ""
        exits = ((MINUS, self.chosen.stop_distance), ("+", self.chosen.target_distance))
        return " ".join([self.name or "", *(f"{sign}{distance}" for sign, distance in exits if distance is not None)])

    def names(self) -> list[str]:
        """All that there are."""
        return list(self._brackets)

    def next(self) -> Feedback:
        """Choose the next one, after the last none."""
        names = [None, *self._brackets]
        if len(names) == 1:
            return Feedback("no brackets: write [trading.brackets.NAME] in the config file", LogLevel.WARN)
        return self.use(names[(names.index(self.name) + 1) % len(names)])

    def use(self, name: str | None) -> Feedback:
        """Choose one by its name, or none."""
        if name is not None and name not in self._brackets:
            known = ", ".join(self._brackets) or "none in the config file"
            return Feedback(f"no bracket is called {name}: there is {known}", LogLevel.WARN)
        self.name = name
        if self.chosen is None:
            return Feedback("no bracket: entries go without exits")
        return Feedback(f"bracket {name}: entries take {self.chosen} along")
