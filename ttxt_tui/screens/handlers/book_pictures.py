"""The keys of heatmap and depth chart: how much of time and price they show."""

from __future__ import annotations

from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.trading.feedback import Feedback

_SCROLL = 8
"""Columns that a key goes back in time."""


class BookPictureHandlers(HandlerBase):
    """The keys that change what heatmap and depth chart show."""

    # -- heatmap -----------------------------------------------------------------------------------------

    def heat_older(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.scroll(_SCROLL)

    def heat_newer(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.scroll(-_SCROLL)

    def heat_pause(self) -> None:
        if self._workspace.heatmap is not None:
            is_paused = self._workspace.heatmap.toggle_pause()
            self._say(Feedback("the heatmap stands still" if is_paused else "the heatmap follows the market"))

    def heat_now(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.follow()

    def heat_narrower(self) -> None:
        self._step_width(-1)

    def heat_wider(self) -> None:
        self._step_width(1)

    def _step_width(self, steps: int) -> None:
        if self._workspace.heatmap is not None:
            self._say(Feedback(f"columns of {self._workspace.heatmap.step_width(steps)}"))

    def heat_finer(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.finer()

    def heat_coarser(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.coarser()

    # -- depth chart -------------------------------------------------------------------------------------

    def depth_nearer(self) -> None:
        self._step_range(-1)

    def depth_farther(self) -> None:
        self._step_range(1)

    def _step_range(self, steps: int) -> None:
        if self._workspace.depth is not None:
            self._say(Feedback(f"depth within {self._workspace.depth.step_range(steps)} bp"))
