"""The LIVE session: a venue's market, and real orders of one account there.

Owns the conditions of real money: the limits that must be set, the account's lock, when entries may be armed, what
disarms them, and what is done with working orders at the end. It is never armed by itself.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, Clock, SystemClock
from ttxt_core.connectors.account_feed import STREAM as PRIVATE
from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.config import ConnectorConfig, TradingMode
from ttxt_core.connectors.registry import connect as connector_of
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.errors import ConfigError, TtxtError
from ttxt_core.events import (
    BookState,
    BookStatus,
    Command,
    ConnectionState,
    ConnectorStatus,
    Event,
    Fill,
    InstrumentKey,
    OrderAck,
    OrderUpdate,
    PositionUpdate,
    Wallet,
)
from ttxt_core.orders.account_lock import AccountLock
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.answer_watch import ANSWER_WITHIN_S
from ttxt_core.orders.day_loss import DayLossFile
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.router import cancel_command
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.session.day_keeper import DayKeeper
from ttxt_core.session.session import Session, SessionKind
from ttxt_core.session.source import MarketSource, VenueAccount
from ttxt_core.web.secrets import Credentials

MAX_CLOCK_SKEW_NS: Final = NANOSECONDS
"""A machine whose clock is further off than this has a clock that is wrong, and ages by it mislead."""
EXIT_WITHIN_S: Final = 5.0
"""How long the end of a session waits until the venue says that its entries are cancelled."""
_LOOK_NS: Final = 100 * MILLISECOND_NS
_RETRY_NS: Final = NANOSECONDS
_EXIT_LOOK_S: Final = 0.02
_ACCOUNT_EVENTS: Final = frozenset({OrderAck, OrderUpdate, Fill, Wallet, PositionUpdate})
_EVERYWHERE: Final = (
    "max_order_notional",
    "price_band",
    "max_position_notional",
    "orders_per_second",
    "daily_loss",
    "max_data_age_ns",
)
_ON_CONTRACTS: Final = ("max_leverage", "min_liquidation_distance")


def live(
    config: ConnectorConfig,
    credentials: Credentials,
    limits: RiskLimits,
    *,
    state: Path,
    recordings: Path | None = None,
    wall: Clock | None = None,
    answer_within_s: float = ANSWER_WITHIN_S,
    exit_within_s: float = EXIT_WITHIN_S,
    keep_minutes: float | None = None,
    timings: ConnectorTimings | None = None,
) -> LiveSession:
    """A LIVE session, disarmed: a venue's market, private stream and orders, for one account.

    Args:
        config: what is traded where; its trading must be ``test`` or ``live``.
        credentials: of the account.
        limits: what entries must keep to. Every one must be set; `require_stop` is on or off.
        state: folder of the account's lock and its loss of the day; made when it is missing.
        exit_within_s: how long `stop` waits until entries are cancelled.
        recordings, wall, answer_within_s, keep_minutes, timings: as `paper`.

    Raises:
        ConfigError: a limit is missing or can't be, the config is not one for trading, or the venue does not offer
            what it asks for.
    """
    asked = f"open a live session of {config.venue}"
    if config.trading is TradingMode.NONE:
        raise ConfigError(asked, "key trading is 'none'", "set it to 'test' for play money, or to 'live'")
    if not config.streams.book:
        raise ConfigError(asked, "key streams.book is 0", "orders are judged by the book: subscribe to one")
    if wrong := wrong_limits(limits, config):
        raise ConfigError(asked, f"limits not set: {', '.join(wrong)}", "each needs a value above zero")
    return LiveSession(
        config,
        credentials,
        limits,
        state=state,
        recordings=recordings,
        wall=wall,
        answer_within_s=answer_within_s,
        exit_within_s=exit_within_s,
        keep_minutes=keep_minutes,
        timings=timings,
    )


def wrong_limits(limits: RiskLimits, config: ConnectorConfig) -> list[str]:
    """The names of the limits without which real orders are not taken, and that have no value above zero."""
    values: dict[str, Decimal | int | None] = {
        f"max_order_quantity of {pair}": limits.max_order_quantity.get(pair) for pair in config.pairs
    }
    values |= {name: getattr(limits, name) for name in _EVERYWHERE}
    if config.category != SPOT:
        values |= {name: getattr(limits, name) for name in _ON_CONTRACTS}
    return [name for name, value in values.items() if value is None or not Decimal(value).is_finite() or value <= 0]


class LiveSession(Session):
    """A session whose executor is the venue. `live` makes one.

    Attributes:
        connector: the gateway to the venue.
        exit_summary: what `stop` did with the working orders; empty before.
    """

    connector: ConnectorBase

    def __init__(
        self,
        config: ConnectorConfig,
        credentials: Credentials,
        limits: RiskLimits,
        *,
        state: Path,
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
            account = VenueAccount(config.account, connector.lanes)
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
        self.exit_summary = ""
        self._keys = [InstrumentKey(config.venue, config.category, pair) for pair in config.pairs]
        self._exit_within_s = exit_within_s
        name = f"{config.venue}-{config.environment}-{config.account}"
        self._lock = AccountLock(state / f"{name}.lock", name)
        file = DayLossFile(state / f"{name}.day", name)
        self._day = DayKeeper(self._blotter, file, account=config.account, category=config.category, clock=clock)
        self._unreconciled = "not connected yet"
        self._reconciled = asyncio.Event()
        self._has_fills = False
        self._is_ending = False

    # -- running -------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Take the account's lock, read today's loss, and make sure that there is such a market and such an account.

        Raises:
            AccountLockedError: another process trades the account. StateError: a file in the state folder is damaged
                or can't be used. TtxtError: as `Session.open`.
        """
        self._lock.acquire()
        self._day.load()
        await super().open()

    async def start(self) -> None:
        """As `Session.start`; disarmed.

        Raises:
            ConfigError: it was started before. TtxtError: as `open`.
        """
        await super().start()
        self._supervise("day's fills", self._complete_day(), self._lose_part)
        self._supervise("interlock", self._watch_over(), self._lose_part)
        await asyncio.sleep(0)  # a task that is cancelled before its first step never begins what it was given

    async def stop(self) -> None:
        """Cancel entries, keep protective orders, say what became of them, and end everything."""
        try:
            if not self._is_ending and self._is_started:
                self._is_ending = True
                await self._cancel_entries()
            await super().stop()
            if self._lock.is_held:
                await self._day.close()
                if self._day.trouble:
                    self.troubles.append(self._day.trouble)
        finally:
            self._lock.release()

    async def _cancel_entries(self) -> None:
        """The exit policy. A cancel that the venue refused is sent again, one without an answer is not."""
        self.commands.interlock("the session is ending")
        count, began_ns = len(self.orders.entries()), self.clock.monotonic_ns()
        until_ns, next_ns = began_ns + round(self._exit_within_s * NANOSECONDS), began_ns
        while (left := self.orders.entries()) and not self.connector.lanes.unavailable:
            now_ns = self.clock.monotonic_ns()
            if now_ns >= until_ns:
                break
            if now_ns >= next_ns:
                next_ns = now_ns + _RETRY_NS
                for order in left:
                    if Command.CANCEL not in order.in_flight:
                        self.commands.send(cancel_command(order, self.clock.now_ns()))
            await asyncio.sleep(_EXIT_LOOK_S)
        kept, venue = len(self.orders.protective()), self.connector.venue
        self.exit_summary = f"{max(0, count - len(left))} ended · {kept} protective kept"
        if self._is_opened and not self._reconciled.is_set():
            self.exit_summary = "nothing cancelled: the account was never reconciled"
            self.troubles.append(f"orders of before may work at {venue}: the account was never reconciled")
        if left:
            self.exit_summary += f" · {len(left)} MAY STILL WORK"
            self.troubles.append(f"entries that may still work at {venue}: {len(left)}; it did not say they ended")

    # -- arming --------------------------------------------------------------------------------------------

    def why_not_arm(self) -> str | None:
        """Why entries may not be let pass now; None when they may."""
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
        if self._is_ending or not self._is_started:
            return "the session is not running"
        if self.connector.lanes.unavailable:
            return self.connector.lanes.unavailable
        if self._unreconciled or not self.connector.is_ready:
            return f"the account is not reconciled with the venue: {self._unreconciled or 'it was disconnected'}"
        return self._day.trouble or None

    def _market_trouble(self) -> str | None:
        off_ns = abs(self.connector.clock_offset.offset_ns)
        if off_ns > MAX_CLOCK_SKEW_NS:
            return f"clock skew: this machine and the venue are {off_ns / NANOSECONDS:.1f} s apart"
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
        data = event.data
        kind = type(data)
        if kind in _ACCOUNT_EVENTS:
            self._on_account_event(event)
            return
        super()._on_market_event(event)
        if kind is BookStatus and data.state is not BookState.VALID:
            self._interlock(f"stale market: the book of {event.header.pair} is {data.state}: {data.reason}")
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
        self._interlock(f"the account is not reconciled with the venue: {self._unreconciled}")

    # -- what goes on ----------------------------------------------------------------------------------------

    async def _complete_day(self) -> None:
        """Ask once for what was filled while nobody listened; from then on the private stream tells of every fill."""
        await self._reconciled.wait()
        connector = self.connector
        while not self._has_fills:
            try:
                fills = await connector.queries.fills(self._day.fills_from_ns)
            except TtxtError as error:
                await self._publish_failure("day's fills", error)
                await self.clock.sleep_until(self.clock.now_ns() + _RETRY_NS)
                continue
            for event in fills:
                if type(event.data) is not Fill or connector.orders.is_new_fill(event):
                    await self._market_end.publish(event)
            self._has_fills = True
            if not self._unreconciled:
                self._day.complete()

    async def _watch_over(self) -> None:
        while True:
            await self.clock.sleep_until(self.clock.now_ns() + _LOOK_NS)
            if self._day.turn_day():
                self._loss_stopped = False
            if self._has_fills and not self._unreconciled:
                self._day.square()
            await self._day.save()
            if self.commands.is_armed and (trouble := self._account_trouble() or self._market_trouble()):
                self._interlock(trouble)

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
