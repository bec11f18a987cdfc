"""The chart's keys: interval, zoom, scroll, crosshair, overlays, volume profile."""

from __future__ import annotations

from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.state.chart import ChartState
from ttxt_tui.trading.feedback import Feedback


class ChartHandlers(HandlerBase):
    """The keys that change what the chart shows."""

    @property
    def _chart(self) -> ChartState | None:
        return self._workspace.chart

    def interval_up(self) -> None:
        self._step_interval(1)

    def interval_down(self) -> None:
        self._step_interval(-1)

    def _step_interval(self, steps: int) -> None:
        if self._chart is not None:
            self._say(Feedback(f"candles of {self._chart.step_interval(steps)}"))

    def crosshair_left(self) -> None:
        if self._chart is not None:
            self._chart.move_crosshair(-1)

    def crosshair_right(self) -> None:
        if self._chart is not None:
            self._chart.move_crosshair(1)

    def candles_wider(self) -> None:
        if self._chart is not None:
            self._chart.zoom(1)

    def candles_narrower(self) -> None:
        if self._chart is not None:
            self._chart.zoom(-1)

    def chart_back(self) -> None:
        if self._chart is not None:
            self._chart.page(1)

    def chart_forward(self) -> None:
        if self._chart is not None:
            self._chart.page(-1)

    def chart_oldest(self) -> None:
        if self._chart is not None:
            self._chart.to_oldest()

    def chart_newest(self) -> None:
        if self._chart is not None:
            self._chart.to_newest()

    def overlays(self) -> None:
        """Show one overlay after another, then all, then none."""
        chart = self._chart
        if chart is None:
            return
        names, visible = chart.overlay_names, chart.shown_overlays
        hidden = [name for name in names if name not in visible]
        for name in [hidden[0]] if hidden else visible:
            chart.toggle_overlay(name)
        self._say(Feedback(f"overlays: {', '.join(chart.shown_overlays) or 'none'}"))

    def overlay_ema(self) -> None:
        self._toggle_overlay(0)

    def overlay_vwap(self) -> None:
        self._toggle_overlay(1)

    def overlay_bollinger(self) -> None:
        self._toggle_overlay(2)

    def _toggle_overlay(self, at: int) -> None:
        if self._chart is not None:
            name = self._chart.overlay_names[at]
            self._say(Feedback(f"{name} {'on' if self._chart.toggle_overlay(name) else 'off'}"))

    def volume_profile(self) -> None:
        if self._chart is not None:
            self._say(Feedback(f"volume profile {'on' if self._chart.toggle_profile() else 'off'}"))
