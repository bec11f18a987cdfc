"""What is asked of a venue over the web and what comes back.

Owns encoding and lazy decoding. It does no I/O. No `repr` here shows a payload, a header or a parameter's value: any
of them may hold a key or a signature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

import msgspec
import orjson

from ttxt_core.errors import ProtocolError

T = TypeVar("T")


class Opcode(IntEnum):
    """The kinds of WebSocket frames that carry something (RFC 6455, 5.2)."""

    TEXT = 1
    BINARY = 2
    PING = 9
    PONG = 10


class Priority(IntEnum):
    """Who goes first when a rate limit makes requests wait."""

    CANCEL = 0
    EXIT = 1
    CREATE = 2
    AMEND = 3
    QUERY = 4
    HISTORY = 5


class Headers(dict[str, str]):
    """Headers whose `repr` gives their names alone."""

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


class WSRequest(ABC):
    """A message to be sent over a WebSocket.

    Attributes:
        opcode: whether `encode` gives a text or a binary frame.
        request_id: what the venue repeats in its reply; None when it sends none.
        label: what it asks, for errors and logs ("order.create"); never a payload.
    """

    opcode: ClassVar[Opcode] = Opcode.TEXT
    request_id: str | None = None
    label: str = "message"

    @abstractmethod
    def encode(self) -> bytes:
        """The frame's payload; UTF-8 when it is text."""

    def __str__(self) -> str:
        return self.label if self.request_id is None else f"{self.label} {self.request_id}"


@dataclass(slots=True, eq=False)
class WSJSONRequest(WSRequest):
    """A message in JSON: anything that orjson writes."""

    payload: Any = field(repr=False)
    request_id: str | None = None
    label: str = "message"

    def encode(self) -> bytes:
        """The payload as compact JSON."""
        return orjson.dumps(self.payload)

    __str__ = WSRequest.__str__


@dataclass(slots=True, eq=False)
class WSPlainTextRequest(WSRequest):
    """A message of plain text, such as a venue's bare ``ping``."""

    text: str = field(repr=False)
    request_id: str | None = None
    label: str = "message"

    def encode(self) -> bytes:
        """The text in UTF-8."""
        return self.text.encode()

    __str__ = WSRequest.__str__


@dataclass(slots=True, eq=False)
class WSBinaryRequest(WSRequest):
    """A message of bytes."""

    opcode: ClassVar[Opcode] = Opcode.BINARY

    payload: bytes = field(repr=False)
    request_id: str | None = None
    label: str = "message"

    def encode(self) -> bytes:
        """The payload itself."""
        return self.payload

    __str__ = WSRequest.__str__


@lru_cache(maxsize=256)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_, strict=False)


def _decode(raw: bytes, type_: type[T], asked: str) -> T:
    wanted: Any = type_
    try:
        decoded: T = _decoder(wanted).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # The message alone: an error that is chained shows parts of what came.
        answered = f"{len(raw)} bytes that are no {getattr(type_, '__name__', type_)}: {error}"
    else:
        return decoded
    raise ProtocolError(asked, answered)


class WSResponse(msgspec.Struct, gc=False, eq=False):
    """A message that came over a WebSocket.

    Attributes:
        raw: the payload as it came. opcode: TEXT or BINARY.
        receive_time_ns: our clock at the read, UTC.
        connection_id: the stream's name and the number of its connection ("public-3").
        frame_number: the number of the message on that connection, from 1.
    """

    raw: bytes
    receive_time_ns: int
    connection_id: str
    frame_number: int
    opcode: int = Opcode.TEXT
    _data: Any = msgspec.UNSET

    @property
    def data(self) -> Any:
        """The JSON value, decoded once, on first use; text or bytes when it is not JSON."""
        if self._data is msgspec.UNSET:
            try:
                self._data = orjson.loads(self.raw)
            except orjson.JSONDecodeError:
                self._data = self._not_json()
        return self._data

    def decode(self, type_: type[T]) -> T:
        """The payload as `type_`, numbers in strings read as numbers.

        Raises:
            ProtocolError: the payload has another shape.
        """
        return _decode(self.raw, type_, f"read message {self.frame_number} of {self.connection_id}")

    def _not_json(self) -> str | bytes:
        if self.opcode == Opcode.TEXT:
            try:
                return self.raw.decode()
            except UnicodeDecodeError:
                return self.raw
        return self.raw

    def __repr__(self) -> str:
        return f"WSResponse({self.connection_id} message {self.frame_number}, {len(self.raw)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What tracebacks with variables show in place of all fields."""
        return [("connection_id", self.connection_id), ("frame_number", self.frame_number), ("bytes", len(self.raw))]


@dataclass(frozen=True, slots=True)
class RESTRequest:
    """A request over HTTP, with all that is signed and limited, before the host is known.

    Attributes:
        method: in upper case. path: from the root, without a query.
        params: of the query, in the order in which they are sent and signed.
        body: as sent. headers: beside those of HTTP itself.
        is_signed: the authenticator signs it.
        limits: keys of the rate limits it counts against. weight: how much it counts where weight is what counts.
        priority: who goes first when a limit makes requests wait.
        is_repeatable: asking twice does no more than asking once, so that it may be tried again when the answer is
            lost. By default that is so for GET alone.
        most_wait_s: how long limits may hold it back before it is given up; None: for as long as they do.
        label: what it asks, in words, for errors ("ask for the balances").
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=Headers)
    is_signed: bool = False
    limits: tuple[str, ...] = ()
    weight: int = 1
    priority: Priority = Priority.QUERY
    is_repeatable: bool | None = None
    most_wait_s: float | None = None
    label: str = ""

    @property
    def query(self) -> str:
        """The query string: the very characters that are sent, so that a signature over it holds."""
        return urlencode(self.params)

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again by itself."""
        return self.method == "GET" if self.is_repeatable is None else self.is_repeatable

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def __repr__(self) -> str:
        return f"RESTRequest({self.method} {self.path}, is_signed={self.is_signed})"


class RESTResponse(msgspec.Struct, eq=False):
    """An answer over HTTP.

    Attributes:
        status: of HTTP. headers: their names in lower case. body: as it came, decompressed.
        sent_time_ns, receive_time_ns: our clock when the request's head was written and when the whole answer was read.
        asked: method and path, for errors.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_time_ns: int
    receive_time_ns: int
    asked: str = "request"
    _data: Any = msgspec.UNSET

    @property
    def data(self) -> Any:
        """The JSON value, decoded once, on first use.

        Raises:
            ProtocolError: the body is not JSON.
        """
        if self._data is msgspec.UNSET:
            self._data = self.decode(object)
        return self._data

    def decode(self, type_: type[T]) -> T:
        """The body as `type_`, numbers in strings read as numbers.

        Raises:
            ProtocolError: the body has another shape.
        """
        return _decode(self.body, type_, self.asked)

    def __repr__(self) -> str:
        return f"RESTResponse({self.asked}: {self.status}, {len(self.body)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What tracebacks with variables show in place of all fields."""
        return [("asked", self.asked), ("status", self.status), ("bytes", len(self.body))]
