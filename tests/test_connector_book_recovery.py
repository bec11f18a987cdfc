"""A book whose snapshot was lost is asked for again, although changes of it go on coming."""

import asyncio

from tests.connector_support import PAIR, running
from tests.test_connector_faults import KEPT, books_shown
from ttxt_core.events import BookState, BookStatus, ConnectionState, ConnectorStatus


async def test_a_lost_first_snapshot_is_asked_for_again() -> None:
    async with running(settings=KEPT) as desk:
        await desk.ready()
        before = len(desk.events)
        desk.sandbox.faults.set("drop@public:1")
        for connection in desk.sandbox.server.connections:
            connection.cut()

        def is_back() -> bool:
            market = [status.state for status in desk.of(ConnectorStatus, before) if status.stream == "market"]
            return market[-1:] == [ConnectionState.CONNECTED]

        await desk.until(is_back, "a new connection")
        await asyncio.sleep(0.3)
        desk.sandbox.faults.clear()
        assert desk.connector.book_state(PAIR) is BookState.SYNCING
        await desk.until(lambda: desk.connector.book_state(PAIR) is BookState.VALID, "the snapshot, asked for again")
        assert [status.state for status in desk.of(BookStatus, before)][-1] is BookState.VALID
        assert books_shown(desk) > 0
