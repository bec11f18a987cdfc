"""Fan-out: every event to every consumer that wants it, each through a bounded mailbox of its own.

Owns the mailboxes, and the books and instruments that a mailbox which lost events, or a late subscriber, is
brought up to date from. It must not change events.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ttxt_core.errors import QueueClosedError, QueueError, QueueFullError
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import DEFAULT_CAPACITY, AsyncioQueue
from ttxt_core.queues.base import FullPolicy, IQueuePublisher, QueueStats
from ttxt_core.queues.kept_market import KeptMarket


class FanOut(IQueuePublisher):
    """Publishes to any number of mailboxes.

    A slow consumer under DROP_OLDEST or CONFLATE never holds up the others. One whose mailbox raises (a lossless
    event that has no room) doesn't either: the event goes to all others before the error is raised.
    """

    def __init__(self, name: str = "fan-out", *, keeps_books: bool = True) -> None:
        """Without `keeps_books` nothing is spent on keeping them, and no mailbox is ever given a snapshot."""
        self._name = name
        self._is_closed = False
        self._subscriptions: dict[str, _Subscription] = {}
        self._routes: dict[type, _Route] = {}
        self._kept = KeptMarket() if keeps_books else None

    def subscribe(
        self,
        name: str,
        *,
        capacity: int = DEFAULT_CAPACITY,
        policy: FullPolicy = FullPolicy.DROP_OLDEST,
        accepts: frozenset[type] | None = None,
        ignores: frozenset[type] = frozenset(),
        snapshot: bool = False,
    ) -> AsyncioQueue:
        """A new mailbox for events whose data are of the types in `accepts` (None: all), but for those in `ignores`.

        With `snapshot` it begins with the instruments that are known and a snapshot of every VALID book.

        Raises:
            QueueError: the name is taken, or `snapshot` is asked of a fan-out that keeps no books.
            QueueClosedError: the fan-out is closed.
        """
        asked = f"subscribe {name} to {self._name}"
        if self._is_closed:
            raise QueueClosedError(asked, "it is closed")
        if name in self._subscriptions:
            raise QueueError(asked, "the name is taken", "give each consumer a name of its own")
        if snapshot and self._kept is None:
            raise QueueError(asked, "it keeps no books to take snapshots of", "make it with keeps_books=True")
        mailbox = AsyncioQueue(
            capacity=capacity,
            policy=policy,
            name=name,
            request_snapshot=self._kept.snapshot if self._kept is not None else None,
        )
        subscription = _Subscription(mailbox, accepts, ignores)
        if snapshot and self._kept is not None:
            for event in self._kept.events():
                if subscription.wants(type(event.data)):
                    mailbox.publish_nowait(event)
        self._subscriptions[name] = subscription
        self._routes = {}
        return mailbox

    def unsubscribe(self, mailbox: AsyncioQueue) -> None:
        """Close `mailbox` and publish nothing more to it; fine when it is not subscribed any more."""
        mailbox.close()
        if mailbox.name in self._subscriptions and self._subscriptions[mailbox.name].mailbox is mailbox:
            del self._subscriptions[mailbox.name]
            self._routes = {}

    def publish_nowait(self, event: Event[Any]) -> None:
        """Hand `event` to every mailbox without waiting.

        Raises:
            QueueFullError: a mailbox had no room; all others have the event.
            QueueClosedError: the fan-out is closed.
        """
        self._hand_in(event, self._prepare(event).mailboxes)

    def publish_many_nowait(self, events: Iterable[Event[Any]]) -> None:
        """`publish_nowait` each of `events` in order.

        Raises:
            QueueFullError, QueueClosedError: as `publish_nowait`, at the first event that does.
        """
        for event in events:
            self.publish_nowait(event)

    async def publish(self, event: Event[Any]) -> None:
        """Hand `event` to every mailbox; those under BLOCK are waited for, after all others have it.

        Raises:
            QueueFullError: a mailbox that does not block had no room; all others have the event.
            QueueClosedError: the fan-out is closed.
        """
        route = self._prepare(event)
        if not route.blocking:
            self._hand_in(event, route.others)
            return
        # The others go first and together with the kept books: a snapshot that one of them asks for while this
        # waits must not be newer than what it was given.
        try:
            self._hand_in(event, route.others)
        finally:
            for mailbox in route.blocking:
                try:
                    await mailbox.publish(event)
                except QueueClosedError:
                    self.unsubscribe(mailbox)

    def book(self, key: InstrumentKey) -> LocalOrderbook | None:
        """The kept book of `key`, to read only; None before its first message, or when books are not kept."""
        return self._kept.book(key) if self._kept is not None else None

    def stats(self) -> dict[str, QueueStats]:
        """The counters of each mailbox by its name."""
        return {name: subscription.mailbox.stats for name, subscription in self._subscriptions.items()}

    def close(self) -> None:
        """Close all mailboxes: their consumers take out what waits, then end."""
        self._is_closed = True
        for subscription in self._subscriptions.values():
            subscription.mailbox.close()

    # -- inside ----------------------------------------------------------------------------------------

    def _prepare(self, event: Event[Any]) -> _Route:
        """Keep what is kept of `event`, and give the mailboxes that want it."""
        kind = type(event.data)
        if self._is_closed:
            raise QueueClosedError(f"publish {kind.__name__} to {self._name}", "it is closed")
        if self._kept is not None:
            self._kept.update(event)
        route = self._routes.get(kind)
        if route is None:
            mailboxes = [each.mailbox for each in self._subscriptions.values() if each.wants(kind)]
            blocking = [mailbox for mailbox in mailboxes if mailbox.policy is FullPolicy.BLOCK]
            others = [mailbox for mailbox in mailboxes if mailbox.policy is not FullPolicy.BLOCK]
            route = self._routes[kind] = _Route(mailboxes, blocking, others)
        return route

    def _hand_in(self, event: Event[Any], mailboxes: list[AsyncioQueue]) -> None:
        failure: QueueFullError | None = None
        for mailbox in mailboxes:
            try:
                mailbox.publish_nowait(event)
            except QueueClosedError:
                self.unsubscribe(mailbox)
            except QueueFullError as error:
                failure = error
        if failure is not None:
            raise failure


class _Route(NamedTuple):
    """The mailboxes that want one type of data: all, those that are waited for when full, and those that are not."""

    mailboxes: list[AsyncioQueue]
    blocking: list[AsyncioQueue]
    others: list[AsyncioQueue]


class _Subscription(NamedTuple):
    """A mailbox, the types of data that go into it (None: all), and those that don't."""

    mailbox: AsyncioQueue
    accepts: frozenset[type] | None
    ignores: frozenset[type]

    def wants(self, kind: type) -> bool:
        return (self.accepts is None or kind in self.accepts) and kind not in self.ignores
