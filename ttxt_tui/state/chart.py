"""The chart's own settings: interval, zoom, scroll, crosshair and which overlays are on.

Owns those and reads the candles of the market that it is set to. `ttxt_tui.paint.chart_view` makes a picture's input
of it.
"""

from __future__ import annotations

from typing import Final

from ttxt_tui.state.candles import INTERVALS, CandleSeries
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.overlays import Bollinger, Ema, Study, Values, Vwap

DEFAULT_INTERVAL: Final = "1m"
MOST_PITCH: Final = 4


class ChartState:
    """What a chart shows of a market. `version` changes with the settings; the candles have their own."""

    def __init__(self, market: MarketState, interval: str = DEFAULT_INTERVAL) -> None:
        self.market = market
        self.interval = interval
        """A name of `INTERVALS`."""
        self.pitch = 2
        """Cells per candle, 1 to 4."""
        self.slots = 60
        """How many candles there was room for when the chart was painted last."""
        self.has_profile = False
        """Whether the volume at each price is shown."""
        self.crosshair_ns: int | None = None
        """A time in the candle that is pointed out."""
        self.crosshair_price: float | None = None
        """The price that is pointed out; None is that candle's close."""
        self.version = 0
        self._right_ns: int | None = None
        self._studies: dict[str, Study] = {study.name: study for study in (Ema(), Vwap(), Bollinger())}
        self._shown: list[str] = []

    @property
    def interval_ns(self) -> int:
        return INTERVALS[self.interval]

    @property
    def offset(self) -> int:
        """How many candles of time the right edge lies before the newest; it stays where it was put as others come."""
        newest = self.series.last
        if self._right_ns is None or newest is None:
            return 0
        return max(newest.time_ns // self.interval_ns - self._right_ns // self.interval_ns, 0)

    @property
    def series(self) -> CandleSeries:
        """The candles, up to date."""
        return self.market.candles.series(self.interval_ns)

    @property
    def overlay_names(self) -> list[str]:
        """All overlays that can be shown."""
        return list(self._studies)

    @property
    def shown_overlays(self) -> list[str]:
        """Those that are shown, in the order in which they were chosen."""
        return list(self._shown)

    def show(self, market: MarketState) -> None:
        """Show another market: scroll and crosshair go, the other settings stay."""
        self.market = market
        self.to_newest()

    def step_interval(self, steps: int) -> str:
        """The next longer (1) or shorter (-1) interval, as far as there are any; gives its name."""
        names = list(INTERVALS)
        self.set_interval(names[min(max(names.index(self.interval) + steps, 0), len(names) - 1)])
        return self.interval

    def set_interval(self, interval: str) -> None:
        """Show candles of `interval`, a name of `INTERVALS`.

        Raises:
            KeyError: not one of them.
        """
        INTERVALS[interval]
        if interval != self.interval:
            self.interval = interval
            self.to_newest()

    def zoom(self, steps: int) -> None:
        """Wider (1) or narrower (-1) candles."""
        self.pitch = min(max(self.pitch + steps, 1), MOST_PITCH)
        self.version += 1

    def scroll(self, candles: int) -> None:
        """Move back in time by a number of candles (forward when negative), no further than the candles reach."""
        series = self.series.candles
        if not series:
            return
        newest, oldest = series[-1].time_ns // self.interval_ns, series[0].time_ns // self.interval_ns
        right = min(max(newest - self.offset - candles, oldest), newest)
        self._right_ns = None if right == newest else right * self.interval_ns
        self.version += 1

    def page(self, pages: int) -> None:
        """Move back in time (forward when negative) by most of what is in sight."""
        self.scroll(pages * max(self.slots * 3 // 4, 1))

    def to_newest(self) -> None:
        """Follow the newest candle, without a crosshair."""
        self._right_ns = self.crosshair_ns = self.crosshair_price = None
        self.version += 1

    def to_oldest(self) -> None:
        """Show the first candles that are known."""
        series = self.series.candles
        if series:
            self.scroll((series[-1].time_ns - series[0].time_ns) // self.interval_ns - self.offset - self.slots + 1)

    def point_at(self, time_ns: int | None, price: float | None = None) -> None:
        """Put the crosshair on the candle of a time, or take it away; `price` None points at that candle's close."""
        price = None if time_ns is None else price
        if (time_ns, price) != (self.crosshair_ns, self.crosshair_price):
            self.crosshair_ns, self.crosshair_price = time_ns, price
            self.version += 1

    def move_crosshair(self, candles: int) -> None:
        """Move the crosshair by a number of candles; without one it begins at the newest in sight.

        The view goes along when it must; the crosshair goes no further than candles do.
        """
        series = self.series.candles
        if not series:
            return
        interval, newest = self.interval_ns, series[-1].time_ns
        edge = newest - self.offset * interval
        at = self.crosshair_ns
        to = edge if at is None else min(max(at + candles * interval, series[0].time_ns), newest)
        self.point_at(to)
        left = edge - (self.slots - 1) * interval
        if to > edge:
            self.scroll(-((to - edge) // interval))
        elif to < left:
            self.scroll((left - to + interval - 1) // interval)

    def toggle_profile(self) -> bool:
        """Show or hide the volume at each price; gives whether it is shown now."""
        self.has_profile = not self.has_profile
        self.version += 1
        return self.has_profile

    def toggle_overlay(self, name: str) -> bool:
        """Show or hide an overlay of `overlay_names`; gives whether it is shown now.

        Raises:
            KeyError: not one of them.
        """
        self._studies[name]
        if name in self._shown:
            self._shown.remove(name)
        else:
            self._shown.append(name)
        self.version += 1
        return name in self._shown

    def overlays(self) -> list[tuple[str, list[tuple[str, Values]]]]:
        """The shown overlays, each with its lines as (name, values)."""
        series = self.series
        return [(name, self._studies[name].lines(series)) for name in self._shown]
