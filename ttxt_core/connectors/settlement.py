"""What became of a command whose answer was lost: asked until it is certain, never sent again.

Owns the questions and the verdict. The venue refuses requests older than its window: from then on a command that has
had no effect will have none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.account_feed import AccountFeed
from ttxt_core.connectors.commands import Answer
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.errors import TtxtError
from ttxt_core.events import AckOutcome, AmendOrder, CancelOrder, CreateOrder, Event, OrderUpdate
from ttxt_core.orders.states import TERMINAL

Acknowledge = Callable[[Event[Any], Answer], None]


class Settlement:
    """Settles commands one by one."""

    def __init__(
        self,
        account: AccountFeed,
        queries: VenueQueries,
        acknowledge: Acknowledge,
        kit: ConnectorKit,
    ) -> None:
        self._account = account
        self._queries = queries
        self._acknowledge = acknowledge
        self._kit = kit

    async def settle(self, event: Event[Any], sent_ns: int) -> None:
        """Return when the outcome of a command that had left by `sent_ns`, monotonic, is known and told."""
        command, order_id = event.data, _order_id(event.data)
        backoff = self._kit.backoff()
        expires_ns = sent_ns + round(self._kit.timings.expiry_s * NANOSECONDS)
        while True:
            # The private stream often knows first.
            await self._account.news_of(command.client_order_id or order_id or "", self._kit.timings.settle_s)
            known = self._account.orders.last_word(command.client_order_id, order_id)
            if known is not None and _shows(command, known.data):
                return
            asked_ns = self._kit.clock.monotonic_ns()
            try:
                found, fills = await self.ask(event)
            except TtxtError as error:
                self._kit.reports.error(error, f"ask what became of order {command.client_order_id}")
                wait_ns = backoff.lost(self._kit.clock.monotonic_ns(), getattr(error, "retry_after_s", None))
                await self._kit.clock.sleep_until(self._kit.clock.now_ns() + wait_ns)
                continue
            if found is not None and _shows(command, found.data):
                return
            if fills and type(command) is CreateOrder:
                self._acknowledge(event, Answer(AckOutcome.ACCEPTED, fills[0].data.order_id))
                return
            if asked_ns >= expires_ns:
                self._acknowledge(event, Answer(AckOutcome.REJECTED, reason=_verdict(command, found)))
                return

    def audit_soon(self) -> None:
        """Let the account be asked about as a whole: what a command came to is no order that could be asked for."""
        self._account.audit_soon()

    async def ask(self, event: Event[Any]) -> tuple[Event[OrderUpdate] | None, list[Event[Any]]]:
        """Ask for the order of a command and tell how it stands; for its fills when it is not listed.

        Raises:
            WebError, ProtocolError: the question was not answered.
        """
        command, pair = event.data, event.header.pair
        order_id, asked_ns = _order_id(command), self._kit.clock.now_ns()
        found = await self._queries.order(pair, command.client_order_id, order_id)
        if found is not None:
            self._account.tell_answers([found], asked_ns)
            return found, []
        fills = await self._queries.fills_of(pair, command.client_order_id, order_id)
        for fill in fills:
            self._account.tell(fill)
        return None, fills


def _order_id(command: Any) -> str | None:
    order_id: str | None = None if type(command) is CreateOrder else command.order_id
    return order_id


def _shows(command: Any, update: OrderUpdate) -> bool:
    """Whether an update leaves no doubt that the command was carried out, or can't be any more."""
    if update.state in TERMINAL or type(command) is CreateOrder:
        return True
    if type(command) is CancelOrder:
        return False
    wanted: AmendOrder = command
    pairs = (
        (wanted.price, update.price),
        (wanted.quantity, update.quantity),
        (wanted.trigger_price, update.trigger_price),
    )
    return all(asked is None or asked == shown for asked, shown in pairs)


def _verdict(command: Any, found: Event[OrderUpdate] | None) -> str:
    if type(command) is CreateOrder:
        return "the answer was lost, and the venue has no such order"
    if found is None:
        return "the answer was lost, and the venue does not know the order"
    what = "amended" if type(command) is AmendOrder else "cancelled"
    return f"the answer was lost, and the order works on and was not {what}"
