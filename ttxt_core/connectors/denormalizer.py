"""DenormalizerBase: how standard commands become a venue's requests.

Pure: commands in, requests out. A denormalizer holds what it must know to write them (symbols), never a connection or
a clock. Every number that leaves is a Decimal's own plain text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ttxt_core.errors import OrderError
from ttxt_core.events import AmendOrder, CancelOrder, CreateOrder, Event, ProtectPosition
from ttxt_core.web.requests import Priority, RESTRequest, WSRequest


class DenormalizerBase(ABC):
    """Writes the commands of one category of one venue.

    `commands` are always of one kind: all `CreateOrder`, all `AmendOrder` or all `CancelOrder`; more than one is
    written as the venue's batch. A `ProtectPosition` comes alone. Signatures are added later, by the authenticators.

    Attributes:
        rest_only: commands that the venue's trade socket does not take.
    """

    venue: str
    category: str
    rest_only: frozenset[type] = frozenset()

    @property
    @abstractmethod
    def batch_limit(self) -> int:
        """The most commands of a batch; 1 where the venue has none."""

    @abstractmethod
    def command_over_rest(self, commands: Sequence[Event[Any]]) -> RESTRequest:
        """The request that carries `commands`.

        Raises:
            OrderError: the venue has no such order; nothing may be sent.
            InstrumentError: the pair is not known.
        """

    @abstractmethod
    def command_over_ws(self, commands: Sequence[Event[Any]], request_id: str, now_ms: int) -> WSRequest:
        """The message for the trade socket that carries `commands`; `now_ms` is the venue's time.

        Raises:
            OrderError, InstrumentError: as `command_over_rest`.
        """

    @abstractmethod
    def command_limits(self, commands: Sequence[Event[Any]]) -> tuple[str, ...]:
        """The rate limits that `commands` count against, whichever way they go."""

    def retries(self, event: Event[Any]) -> bool:
        """Whether a cancel of an order that the venue says it does not have is written otherwise from now on.

        Some venues look for an order only where they are told to. Only a cancel may be sent again.
        """
        return False

    @abstractmethod
    def cancel_all(self, pair: str | None) -> list[RESTRequest]:
        """The requests that together cancel every order of `pair`, or of the whole category.

        Raises:
            InstrumentError: the pair is not known.
        """


_PRIORITY_OF: dict[type, Priority] = {
    CreateOrder: Priority.CREATE,
    AmendOrder: Priority.AMEND,
    CancelOrder: Priority.CANCEL,
    ProtectPosition: Priority.CANCEL,
}


def priority_of(command: CreateOrder | AmendOrder | CancelOrder | ProtectPosition) -> Priority:
    """Who goes first when a rate limit makes commands wait: an exit waits for no entry."""
    if type(command) is CreateOrder and (command.reduce_only or command.close_on_trigger):
        return Priority.EXIT
    return _PRIORITY_OF[type(command)]


def plain(value: Decimal, what: str) -> str:
    """`value` in plain digits, never with an exponent.

    Raises:
        OrderError: it is not finite.
    """
    text = str(value)
    if text.replace(".", "").isdigit():  # nearly always: the rest costs as much again
        return text
    if not value.is_finite():
        raise OrderError(f"write the {what}", f"it is {value}", "it must be a finite number")
    return f"{value:f}"
