"""The commands of a connector: taken in batches, sent once, answered always.

Owns the way of a command to the venue: by the trade socket while it is ready, else over REST; and what its answer, or
the lack of one, is told as. A slow answer holds up no other command. Nothing is ever sent a second time by itself,
unless it is certain that the first did not leave. What a rate limit holds back for too long is refused: an order that
goes minutes later is not the order that was meant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from ttxt_core.clock import Clock
from ttxt_core.connectors.commands import Answer
from ttxt_core.connectors.denormalizer import PRIORITY_OF, DenormalizerBase
from ttxt_core.connectors.queries import ClockError
from ttxt_core.connectors.reports import Reports
from ttxt_core.connectors.settlement import Settlement
from ttxt_core.connectors.timings import ConnectorTimings, Spawn
from ttxt_core.connectors.venue import VenueOffer
from ttxt_core.connectors.working_orders import WorkingOrders
from ttxt_core.errors import (
    InstrumentError,
    NotSentError,
    OrderError,
    ProtocolError,
    RateLimitError,
    TtxtError,
    VenueRejectError,
    WebError,
)
from ttxt_core.events import AckOutcome, CancelOrder, CreateOrder, Event, MessageHeader, OrderAck
from ttxt_core.orders.manager import COMMAND_OF
from ttxt_core.queues.base import IQueueConsumer
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.rest_assistant import RESTAssistant
from ttxt_core.web.throttle import Throttler
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

_UNANSWERED_KEPT: Final = 1_000

ReadAnswers = Callable[[bytes, int], list[Answer]]
"""What an answer says of each of so many commands; raises ProtocolError."""


class _Creating:
    """A create under way: whether it has left, and whether it was answered, one way or the other."""

    __slots__ = ("has_left", "is_answered")

    def __init__(self) -> None:
        self.has_left = asyncio.Event()
        self.is_answered = asyncio.Event()


class CommandDesk:
    """Carries out the commands of one account on one category.

    `refuse_entries` says why no order that could open a position may go now; empty when it may. `attach` gives the desk
    its trade socket where the venue has one; `settle_with` who finds out what became of a command.
    """

    def __init__(
        self,
        commands: IQueueConsumer,
        denormalizer: DenormalizerBase,
        rest: RESTAssistant,
        read_answers: ReadAnswers,
        offer: VenueOffer,
        *,
        refuse_entries: Callable[[], str],
        orders: WorkingOrders,
        throttler: Throttler,
        reports: Reports,
        clock: Clock,
        clock_offset: ClockOffset,
        timings: ConnectorTimings,
        spawn: Spawn,
        on_clock_refused: Callable[[], None],
    ) -> None:
        self._commands = commands
        self._denormalizer = denormalizer
        self._rest = rest
        self._read_answers = read_answers
        self._offer = offer
        self._refuse_entries = refuse_entries
        self._orders = orders
        self._throttler = throttler
        self._reports = reports
        self._clock = clock
        self._offset = clock_offset
        self._timings = timings
        self._spawn = spawn
        self._on_clock_refused = on_clock_refused
        self._numbers = count(1)
        self._prefix = f"{clock.now_ns():x}"
        self._stream: WSAssistant | None = None
        self._settlement: Settlement | None = None
        self._creating: dict[str, _Creating] = {}
        self._unanswered: dict[str, list[Event[Any]]] = {}
        self._settling: dict[tuple[str, type], asyncio.Task[None]] = {}

    def attach(self, stream: WSAssistant) -> None:
        """Let commands go over `stream` while it is ready."""
        self._stream = stream

    def settle_with(self, settlement: Settlement) -> None:
        """Let `settlement` find out what became of commands."""
        self._settlement = settlement

    async def run(self) -> None:
        """Carry out commands until cancelled.

        Raises:
            QueueClosedError: the queue of commands is closed and empty.
        """
        while True:
            batch = await self._commands.get_batch()
            for group in _grouped(batch, self._denormalizer.batch_limit):
                self._start(group)

    def _start(self, group: list[Event[Any]]) -> None:
        going = []
        for event in group:
            reason = self._refuse_entries() if _is_entry(event) else ""
            if reason:
                self.acknowledge(event, Answer(AckOutcome.REJECTED, reason=reason))
            else:
                going.append(event)
        if not going:
            return
        creating = _Creating()
        for event in going:
            if type(event.data) is CreateOrder:
                self._creating[event.data.client_order_id] = creating
        self._spawn(self._carry_out(going, creating), "commands")

    # -- sending -----------------------------------------------------------------------------------------

    async def _carry_out(self, group: list[Event[Any]], creating: _Creating) -> None:
        try:
            answers = await self._send(group, creating)
        except RateLimitError as error:
            answers = [_refusal(error)] * len(group)
        except (OrderError, InstrumentError) as error:
            # One of a group can't be written: the others must not suffer for it.
            if len(group) > 1:
                for event in group:
                    self._start([event])
                return
            answers = [_refusal(error)]
        finally:
            creating.has_left.set()
            creating.is_answered.set()
            for event in group:
                if self._creating.get(event.data.client_order_id) is creating:
                    del self._creating[event.data.client_order_id]
        for event, answer in zip(group, answers, strict=True):
            self.acknowledge(event, answer)
            if answer.code in self._offer.clock_codes:
                self._on_clock_refused()
            if answer.outcome is AckOutcome.UNKNOWN or answer.code in self._offer.gone_codes:
                self._settle(event)

    async def _send(self, group: list[Event[Any]], creating: _Creating) -> list[Answer]:
        stream = self._stream
        if stream is not None and stream.state is StreamState.READY:
            try:
                return await self._send_over_ws(group, stream, creating)
            except NotSentError:
                pass  # certainly nothing left, so the other way is open
        return await self._send_over_rest(group)

    async def _send_over_ws(self, group: list[Event[Any]], stream: WSAssistant, creating: _Creating) -> list[Answer]:
        """A socket keeps the order: what is about an order waits only until its create has left."""
        for create in self._creates_of(group):
            await create.has_left.wait()
        limits = self._denormalizer.command_limits(group)
        priority, patience_s = PRIORITY_OF[type(group[0].data)], self._timings.answer_s
        await self._throttler.acquire(limits, weight=len(group), priority=priority, most_wait_s=patience_s)
        request_id = f"{self._prefix}-{next(self._numbers)}"
        now_ms = self._offset.server_ms(self._clock.now_ns())
        request = self._denormalizer.command_over_ws(group, request_id, now_ms)
        creating.has_left.set()  # who waits for it goes on in a later turn of the loop, and the bytes go in this one
        try:
            response = await stream.request(request, self._timings.answer_s)
            return self._read_answers(response.raw, len(group))
        except NotSentError:
            raise
        except (WebError, ProtocolError) as error:
            self._unanswered[request_id] = group
            if len(self._unanswered) > _UNANSWERED_KEPT:
                del self._unanswered[next(iter(self._unanswered))]
            return [_unknown(error)] * len(group)

    async def _send_over_rest(self, group: list[Event[Any]]) -> list[Answer]:
        """Over REST requests may overtake each other: what is about an order waits until its create was answered."""
        for create in self._creates_of(group):
            await create.is_answered.wait()
        try:
            request = self._denormalizer.command_over_rest(group)
            response = await self._rest.call(replace(request, most_wait_s=self._timings.answer_s))
            return self._read_answers(response.body, len(group))
        except ProtocolError as error:
            return [_unknown(error)] * len(group)
        except WebError as error:
            return [_unknown(error) if error.is_ambiguous else _refusal(error)] * len(group)

    def _creates_of(self, group: list[Event[Any]]) -> list[_Creating]:
        """The creates under way of the orders that amends and cancels in `group` are about."""
        if type(group[0].data) is CreateOrder:
            return []
        found = (self._creating.get(event.data.client_order_id) for event in group)
        return [create for create in found if create is not None]

    # -- answers -----------------------------------------------------------------------------------------

    def acknowledge(self, event: Event[Any], answer: Answer) -> None:
        """Tell what became of a command."""
        command, header = event.data, event.header
        ack = OrderAck(
            account=command.account,
            client_order_id=command.client_order_id,
            command=COMMAND_OF[type(command)],
            outcome=answer.outcome,
            order_id=answer.order_id or (None if type(command) is CreateOrder else command.order_id),
            reason=answer.reason,
            code=answer.code,
        )
        at = MessageHeader(header.venue, header.category, header.pair, 0, self._clock.now_ns())
        self._reports.pass_on(Event(at, ack))
        if answer.outcome is AckOutcome.ACCEPTED and type(command) is CreateOrder:
            self._orders.on_accepted(event, answer.order_id, self._clock.now_ns())

    def on_late_answer(self, response: WSResponse, request_id: str | None) -> None:
        """An answer that nobody waits for any more: it settles what was unknown."""
        group = self._unanswered.pop(request_id or "", None)
        if group is None:
            return
        try:
            answers = self._read_answers(response.raw, len(group))
        except ProtocolError as error:
            self._reports.error(error)
            return
        for event, answer in zip(group, answers, strict=True):
            task = self._settling.get(_settling_name(event))
            if task is not None and answer.outcome is not AckOutcome.UNKNOWN:
                task.cancel()
                self.acknowledge(event, answer)

    def _settle(self, event: Event[Any]) -> None:
        """Find out what became of a command, or of the order that a refused one was about."""
        if self._settlement is None:
            return
        name = _settling_name(event)
        task = self._settling[name] = self._spawn(self._settlement.settle(event, self._clock.now_ns()), "settlement")
        task.add_done_callback(lambda done: self._settled(name, done))

    def _settled(self, name: tuple[str, type], task: asyncio.Task[None]) -> None:
        if self._settling.get(name) is task:
            del self._settling[name]


def _grouped(batch: Sequence[Event[Any]], limit: int) -> list[list[Event[Any]]]:
    """Neighbours of one kind together, at most `limit`, and never two commands on one order."""
    groups: list[list[Event[Any]]] = []
    names: set[str] = set()
    for event in batch:
        name = event.data.client_order_id or event.data.order_id
        fits = bool(groups) and type(groups[-1][0].data) is type(event.data) and len(groups[-1]) < limit
        if fits and name not in names:
            groups[-1].append(event)
        else:
            groups.append([event])
            names = set()
        names.add(name)
    return groups


def _is_entry(event: Event[Any]) -> bool:
    command = event.data
    return type(command) is CreateOrder and not (command.reduce_only or command.close_on_trigger)


def _settling_name(event: Event[Any]) -> tuple[str, type]:
    command = event.data
    order_id = command.order_id if type(command) is CancelOrder else None
    return command.client_order_id or order_id or "", type(command)


def _refusal(error: TtxtError) -> Answer:
    """Certainly not carried out."""
    code = str(error.code) if isinstance(error, VenueRejectError | ClockError) else None
    return Answer(AckOutcome.REJECTED, reason=_words(error), code=code)


def _unknown(error: TtxtError) -> Answer:
    return Answer(AckOutcome.UNKNOWN, reason=_words(error))


def _words(error: TtxtError) -> str:
    return f"{error.answered}: {error.hint}" if error.hint else error.answered
