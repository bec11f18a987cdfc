"""A first click only focuses: who clicks into a pane to turn to it means nothing in it yet.

Owns from when on clicks count. For panes, after `LivePane`: style sheets follow the first base alone.
"""

from __future__ import annotations

from textual.widget import Widget


class ClickAfterFocus(Widget, can_focus=True):
    """A pane that is clicked into.

    Attributes:
        takes_clicks: it had the focus before this click.
    """

    takes_clicks = False

    def on_focus(self) -> None:
        """The focus may come from a click, which then waits behind this: it is to find no pane that takes it."""
        self.call_later(self._take_clicks)

    def on_blur(self) -> None:
        self.takes_clicks = False

    def _take_clicks(self) -> None:
        self.takes_clicks = self.has_focus
