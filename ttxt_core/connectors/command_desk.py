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

from ttxt_core.connectors.commands import Answer
from ttxt_core.connectors.denormalizer import DenormalizerBase, priority_of
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.queries import ClockError
from ttxt_core.connectors.settlement import Settlement
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
from ttxt_core.events import AckOutcome, CreateOrder, Event, MessageHeader, OrderAck, ProtectPosition
from ttxt_core.orders.manager import COMMAND_OF
from ttxt_core.queues.base import IQueueConsumer
from ttxt_core.web.replies import Reply
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.rest_assistant import RESTAssistant
from ttxt_core.web.throttle import Throttler
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

_UNANSWERED_KEPT: Final = 1_000
_READY: Final = StreamState.READY

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
        kit: ConnectorKit,
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
        self._kit = kit
        self._clock = kit.clock
        self._offset = kit.clock_offset
        self._on_clock_refused = on_clock_refused
        self._numbers = count(1)
        self._prefix = f"{kit.clock.now_ns():x}"
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
                self.carry_out(group)

    def carry_out(self, group: list[Event[Any]]) -> None:
        """Carry out commands of one kind, their bytes in this very turn of the loop if nothing has to be waited for."""
        going = []
        for event in group:
            command = event.data
            is_entry = type(command) is CreateOrder and not (command.reduce_only or command.close_on_trigger)
            if is_entry and (reason := self._refuse_entries()):
                self.acknowledge(event, Answer(AckOutcome.REJECTED, reason=reason))
            else:
                going.append(event)
        if not going:
            return
        try:
            reply = self._send_at_once(going)
        except (OrderError, InstrumentError) as error:
            self._refuse_unwritable(going, error)
            return
        creating = _Creating()
        if reply is not None:
            creating.has_left.set()
        for event in going:
            if type(event.data) is CreateOrder:
                self._creating[event.data.client_order_id] = creating
        self._kit.spawn(self._see_through(going, creating, reply), "commands")

    # -- sending -----------------------------------------------------------------------------------------

    def _send_at_once(self, group: list[Event[Any]]) -> Reply | None:
        """The reply to come; None when the group has to wait for something, or can't go over the trade socket.

        Raises:
            OrderError, InstrumentError: one of the group can't be written.
        """
        stream = self._socket_for(group)
        if stream is None:
            return None
        if self._creating and not all(create.has_left.is_set() for create in self._creates_of(group)):
            return None
        if not self._throttler.try_acquire(self._denormalizer.command_limits(group), weight=len(group)):
            return None
        try:
            return self._hand_over(group, stream)
        except NotSentError:
            return None

    def _socket_for(self, group: list[Event[Any]]) -> WSAssistant | None:
        """The trade socket, if it is ready and takes such commands."""
        stream = self._stream
        is_ready = stream is not None and stream.state is _READY
        return stream if is_ready and type(group[0].data) not in self._denormalizer.rest_only else None

    def _hand_over(self, group: list[Event[Any]], stream: WSAssistant) -> Reply:
        request_id = f"{self._prefix}-{next(self._numbers)}"
        now_ms = self._offset.server_ms(self._clock.now_ns())
        return stream.ask(self._denormalizer.command_over_ws(group, request_id, now_ms))

    def _refuse_unwritable(self, group: list[Event[Any]], error: TtxtError) -> None:
        """One of a group can't be written: the others must not suffer for it."""
        if len(group) == 1:
            self.acknowledge(group[0], _refusal(error))
            return
        for event in group:
            self.carry_out([event])

    async def _see_through(self, group: list[Event[Any]], creating: _Creating, reply: Reply | None) -> None:
        """Send what could not go at once, and tell the answers."""
        try:
            answers = await self._send(group, creating) if reply is None else await self._heard(group, reply)
        except RateLimitError as error:
            answers = [_refusal(error)] * len(group)
        except (OrderError, InstrumentError) as error:
            self._refuse_unwritable(group, error)
            return
        finally:
            creating.has_left.set()
            creating.is_answered.set()
            for event in group:
                if self._creating.get(event.data.client_order_id) is creating:
                    del self._creating[event.data.client_order_id]
        for event, answer in zip(group, answers, strict=True):
            if answer.code in self._offer.gone_codes and self._denormalizer.retries(event):
                self.carry_out([event])
                continue
            self.acknowledge(event, answer)
            if answer.code in self._offer.clock_codes:
                self._on_clock_refused()
            if answer.outcome is AckOutcome.UNKNOWN or answer.code in self._offer.gone_codes:
                self._settle(event)

    async def _send(self, group: list[Event[Any]], creating: _Creating) -> list[Answer]:
        stream = self._socket_for(group)
        if stream is not None:
            try:
                return await self._send_over_ws(group, stream, creating)
            except NotSentError:
                pass  # certainly nothing left, so the other way is open
        return await self._send_over_rest(group)

    async def _send_over_ws(self, group: list[Event[Any]], stream: WSAssistant, creating: _Creating) -> list[Answer]:
        """A socket keeps the order: what is about an order waits only until its create has left.

        Raises:
            NotSentError: certainly nothing left.
        """
        for create in self._creates_of(group):
            await create.has_left.wait()
        limits = self._denormalizer.command_limits(group)
        priority, patience_s = priority_of(group[0].data), self._kit.timings.answer_s
        await self._throttler.acquire(limits, weight=len(group), priority=priority, most_wait_s=patience_s)
        reply = self._hand_over(group, stream)
        creating.has_left.set()
        return await self._heard(group, reply)

    async def _heard(self, group: list[Event[Any]], reply: Reply) -> list[Answer]:
        try:
            response = await reply.within(self._kit.timings.answer_s)
            return self._read_answers(response.raw, len(group))
        except (WebError, ProtocolError) as error:
            self._unanswered[reply.request.request_id or ""] = group
            if len(self._unanswered) > _UNANSWERED_KEPT:
                del self._unanswered[next(iter(self._unanswered))]
            return [_unknown(error)] * len(group)

    async def _send_over_rest(self, group: list[Event[Any]]) -> list[Answer]:
        """Over REST requests may overtake each other: what is about an order waits until its create was answered."""
        for create in self._creates_of(group):
            await create.is_answered.wait()
        try:
            request = self._denormalizer.command_over_rest(group)
            response = await self._rest.call(replace(request, most_wait_s=self._kit.timings.answer_s))
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
        self._kit.reports.pass_on(Event(at, ack))
        if answer.outcome is AckOutcome.ACCEPTED and type(command) is CreateOrder:
            self._orders.on_accepted(event, answer.order_id, self._clock.monotonic_ns())

    def on_late_answer(self, response: WSResponse, request_id: str | None) -> None:
        """An answer that nobody waits for any more: it settles what was unknown."""
        group = self._unanswered.pop(request_id or "", None)
        if group is None:
            return
        try:
            answers = self._read_answers(response.raw, len(group))
        except ProtocolError as error:
            self._kit.reports.error(error)
            return
        for event, answer in zip(group, answers, strict=True):
            task = self._settling.get(_settling_name(event))
            if task is not None and answer.outcome is not AckOutcome.UNKNOWN:
                task.cancel()
                self.acknowledge(event, answer)

    def _settle(self, event: Event[Any]) -> None:
        """Find out what became of a command, or of the order that a refused one was about.

        Exits of a position are no order to be asked about: what they are, the private stream tells or an audit.
        """
        if self._settlement is None:
            return
        if type(event.data) is ProtectPosition:
            self._settlement.audit_soon()
            return
        name = _settling_name(event)
        task = self._settling[name] = self._kit.spawn(
            self._settlement.settle(event, self._clock.monotonic_ns()), "settlement"
        )
        task.add_done_callback(lambda done: self._settled(name, done))

    def _settled(self, name: tuple[str, type], task: asyncio.Task[None]) -> None:
        if self._settling.get(name) is task:
            del self._settling[name]


def _grouped(batch: Sequence[Event[Any]], limit: int) -> list[list[Event[Any]]]:
    """Neighbours of one kind together, at most `limit`, and never two commands on one order or any on a position.

    Exits are apart from entries, so that they need not wait with them.
    """
    groups: list[list[Event[Any]]] = []
    names: set[str] = set()
    for event in batch:
        name = event.data.client_order_id or event.data.order_id
        last = groups[-1] if groups else [event]
        is_alike = type(last[0].data) is type(event.data) and priority_of(last[0].data) is priority_of(event.data)
        fits = bool(groups) and is_alike and len(last) < limit
        if fits and name not in names and type(event.data) is not ProtectPosition:
            groups[-1].append(event)
        else:
            groups.append([event])
            names = set()
        names.add(name)
    return groups


def _settling_name(event: Event[Any]) -> tuple[str, type]:
    command = event.data
    order_id = None if type(command) is CreateOrder else command.order_id
    return command.client_order_id or order_id or "", type(command)


def _refusal(error: TtxtError) -> Answer:
    """Certainly not carried out."""
    code = str(error.code) if isinstance(error, VenueRejectError | ClockError) else None
    return Answer(AckOutcome.REJECTED, reason=_words(error), code=code)


def _unknown(error: TtxtError) -> Answer:
    return Answer(AckOutcome.UNKNOWN, reason=_words(error))


def _words(error: TtxtError) -> str:
    return f"{error.answered}: {error.hint}" if error.hint else error.answered
