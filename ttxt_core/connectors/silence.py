"""Streams that are open and say nothing: the commonest failure, and invisible to whoever only watches the connection.

Owns how long each kind of data of each instrument may be silent. It does nothing about it but say so.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

Topic = tuple[type, str]
"""A kind of data, and a pair."""


class _Watch(Struct):
    """One topic. `allowed_ns` grows while nothing happens on the instrument; `heard_ns` is our clock."""

    least_ns: int
    allowed_ns: int
    heard_ns: int


class SilenceWatch:
    """When each topic was last heard of. Times are of one clock, in nanoseconds."""

    def __init__(self, allowed_ns: Mapping[type, int], most_ns: int) -> None:
        """`allowed_ns` says by kind how long a silence is nothing unusual; `most_ns` what it may grow to."""
        self._allowed_ns = allowed_ns
        self._most_ns = most_ns
        self._watched: dict[Topic, _Watch] = {}

    def begin(self, topics: list[Topic], now_ns: int) -> None:
        """A connection that has been told of `topics`: from now on they are expected."""
        self._watched = {}
        for topic in topics:
            allowed = self._allowed_ns[topic[0]]
            self._watched[topic] = _Watch(allowed, allowed, now_ns)

    def end(self) -> None:
        """No connection: nothing is expected."""
        self._watched = {}

    def heard(self, topic: Topic, now_ns: int) -> None:
        """Data came."""
        watch = self._watched.get(topic)
        if watch is not None:
            watch.heard_ns = now_ns

    def was_idle(self, topic: Topic) -> None:
        """The silence was the instrument's: allow twice as much from now on."""
        watch = self._watched.get(topic)
        if watch is not None:
            watch.allowed_ns = min(self._most_ns, watch.allowed_ns * 2)

    def silent(self, now_ns: int) -> list[tuple[Topic, int]]:
        """Topics that were silent for longer than they may be, and for how long; each is told once a silence."""
        found = []
        for topic, watch in self._watched.items():
            silence = now_ns - watch.heard_ns
            if silence > watch.allowed_ns:
                found.append((topic, silence))
                watch.heard_ns = now_ns
        return found
