"""How a single book comes back: after a lost snapshot, a gap, or silence; and what costs it nothing."""

import asyncio

from tests.connector_support import IMPATIENT, PAIR, running
from tests.test_connector_faults import KEPT, books_shown
from ttxt_core.events import BookState, BookStatus, ConnectionState, ConnectorStatus, Orderbook


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


async def test_a_gap_resyncs_that_book_without_a_new_connection() -> None:
    async with running(settings=KEPT) as desk:
        await desk.ready()
        connections = len(desk.of(ConnectorStatus))
        while not [status for status in desk.of(BookStatus) if status.state is BookState.GAP]:
            desk.sandbox.faults.once("gap@public")
            await asyncio.sleep(0.1)
        await desk.until(lambda: desk.connector.book_state(PAIR) is BookState.VALID, "a new snapshot")
        states = [status.state for status in desk.of(BookStatus)]
        assert states[:2] == [BookState.SYNCING, BookState.VALID]
        assert states[2:4] == [BookState.GAP, BookState.VALID]
        assert len(desk.of(ConnectorStatus)) == connections


async def test_a_delta_that_comes_twice_costs_no_new_snapshot() -> None:
    async with running(settings=KEPT) as desk:
        await desk.ready()
        snapshots = sum(data.is_snapshot for data in desk.of(Orderbook))
        while not desk.connector.repeated_deltas:
            desk.sandbox.faults.once("duplicate@public")
            await asyncio.sleep(0.05)
        seen = len(desk.of(Orderbook))
        await desk.until(lambda: len(desk.of(Orderbook)) > seen + 20, "the book goes on")
        assert [status.state for status in desk.of(BookStatus)] == [BookState.SYNCING, BookState.VALID]
        assert sum(data.is_snapshot for data in desk.of(Orderbook)) == snapshots
        assert books_shown(desk) > 20


async def test_silence_makes_a_book_stale_until_a_new_snapshot() -> None:
    async with running(settings=KEPT, timings=IMPATIENT) as desk:
        await desk.ready()
        desk.sandbox.faults.once("stall@public:1:3")
        await desk.until(lambda: any(s.state is BookState.STALE for s in desk.of(BookStatus)), "stale")
        await desk.until(lambda: desk.connector.book_state(PAIR) is BookState.VALID, "valid again")
        assert "silent" in next(s.reason for s in desk.of(BookStatus) if s.state is BookState.STALE)
