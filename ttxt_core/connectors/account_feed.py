"""The private stream of a connector: orders, fills, balances and positions, complete even after a break.

Owns reconciliation: after every connection, and now and then while it holds, what works, what was filled and what is
held is asked for over REST and told; only then is the stream called connected. A fill is told once, whichever way it
came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.dead_man import DeadManSwitch
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.connectors.venue import SubscriptionAnswer
from ttxt_core.connectors.working_orders import Accepted, WorkingOrders
from ttxt_core.errors import ProtocolError, TransportError, TtxtError
from ttxt_core.events import (
    AckOutcome,
    Command,
    ConnectionState,
    Event,
    Fill,
    OrderAck,
    OrderState,
    OrderUpdate,
    PositionSide,
    PositionUpdate,
)
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

STREAM: Final = "private"
_BACKLOG: Final = 1_000
"""So many events may wait before the socket is read on."""

Normalize = Callable[[bytes, int], list[Event[Any]]]


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
        self._kit = kit
        self._began_ns = kit.clock.now_ns()
        self._positions: dict[tuple[str, PositionSide], Event[PositionUpdate]] = {}
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

    async def news_of(self, client_order_id: str, timeout_s: float) -> None:
        """Wait for the next update of an order, at most `timeout_s`."""
        waiting = self._waits.setdefault(client_order_id, asyncio.Event())
        try:
            async with asyncio.timeout(timeout_s):
                await waiting.wait()
        except TimeoutError:
            self._waits.pop(client_order_id, None)

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
            await self._dead_man.set()
            await self._audit_due()
            await self._reconcile_until_done()

    async def _audit_due(self) -> None:
        """Wait for the next audit: early when the venue took an order and says nothing of it."""
        timings = self._kit.timings
        audit_ns = self._kit.clock.now_ns() + round(timings.audit_s * NANOSECONDS)
        patience_ns = round(timings.answer_s * NANOSECONDS)
        while True:
            await self._kit.clock.sleep_until(min(audit_ns, self._kit.clock.now_ns() + patience_ns))
            now_ns = self._kit.clock.now_ns()
            if now_ns >= audit_ns or any(now_ns - order.since_ns > patience_ns for order in self.orders.accepted):
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
        fills = await self._queries.fills(self._fills_from_ns())
        working = await self._queries.open_orders()
        for event in (*fills, *working):
            self.tell(event)
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
        data = last.data
        found = await self._queries.order(last.header.pair, data.client_order_id, data.order_id)
        if found is not None:
            self.tell(found)
            return
        for fill in await self._queries.fills_of(last.header.pair, data.client_order_id, data.order_id):
            self.tell(fill)
        header = self._kit.reports.header(last.header.pair)
        ended = replace(data, state=OrderState.CANCELED, reason="the venue does not list it any more")
        self.tell(Event(replace(header, venue_time_ns=last.header.venue_time_ns), ended))

    async def _ask_for_accepted(self, order: Accepted) -> None:
        """An order that the venue took, and that it neither lists nor ever told of."""
        command, header = order.command.data, order.command.header
        found = await self._queries.order(header.pair, command.client_order_id, order.order_id)
        if found is not None:
            self.tell(found)
        elif self._kit.clock.now_ns() - order.since_ns > self._kit.timings.expiry_s * NANOSECONDS:
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
        positions = await self._queries.positions(self._pairs)
        wallet = await self._queries.wallet()
        for event in (*positions, *wallet):
            self.tell(event)
        listed = {(event.header.pair, _side(event)) for event in positions}
        for known, last in list(self._positions.items()):
            if known not in listed and last.data.quantity:
                flat = PositionUpdate(self._account, Decimal(0), position_side=last.data.position_side)
                self.tell(Event(self._kit.reports.header(last.header.pair), flat))

    def _fills_from_ns(self) -> int:
        """Where fills may be missing from: never before this connector began, since positions count those."""
        began_ns = self._began_ns + self._kit.clock_offset.offset_ns
        return max(began_ns, self.orders.last_fill_ns - round(self._kit.timings.overlap_s * NANOSECONDS))


def _names(update: OrderUpdate) -> set[str]:
    return {name for name in (update.client_order_id, update.order_id) if name}


def _side(event: Event[Any]) -> PositionSide | None:
    return event.data.position_side if type(event.data) is PositionUpdate else None
