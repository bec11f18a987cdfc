"""A market and a ladder on it, for the tests of the market panes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tests.orders_support import LINEAR, SECOND, event
from ttxt_core.events import (
    Event,
    Instrument,
    InstrumentKey,
    MarketTrade,
    MarketTrades,
    Orderbook,
    OrderState,
    Side,
    Ticker,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.state.ladder import NO_MARKS, LadderState
from ttxt_tui.state.ladder_rows import LadderCells, LadderRow
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.own_marks import LadderMarks, OwnOrder
from ttxt_tui.theme import Palette, load_theme

PALETTE = Palette(load_theme("ttxt-dark"))
Levels = Iterable[tuple[float, float]]
CELLS = LadderCells(own=8, size=10)
ALL_CELLS = LadderCells(own=8, size=10, volume=9, last=7, change=6, queue=10)


def spec(tick: str = "0.1", lot: str = "0.001") -> Instrument:
    return Instrument("BTCUSDT", "BTC", "USDT", "USDT", Decimal(tick), Decimal(lot), taker_fee=Decimal("0.0005"))


def market(tick: str = "0.1", lot: str = "0.001", key: InstrumentKey = LINEAR) -> MarketState:
    return MarketState(InstrumentInfo(key, spec(tick, lot)))


def book(bids: Levels, asks: Levels, *, at: int = SECOND, depth: int = 0) -> Event[Orderbook]:
    return event(Orderbook(list(bids), list(asks), True, 1, None, depth), at=at)


def delta(bids: Levels = (), asks: Levels = (), *, at: int = SECOND) -> Event[Orderbook]:
    return event(Orderbook(list(bids), list(asks), False, 2, None), at=at)


def trades(*made: tuple[float, float, Side], at: int = SECOND) -> Event[MarketTrades]:
    return event(MarketTrades([MarketTrade(price, size, side, "", at) for price, size, side in made]), at=at)


def ticker(at: int = SECOND, **figures: float) -> Event[Ticker]:
    return event(Ticker(**figures), at=at)  # type: ignore[arg-type]


def own(side: Side, ticks: int, quantity: str = "0.250", state: OrderState = OrderState.NEW, **more: bool) -> OwnOrder:
    return OwnOrder(f"{side}{ticks}{quantity}", side, ticks, Decimal(quantity), state, **more)


class Ladder:
    """A ladder with both of its clocks."""

    def __init__(self, of: MarketState, height: int = 20, group: int | None = 1) -> None:
        self.market = of
        self.state = LadderState(of)
        self.height = height
        self.now_ns = SECOND
        self.human_ns = 0
        self.rows()
        if group is not None:
            self.state.window.set_group(group)
            self.state.recenter()
            self.rows()
            self.wait(60)

    def rows(self, marks: LadderMarks = NO_MARKS, cells: LadderCells = CELLS) -> list[LadderRow]:
        return self.state.rows(self.height, marks, cells=cells, now_ns=self.now_ns, human_ns=self.human_ns)

    def wait(self, seconds: float) -> None:
        """Let human time pass; the market's stands."""
        self.human_ns += int(seconds * SECOND)

    def row(self, ticks: int, marks: LadderMarks = NO_MARKS, cells: LadderCells = CELLS) -> LadderRow:
        (found,) = [row for row in self.rows(marks, cells) if row.ticks == ticks]
        return found

    @property
    def cursor_line(self) -> int | None:
        """The line of the screen that the cursor is on."""
        lines = [line for line, row in enumerate(self.rows()) if row.is_cursor]
        return lines[0] if lines else None


def shown(rows: Sequence[LadderRow]) -> dict[int, tuple[str, str]]:
    """Ticks → (bid, ask) of the rows that have any."""
    return {row.ticks: (row.bid, row.ask) for row in rows if row.bid or row.ask}
