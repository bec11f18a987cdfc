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
from typing import Any, Self

from ttxt_core.clock import Clock, SystemClock
from ttxt_core.errors import ConfigError, QueueFullError, RecordingError, TtxtError
from ttxt_core.events import (
    BookState,
    BookStatus,
    ConnectorError,
    Event,
    Fill,
    InstrumentKey,
    MessageHeader,
    OrderAck,
    OrderCommand,
    OrderUpdate,
    PositionUpdate,
    ResetReason,
    Source,
    StreamReset,
    Wallet,
)
from ttxt_core.instruments import InstrumentBook
from ttxt_core.orders.answer_watch import ANSWER_WITHIN_S, AnswerWatch
from ttxt_core.orders.blotter import Blotter
from ttxt_core.orders.health import Health, HealthMeter
from ttxt_core.orders.ledger import ResultSheet
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.oco_keeper import OcoKeeper
from ttxt_core.orders.router import CommandRouter, command_header
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.queues.fanout import FanOut
from ttxt_core.queues.observed import ObservedPublisher
from ttxt_core.recording.live_recording import LiveRecording, RecordingStats
from ttxt_core.recording.look_back import Kept, LookBack
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.recording.storage import make_folder
from ttxt_core.session.source import MarketSource, VenueAccount
from ttxt_core.simulation.practice_market import PracticeMarket
from ttxt_core.simulation.practice_process import PracticeProcess
from ttxt_core.simulation.simulated_venue import SimulatedVenue

ACCOUNT_EVENTS = frozenset({OrderAck, OrderUpdate, Fill, Wallet, PositionUpdate})
_MARKET = "market source"
_RECORDER = "recorder"


class SessionKind(StrEnum):
    """What the market is; the money of all kinds but LIVE is the exchange simulator's."""

    PRACTICE = "practice"
    PAPER = "paper"
    REPLAY = "replay"
    LIVE = "live"


class Session:
    """A market, an executor for each of its venues, and everything between them and a trader.

    Attributes:
        kind: what it is. account: whose orders its executors take. clock: market time.
        events: everything that happens. commands: where commands go in; it has the limits, and arming.
        orders, instruments: what is known of them; never behind a subscriber of `events`.
        oco: sends pairs of exits of which one cancels the other, and keeps them as long as the session lives.
        troubles: parts that failed, in words; the rest of the session goes on.
        record_to: folder that the market is recorded to from the start; None: not recorded. Set it before `open`.
        view_only: why nothing at all is sent from here; empty where commands go out.
        exit_summary: what `stop` did with the orders at a venue; empty before, and where it had nothing to do.
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
        answer_within_s: float = ANSWER_WITHIN_S,
        keep_minutes: float | None = None,
    ) -> None:
        """A session that has not begun; `practice`, `paper` and `replay` make one.

        Args:
            kind: what it is.
            clock: market time.
            connect: makes the market source, which publishes to what `connect` is given.
            limits: what entries must keep to.
            recordings: where recordings go when no other folder is named.
            wall: real time, for rates and for answers that don't come; the system's when not given.
            answer_within_s: a command without an answer after so long is UNKNOWN.
            keep_minutes: how far back `keep` can reach; None records nothing for it.
        """
        wall = wall if wall is not None else SystemClock()
        self.kind = kind
        self.clock = clock
        self.events = FanOut(f"the {kind} session")
        self.troubles: list[str] = []
        self.record_to: Path | None = None
        self.view_only = ""
        self.exit_summary = ""
        self._market_end = ObservedPublisher(self.events, self._on_market_event, self._on_full)
        self._account_end = account_end = ObservedPublisher(self.events, self._on_account_event, self._on_full)
        self._source = source = connect(self._market_end)
        self._blotter = blotter = Blotter(clock, self.events.book)
        self.orders: OrderManager = blotter.orders
        self.instruments: InstrumentBook = blotter.market.instruments
        self.commands = CommandRouter(
            clock=clock,
            orders=blotter.orders,
            market=blotter.market,
            limits=limits,
            events=account_end,
            session_loss=blotter.loss,
            refuse_arming=self.why_not_arm,
        )
        self._venues: list[SimulatedVenue] = []
        if isinstance(source.account, VenueAccount):
            self.account, ways = source.account
            for name in source.venues:
                for category, commands in ways.items():
                    self.commands.attach(name, self.account, commands, category)
        else:
            self.account = source.account.account
            blotter.fill_model = source.account.fill_model
            for name in sorted(source.venues):
                venue = SimulatedVenue(name, source.account, market=self.events, publisher=account_end, clock=clock)
                self._venues.append(venue)
                self.commands.attach(name, self.account, venue.commands)
            self.commands.arm()
        self._recordings = recordings
        self._recording: LiveRecording | None = None
        self._look_back: LookBack | None = None
        if keep_minutes is not None:
            self._look_back = LookBack(self.events, clock=clock, errors=self._market_end, minutes=keep_minutes)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_opened = False
        self._is_started = False
        self._loss_stopped = False
        self._meter = HealthMeter(blotter, self.events.stats, self.troubles, wall)
        self.oco = OcoKeeper(self.orders, self.commands, account_end, clock=clock, wall=wall)
        self._answers = AnswerWatch(self.orders, account_end, clock=clock, wall=wall, answer_within_s=answer_within_s)

    # -- running -------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make sure that there is such a market. `start` does it by itself; before a screen it is better known.

        Raises:
            RecordingError: it can't be recorded where it is to be; nothing was asked of a venue yet.
            TtxtError: there is none, or no way to it; stop the session.
        """
        if self.record_to is not None:
            make_folder(self.record_to)
        if not self._is_opened and self._source.open is not None:
            await self._source.open()
        self._is_opened = True

    async def start(self) -> None:
        """Let the market and its simulated venues run.

        Raises:
            ConfigError: it was started before.
            TtxtError: as `open`.
        """
        if self._is_started:
            raise ConfigError(f"start the {self.kind} session", "it was started before", "make a new one")
        self._is_started = True
        await self.open()
        if self.record_to is not None:
            self.start_recording(self.record_to)
        for venue in self._venues:
            self._supervise(venue.name, venue.run(), partial(self._lose_venue, venue))
        self._supervise("order watch", self._answers.run())
        self._supervise("order pairs", self.oco.run())
        if self._look_back is not None:
            self._supervise("look back", self._look_back.run())
        self._supervise(_MARKET, self._source.control.run(), self._lose_market)
        await asyncio.sleep(0)

    async def market_ended(self) -> None:
        """Wait until the market source has ended: a replay at its end, anything else when it has failed."""
        await asyncio.wait({self._tasks[_MARKET]})

    async def stop(self) -> None:
        """End everything; all that was published is in the recording. Stopping twice is fine."""
        if self._recording is not None:
            self._recording.close()
        running = [task for part, task in self._tasks.items() if part != _RECORDER]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._source.close is not None and (closing := self._source.close()) is not None:
            await closing
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

    def send(self, key: InstrumentKey, command: OrderCommand) -> str | None:
        """Send a command about the instrument `key`; gives why it was refused here, or None when it went out."""
        return self.commands.send(Event(command_header(key, self.clock.now_ns()), command))

    def why_not_arm(self) -> str | None:
        """Why entries may not be let pass now; None when they may. `commands.arm` asks it."""
        return None

    async def arm(self) -> str | None:
        """As `commands.arm`, by a program's own word: a LIVE session asks for the account sheet and confirms it."""
        return self.commands.arm()

    # -- the market source -----------------------------------------------------------------------------------

    @property
    def practice_market(self) -> PracticeMarket | PracticeProcess | None:
        """The simulated market of a PRACTICE session, whose rate can be set."""
        control = self._source.control
        return control if isinstance(control, PracticeMarket | PracticeProcess) else None

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

    async def keep(self, folder: Path | None = None) -> Kept:
        """Keep what has just happened, the last minutes, as recordings in a folder of `folder` or the session's own.

        Raises:
            RecordingError: the session does not look back, nothing was recorded yet, or it can't be written.
        """
        target = folder if folder is not None else self._recordings
        if self._look_back is None or target is None:
            what = "it keeps nothing of the past" if target is not None else "no folder is known for it"
            raise RecordingError(f"keep the last minutes of the {self.kind} session", what)
        return await self._look_back.keep(target)

    @property
    def recording(self) -> RecordingStats | None:
        """What is being recorded; None when nothing is."""
        return None if self._recording is None else self._recording.stats

    # -- what passes through -------------------------------------------------------------------------------------

    def _on_market_event(self, event: Event[Any]) -> None:
        """Before anyone else sees it. A connector tells of its account by the same way as of its market."""
        if type(event.data) in ACCOUNT_EVENTS and not self._venues:
            self._on_account_event(event)
            return
        is_time = self._blotter.on_market_event(event)
        if is_time:
            self._watch_loss()
        elif type(event.data) is StreamReset and event.data.reason is not ResetReason.RECONNECT:
            self.oco.on_event(event)
            for venue in self._venues:
                venue.begin_attempt()
            if self._loss_stopped:
                self._loss_stopped = False
                self.commands.arm()

    def _on_account_event(self, event: Event[Any]) -> None:
        if self._blotter.on_account_event(event):
            self._watch_loss()
        self.oco.on_event(event)

    def _watch_loss(self) -> None:
        """A loss over the limit disarms and cancels entries; what another makes after it is left to them."""
        most, stopped = self.commands.limits.daily_loss, self._loss_stopped
        wanted = [o for o in self.orders.entries() if not (o.is_unwanted or (stopped and o.is_external))]
        if most is None or not (self.commands.is_armed or wanted):
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

    def _supervise(
        self, part: str, work: Coroutine[Any, Any, None], lose: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._tasks[part] = asyncio.create_task(self._watch(part, work, lose), name=part)

    async def _watch(
        self, part: str, work: Coroutine[Any, Any, None], lose: Callable[[], Awaitable[None]] | None
    ) -> None:
        """Run a part; when it fails say so, and go on without it."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the session tells it and outlives it
            self.troubles.append(f"the {part} has failed: {str(error) or type(error).__name__}")
            if lose is not None:
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
