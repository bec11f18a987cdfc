"""Bybit as a sandbox: a server, a market and an account, for a command or inside a test.

async with BybitSandbox(BybitSandboxSettings(seed=7)) as sandbox:
    sandbox.rest, sandbox.ws_public["linear"], sandbox.api_key, sandbox.faults.once("disconnect@public")
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from ttxt_core.clock import Clock, SystemClock
from ttxt_core.errors import ConfigError, TtxtError
from ttxt_core.orderbook import Level
from ttxt_core.sandbox.bybit.account_terms import AccountTerms
from ttxt_core.sandbox.bybit.auth import KeyRing
from ttxt_core.sandbox.bybit.capture_feed import CaptureFeed
from ttxt_core.sandbox.bybit.commands import OrderCommands
from ttxt_core.sandbox.bybit.dead_man_switch import DeadManSwitch
from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.funding import Funding
from ttxt_core.sandbox.bybit.liquidation import Liquidations
from ttxt_core.sandbox.bybit.login import Login
from ttxt_core.sandbox.bybit.private_socket import DCP_TOPICS, PrivateSocket
from ttxt_core.sandbox.bybit.public_socket import PublicSocket
from ttxt_core.sandbox.bybit.rate_limits import RateLimits
from ttxt_core.sandbox.bybit.rest import RestService
from ttxt_core.sandbox.bybit.rest_account import AccountQueries
from ttxt_core.sandbox.bybit.rest_market import MarketQueries
from ttxt_core.sandbox.bybit.settings import BybitSandboxSettings, make_keys
from ttxt_core.sandbox.bybit.state import own_state
from ttxt_core.sandbox.bybit.trade_socket import TradeSocket
from ttxt_core.sandbox.bybit.wire import CATEGORIES, Row
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.faults import Channel, Faults, ServerClock
from ttxt_core.sandbox.feeds import Feed, PracticeFeed, RecordingFeed
from ttxt_core.sandbox.public_market import PublicMarket, ShownTrade
from ttxt_core.sandbox.server import SandboxServer, json_response
from ttxt_core.simulation.simulator_settings import SimulatorSettings

VENUE = "bybit"
_TICK_S = 0.01
_OPENING_S = 30.0


class BybitSandbox:
    """A running sandbox; enter it to start, leave it to stop.

    Attributes:
        faults: what goes wrong. exchange: markets and account. desk: orders as the venue keeps them.
        keys: see `make_keys`. terms: what the account is. funding: of positions.
    """

    def __init__(self, settings: BybitSandboxSettings | None = None, clock: Clock | None = None) -> None:
        """Nothing listens before it is entered.

        Raises:
            ConfigError: a setting that can't be.
            TtxtError: a recording or capture that can't be read.
        """
        self._settings = settings = settings or BybitSandboxSettings()
        true_clock = clock or SystemClock()
        self.faults = faults = Faults(true_clock, settings.seed)
        faults.set(*settings.faults)
        clock_shown = ServerClock(true_clock, faults)
        account = SimulatorSettings(account=VENUE, balances=settings.balances, leverage=settings.leverage)
        self.exchange = exchange = SandboxExchange(VENUE, account, clock_shown, hedges=settings.hedge_mode)
        self.desk = desk = OrderDesk(exchange, clock_shown, settings.seed)
        self.keys = make_keys(settings, clock_shown.now_ms())
        ring = KeyRing(list(self.keys.values()))
        limits = RateLimits(clock_shown, settings.limit_scale)
        self._public = {c: PublicSocket(c, exchange, faults, clock_shown, settings.kept_books) for c in CATEGORIES}
        login = Login(ring, faults, clock_shown)
        refused: frozenset[str] = frozenset() if settings.dead_man_offered else DCP_TOPICS
        self._stream = stream = PrivateSocket(login, clock_shown, settings.latency_s, refused=refused)
        self._switch = switch = DeadManSwitch(stream, desk, is_offered=settings.dead_man_offered)
        commands = OrderCommands(desk, limits)
        self.terms = terms = AccountTerms(settings.uid, settings.margin_mode)
        trade = TradeSocket(login, commands, stream, faults, clock_shown)
        rest = RestService(
            MarketQueries(exchange, self._public, clock_shown),
            AccountQueries(exchange, desk, switch, terms, clock_shown),
            commands,
            stream,
            keys=ring,
            terms=terms,
            limits=limits,
            faults=faults,
            clock=clock_shown,
        )
        self._feed: Feed = self._make_feed(true_clock)
        desk.on_messages = stream.publish
        exchange.on_reports = desk.on_reports
        exchange.on_trades = self._on_trades
        self._liquidations = Liquidations(exchange, desk, clock_shown, self._public["linear"].broadcast)
        self.funding = Funding(exchange, desk, settings.funding_interval_s)
        exchange.on_market = self._on_market
        self.server = server = SandboxServer(
            settings.host,
            settings.port,
            tls=settings.tls,
            faults=faults,
            clock=true_clock,
            latency_s=settings.latency_s,
            idle_s=settings.idle_s,
        )
        for category, socket in self._public.items():
            server.socket(f"/v5/public/{category}", socket)
        server.socket("/v5/private", stream)
        server.socket("/v5/trade", trade)
        server.route("/sandbox/faults", self._admin_faults)
        server.route("/sandbox/state", self._admin_state)
        server.route("/v5/{path:.*}", rest.handle)
        self._tasks: list[asyncio.Task[None]] = []

    # -- addresses and keys ----------------------------------------------------------------------------------

    @property
    def rest(self) -> str:
        """Base address of REST."""
        return self.server.address("http")

    @property
    def ws_public(self) -> dict[str, str]:
        """Addresses of the public sockets, by category."""
        return {category: self.server.address("ws", f"/v5/public/{category}") for category in CATEGORIES}

    @property
    def ws_private(self) -> str:
        """Address of the private socket."""
        return self.server.address("ws", "/v5/private")

    @property
    def ws_trade(self) -> str:
        """Address of the trade socket."""
        return self.server.address("ws", "/v5/trade")

    @property
    def ca(self) -> str | None:
        """Path of the certificate authority to trust; None without TLS."""
        return self.server.ca

    @property
    def api_key(self) -> str:
        """The key that may trade."""
        return self.keys["main"].key

    @property
    def api_secret(self) -> str:
        """Its secret."""
        return self.keys["main"].secret

    def ready(self) -> Row:
        """What a client must know to use it."""
        others = {name: {"api_key": key.key, "api_secret": key.secret} for name, key in self.keys.items()}
        del others["main"]
        return {
            "venue": VENUE,
            "rest": self.rest,
            "ws_public": self.ws_public,
            "ws_private": self.ws_private,
            "ws_trade": self.ws_trade,
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "other_keys": others,
            "admin": self.server.address("http", "/sandbox"),
        } | ({"ca": self.ca} if self.ca else {})

    # -- its own state ---------------------------------------------------------------------------------------

    def state(self, depth: int | None = None) -> Row:
        """Its own books (`depth` levels a side), orders, executions, positions and balances, as texts."""
        return own_state(self.exchange, self.desk, depth)

    def book_at(self, category: str, symbol: str, depth: int, update: int) -> tuple[list[Level], list[Level]] | None:
        """Bids and asks of an order book topic, best first, as its last message with number `update` left them.

        None when that state is not kept: see `BybitSandboxSettings.kept_books`.
        """
        states = self.books_at(category, symbol, depth, update)
        return states[-1] if states else None

    def books_at(self, category: str, symbol: str, depth: int, update: int) -> list[tuple[list[Level], list[Level]]]:
        """Likewise for each message with that number: after a restart of the count it comes again."""
        return self._public[category].book_stream(symbol, depth).states_at(update)

    # -- running ---------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the market and listen."""
        self._tasks = [asyncio.create_task(run) for run in (self._feed.run(), self._tick(), self.funding.run())]
        try:
            await asyncio.wait_for(self._opened(), _OPENING_S)
            await self.server.start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cut everybody off."""
        await self._stop()

    async def failed(self) -> None:
        """Wait until the feed or the clock of the streams fails, and raise what they raised.

        A feed that came to its end has not failed: the market stands still.
        """
        await asyncio.gather(*self._tasks)

    async def _opened(self) -> None:
        """Return when the market is open; fail as the feed does."""
        opening = asyncio.create_task(self._feed.opened.wait())
        await asyncio.wait([opening, self._tasks[0]], return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            self._tasks[0].result()

    async def _stop(self) -> None:
        await self.server.stop()
        self._switch.close()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, TtxtError):
                await task
        self._tasks = []
        self._feed.close()

    def _make_feed(self, clock: Clock) -> Feed:
        settings = self._settings
        if settings.recordings and settings.capture is not None:
            raise ConfigError("feed the sandbox", "recordings and a capture were named", "name one kind")
        if settings.capture is not None:
            return CaptureFeed(self.exchange, self._public, clock, settings.capture, settings.speed)
        if settings.recordings:
            return RecordingFeed(self.exchange, clock, settings.recordings, settings.speed)
        return PracticeFeed(self.exchange, clock, settings.pairs, seed=settings.seed, rate=settings.rate)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for socket in self._public.values():
                socket.tick()

    def _on_market(self, market: PublicMarket) -> None:
        self.desk.on_market(market)
        self._liquidations.check(market)

    def _on_trades(self, market: PublicMarket, trades: list[ShownTrade]) -> None:
        self._public[market.category].on_trades(market, trades)

    # -- the admin -------------------------------------------------------------------------------------------

    async def _admin_faults(self, request: web.Request) -> web.StreamResponse:
        """GET what stands; POST ``{"clear": true, "set": [SPEC…], "once": [SPEC…]}``."""
        if request.method == "POST":
            try:
                self._change_faults(orjson.loads(await request.read()))
            except (ConfigError, ValueError) as error:
                return json_response({"error": str(error)}, status=400)
        return json_response(self.faults.describe())

    def _change_faults(self, wanted: Any) -> None:
        is_known = isinstance(wanted, dict) and wanted.keys() <= {"clear", "set", "once"}
        if not is_known or not all(isinstance(wanted.get(name, []), list) for name in ("set", "once")):
            raise ConfigError(
                "change the faults", "that is not their shape", '{"clear": true, "set": ["drop:0.01"], "once": []}'
            )
        if wanted.get("clear"):
            self.faults.clear()
        self.faults.set(*wanted.get("set", []))
        for spec in wanted.get("once", []):
            self.faults.once(spec)

    async def _admin_state(self, request: web.Request) -> web.StreamResponse:
        depth = request.query.get("depth", "")
        return json_response(self.state(int(depth) if depth.isdecimal() else None))


__all__ = ["BybitSandbox", "BybitSandboxSettings", "Channel"]
