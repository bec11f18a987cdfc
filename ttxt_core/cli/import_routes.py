"""Which normalizer reads which connection of a capture, and the instruments that they know.

Owns what an address or a reply in a capture says about venue and category. It must not know files or messages.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from ttxt_core.connectors.bybit.normalizer import CATEGORIES, BybitNormalizer
from ttxt_core.connectors.captures import CapturedFrame, FrameKind
from ttxt_core.errors import ConfigError, ProtocolError
from ttxt_core.events import Event, Instrument, InstrumentKey, Source

READ_SO_FAR: Final = "those that are read: bybit " + ", bybit ".join(CATEGORIES)
INSTRUMENTS_PATH: Final = "/v5/market/instruments-info"

_PUBLIC: Final = re.compile(r"wss?://[^/]+/v5/public/([a-z]+)/?$")
_CATEGORY: Final = re.compile(r"[?&]category=([a-z]+)")
_EXCERPT: Final = 120


class _Result(Struct):
    category: str = ""


class _Reply(Struct):
    result: _Result


_reply_decoder = msgspec.json.Decoder(_Reply)


class Learned(NamedTuple):
    """What an instrument list told: the instruments, and why some of its rows are none."""

    instruments: list[Event[Instrument]]
    refused: list[ProtocolError]


class ImportRoutes:
    """The normalizers of one capture.

    Attributes:
        instruments: the last `Instrument` event of each instrument that was named.
    """

    def __init__(self, category: str | None = None) -> None:
        """`category` is that of frames whose connection has no address in the capture; None: they can't be read."""
        self.instruments: dict[InstrumentKey, Event[Instrument]] = {}
        self._default = category
        self._normalizers = {name: BybitNormalizer(name, Source.IMPORT) for name in CATEGORIES}
        self._categories: dict[str, str] = {}
        self._unread: dict[str, ProtocolError] = {}

    @property
    def has_any(self) -> bool:
        """Whether the capture has shown a connection that is read."""
        return bool(self._categories)

    def category_of(self, connection: str) -> str | None:
        """The category of a connection's frames; None when they can't be read."""
        return None if connection in self._unread else self._categories.get(connection, self._default)

    def connect(self, frame: CapturedFrame) -> None:
        """Take in a CONNECTED frame.

        Raises:
            ProtocolError: no normalizer reads what comes from there.
        """
        address = frame.payload.decode("utf-8", "replace")
        match = _PUBLIC.match(address)
        if match and match[1] in CATEGORIES:
            self._categories[frame.connection] = match[1]
            self._unread.pop(frame.connection, None)
        else:
            error = ProtocolError(f"read frames of {address}", "no normalizer reads them yet", READ_SO_FAR)
            self._unread[frame.connection] = error
            raise error

    def learn(self, payload: bytes, receive_time_ns: int, url: str = "") -> Learned:
        """The instruments in a reply of the instrument list; their symbols are known from then on.

        Its category is in it, else in the `url` that was asked, else that of connections without an address.

        Raises:
            ProtocolError: it is no such reply, or of a category that is not read.
        """
        asked = "read an instrument list"
        asked_for = _CATEGORY.search(url)
        try:
            named = _reply_decoder.decode(payload).result.category
        except ValueError as error:
            raise ProtocolError(asked, str(error), f"it begins {excerpt(payload)}") from error
        category = named or (asked_for[1] if asked_for else self._default)
        if category is None:
            raise ProtocolError(asked, "it does not name its category", "give it: --category " + " | ".join(CATEGORIES))
        normalizer = self._normalizers.get(category)
        if normalizer is None:
            raise ProtocolError(asked, f"no normalizer reads category {category!r} yet", READ_SO_FAR)
        learned = Learned([], [])
        for event in normalizer.instruments(payload, receive_time_ns):
            if type(event.data) is Instrument:
                self.instruments[event.header.key] = event
                learned.instruments.append(event)
            else:
                learned.refused.append(ProtocolError(event.data.asked, event.data.answered, event.data.hint))
        return learned

    def learn_given(self, payload: bytes) -> Learned:
        """Take in an instrument list that is not in the capture; connections without an address are of its category.

        Raises:
            ProtocolError: as `learn`, or not one of its rows can be used.
        """
        learned = self.learn(payload, 0)
        if learned.refused and not learned.instruments:
            raise learned.refused[0]
        if self._default is None and learned.instruments:
            self._default = learned.instruments[0].header.category
        return learned

    def events(self, frame: CapturedFrame) -> list[Event[Any]]:
        """The events in a received frame.

        Raises:
            ProtocolError: it can't be read.
            ConfigError: the capture does not tell what this connection is, and nothing else does.
        """
        category = self.category_of(frame.connection)
        if category is None or (frame.connection not in self._categories and not self.instruments):
            raise self._unrouted(frame)
        return self._normalizers[category].normalize(frame.payload, frame.receive_time_ns)

    def _unrouted(self, frame: CapturedFrame) -> ConfigError | ProtocolError:
        if frame.connection in self._unread:
            return self._unread[frame.connection]
        asked = f"read the frames of connection {frame.connection}"
        if frame.kind is FrameKind.RECEIVED and b'"topic":' in frame.payload:
            lacking = "instruments" if self._default else "category and instruments"
            infer = f"--infer-steps --category {self._default or 'spot'}"
            return ConfigError(
                asked,
                f"the capture does not name their {lacking}",
                f"give --instruments FILE, a saved reply of {INSTRUMENTS_PATH}, or {infer}",
            )
        return ConfigError(asked, f"no normalizer reads them yet: {excerpt(frame.payload)}", READ_SO_FAR)


def excerpt(payload: bytes) -> str:
    """How `payload` begins, for a message."""
    text = payload[:_EXCERPT].decode("utf-8", "replace")
    return text + "…" if len(payload) > _EXCERPT else text or "(empty)"
