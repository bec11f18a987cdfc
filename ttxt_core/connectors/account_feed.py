"""The private stream of a connector: orders, fills, balances and positions, complete even after a break.

Owns reconciliation: after every connection, and now and then while it holds, what works, what was filled and what is
held is asked for over REST and told; only then is the stream called connected. A fill is told once, whichever way it
came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.dead_man import DeadManSwitch
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.connectors.venue import SubscriptionAnswer
from ttxt_core.connectors.working_orders import Accepted, WorkingOrders
from ttxt_core.errors import AuthError, ProtocolError, TransportError, TtxtError
from ttxt_core.events import (
    AckOutcome,
    Balance,
    Command,
    ConnectionState,
    Event,
    Fill,
    OrderAck,
    OrderState,
    OrderUpdate,
    PositionSide,
    PositionUpdate,
    Wallet,
)
from ttxt_core.web.requests import WSRequest, WSResponse
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

STREAM: Final = "private"
_BACKLOG: Final = 1_000
"""So many events may wait before the socket is read on."""

Normalize = Callable[[bytes, int], list[Event[Any]]]


class Heard(NamedTuple):
    """What the stream told of holdings while they were asked for: it is newer than the answer, which is slower.

    Attributes:
        positions: those that were told of. balances: the last told, by currency.
    """

    positions: set[tuple[str, PositionSide | None]]
    balances: dict[str, Balance]

    def take(self, event: Event[Any]) -> None:
        """The stream told `event`."""
        if type(event.data) is PositionUpdate:
            self.positions.add((event.header.pair, event.data.position_side))
        elif type(event.data) is Wallet:
            self.balances.update((balance.currency, balance) for balance in event.data.balances)

    def merged(self, answer: Event[Any]) -> Event[Any]:
        """A wallet as it was answered, with what was told since it was asked for."""
        if type(answer.data) is not Wallet or not self.balances:
            return answer
        balances = {balance.currency: balance for balance in answer.data.balances} | self.balances
        return Event(answer.header, replace(answer.data, balances=list(balances.values())))


class AccountFeed:
    """What a private stream's messages come to. `attach` gives it its stream.

    Attributes:
        is_ready: reconciled since the last connection, so that nothing is missing.
        orders: what works, by what was heard.
    """

    def __init__(
        self,
        pairs: Sequence[str],
        normalize: Normalize,
        subscription_answer: Callable[[WSResponse], SubscriptionAnswer | None],
        queries: VenueQueries,
        orders: WorkingOrders,
        *,
        account: str,
        dead_man: DeadManSwitch,
        dead_man_request: WSRequest | None,
        kit: ConnectorKit,
    ) -> None:
        self.is_ready = False
        self.orders = orders
        self._pairs = pairs
        self._normalize = normalize
        self._subscription_answer = subscription_answer
        self._queries = queries
        self._account = account
        self._dead_man = dead_man
        self._dead_man_request = dead_man_request
        self._kit = kit
        self._began_ns = kit.clock.now_ns()
        self._least_offset_ns: int | None = None
        self._positions: dict[tuple[str, PositionSide], Event[PositionUpdate]] = {}
        self._heard = Heard(set(), {})
        self._is_in_doubt = False
        self._fills_known_ns = 0
        """The venue's time of the latest fill when fills were last asked for with success: later may be missing."""
        self._confirmed = asyncio.Event()
        self._reconciling: asyncio.Task[None] | None = None
        self._stream: WSAssistant | None = None
        self._connections = 0
        self._waits: dict[str, asyncio.Event] = {}

    def attach(self, stream: WSAssistant) -> None:
        """Let `stream` be the one that is given up when it can't be trusted."""
        self._stream = stream

    # -- what the stream says ----------------------------------------------------------------------------

    def on_response(self, response: WSResponse) -> Awaitable[None] | None:
        """A message came; what is returned is waited for before the next is read."""
        answer = self._subscription_answer(response)
        if answer is not None and not answer.reason:
            self._confirmed.set()
            return None
        try:
            events = self._normalize(response.raw, response.receive_time_ns)
        except ProtocolError as error:
            # Whatever it said of the account is asked for again on a new connection.
            self._kit.reports.error(error)
            if self._stream is not None:
                self._stream.reconnect("a frame that can't be read")
            return None
        for event in events:
            self._heard.take(event)
            self.tell(event)
        return self._kit.outbox.drained() if len(self._kit.outbox) > _BACKLOG else None

    def on_state(self, state: StreamState, reason: str) -> None:
        """The stream changed its state."""
        if state is StreamState.CONNECTING:
            again = self._connections > 0
            self._connections += 1
            self._kit.reports.status(STREAM, ConnectionState.RECONNECTING if again else ConnectionState.CONNECTING)
        elif state is StreamState.SUBSCRIBING:
            self._confirmed.clear()
            self._reconciling = self._kit.spawn(self._keep_reconciled(), "reconciliation")
        elif state in {StreamState.DISCONNECTED, StreamState.STOPPED}:
            self.is_ready = False
            self._dead_man.lost()
            if self._reconciling is not None:
                self._reconciling.cancel()
            self._kit.reports.status(STREAM, ConnectionState.DISCONNECTED, reason or "stopped")

    def tell(self, event: Event[Any]) -> None:
        """Publish an account event, whichever way it came; a fill that was told is not told again."""
        kind = type(event.data)
        if kind is Fill and not self.orders.is_new_fill(event):
            return
        if kind is OrderUpdate:
            self.orders.on_update(event)
        elif kind is PositionUpdate:
            self._positions[event.header.pair, event.data.position_side] = event
        self._kit.reports.pass_on(event)
        if kind is OrderUpdate:
            for name in (event.data.client_order_id, event.data.order_id):
                if (waiting := self._waits.pop(name, None)) is not None:
                    waiting.set()

    def tell_answers(self, events: Iterable[Event[Any]], asked_ns: int) -> None:
        """Publish what a question that was asked at `asked_ns` found, as `tell`.

        It is newer than what was heard before, but for the moment that a venue's lists may be behind its stream.
        """
        heard_ns = asked_ns - round(self._kit.timings.settle_s * NANOSECONDS)
        for event in events:
            self.tell(self.orders.as_answer(event, heard_ns) if type(event.data) is OrderUpdate else event)

    async def news_of(self, client_order_id: str, timeout_s: float) -> None:
        """Wait for the next update of an order, at most `timeout_s`."""
        waiting = self._waits.setdefault(client_order_id, asyncio.Event())
        try:
            async with asyncio.timeout(timeout_s):
                await waiting.wait()
        except TimeoutError:
            self._waits.pop(client_order_id, None)

    def audit_soon(self) -> None:
        """Something has happened that the stream may not have told of: ask before the next audit would."""
        self._is_in_doubt = True

    # -- reconciliation ----------------------------------------------------------------------------------

    async def _keep_reconciled(self) -> None:
        """As long as the connection lasts."""
        try:
            async with asyncio.timeout(self._kit.timings.answer_s):
                await self._confirmed.wait()
        except TimeoutError:
            error = TransportError("subscribe to the account", f"no answer within {self._kit.timings.answer_s:g} s")
            self._kit.reports.error(error)
            if self._stream is not None:
                self._stream.reconnect(error.answered)
            return
        await self._reconcile_until_done()
        self.is_ready = True
        self._kit.reports.status(STREAM, ConnectionState.CONNECTED)
        while True:
            await self._dead_man.set(self._be_watched)
            await self._audit_due()
            await self._reconcile_until_done()

    async def _be_watched(self) -> None:
        """Let the venue see by this stream that the program is there.

        Raises:
            AuthError: it does not for this account. WebError: it did not say.
        """
        if self._stream is None or self._dead_man_request is None:
            return
        answer = self._subscription_answer(
            await self._stream.request(self._dead_man_request, self._kit.timings.answer_s)
        )
        if answer is not None and answer.reason:
            raise AuthError("let the venue watch the private stream", answer.reason)

    async def _audit_due(self) -> None:
        """Wait for the next audit: early when the venue took an order and says nothing of it, or there is a doubt."""
        timings = self._kit.timings
        clock, now_ns = self._kit.clock, self._kit.clock.monotonic_ns()
        audit_ns, patience_ns = now_ns + round(timings.audit_s * NANOSECONDS), round(timings.answer_s * NANOSECONDS)
        while True:
            await clock.sleep_until(clock.now_ns() + min(audit_ns - now_ns, patience_ns))
            now_ns = clock.monotonic_ns()
            is_early = any(now_ns - order.since_ns > patience_ns for order in self.orders.accepted)
            if now_ns >= audit_ns or is_early or self._is_in_doubt:
                return

    async def _reconcile_until_done(self) -> None:
        backoff = self._kit.backoff()
        while True:
            try:
                return await self.reconcile()
            except TtxtError as error:
                self._kit.reports.error(error, "reconcile the account")
                wait_ns = backoff.lost(self._kit.clock.monotonic_ns(), getattr(error, "retry_after_s", None))
            await self._kit.clock.sleep_until(self._kit.clock.now_ns() + wait_ns)

    async def reconcile(self) -> None:
        """Ask for everything and tell what is new.

        Raises:
            WebError, ProtocolError: a question was not answered.
        """
        before, accepted = list(self.orders), self.orders.accepted
        self._is_in_doubt = False
        known_ns = self.orders.last_fill_ns
        fills = await self._queries.fills(self._fills_from_ns())
        self._fills_known_ns = known_ns
        asked_ns = self._kit.clock.now_ns()
        working = await self._queries.open_orders()
        self.tell_answers((*fills, *working), asked_ns)
        listed = {name for event in working if type(event.data) is OrderUpdate for name in _names(event.data)}
        for event in before:
            if not listed.intersection(_names(event.data)):
                await self._ask_what_became_of(event)
        for order in accepted:
            if not listed.intersection({order.command.data.client_order_id, order.order_id}):
                await self._ask_for_accepted(order)
        await self._reconcile_holdings()

    async def _ask_what_became_of(self, last: Event[OrderUpdate]) -> None:
        """An order that worked when we last heard of it, and is not listed any more."""
        data, asked_ns = last.data, self._kit.clock.now_ns()
        found = await self._queries.order(last.header.pair, data.client_order_id, data.order_id)
        if found is not None:
            self.tell_answers([found], asked_ns)
            return
        for fill in await self._queries.fills_of(last.header.pair, data.client_order_id, data.order_id):
            self.tell(fill)
        if self._kit.clock.now_ns() - last.header.receive_time_ns < self._kit.timings.expiry_s * NANOSECONDS:
            self.audit_soon()  # the stream told of it just now: the lists may be behind
            return
        header = self._kit.reports.header(last.header.pair)
        ended = replace(data, state=OrderState.CANCELED, reason="the venue does not list it any more")
        self.tell(Event(replace(header, venue_time_ns=last.header.venue_time_ns), ended))

    async def _ask_for_accepted(self, order: Accepted) -> None:
        """An order that the venue took, and that it neither lists nor ever told of."""
        command, header = order.command.data, order.command.header
        found = await self._queries.order(header.pair, command.client_order_id, order.order_id)
        if found is not None:
            self.tell(found)
        elif self._kit.clock.monotonic_ns() - order.since_ns > self._kit.timings.expiry_s * NANOSECONDS:
            self.orders.forget(command.client_order_id)
            reason = "the venue took it, and has no such order"
            self._kit.reports.tell(
                OrderAck(
                    self._account,
                    command.client_order_id,
                    Command.CREATE,
                    AckOutcome.REJECTED,
                    order.order_id,
                    reason,
                ),
                header.pair,
            )

    async def _reconcile_holdings(self) -> None:
        heard = self._heard = Heard(set(), {})
        positions = await self._queries.positions(self._pairs)
        wallet = await self._queries.wallet()
        for event in positions:
            if (event.header.pair, _side(event)) not in heard.positions:
                self.tell(event)
        for event in wallet:
            self.tell(heard.merged(event))
        if any(type(event.data) is not PositionUpdate for event in positions):
            return  # what could not be read may be any of them
        listed = heard.positions | {(event.header.pair, _side(event)) for event in positions}
        for known, last in list(self._positions.items()):
            if known not in listed and last.data.quantity:
                flat = PositionUpdate(self._account, Decimal(0), position_side=last.data.position_side)
                self.tell(Event(self._kit.reports.header(last.header.pair), flat))

    def _fills_from_ns(self) -> int:
        """Where fills may be missing from: never before this connector began, since positions count those."""
        offset, least_ns = self._kit.clock_offset, self._least_offset_ns
        if offset.round_trip_ns is not None:
            # Set ahead later, the venue's clock must not make what was filled since look older than the beginning.
            self._least_offset_ns = offset.offset_ns if least_ns is None else min(offset.offset_ns, least_ns)
        began_ns = self._began_ns + (self._least_offset_ns or 0)
        return max(began_ns, self._fills_known_ns - round(self._kit.timings.overlap_s * NANOSECONDS))


def _names(update: OrderUpdate) -> set[str]:
    return {name for name in (update.client_order_id, update.order_id) if name}


def _side(event: Event[Any]) -> PositionSide | None:
    return event.data.position_side if type(event.data) is PositionUpdate else None
