"""How a venue talks, as values: what an assistant must know beside the address.

Owns the descriptions, one for sockets and one for HTTP. Connectors fill them in; nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ttxt_core.web.auth import RESTAuthenticator, WSAuthenticator
from ttxt_core.web.connection import DEFAULT_MAX_MESSAGE_SIZE
from ttxt_core.web.requests import RESTRequest, RESTResponse, WSRequest, WSResponse
from ttxt_core.web.vitals import Ping

Topics = Sequence[str]


def _no_messages(_: Topics) -> Sequence[WSRequest]:
    return ()


def _never(_: WSResponse) -> bool:
    return False


def _no_id(_: WSResponse) -> str | None:
    return None


def _nothing(_: RESTRequest, __: RESTResponse) -> None:
    return


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamDialect:
    """What one socket of a venue expects and sends.

    Attributes:
        subscribe, unsubscribe: build the messages for topics, as many as the venue's limits ask for.
        authenticator: logs in after each connection; None where no login is needed.
        is_login_reply: False for any other message, True when logged in; raises `AuthError` when the venue refused.
        login_timeout_s: for the reply.
        correlate: the request id in a reply, else None; asked only while replies are awaited.
        ping: the one that the venue wants; None when it sends its own (those are always answered).
        idle_timeout_s: without any frame, pings of the protocol included, the connection is given up; noticed within
            half as much again.
        pre_processors: change each message that is sent before it is encoded, in order.
        post_processors: change each message that came before it is looked at, in order (decompress, unwrap).
        headers: of the handshake. max_message_size: in bytes, decompressed.
        compression: offer per-message deflate.
    """

    subscribe: Callable[[Topics], Sequence[WSRequest]] = _no_messages
    unsubscribe: Callable[[Topics], Sequence[WSRequest]] = _no_messages
    authenticator: WSAuthenticator | None = None
    is_login_reply: Callable[[WSResponse], bool] = _never
    login_timeout_s: float = 10.0
    correlate: Callable[[WSResponse], str | None] = _no_id
    ping: Ping | None = None
    idle_timeout_s: float = 60.0
    pre_processors: Sequence[Callable[[WSRequest], WSRequest]] = ()
    post_processors: Sequence[Callable[[WSResponse], WSResponse]] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE
    compression: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RESTDialect:
    """What a venue expects and answers over HTTP.

    Attributes:
        authenticator: signs; None where nothing is signed.
        check: raises the `WebError` that an answer means by the venue's own codes, before its status is looked at.
        observe: told of every answer first, to correct the throttler by the venue's headers.
        pre_processors: change a request before it is limited and signed. post_processors: change an answer before it
            is looked at. Both in order.
        headers: sent with every request.
        attempts: for requests that may be repeated; others are sent once, whatever happens.
        patience_s: the longest wait that a venue may ask for before a repetition; longer is the caller's business.
        timeout_s: for one attempt. max_body_size: in bytes, decompressed.
    """

    authenticator: RESTAuthenticator | None = None
    check: Callable[[RESTRequest, RESTResponse], None] = _nothing
    observe: Callable[[RESTRequest, RESTResponse], None] = _nothing
    pre_processors: Sequence[Callable[[RESTRequest], RESTRequest]] = ()
    post_processors: Sequence[Callable[[RESTResponse], RESTResponse]] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    attempts: int = 3
    patience_s: float = 5.0
    timeout_s: float = 10.0
    max_body_size: int = DEFAULT_MAX_MESSAGE_SIZE
