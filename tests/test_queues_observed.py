"""An observed publisher: whoever looks is never behind a consumer, and a full mailbox is told, not raised."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders_support import LINEAR, create, snapshot
from ttxt_core.errors import QueueClosedError, QueueFullError
from ttxt_core.events import Event
from ttxt_core.queues.base import FullPolicy
from ttxt_core.queues.fanout import FanOut
from ttxt_core.queues.observed import ObservedPublisher


async def test_the_event_is_seen_before_it_is_in_any_mailbox() -> None:
    events = FanOut()
    mailbox = events.subscribe("screen")
    waiting: list[int] = []
    observed = ObservedPublisher(events, lambda _: waiting.append(len(mailbox)), pytest.fail)
    observed.publish_nowait(create("a"))
    await observed.publish(create("b"))
    assert waiting == [0, 1]
    assert [event.data.client_order_id for event in mailbox.get_batch_nowait()] == ["a", "b"]


async def test_a_mailbox_without_room_is_told_and_the_others_have_the_event() -> None:
    events = FanOut()
    events.subscribe("stuck", capacity=1, policy=FullPolicy.ERROR)
    healthy = events.subscribe("healthy")
    full: list[QueueFullError] = []
    seen: list[Event[Any]] = []
    observed = ObservedPublisher(events, seen.append, full.append)
    observed.publish_nowait(create("a"))
    observed.publish_nowait(create("b"))
    await observed.publish(create("c"))
    assert ["stuck" in str(error) for error in full] == [True, True]
    assert seen == healthy.get_batch_nowait()
    events.close()
    with pytest.raises(QueueClosedError):
        observed.publish_nowait(create("d"))


def test_the_book_that_is_kept_for_consumers_can_be_read() -> None:
    events = FanOut()
    assert events.book(LINEAR) is None
    events.publish_nowait(snapshot(100.0, 100.1))
    book = events.book(LINEAR)
    assert book is not None
    assert (book.best_bid, book.best_ask) == ((100.0, 5.0), (100.1, 5.0))
    assert FanOut(keeps_books=False).book(LINEAR) is None
