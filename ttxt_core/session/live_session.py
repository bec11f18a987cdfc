"""The LIVE session: a venue's market, and real orders of one account there.

Owns when entries may be armed, what disarms them, and that a session which only looks on sends nothing. It is never
armed by itself. `live` makes one, and judges what it is made of.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, Clock, SystemClock
from ttxt_core.connectors.account_feed import STREAM as PRIVATE
from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.config import ConnectorConfig
from ttxt_core.connectors.dead_man import Protection
from ttxt_core.connectors.registry import connect as connector_of
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.errors import AuthError, TtxtError
from ttxt_core.events import (
    BookState,
    BookStatus,
    ConnectionState,
    ConnectorStatus,
    Event,
    Fill,
    InstrumentKey,
    PositionUpdate,
)
from ttxt_core.orders.installation import installation_mark
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.session.account_hold import Access, AccountHold
from ttxt_core.session.account_sheet import AccountSheet, ask_for_sheet
from ttxt_core.session.confirmation import Confirmation
from ttxt_core.session.day_keeper import DayKeeper
from ttxt_core.session.exit_policy import end_entries
from ttxt_core.session.session import Session, SessionKind
from ttxt_core.session.source import MarketSource, VenueAccount
from ttxt_core.session.sweeper import Sweeper
from ttxt_core.session.venue_time import VenueTime
from ttxt_core.web.secrets import Credentials

MAX_CLOCK_SKEW_NS: Final = NANOSECONDS
"""A machine whose clock is further off than this has a clock that is wrong, and ages by it mislead."""
_LOOK_NS: Final = 100 * MILLISECOND_NS
_RETRY_NS: Final = NANOSECONDS


class LiveSession(Session):
    """A session whose executor is the venue.

    Attributes:
        connector: the gateway to the venue.
    """

    connector: ConnectorBase

    def __init__(
        self,
        config: ConnectorConfig,
        credentials: Credentials,
        limits: RiskLimits,
        *,
        state: Path,
        access: Access,
        recordings: Path | None,
        wall: Clock | None,
        answer_within_s: float,
        exit_within_s: float,
        keep_minutes: float | None,
        timings: ConnectorTimings | None,
    ) -> None:
        """See `live`, which checks what is handed in."""
        clock = SystemClock()

        def connect(publisher: IQueuePublisher) -> MarketSource:
            connector = connector_of(config, publisher, credentials, clock=clock, timings=timings)
            self.connector = connector
            account = VenueAccount(config.account, {config.category: connector.lanes})
            return MarketSource(
                connector, frozenset({config.venue}), account, open=connector.prepare, close=connector.close
            )

        super().__init__(
            SessionKind.LIVE,
            clock,
            connect,
            limits=limits,
            recordings=recordings,
            wall=wall,
            answer_within_s=answer_within_s,
            keep_minutes=keep_minutes,
        )
        self._keys = [InstrumentKey(config.venue, config.category, pair) for pair in config.pairs]
        self._exit_within_s = exit_within_s
        self._state = state
        self._hold = AccountHold(state, access)
        self._confirmation = Confirmation()
        self._sweeper = Sweeper(self.orders, self.commands, clock)
        self._time = VenueTime(clock, self.connector.clock_offset)
        self._day = DayKeeper(self._blotter, account=config.account, category=config.category, clock=self._time)
        self._unreconciled = "not connected yet"
        self._reconciled = asyncio.Event()
        self._has_fills = False
        self._is_ending = False

    # -- running -------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make sure that there is such a market and such an account, take the account, and read today's loss.

        Where another process trades the account and that is no error (see `Access`), `view_only` says so from then on.

        Raises:
            AccountLockedError: another process trades the account. StateError: a file in the state folder is damaged
                or can't be used. TtxtError: as `Session.open`.
        """
        await super().open()
        self.orders.own_mark = installation_mark(self._state, SystemRandom())
        file = await self._hold.take(self.connector)
        if self._hold.view_only:
            self.view_only = self._hold.view_only
            self.connector.only_looking(self.view_only)
        self._day.load(file, is_kept=not self.view_only)

    async def start(self) -> None:
        """As `Session.start`; disarmed.

        Raises:
            ConfigError: it was started before. TtxtError: as `open`.
        """
        await super().start()
        self._supervise("day's fills", self._complete_day(), self._lose_part)
        self._supervise("interlock", self._watch_over(), self._lose_part)
        self._supervise("clock", self._watch_clock(), self._lose_part)
        self._supervise("account's terms", self._watch_terms(), self._lose_part)
        await asyncio.sleep(0)  # a task that is cancelled before its first step never begins what it was given

    async def stop(self) -> None:
        """Cancel entries, keep protective orders, say what became of them, and end everything.

        One that only looks on cancels nothing.
        """
        try:
            if not self._is_ending and self._is_started:
                self._is_ending = True
                await self._end_orders()
            await super().stop()
            if self._hold.is_held:
                await self._day.close()
                if self._day.trouble:
                    self.troubles.append(self._day.trouble)
        finally:
            self._hold.release()

    async def _end_orders(self) -> None:
        """The exit policy."""
        self.commands.interlock("the session is ending")
        if self.view_only:
            self.exit_summary = "view-only: nothing was cancelled"
            return
        venue, within_s = self.connector.venue, self._exit_within_s
        ended = await end_entries(self.commands, self.orders, self.connector.lanes, self.clock, within_s=within_s)
        self.exit_summary = ended.summary
        if pairs := len(self.oco.pairs):
            self.exit_summary += f" · {pairs} OCO unlinked: each leg goes on alone"
        if self._is_opened and not self._reconciled.is_set():
            self.exit_summary = "nothing cancelled: the account was never reconciled"
            self.troubles.append(f"orders of before may work at {venue}: the account was never reconciled")
        if ended.left:
            self.troubles.append(f"entries that may still work at {venue}: {ended.left}; it did not say they ended")

    # -- the account ----------------------------------------------------------------------------------------

    @property
    def protection(self) -> Protection:
        """What becomes of working entries when this program or its machine dies, as the venue has confirmed it."""
        return self.connector.dead_man.protection

    async def account_sheet(self) -> AccountSheet:
        """Ask the venue for everything that has to be read before entries may be armed; see `confirm`.

        Raises:
            TtxtError: it did not answer, or the session is not open.
        """
        breaks = self._confirmation.breaks
        sheet = await ask_for_sheet(
            self.connector,
            self._hold.account_id,
            max_leverage=self.commands.limits.max_leverage,
            is_own=self.orders.is_own,
            view_only=self.view_only,
        )
        self._confirmation.offer(sheet, breaks)
        return sheet

    def confirm(self, sheet: AccountSheet) -> str | None:
        """The trader has read the last `sheet` that was asked for, and agrees; gives why it can't be, or None.

        It holds, over disarming, interlocks and reconnections, until a term on it changes: then entries are disarmed,
        and another has to be confirmed.
        """
        return self._confirmation.confirm(sheet, self.clock.monotonic_ns())

    @property
    def confirmed(self) -> AccountSheet | None:
        """The sheet that was confirmed and still holds."""
        return self._confirmation.sheet

    # -- arming --------------------------------------------------------------------------------------------

    async def arm(self) -> str | None:
        """See `Session.arm`. Nothing is asked while something stands against it, so that it may be tried often."""
        confirmation, now_ns = self._confirmation, self.clock.monotonic_ns()
        if confirmation.sheet is None:
            if (trouble := self._why_not_trade() or confirmation.refusal(now_ns)) is not None:
                return trouble
            try:
                sheet = await self.account_sheet()
            except TtxtError as error:
                return str(error)
            if (trouble := self.confirm(sheet)) is not None:
                return trouble
        return self.commands.arm()

    def why_not_arm(self) -> str | None:
        """Why entries may not be let pass now; None when they may."""
        return self._why_not_trade() or self._confirmation.trouble

    def _why_not_trade(self) -> str | None:
        if trouble := self._account_trouble():
            return trouble
        if not self._has_fills:
            return "the fills of today are not known yet"
        if not self._day.is_square:
            return "the positions are not accounted for yet"
        if unknown := self.orders.unknown():
            first = unknown[0]
            return f"orders whose outcome is not known: {len(unknown)} ({first.key.pair} {first.identity[2]})"
        return self._market_trouble() or self._loss_trouble()

    def _account_trouble(self) -> str | None:
        if self.view_only:
            return self.view_only
        if self._is_ending or not self._is_started:
            return "the session is not running"
        if self.connector.lanes.unavailable:
            return self.connector.lanes.unavailable
        if self._unreconciled or not self.connector.is_ready:
            return f"the account is not reconciled with the venue: {self._unreconciled or 'it was disconnected'}"
        return self._day.trouble or None

    def _market_trouble(self) -> str | None:
        if not self._time.is_sure:
            return "clock skew: this machine's clock was set, and the venue's time is being asked for"
        off_ns = abs(self.connector.clock_offset.offset_ns)
        if off_ns > MAX_CLOCK_SKEW_NS:
            apart = f"this machine and the venue are {off_ns / NANOSECONDS:.1f} s apart"
            return f"clock skew: {apart}: set this machine's clock"
        market, now_ns, age_ns = self._blotter.market, self.clock.now_ns(), self.commands.limits.max_data_age_ns
        return next((why for key in self._keys if (why := market.trouble(key, now_ns, age_ns)) is not None), None)

    def _loss_trouble(self) -> str | None:
        most = self.commands.limits.daily_loss
        for currency, profit in self._blotter.ledger.profit().items():
            if most is not None and -profit >= most:
                return f"daily_loss is {most:,f} {currency}, lost are {-profit:,.2f}"
        return None

    def _watch_loss(self) -> None:
        if self._has_fills:  # a part of the day's fills may look like a loss that the whole is not
            super()._watch_loss()

    def _interlock(self, reason: str) -> None:
        """Stop entries; nothing but `commands.arm` lets them pass again."""
        if self.commands.is_armed:
            self.commands.interlock(reason)

    # -- what passes through -------------------------------------------------------------------------------

    def _on_market_event(self, event: Event[Any]) -> None:
        super()._on_market_event(event)
        data, key = event.data, event.header.key
        kind = type(data)
        if kind is PositionUpdate and key in self._keys:
            if changed := self._confirmation.on_position(key.pair, data):
                self._interlock(changed)
        elif kind is BookStatus and data.state is not BookState.VALID:
            self._interlock(f"stale market: the book of {key.pair} is {data.state}: {data.reason}")
        elif kind is ConnectorStatus and data.stream == PRIVATE:
            self._on_private_stream(data)

    def _on_private_stream(self, status: ConnectorStatus) -> None:
        if status.state is ConnectionState.CONNECTED:
            # The stream is called connected after everything that reconciliation found was told.
            self._unreconciled = ""
            self._reconciled.set()
            if self._has_fills:
                self._day.complete()
            return
        self._unreconciled = status.reason or f"it is {status.state}"
        self._day.disturb()
        self._confirmation.suspect()
        self._interlock(f"the account is not reconciled with the venue: {self._unreconciled}")

    # -- what goes on ----------------------------------------------------------------------------------------

    async def _complete_day(self) -> None:
        """Ask for what was filled while nobody listened, and again when a position differs from what was filled."""
        await self._reconciled.wait()
        connector, clock = self.connector, self.clock
        while True:
            if self._has_fills and not self._day.wants_fills:
                await clock.sleep_until(clock.now_ns() + _LOOK_NS)
                continue
            asked_ns = clock.monotonic_ns()
            try:
                fills = await connector.queries.fills(self._day.fills_from_ns)
            except TtxtError as error:
                await self._publish_failure("day's fills", error)
                await clock.sleep_until(clock.now_ns() + _RETRY_NS)
                continue
            for event in fills:
                if type(event.data) is not Fill or connector.orders.is_new_fill(event):
                    await self._market_end.publish(event)
            self._day.was_told(asked_ns)
            if not self._has_fills and not self._unreconciled:
                self._day.complete()
            self._has_fills = True

    async def _watch_over(self) -> None:
        while True:
            await self.clock.sleep_until(self.clock.now_ns() + _LOOK_NS)
            await self._day.save()
            self._notice_clock()
            if self._time.is_sure and self._day.turn_day():
                self._loss_stopped = False
            if self._has_fills and not self._unreconciled:
                self._day.square()
            if not self.view_only:
                self._sweeper.look()
            if self.commands.is_armed and (trouble := self._account_trouble() or self._market_trouble()):
                self._interlock(trouble)

    def _notice_clock(self) -> None:
        if jumped_ns := self._time.jumped_ns():
            self._interlock(f"this machine's clock was set, or it slept: {jumped_ns / NANOSECONDS:+,.1f} s")
            self.connector.clock_offset.clear()

    async def _watch_clock(self) -> None:
        """When this machine's clock was set, ask the venue for its time before anything is judged by it."""
        clock, offset = self.clock, self.connector.clock_offset
        while True:
            await clock.sleep_until(clock.now_ns() + _LOOK_NS)
            if self._time.is_sure:
                continue
            try:
                await self.connector.queries.sample_clock()
            except TtxtError as error:
                await self._publish_failure("venue's clock", error)
                await clock.sleep_until(clock.now_ns() + _RETRY_NS)
            else:
                self._time.is_sure = offset.round_trip_ns is not None

    async def _watch_terms(self) -> None:
        """Ask again for the terms that were confirmed, when a change of them may have gone unseen, and now and then."""
        confirmation, clock = self._confirmation, self.clock
        while True:
            await clock.sleep_until(clock.now_ns() + _LOOK_NS)
            if self._unreconciled or not confirmation.is_due(clock.monotonic_ns()):
                continue
            breaks = confirmation.breaks
            try:
                terms = await self.connector.queries.account_terms(self.connector.config.pairs)
            except AuthError as error:
                self._interlock(confirmation.end(f"{error.asked}: {error.answered}"))
            except TtxtError as error:
                await self._publish_failure("account's terms", error)
                await clock.sleep_until(clock.now_ns() + _RETRY_NS)
            else:
                if changed := confirmation.check(terms, breaks, clock.monotonic_ns()):
                    self._interlock(changed)

    # -- parts that fail ---------------------------------------------------------------------------------------

    async def _lose_market(self) -> None:
        """What was sent has no known outcome, and nothing more can be sent."""
        self._unreconciled = "the connector has failed"
        self._interlock(self._unreconciled)
        self.orders.timeouts(self.clock.now_ns(), 0)
        await super()._lose_market()

    async def _lose_part(self) -> None:
        """Without it entries are not safe."""
        self._unreconciled = "a part that watches over entries has failed"
        self._interlock(self._unreconciled)
