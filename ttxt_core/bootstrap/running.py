"""A client that runs: its session is opened, it is handed the events, and both end in order.

Owns the order of things at the start and at the end, the signals and the exit status. What is wired to what in a
session is the session's; which session a config means is in `opening`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ttxt_core.bootstrap.config import ClientConfig, load_client_config
from ttxt_core.bootstrap.opening import open_session
from ttxt_core.client import BaseClient, IEventHandler
from ttxt_core.errors import TtxtError
from ttxt_core.queues.base import FullPolicy, IQueue, IQueueConsumer
from ttxt_core.session import Session

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""A hang-up too: a client that trades must not die with the terminal that it was started from."""


OpenSession = Callable[[ClientConfig], Session]
"""Makes the session that a config means."""


def run(client: IEventHandler, config_path: str | Path, open_session: OpenSession = open_session) -> int:
    """Run `client` on what a config file names until its market or it ends, or SIGINT, SIGTERM or SIGHUP comes.

    The first signal ends it in order, a second one at once.

    Args:
        client: an `IEventHandler`, which gets a mailbox of its own; or a `BaseClient`, which reads from the queue
            that it was made with: where that is an `IQueue`, the events are published to it.
        config_path: a ``.toml`` or ``.json`` file; `ttxt_core.bootstrap.config` has its tables.
        open_session: for a market of your own, a function that makes a session of it.

    Returns:
        The exit status: 0; 1 when a part of the session failed, 2 when it could not start. Either is told on stderr.
    """
    try:
        config = load_client_config(config_path)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            troubles = runner.run(_run_until_signal(client, config, open_session))
    except TtxtError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the program's last word
        return 2
    for trouble in troubles:
        print(trouble, file=sys.stderr)  # noqa: T201 - likewise
    return 1 if troubles else 0


async def run_async(
    client: IEventHandler,
    config: ClientConfig,
    open_session: OpenSession = open_session,
    *,
    stop: asyncio.Event | None = None,
) -> Sequence[str]:
    """As `run`, in a loop that runs already: it ends when `stop` is set, and signals are left alone.

    Returns:
        Parts of the session that failed, in words.

    Raises:
        TtxtError: it could not start.
    """
    stopped = stop if stop is not None else asyncio.Event()
    session = open_session(config)
    reading: asyncio.Task[None] | None = None
    try:
        read = _reader(client, session)
        if config.recording is not None:
            session.record_to = config.recording
        await client.on_start(session)
        await session.start()
        reading = asyncio.create_task(read())
        await _first_end(reading, session.market_ended(), stopped.wait())
        if not reading.done():
            await client.on_stop()
    finally:
        await session.stop()
        if reading is not None:
            await reading  # what waits for the client is handled first
    return session.troubles


async def _first_end(reading: asyncio.Task[None], *others: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of them ends; `reading` is left running."""
    tasks = [asyncio.create_task(other) for other in others]
    try:
        await asyncio.wait({reading, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _reader(client: IEventHandler, session: Session) -> Callable[[], Coroutine[Any, Any, None]]:
    """What is to run so that `client` gets the session's events, those from now on; it ends with the client."""
    if not isinstance(client, BaseClient):
        return BaseClient(_mailbox(session), client).run
    if not isinstance(client.consumer, IQueue):
        return client.run
    return partial(_run_with_queue, client, client.consumer, _mailbox(session))


def _mailbox(session: Session) -> IQueueConsumer:
    return session.events.subscribe("client", policy=FullPolicy.CONFLATE)


async def _run_with_queue(client: BaseClient, queue: IQueue, mailbox: IQueueConsumer) -> None:
    async def pass_on() -> None:
        try:
            async for event in mailbox:
                await queue.publish(event)
        finally:
            queue.close()

    passing = asyncio.create_task(pass_on())
    try:
        await client.run()
    finally:
        passing.cancel()
        with suppress(asyncio.CancelledError):
            await passing


async def _run_until_signal(client: IEventHandler, config: ClientConfig, open_session: OpenSession) -> Sequence[str]:
    with _stopped_by_signals() as stop:
        return await run_async(client, config, open_session, stop=stop)


@contextmanager
def _stopped_by_signals() -> Iterator[asyncio.Event]:
    """An event that the first signal sets; the second one does what signals do."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]  # as nohup wants it

    def on_signal() -> None:
        stop.set()
        release()

    def release() -> None:
        for number in heeded:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)

    for number in heeded:
        with suppress(NotImplementedError):  # Windows: Ctrl+C cancels the task, which ends the session as well
            loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        release()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where it is installed: it halves the cost of a message. None: asyncio's own."""
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory
