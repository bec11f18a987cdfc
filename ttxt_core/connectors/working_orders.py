"""What works at the venue as far as this connector has heard: to be compared after a break, and to be asked about.

Owns the last update of each working order, the orders that were accepted and not heard of yet, and the executions that
were seen. It judges no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from ttxt_core.events import CreateOrder, Event, Fill, OrderState, OrderUpdate
from ttxt_core.orders.states import TERMINAL

_EXECUTIONS_KEPT: Final = 200_000
_ENDED_KEPT: Final = 10_000


class Accepted(NamedTuple):
    """An order that the venue took at `since_ns`, monotonic."""

    command: Event[CreateOrder]
    order_id: str | None
    since_ns: int


class WorkingOrders:
    """Working orders by client order id, or by the venue's id where there is none.

    Attributes:
        last_fill_ns: the venue's time of the latest execution that was seen; 0 before one.
    """

    def __init__(self) -> None:
        self.last_fill_ns = 0
        self._working: dict[str, Event[OrderUpdate]] = {}
        self._ended: dict[str, Event[OrderUpdate]] = {}
        self._accepted: dict[str, Accepted] = {}
        self._executions: dict[str, None] = {}

    def __iter__(self) -> Iterator[Event[OrderUpdate]]:
        return iter(list(self._working.values()))

    @property
    def accepted(self) -> list[Accepted]:
        """Orders of ours that the venue took and that no update has told of yet."""
        return list(self._accepted.values())

    def on_accepted(self, command: Event[CreateOrder], order_id: str | None, now_ns: int) -> None:
        """The venue took an order; an update may have come before."""
        name = command.data.client_order_id
        if self.last_word(name, order_id) is None:
            self._accepted[name] = Accepted(command, order_id, now_ns)

    def forget(self, client_order_id: str) -> None:
        """No update is awaited for it any more."""
        self._accepted.pop(client_order_id, None)

    def on_update(self, event: Event[OrderUpdate]) -> None:
        """Take in an update; an ended order does not come back, and an older update does not replace a newer one."""
        name = _name(event.data)
        self._accepted.pop(event.data.client_order_id, None)
        if event.data.state in TERMINAL:
            self._working.pop(name, None)
            self._ended[name] = event
            if len(self._ended) > _ENDED_KEPT:
                del self._ended[next(iter(self._ended))]
        elif name not in self._ended:
            before = self._working.get(name)
            if before is None or before.header.venue_time_ns <= event.header.venue_time_ns:
                self._working[name] = event

    def is_new_fill(self, event: Event[Fill]) -> bool:
        """Whether this execution was not seen before; it has been from now on."""
        execution = event.data.identity
        if execution in self._executions:
            return False
        self._executions[execution] = None
        if len(self._executions) > _EXECUTIONS_KEPT:
            del self._executions[next(iter(self._executions))]
        self.last_fill_ns = max(self.last_fill_ns, event.header.venue_time_ns)
        return True

    def last_word(self, client_order_id: str, order_id: str | None) -> Event[OrderUpdate] | None:
        """The last update of an order, working or lately ended; None when there was none."""
        for name in (client_order_id, order_id):
            if name and (known := self._working.get(name) or self._ended.get(name)) is not None:
                return known
        return None

    def as_answer(self, event: Event[OrderUpdate], heard_ns: int) -> Event[OrderUpdate]:
        """An answer that is newer than all that was heard until `heard_ns`, dated so.

        Updates are told apart by the venue's time, and a venue's clock may be set back: what was heard before the
        question was asked is older than the answer all the same.
        """
        known = self.last_word(event.data.client_order_id, event.data.order_id)
        if known is None or known.header.receive_time_ns > heard_ns:
            return event
        time_ns = max(event.header.venue_time_ns, known.header.venue_time_ns)
        return Event(replace(event.header, venue_time_ns=time_ns), event.data)

    def is_untriggered(self, client_order_id: str, order_id: str | None) -> bool:
        """Whether an order waits for its trigger."""
        known = self.last_word(client_order_id, order_id)
        return known is not None and known.data.state is OrderState.UNTRIGGERED


def _name(update: OrderUpdate) -> str:
    return update.client_order_id or update.order_id
