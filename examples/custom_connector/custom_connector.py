"""A connector of one's own, for a source that the library does not know: a WebSocket that sends quotes and trades.

Run it with ``python -m examples.custom_connector.custom_connector [--c=FILE]``; `tiny_venue.py` beside it is such a
source.

A connector publishes events; where they come from is its own business. The library's web layer keeps the stream alive,
its session adds books, simulated orders, limits and recording. For a whole exchange with an account, subclass
`ConnectorBase` as `ttxt_core/connectors/bybit` does.
"""

import sys
from decimal import Decimal

import msgspec

from examples.command_line import config_path
from ttxt_core import (
    ConnectionFactory,
    Event,
    EventData,
    IEventHandler,
    Instrument,
    IQueuePublisher,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Session,
    Side,
    SystemClock,
    TradingPair,
    WebAssistantFactory,
    WSResponse,
    run,
)
from ttxt_core.bootstrap import ClientConfig
from ttxt_core.connectors.config import ConnectorConfig
from ttxt_core.errors import ConfigError
from ttxt_core.session import MarketSource, SessionKind
from ttxt_core.simulation.simulator_settings import SimulatorSettings
from ttxt_core.web.dialect import StreamDialect
from ttxt_core.web.throttle import Throttler
from ttxt_core.web.ws_assistant import StreamState


class Quote(msgspec.Struct, tag="quote"):
    """The best prices of a pair, with their sizes: what the venue sends."""

    pair: str
    bid: tuple[float, float]
    ask: tuple[float, float]


class Trade(msgspec.Struct, tag="trade"):
    """A trade, as the venue sends it."""

    pair: str
    price: float
    size: float
    side: Side


class TinyConnector:
    """Publishes the market of the tiny venue: one instrument a pair, books of one level, trades."""

    def __init__(self, config: ConnectorConfig, publisher: IQueuePublisher) -> None:
        if config.hosts.ws_public is None:
            raise ConfigError("key connector.hosts.ws_public", "expected the address of the tiny venue, got none")
        self.config = config
        self.publisher = publisher
        self.clock = SystemClock()
        self.connections = ConnectionFactory()
        self.decoder = msgspec.json.Decoder(Quote | Trade)
        self.stream = WebAssistantFactory(self.connections, Throttler((), self.clock)).ws(
            "tiny market",
            config.hosts.ws_public,
            StreamDialect(),
            on_response=self.on_response,
            on_state=self.on_state,
        )

    async def run(self) -> None:
        """Name the instruments, then keep the stream alive until cancelled."""
        for pair in self.config.pairs:
            base, quote, *_ = TradingPair.parse(pair)
            spec = Instrument(base + quote, base, quote, quote, Decimal("0.01"), Decimal("0.001"))
            await self.publisher.publish(self.event(pair, spec))
        try:
            await self.stream.run()
        finally:
            await self.connections.close()

    async def on_response(self, response: WSResponse) -> None:
        """A frame came: make events of it. The next one is read when these are published."""
        frame = self.decoder.decode(response.raw)
        data: EventData
        if isinstance(frame, Quote):
            data = Orderbook([frame.bid], [frame.ask], is_snapshot=True, sequence=response.frame_number, depth=1)
        else:
            trade = MarketTrade(frame.price, frame.size, frame.side, trade_id="", time_ns=response.receive_time_ns)
            data = MarketTrades([trade])
        await self.publisher.publish(self.event(frame.pair, data, response.receive_time_ns))

    def on_state(self, state: StreamState, reason: str) -> None:
        """The connection changed."""
        print(f"tiny market {state} {reason}")

    def event(self, pair: str, data: EventData, receive_time_ns: int = 0) -> Event[EventData]:
        """An event about `pair`."""
        now_ns = receive_time_ns or self.clock.now_ns()
        return Event(MessageHeader(self.config.venue, self.config.category, pair, 0, now_ns), data)


def open_tiny(config: ClientConfig) -> Session:
    """A session whose market is the tiny venue's; orders go to the simulator."""
    market = config.market
    if not isinstance(market, ConnectorConfig):
        raise ConfigError("open the tiny venue", "the config has no table connector")

    def connect(publisher: IQueuePublisher) -> MarketSource:
        return MarketSource(TinyConnector(market, publisher), frozenset({market.venue}), SimulatorSettings())

    return Session(SessionKind.PAPER, SystemClock(), connect, limits=config.limits)


class Printer(IEventHandler):
    """Any client works on it."""

    async def on_orderbook(self, event: Event[Orderbook]) -> None:
        print(f"{event.header.pair} book: {event.data.bids[0]} {event.data.asks[0]}")

    async def on_market_trades(self, event: Event[MarketTrades]) -> None:
        for trade in event.data.trades:
            print(f"{event.header.pair} trade: {trade.side} {trade.size} at {trade.price}")


if __name__ == "__main__":
    sys.exit(run(Printer(), config_path(__file__), open_tiny))
