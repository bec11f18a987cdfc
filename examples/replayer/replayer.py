"""Plays recordings, and tells what was traded at every price.

Run it with ``python -m examples.replayer.replayer [--c=FILE]``.

The same client would run on a venue: what it sees are the same events, at the times at which they happened.
"""

import sys
from collections import defaultdict
from datetime import UTC, datetime

from examples.command_line import config_path
from ttxt_core import Event, IEventHandler, InstrumentKey, MarketTrades, Session, Side, run


def when(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S}"


class Volume(IEventHandler):
    """Counts bought and sold volume until the recordings end."""

    def __init__(self) -> None:
        self.bought: dict[InstrumentKey, float] = defaultdict(float)
        self.sold: dict[InstrumentKey, float] = defaultdict(float)

    async def on_start(self, session: Session) -> None:
        if session.replayer is not None:
            print(f"from {when(session.replayer.first_ns)} to {when(session.replayer.last_ns)}")

    async def on_market_trades(self, event: Event[MarketTrades]) -> None:
        for trade in event.data.trades:
            side = self.bought if trade.side is Side.BUY else self.sold
            side[event.header.key] += trade.size

    def report(self) -> None:
        for key in sorted({*self.bought, *self.sold}):
            print(f"{key}: bought {self.bought[key]:.8g}, sold {self.sold[key]:.8g}")


if __name__ == "__main__":
    volume = Volume()
    status = run(volume, config_path(__file__))
    volume.report()
    sys.exit(status)
