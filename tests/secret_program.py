"""A client that trades at a venue and writes down all it can: ``python -m tests.secret_program CONFIG FOLDER HOW``.

HOW is ``trade``, or ``crash``: then it ends by an error that nobody expected, and shows every variable of it. It tells
on its standard output what it has done.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import logging
import pickle
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import FunctionType, ModuleType, TracebackType

import msgspec
import orjson
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from tests.live_support import KEY, armed, in_state, order, price_of, until
from ttxt_core.bootstrap.config import load_client_config
from ttxt_core.bootstrap.opening import open_session
from ttxt_core.events import AmendOrder, CancelOrder, OrderState, Side
from ttxt_core.session.live import LiveSession
from ttxt_tui.state.status import Protection
from ttxt_tui.state.store import Store

MOST_OF_A_CLASS = 10


class UnexpectedError(Exception):
    """What nobody expects."""


def own_objects(root: object) -> Iterator[object]:
    """`root`, and whatever of this project's classes can be reached from it, some of each class."""
    seen, waiting, shown = {id(root)}, [root], Counter[type]()
    while waiting:
        found = waiting.pop()
        if type(found).__module__.startswith("ttxt_") and shown[type(found)] < MOST_OF_A_CLASS:
            shown[type(found)] += 1
            yield found
        for other in gc.get_referents(found):
            if id(other) not in seen and not isinstance(other, type | FunctionType | ModuleType | str | bytes):
                seen.add(id(other))
                waiting.append(other)


def write_down(root: object, path: Path) -> int:
    """Everything that is reachable, in every way in which a program shows or keeps an object; how many there were."""
    count = 0
    with path.open("wb") as file:
        for found in own_objects(root):
            count += 1
            texts = [repr(found), str(found), f"{found}", pretty_repr(found, max_depth=4)]
            file.write("\n".join(texts).encode(errors="backslashreplace") + b"\n")
            for encode in (pickle.dumps, msgspec.json.encode, msgspec.msgpack.encode, orjson.dumps):
                with suppress(Exception):  # what can't be encoded is not written
                    file.write(encode(found) + b"\n")
    return count


def show_everything(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A traceback in the three ways in which one is shown: as it is, with variables, and as Textual shows it."""
    traceback.print_exception(kind, error, trace)
    told = traceback.TracebackException(kind, error, trace, capture_locals=True)
    sys.stderr.write("".join(told.format()))
    console = Console(stderr=True, width=400, force_terminal=False)
    console.print(Traceback.from_exception(kind, error, trace, show_locals=True, locals_max_string=10_000))


async def trade(session: LiveSession) -> None:
    """An order filled, one moved and one cancelled, one refused by the venue."""
    taken = order(session, Side.BUY, "0.02", None)
    await in_state(taken, OrderState.FILLED)
    bid = order(session, Side.BUY, "0.01", "-2")
    await in_state(bid, OrderState.NEW)
    moved = price_of(session, "-2.5")
    session.send(KEY, AmendOrder(session.account, bid.client_order_id, price=moved))
    await until(lambda: bid.price == moved, "the move")
    session.send(KEY, CancelOrder(session.account, bid.client_order_id))
    await in_state(bid, OrderState.CANCELED)
    refused = order(session, Side.BUY, "0.0000001", "-2")
    await in_state(refused, OrderState.REJECTED)


async def run(config_path: Path, folder: Path, how: str) -> None:
    config = load_client_config(config_path)
    session = open_session(config)
    assert isinstance(session, LiveSession)
    store = Store(session.orders, Protection("none", "none", is_safe=False))
    mailbox = session.events.subscribe("store", capacity=100_000)
    try:
        await session.start()
        await armed(session)
        await trade(session)
        store.apply(await mailbox.get_batch())
        rows = [f"{entry.topic} {entry.level} {entry.text}" for entry in store.log.rows(10_000)]
        (folder / "log-pane.txt").write_text("\n".join(rows))
        print("log rows", len(rows))  # noqa: T201 - what it is for
        print("objects", write_down(session, folder / "objects.bin"))  # noqa: T201 - likewise
        faulthandler.dump_traceback(file=sys.stderr)
        for task in asyncio.all_tasks():
            task.print_stack(file=sys.stderr)
        if how == "crash":
            raise UnexpectedError(f"{session!r} {config!r} {session.connector.credentials!r} {Decimal(1)}")
    finally:
        await session.stop()
    print("summary", session.exit_summary, *session.troubles)  # noqa: T201 - likewise


if __name__ == "__main__":
    target = Path(sys.argv[2])
    sys.excepthook = show_everything
    logging.basicConfig(
        level=logging.DEBUG, handlers=[logging.FileHandler(target / "debug.log"), logging.StreamHandler()]
    )
    asyncio.run(run(Path(sys.argv[1]), target, sys.argv[3]), debug=True)
