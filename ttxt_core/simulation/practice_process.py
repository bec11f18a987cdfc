"""The practice market in a process of its own: to make up a market costs more than to follow one.

Owns the process and the way its events come in. The market itself is `practice_market`, the program that runs it
`practice_program`; equal pairs, seed, rate and start time give equal events, as they do there.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ttxt_core.errors import ConfigError, QueueClosedError
from ttxt_core.events import Event, Instrument, Kline, MarketTrades, Orderbook, Ticker
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.simulation.practice_market import checked_pairs, checked_rate
from ttxt_core.simulation.practice_pairs import PracticePair
from ttxt_core.simulation.practice_program import LENGTH, Setup

_PROGRAM: Final = (
    "import sys; sys.path[:] = sys.argv[1:]; from ttxt_core.simulation.practice_program import main; sys.exit(main())"
)
"""It imports what this process would, however this one's path came about."""

_PATIENCE_S: Final = 5.0
"""For a process to end that has closed its socket."""


class PracticeProcess:
    """A `PracticeMarket` elsewhere, by the system's clock.

    The process begins at once, so that it is ready when `run` is called, and runs until `close`. It ends with this
    process, however that ends.
    """

    def __init__(
        self,
        pairs: Sequence[PracticePair],
        publisher: IQueuePublisher,
        *,
        seed: int = 1,
        rate: float = 200.0,
        history: int = 600,
    ) -> None:
        """As `PracticeMarket`.

        Raises:
            ConfigError: no pair, a rate that is not above zero, or the process can't be started.
        """
        setup = Setup(checked_pairs(pairs), seed, history)
        self._rate = checked_rate(rate)
        self._publisher = publisher
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._socket, its = socket.socketpair()
        try:
            # In a session of its own: what the terminal's keys stop or end is the program that reads them.
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, a program of this package
                [sys.executable, "-P", "-c", _PROGRAM, *sys.path],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
            )
        except OSError as error:
            self._socket.close()
            self._errors.close()
            raise ConfigError("start the process of the practice market", str(error)) from error
        finally:
            its.close()
        self._say(msgspec.json.encode(setup))

    @property
    def pid(self) -> int:
        """The process, for who wants to know what it costs."""
        return self._process.pid

    @property
    def rate(self) -> float:
        """Events a second, over all pairs; long-run average, for arrivals are clustered."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = checked_rate(rate)
        self._say(str(self._rate).encode())

    async def run(self) -> None:
        """Open the market and publish what comes from it, a frame in a turn of the loop, until cancelled.

        Raises:
            QueueClosedError: the process has ended, or the queue was closed.
            QueueFullError: the queue's policy is ERROR and it is full.
        """
        self.rate = self._rate
        decoder = msgspec.msgpack.Decoder(list[Event[Instrument | Orderbook | MarketTrades | Ticker | Kline]])
        reader, writer = await asyncio.open_connection(sock=self._socket.dup())
        try:
            while True:
                (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                events: list[Event[Any]] = decoder.decode(await reader.readexactly(length))
                for event in events:
                    await self._publisher.publish(event)
                await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise self._ended() from None
        finally:
            writer.close()

    def close(self) -> None:
        """End the process. Closing twice is fine."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        self._errors.close()

    def _say(self, line: bytes) -> None:
        """Tell the process. That it has ended is noticed where its events are read."""
        try:
            self._socket.sendall(line + b"\n")
        except ConnectionError:
            return

    def _ended(self) -> QueueClosedError:
        asked = "read the practice market"
        try:
            status = self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return QueueClosedError(asked, "its process has closed its socket")
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return QueueClosedError(asked, ": ".join([f"its process has ended with status {status}", *said[-1:]]))
