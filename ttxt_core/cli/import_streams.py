"""Which of a capture's streams a recording is made of, and what a connection that was opened again leaves open.

A recording holds one book: two streams of it, of two depths or on two connections, would contradict each other message
by message. Owns that choice. It must not know files.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from ttxt_core.errors import ProtocolError
from ttxt_core.events import Event, InstrumentKey, Orderbook


class _BookStream(NamedTuple):
    connection: str
    depth: int


class ImportStreams:
    """The streams of one capture."""

    def __init__(self) -> None:
        self._books: dict[InstrumentKey, _BookStream] = {}
        self._fed: defaultdict[str, dict[InstrumentKey, None]] = defaultdict(dict)
        """The instruments that a connection gave events of, in the order of their first."""

    def check(self, connection: str, event: Event[Any]) -> None:
        """Take note of `event`. Of an instrument's book streams the deepest is taken; it begins with a snapshot.

        Raises:
            ProtocolError: it is of another stream of the book, and to be left out.
        """
        key = event.header.key
        data = event.data
        if type(data) is Orderbook:
            stream = _BookStream(connection, data.depth)
            taken = self._books.setdefault(key, stream)
            if stream != taken:
                if not data.is_snapshot or stream.depth < taken.depth:
                    where = f" on {taken.connection}" if stream.depth == taken.depth else ""
                    raise ProtocolError(
                        f"read the book of {key}, depth {stream.depth}",
                        f"the recording has that of depth {taken.depth}{where}, and the two would mix",
                        "it is left out",
                    )
                self._books[key] = stream
        self._fed[connection][key] = None

    def reopen(self, connection: str) -> list[InstrumentKey]:
        """`connection` was opened: the instruments whose events it gave before, of which some may be missing now."""
        keys = list(self._fed.pop(connection, ()))
        for key in keys:
            if key in self._books and self._books[key].connection == connection:
                del self._books[key]
        return keys
