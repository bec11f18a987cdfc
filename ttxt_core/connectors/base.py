"""ConnectorBase: the gateway to one category of one venue, for one account.

Owns what is common to all venues: wiring, start, the order of things, and their end. What a venue's frames, requests,
topics and codes are, its own connector says; it translates data and does nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Self

from msgspec.structs import replace

from ttxt_core.clock import NANOSECONDS, Clock, SystemClock
from ttxt_core.connectors.account_feed import AccountFeed
from ttxt_core.connectors.command_desk import CommandDesk
from ttxt_core.connectors.config import ConnectorConfig, TradingMode
from ttxt_core.connectors.dead_man import DeadManSwitch
from ttxt_core.connectors.instrument_watch import InstrumentWatch
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.market_feed import MarketFeed
from ttxt_core.connectors.market_history import MarketHistory
from ttxt_core.connectors.outbox import Outbox
from ttxt_core.connectors.queries import ClockError
from ttxt_core.connectors.reports import Reports, first_of
from ttxt_core.connectors.settlement import Settlement
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.connectors.venue import VenueBase, check_config
from ttxt_core.connectors.working_orders import WorkingOrders
from ttxt_core.errors import ConfigError, QueueClosedError, TtxtError
from ttxt_core.events import BookState, Event, Instrument
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.queues.base import IQueueActor, IQueueConsumer, IQueuePublisher
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import StreamDialect
from ttxt_core.web.factory import WebAssistantFactory
from ttxt_core.web.requests import RESTRequest, RESTResponse, WSResponse
from ttxt_core.web.rest_assistant import RESTAssistant
from ttxt_core.web.secrets import Credentials
from ttxt_core.web.throttle import Throttler
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

_CLOCK_SAMPLES = 3


class ConnectorBase(IQueueActor, VenueBase):
    """Publishes a venue's market and account as events, and carries out commands.

    Say what it is to do, then run it::

        connector = BybitConnector(config, queue).listening_market_stream()
        await connector.run()

    Attributes:
        config: what it was made from. symbols: every instrument of the category, after `prepare`.
        consumer: where its commands come from; closed where it does not trade.
        dead_man: what becomes of orders when the venue has lost this program.
    """

    def __init__(
        self,
        config: ConnectorConfig,
        publisher: IQueuePublisher,
        *,
        consumer: IQueueConsumer | None = None,
        credentials: Credentials | None = None,
        connections: ConnectionFactory | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        timings: ConnectorTimings | None = None,
    ) -> None:
        """A connector that does nothing yet.

        Args:
            config: what it is to do. publisher: where its events go.
            consumer: where commands come from; lanes of its own when not given, which put cancels first.
            credentials: needed for the private stream and for trading.
            connections: shared with others; one of its own when not given, by the config's CA and proxy.
            clock: the system's when not given. random: for jitter. timings: how long it waits for what.

        Raises:
            ConfigError: the venue does not offer what the config asks for.
        """
        check_config(config, self.venue, self.offer)
        self.config = config
        self.category = config.category
        self.publisher = publisher
        self.lanes = CommandLanes(f"connector of {self.venue} {self.category}")
        self.consumer = consumer if consumer is not None else self.lanes
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.symbols = SymbolTable(self.venue, self.category, self.offer.categories)
        self.orders = WorkingOrders()
        self.clock_offset = ClockOffset()
        self.credentials = credentials
        self._owns_connections = connections is None
        self._connections = connections or ConnectionFactory(
            ca_file=None if config.ca_path is None else Path(config.ca_path), proxy=config.proxy, clock=self.clock
        )
        outbox = Outbox(publisher)
        self._kit = ConnectorKit(
            self.clock,
            self.clock_offset,
            random if random is not None else Random(),
            timings if timings is not None else ConnectorTimings(),
            outbox,
            Reports(self.venue, self.category, outbox, self.clock),
            self._spawn,
        )
        self.throttler = Throttler(self.rate_limits(), self.clock)
        self._web = WebAssistantFactory(
            self._connections, self.throttler, clock=self.clock, clock_offset=self.clock_offset, random=self._kit.random
        )
        self.rest: RESTAssistant = self._web.rest(self.addresses().rest, self.rest_dialect())
        self.queries = self.make_queries()
        self.dead_man = DeadManSwitch(config.dead_man_switch_s, self.queries, self._kit.reports)
        self._life: asyncio.TaskGroup | None = None
        self._market: MarketFeed | None = None
        self._account: AccountFeed | None = None
        self._desk: CommandDesk | None = None
        self._is_prepared = False
        if config.trading is TradingMode.NONE:
            self.lanes.close()

    # -- what it is to do --------------------------------------------------------------------------------

    def listening_market_stream(self) -> Self:
        """Publish the market: books, trades, candles and tickers as the config asks."""
        config, pairs = self.config, self.config.pairs
        history = MarketHistory(
            pairs, config.streams, config.history, self.queries, outbox=self._kit.outbox, reports=self._kit.reports
        )
        self._market = MarketFeed(
            pairs,
            config.streams,
            self.normalize,
            self.topic_names,
            history,
            kit=self._kit,
        )
        return self

    def listening_private_stream(self) -> Self:
        """Publish the account: orders, fills, balances and positions.

        Raises:
            ConfigError: no credentials were given, or the venue has no private stream.
        """
        self._account = self._account_feed()
        return self

    def _account_feed(self) -> AccountFeed:
        asked = f"listen to the account of {self.venue}"
        if self.credentials is None:
            raise ConfigError(asked, "no credentials were given", "key and secret are needed")
        if self.addresses().ws_private is None:
            raise ConfigError(asked, f"it has no private stream on {self.config.environment}")
        return AccountFeed(
            self.config.pairs,
            self.normalize_account,
            self.subscription_answer,
            self.queries,
            self.orders,
            account=self.config.account,
            dead_man=self.dead_man,
            dead_man_request=self.dead_man_request(),
            kit=self._kit,
        )

    def trading(self) -> Self:
        """Carry out commands; the private stream is listened to as well, since answers are not outcomes.

        Raises:
            ConfigError: the config does not allow trading, or as `listening_private_stream`.
        """
        if self.config.trading is TradingMode.NONE:
            raise ConfigError(f"trade on {self.venue}", "key trading is 'none'", "set it to 'test' or 'live'")
        account = self._account = self._account or self._account_feed()
        desk = self._desk = CommandDesk(
            self.consumer,
            self,
            self.rest,
            self.answers,
            self.offer,
            refuse_entries=self._why_no_entries,
            orders=self.orders,
            throttler=self.throttler,
            kit=self._kit,
            on_clock_refused=self._on_clock_refused,
        )
        self.lanes.serve_at_once(desk.carry_out)
        desk.settle_with(Settlement(account, self.queries, desk.acknowledge, self._kit))
        return self

    def only_looking(self, reason: str) -> None:
        """Carry out no command, and ask for no dead-man switch, for `reason`; before it runs."""
        self._desk = None
        self.lanes.pause(reason)
        self.dead_man.give_up()

    # -- running -----------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Ask the venue for its clock and its instruments, and check the pairs and the key. `run` does it by itself.

        Raises:
            TransportError: the venue can't be reached. AuthError: it does not accept the key.
            InstrumentError: it trades no such pair. VenueRejectError, ProtocolError: it answered otherwise.
        """
        for _ in range(_CLOCK_SAMPLES):
            await self.queries.sample_clock()
        known: dict[str, Event[Instrument]] = {}
        for event in await self.queries.instruments():
            if type(event.data) is Instrument:
                known[event.header.pair] = event
                self.symbols.add(event)
            else:  # a row that can't be read
                self._kit.reports.pass_on(event)
        for pair in self.config.pairs:
            self.symbols.instrument(pair)
        for pair in self.config.pairs:
            self._kit.reports.pass_on(await self._with_fees(known[pair]))
        self._is_prepared = True

    async def run(self) -> None:
        """Do what was said, until cancelled or nobody takes the events any more.

        Raises:
            TtxtError: as `prepare`; later troubles of the venue are events.
        """
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as life:
                self._life = life
                life.create_task(self._kit.outbox.run(), name="outbox")
                if not self._is_prepared:
                    await self.prepare()
                self._open_streams(life)
                life.create_task(self._keep_time(), name="venue clock")
        except* QueueClosedError:
            pass  # whoever took the events has gone
        except* TtxtError as group:
            failure = first_of(group)
        finally:
            self._life = None
            self.lanes.close()
            self._kit.outbox.finish()
            await self.close()
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """Give up its connections: for one that was prepared and never run. `run` does it at its end."""
        if self._owns_connections:
            await self._connections.close()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task that lives no longer than the connector, and whose failure is the connector's."""
        if self._life is not None:
            with suppress(RuntimeError):  # what the group answers once it is ending: then nothing more is begun
                return self._life.create_task(work, name=name)
        task = asyncio.create_task(work, name=name)
        task.cancel()
        return task

    def _open_streams(self, life: asyncio.TaskGroup) -> None:
        at = self.addresses()
        market, account, desk = self._market, self._account, self._desk
        pairs, complete = self.config.pairs, self._with_fees
        watch = InstrumentWatch(pairs, self.symbols, self.queries, complete=complete, market=market, kit=self._kit)
        life.create_task(watch.run(), name="instruments")
        if market is not None:
            stream = self._stream("market", at.ws_public, self.market_dialect(), market.on_response, market.on_state)
            market.attach(stream)
            self._open(life, stream, market.topics)
            life.create_task(market.watch(), name="silence watch")
        if account is not None and at.ws_private is not None:
            stream = self._stream(
                "private", at.ws_private, self.account_dialect(), account.on_response, account.on_state
            )
            account.attach(stream)
            self._open(life, stream, self.account_topics())
        if desk is not None:
            if at.ws_trade is not None:
                dialect = self.trade_dialect()
                stream = self._stream(
                    "trade",
                    at.ws_trade,
                    dialect,
                    lambda response: desk.on_late_answer(response, dialect.correlate(response)),
                    partial(self._kit.reports.stream_state, "trade"),
                )
                desk.attach(stream)
                self._open(life, stream, ())
            life.create_task(desk.run(), name="command desk")

    def _stream(
        self,
        name: str,
        url: str,
        dialect: StreamDialect,
        on_response: Callable[[WSResponse], Awaitable[None] | None],
        on_state: Callable[[StreamState, str], None],
    ) -> WSAssistant:
        return self._web.ws(
            f"{self.venue} {name}",
            url,
            dialect,
            on_response=on_response,
            on_state=on_state,
            backoff=self._kit.backoff(),
        )

    def _open(self, life: asyncio.TaskGroup, stream: WSAssistant, topics: Sequence[str]) -> None:
        async def live() -> None:
            stream.subscribe(topics)
            await stream.run()

        life.create_task(live(), name=stream.name)

    async def _keep_time(self) -> None:
        """Look at the venue's clock now and then."""
        while True:
            await self.clock.sleep_until(self.clock.now_ns() + round(self._kit.timings.clock_s * NANOSECONDS))
            await self._look_at_clock()

    async def _look_at_clock(self) -> None:
        try:
            await self.queries.sample_clock()
        except TtxtError as error:
            self._kit.reports.error(error)

    def _on_clock_refused(self) -> None:
        """The venue refused a command for its time: what is known of its clock misleads."""
        self.clock_offset.clear()
        self._spawn(self._look_at_clock(), "venue clock")

    # -- for whoever runs it -----------------------------------------------------------------------------

    async def call(self, request: RESTRequest) -> RESTResponse:
        """Ask the venue; when it refuses our time, look at its clock and ask once more.

        Raises:
            WebError, ProtocolError: as `RESTAssistant.call`.
        """
        try:
            return await self.rest.call(request)
        except ClockError:
            self.clock_offset.clear()
            await self.queries.sample_clock()
            return await self.rest.call(request)

    async def cancel_everything(self, pair: str | None = None) -> None:
        """Ask the venue itself to cancel every order of `pair`, or of the category, orders made elsewhere too.

        Raises:
            WebError: it was not done, or nobody can say. InstrumentError: the pair is not known.
        """
        for request in self.cancel_all(pair):
            await self.call(request)

    @property
    def is_ready(self) -> bool:
        """The account is reconciled, so that orders may be entered."""
        return self._account is not None and self._account.is_ready

    def book_state(self, pair: str) -> BookState | None:
        """The state of a pair's book; None where none is subscribed."""
        return None if self._market is None else self._market.book_state(pair)

    @property
    def repeated_deltas(self) -> int:
        """How many changes of books came again after they had been applied, and were left out."""
        return 0 if self._market is None else self._market.repeated_deltas

    def _why_no_entries(self) -> str:
        account = self._account
        return (
            ""
            if account is not None and account.is_ready
            else "the account is not reconciled with the venue yet: only exits and cancels go"
        )

    async def _with_fees(self, event: Event[Instrument]) -> Event[Instrument]:
        """The first signed question too, so that a key which is not accepted shows at once."""
        if self._account is None:
            return event
        rates = await self.queries.fee_rates(event.header.pair)
        if rates is None:
            return event
        return Event(event.header, replace(event.data, maker_fee=rates.maker, taker_fee=rates.taker))
