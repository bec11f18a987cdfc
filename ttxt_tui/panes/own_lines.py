"""What is ours on an instrument, as lines and fills for the charts."""

from __future__ import annotations

from ttxt_core.events import Side
from ttxt_tui.paint.candle_view import Fill, PriceLine
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.market import MarketState
from ttxt_tui.theme.roles import Role


def own_lines(workspace: Workspace, market: MarketState) -> list[PriceLine]:
    """Entry, working orders and liquidation, the most important first."""
    marks, info = workspace.marks(market), market.info
    lines: list[PriceLine] = []
    if marks.entry is not None:
        lines.append(PriceLine(float(marks.entry), "entry", "position"))
    for mark in marks.orders:
        word = "stop" if mark.is_stop else "target" if mark.is_target else mark.side.upper()
        label = f"{word} {info.format_quantity(mark.quantity)}"
        order = workspace.desk.context.find(mark.client_order_id)
        since_ns = 0 if order is None else order.created_ns
        role: Role = "stop" if mark.is_stop else "own_order"
        lines.append(PriceLine(info.float_price(mark.ticks), label, role, since_ns))
    if marks.liquidation is not None:
        lines.append(PriceLine(float(marks.liquidation), "liq", "liquidation"))
    return lines


def own_fills(workspace: Workspace, market: MarketState) -> list[Fill]:
    """The last executions of own orders, oldest first."""
    fills = workspace.store.fills_of(market.key)
    return [Fill(fill.time_ns, fill.price, fill.side is Side.BUY) for fill in fills]
