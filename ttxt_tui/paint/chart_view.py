"""What a candle chart is told, made from the state of a chart and what is ours on its instrument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ttxt_tui.paint.candle_view import CandleView, Fill, Overlay, PriceLine
from ttxt_tui.state.chart import ChartState
from ttxt_tui.theme.roles import Role

_ROLES: Final[tuple[Role, ...]] = ("overlay_1", "overlay_2", "overlay_3")


def candle_view(chart: ChartState, lines: Sequence[PriceLine] = (), fills: Sequence[Fill] = ()) -> CandleView:
    """The view to give to `paint_candles`.

    Args:
        lines: own orders, entry and stops, the most important first.
        fills: own fills on the instrument.
    """
    market = chart.market
    roles = dict(zip(chart.overlay_names, _ROLES, strict=True))
    return CandleView(
        candles=chart.series.candles,
        interval_ns=chart.interval_ns,
        price_decimals=market.info.price_decimals,
        last_price=market.last_price,
        lines=lines,
        overlays=[Overlay(line, roles[name], values) for name, study in chart.overlays() for line, values in study],
        fills=fills,
        crosshair=chart.crosshair_ns,
        crosshair_price=chart.crosshair_price,
        has_profile=chart.has_profile,
        pitch=chart.pitch,
        offset=chart.offset,
    )
