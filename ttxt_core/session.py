"""Sessions: the one place where market source, executors, orders, limits and recorder are wired together.

A screen or a strategy gets a `Session` and nothing else: it subscribes to `events`, publishes commands to `commands`
and reads `orders`. Which kind of session it is shows in `kind` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from msgspec.structs import replace

from ttxt_core.clock import Clock, ReplayClock, SystemClock
from ttxt_core.errors import ConfigError, QueueFullError, RecordingError, TtxtError
from ttxt_core.events import (
    BookState,
    BookStatus,
    ConnectorError,
    Event,
    MessageHeader,
    ResetReason,
    Source,
    StreamReset,
)
from ttxt_core.instruments import InstrumentBook
from ttxt_core.orders.blotter import Blotter
from ttxt_core.orders.health import Health, HealthMeter
from ttxt_core.orders.ledger import ResultSheet
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.router import CommandRouter
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.queues.fanout import FanOut
from ttxt_core.queues.observed import ObservedPublisher
from ttxt_core.recording.live_recording import LiveRecording, RecordingStats
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.simulation.practice_market import PracticeMarket
from ttxt_core.simulation.practice_pairs import DEFAULT_PAIRS, PracticePair
from ttxt_core.simulation.simulated_venue import SimulatedVenue
from ttxt_core.simulation.simulator_settings import START_BALANCES, SimulatorSettings

_RECORDER = "recorder"
_BALANCE_OF_OTHERS = START_BALANCES["USDT"]
"""What a replay's account has of a settle currency that the simulator names no balance of."""


class SessionKind(StrEnum):
    """What the market is; the money of both kinds is the exchange simulator's."""

    PRACTICE = "practice"
    REPLAY = "replay"


class MarketSource(NamedTuple):
    """Who publishes the market.

    Attributes:
        control: the source itself, for whoever steers it; it publishes while its `run` does.
        venues: whose markets these are. simulator: the account at each of them.
        close: what is to be done after the end; None when nothing is.
    """

    control: PracticeMarket | MarketDataReplayer
    venues: frozenset[str]
    simulator: SimulatorSettings
    close: Callable[[], None] | None = None


class Session:
    """A market, an executor for each of its venues, and everything between them and a trader.

    Attributes:
        kind: what it is. account: whose orders its executors take. clock: market time.
        events: everything that happens. commands: where commands go in; it has the limits, and arming.
        orders, instruments: what is known of them; never behind a subscriber of `events`.
        troubles: parts that failed, in words; the rest of the session goes on.
    """

    def __init__(
        self,
        kind: SessionKind,
        clock: Clock,
        connect: Callable[[IQueuePublisher], MarketSource],
        *,
        limits: RiskLimits = SIMULATED_LIMITS,
        recordings: Path | None = None,
        wall: Clock | None = None,
    ) -> None:
        """A session that has not begun; `practice` and `replay` make one.

        Args:
            kind: what it is.
            clock: market time.
            connect: makes the market source, which publishes to what `connect` is given.
            limits: what entries must keep to.
            recordings: where recordings go when no other folder is named.
            wall: real time, for rates; the system's when not given.
        """
        self.kind = kind
        self.clock = clock
        self.events = FanOut(f"the {kind} session")
        self.troubles: list[str] = []
        self._market_end = ObservedPublisher(self.events, self._on_market_event, self._on_full)
        self._account_end = ObservedPublisher(self.events, self._on_account_event, self._on_full)
        self._source = source = connect(self._market_end)
        self.account = source.simulator.account
        self._blotter = blotter = Blotter(clock, self.events.book)
        self.orders: OrderManager = blotter.orders
        self.instruments: InstrumentBook = blotter.market.instruments
        self.commands = CommandRouter(
            clock=clock,
            orders=blotter.orders,
            market=blotter.market,
            limits=limits,
            events=self._account_end,
            session_loss=blotter.loss,
        )
        self._venues: list[SimulatedVenue] = []
        for name in sorted(source.venues):
            venue = SimulatedVenue(name, source.simulator, market=self.events, publisher=self._account_end, clock=clock)
            self._venues.append(venue)
            self.commands.attach(name, self.account, venue.commands)
        self.commands.arm()
        self._recordings = recordings
        self._recording: LiveRecording | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_started = False
        self._loss_stopped = False
        self._meter = HealthMeter(
            blotter, self.events.stats, self.troubles, wall if wall is not None else SystemClock()
        )

    # -- running -------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the market and its simulated venues.

        Raises:
            ConfigError: it was started before.
        """
        if self._is_started:
            raise ConfigError(f"start the {self.kind} session", "it was started before", "make a new one")
        self._is_started = True
        for venue in self._venues:
            self._supervise(venue.name, venue.run(), partial(self._lose_venue, venue))
        self._supervise("market source", self._source.control.run(), self._lose_market)
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """End everything; all that was published is in the recording. Stopping twice is fine."""
        if self._recording is not None:
            self._recording.close()
        running = [task for part, task in self._tasks.items() if part != _RECORDER]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._source.close is not None:
            self._source.close()
        if self._recording is not None:
            # Nobody else reads any more what the recorder says at its end.
            told = self.events.subscribe("end of the recording", accepts=frozenset({ConnectorError}))
            await self.stop_recording()
            self.troubles += [f"{error.data.asked}: {error.data.answered}" for error in told.get_batch_nowait()]
        self.events.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    # -- the market source -----------------------------------------------------------------------------------

    @property
    def practice_market(self) -> PracticeMarket | None:
        """The simulated market of a PRACTICE session, whose rate can be set."""
        return self._source.control if isinstance(self._source.control, PracticeMarket) else None

    @property
    def replayer(self) -> MarketDataReplayer | None:
        """The player of a REPLAY session: hold, go, step, seek, speed."""
        return self._source.control if isinstance(self._source.control, MarketDataReplayer) else None

    # -- results and figures -----------------------------------------------------------------------------------

    @property
    def attempts(self) -> Sequence[ResultSheet]:
        """Result sheets of the attempts before this one that traded; a seek in a replay begins a new one."""
        return self._blotter.attempts

    @property
    def result(self) -> ResultSheet:
        """The result of the running attempt as it stands."""
        return self._blotter.sheet()

    def health(self) -> Health:
        """The figures for a status bar; ask about once a second."""
        return self._meter.read()

    # -- recording ---------------------------------------------------------------------------------------------

    def start_recording(self, folder: Path | None = None) -> None:
        """Record the market from here on, to `folder` or the session's own.

        Raises:
            RecordingError: the session is a replay, records already, or no folder is known.
        """
        asked = f"record the {self.kind} session"
        if self.kind is SessionKind.REPLAY:
            hint = "take a part of it with: ttxt-rec cut FILE --from TIME --to TIME --out FILE"
            raise RecordingError(asked, "what it plays is recorded already", hint)
        if self._recording is not None:
            raise RecordingError(asked, "it is being recorded", "stop that recording first")
        target = folder if folder is not None else self._recordings
        if target is None:
            raise RecordingError(asked, "no folder is known for it", "name one")
        self._recording = LiveRecording(self.events, target, clock=self.clock, errors=self._market_end)
        self._supervise(_RECORDER, self._recording.run(), self._lose_recording)

    async def stop_recording(self) -> RecordingStats:
        """Write what waits, close the files, and give what was recorded.

        Raises:
            RecordingError: nothing is being recorded.
        """
        recording = self._recording
        if recording is None:
            raise RecordingError(f"stop recording the {self.kind} session", "it is not being recorded")
        recording.close()
        await self._tasks[_RECORDER]
        self._recording = None
        return recording.stats

    @property
    def recording(self) -> RecordingStats | None:
        """What is being recorded; None when nothing is."""
        return None if self._recording is None else self._recording.stats

    # -- what passes through -------------------------------------------------------------------------------------

    def _on_market_event(self, event: Event[Any]) -> None:
        """Before anyone else sees it."""
        is_time = self._blotter.on_market_event(event)
        if is_time:
            self._watch_loss()
        elif type(event.data) is StreamReset and event.data.reason is not ResetReason.RECONNECT:
            for venue in self._venues:
                venue.begin_attempt()
            if self._loss_stopped:
                self._loss_stopped = False
                self.commands.arm()

    def _on_account_event(self, event: Event[Any]) -> None:
        if self._blotter.on_account_event(event):
            self._watch_loss()

    def _watch_loss(self) -> None:
        """A loss over the limit disarms and cancels entries."""
        most = self.commands.limits.daily_loss
        is_watched = self.commands.is_armed or (bool(self.orders.entries()) and not self._loss_stopped)
        if most is None or not is_watched:
            return
        for currency, profit in self._blotter.ledger.profit().items():
            if -profit >= most:
                self._loss_stopped = True
                self.commands.disarm(f"daily_loss is {most:,f} {currency}, lost are {-profit:,.2f}")

    def _on_full(self, error: QueueFullError) -> None:
        """A consumer lost an event that must not be lost: it can't be trusted any more, and that must be seen."""
        trouble = f"a consumer fell behind: {error}"
        if trouble not in self.troubles:
            self.troubles.append(trouble)

    # -- parts that fail -------------------------------------------------------------------------------------------

    def _supervise(self, part: str, work: Coroutine[Any, Any, None], lose: Callable[[], Awaitable[None]]) -> None:
        self._tasks[part] = asyncio.create_task(self._watch(part, work, lose), name=part)

    async def _watch(self, part: str, work: Coroutine[Any, Any, None], lose: Callable[[], Awaitable[None]]) -> None:
        """Run a part; when it fails say so, and go on without it."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the session tells it and outlives it
            self.troubles.append(f"the {part} has failed: {str(error) or type(error).__name__}")
            await lose()
            await self._publish_failure(part, error)

    async def _publish_failure(self, part: str, error: Exception) -> None:
        kind = "recording" if part == _RECORDER else "internal"
        asked, answered, hint = f"run the {part}", f"{type(error).__name__}: {error}", ""
        if isinstance(error, TtxtError):
            asked, answered, hint = f"{asked}: {error.asked}", error.answered, error.hint
        header = MessageHeader("", "", "", 0, self.clock.now_ns(), source=Source.CLIENT)
        await self._account_end.publish(Event(header, ConnectorError(kind, asked, answered, hint)))

    async def _lose_venue(self, venue: SimulatedVenue) -> None:
        """What was sent to it has no known outcome, and nothing more can be sent."""
        self.commands.detach(venue.commands)
        venue.close()
        self.orders.timeouts(self.clock.now_ns(), 0)

    async def _lose_market(self) -> None:
        """The books stand still from here on: they are no market any more."""
        for key in self.instruments:
            header = MessageHeader(*key, 0, self.clock.now_ns(), source=Source.CLIENT)
            status = BookStatus(BookState.STALE, "the market source has failed")
            await self._market_end.publish(Event(header, status))

    async def _lose_recording(self) -> None:
        self._recording = None


def practice(
    pairs: Sequence[PracticePair] = DEFAULT_PAIRS,
    *,
    seed: int = 1,
    rate: float = 200.0,
    history: int = 600,
    simulator: SimulatorSettings | None = None,
    limits: RiskLimits = SIMULATED_LIMITS,
    recordings: Path | None = None,
    clock: Clock | None = None,
    wall: Clock | None = None,
) -> Session:
    """A PRACTICE session: an endless simulated market, and a simulated account named ``practice``.

    Args:
        pairs: what is traded.
        seed: equal seeds give equal markets and latencies.
        rate: market events a second over all pairs.
        history: closed one-minute candles to begin with, a pair.
        simulator: balances, leverage, fees and latency.
        limits: what entries must keep to.
        recordings: where recordings go when no other folder is named.
        clock: market time; wall: real time, for rates. The system's when not given.
    """
    own_clock = clock if clock is not None else SystemClock()

    account = replace(simulator or SimulatorSettings(seed=seed), account=str(SessionKind.PRACTICE))

    def connect(publisher: IQueuePublisher) -> MarketSource:
        market = PracticeMarket(pairs, own_clock, publisher, seed=seed, rate=rate, history=history)
        return MarketSource(market, frozenset(pair.key.venue for pair in pairs), account)

    return Session(SessionKind.PRACTICE, own_clock, connect, limits=limits, recordings=recordings, wall=wall)


def replay(
    paths: Sequence[str | Path],
    *,
    speed: float = 1.0,
    skip_idle_s: float | None = None,
    hold_at_end: bool = True,
    simulator: SimulatorSettings | None = None,
    limits: RiskLimits = SIMULATED_LIMITS,
    wall: Clock | None = None,
) -> Session:
    """A REPLAY session: recordings merged by time, and a simulated account named ``replay`` at each venue in them.

    A seek, or a step back, begins a new attempt: orders, positions and balances are those of the start.

    Args:
        paths: recordings.
        speed: market seconds a second; `MAX_SPEED` does not wait, but never runs ahead of the simulator.
        skip_idle_s: pass over stretches without an event that are longer, in market seconds.
        hold_at_end: at the end wait for a seek; else the replay is over.
        simulator: balances, leverage, fees and latency; by default every settle currency has a balance.
        limits: what entries must keep to.
        wall: the time that is waited by; the system's when not given.

    Raises:
        ConfigError: no path, or a speed that is not above zero.
        NotARecordingError, RecordingError: a file can't be read.
    """
    clock = ReplayClock()

    def connect(publisher: IQueuePublisher) -> MarketSource:
        replayer = MarketDataReplayer(
            paths, publisher, clock, speed=speed, skip_idle_s=skip_idle_s, hold_at_end=hold_at_end, wall=wall
        )
        try:
            instruments = replayer.instruments
        except RecordingError:
            replayer.stop()
            raise
        settled_in = {event.data.settle for event in instruments.values()}
        balances = {**dict.fromkeys(settled_in, _BALANCE_OF_OTHERS), **START_BALANCES}
        account = replace(simulator or SimulatorSettings(balances=balances), account=str(SessionKind.REPLAY))
        return MarketSource(replayer, frozenset(key.venue for key in instruments), account, replayer.stop)

    return Session(SessionKind.REPLAY, clock, connect, limits=limits, wall=wall)
