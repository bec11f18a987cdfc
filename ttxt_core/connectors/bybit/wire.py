"""How Bybit talks on its sockets and over REST: subscriptions, pings, logins, ids, and what its statuses mean.

Pure functions and values. Source: Bybit's v5 documentation, "Connect" and "Rate Limit". Each of its sockets answers a
ping in a shape of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.connectors.bybit.codes import OK, UNSURE, error_of, hint_of, said
from ttxt_core.connectors.bybit.replies import reply_of
from ttxt_core.connectors.venue import SubscriptionAnswer
from ttxt_core.errors import AuthError, OutcomeUnknownError, RateLimitError, TransportError
from ttxt_core.web.requests import RESTRequest, RESTResponse, WSJSONRequest, WSResponse
from ttxt_core.web.throttle import Throttler
from ttxt_core.web.vitals import Ping

_PING_S: Final = 20.0
_LOGGED_IN_ALREADY: Final = 20001
_BAN_S: Final = 600.0
_LIMIT_RESET: Final = "x-bapi-limit-reset-timestamp"
_LIMIT_LEFT: Final = "x-bapi-limit-status"
_SHORT: Final = 512
"""No pong is longer, and few data are shorter: a look at the length spares the look into them."""

_SPOT_TOPICS_MOST: Final = 10
_TOPICS_LENGTH_MOST: Final = 20_000


class TopicRequests:
    """Writes subscriptions of one socket, each with an id of its own, in as many messages as the venue asks for."""

    def __init__(self, category: str) -> None:
        self._most = _SPOT_TOPICS_MOST if category == "spot" else 100
        self._numbers = count(1)

    def subscribe(self, topics: Sequence[str]) -> list[WSJSONRequest]:
        """The messages that subscribe `topics`."""
        return self._requests("subscribe", topics)

    def unsubscribe(self, topics: Sequence[str]) -> list[WSJSONRequest]:
        """The messages that end the subscriptions of `topics`."""
        return self._requests("unsubscribe", topics)

    def _requests(self, op: str, topics: Sequence[str]) -> list[WSJSONRequest]:
        requests = []
        for start in range(0, len(topics), self._most):
            request_id = f"{op}-{next(self._numbers)}"
            payload = {"req_id": request_id, "op": op, "args": list(topics[start : start + self._most])}
            requests.append(WSJSONRequest(payload, request_id, op))
        return requests


def ping() -> Ping:
    """The ping that every socket wants."""
    return Ping(_PING_S, lambda: WSJSONRequest({"req_id": "ping", "op": "ping"}, label="ping"), is_pong)


def is_pong(response: WSResponse) -> bool:
    """Whether a message answers a ping: public spot and linear repeat the op, the others call it pong."""
    if len(response.raw) > _SHORT or b"pong" not in response.raw:
        return False
    data = response.data
    return isinstance(data, dict) and (
        data.get("op") == "pong" or (data.get("op") == "ping" and data.get("ret_msg") == "pong")
    )


def is_login_reply(response: WSResponse) -> bool:
    """Whether a message says that the login was accepted.

    Raises:
        AuthError: it was refused.
    """
    data = response.data
    if not isinstance(data, dict):
        return False
    asked_for = data.get("request")
    is_about_login = data.get("op") == "auth" or (isinstance(asked_for, dict) and asked_for.get("op") == "auth")
    if not is_about_login:
        return False
    code = data.get("retCode", OK)
    if data.get("success") is False or code not in {OK, _LOGGED_IN_ALREADY}:
        said = str(data.get("ret_msg") or data.get("retMsg") or "refused")
        error = error_of("log in to bybit", code, said) if code else AuthError("log in to bybit", said)
        raise error if isinstance(error, AuthError) else AuthError(error.asked, error.answered, error.hint)
    return True


def stream_request_id(response: WSResponse) -> str | None:
    """The id of the command that a message on the public or private socket answers."""
    data = response.data
    return data.get("req_id") if isinstance(data, dict) else None


def trade_request_id(response: WSResponse) -> str | None:
    """The id of the command that a message on the trade socket answers."""
    data = response.data
    return data.get("reqId") if isinstance(data, dict) else None


def subscription_answer(response: WSResponse) -> SubscriptionAnswer | None:
    """What a private message says of a subscription."""
    if len(response.raw) > _SHORT or b'"subscribe"' not in response.raw:
        return None
    data = response.data
    if not isinstance(data, dict) or data.get("op") != "subscribe" or "success" not in data:
        return None
    return SubscriptionAnswer("" if data["success"] else str(data.get("ret_msg") or "refused"))


def check(request: RESTRequest, response: RESTResponse) -> None:
    """Raise what an answer means by the venue's own codes; other statuses are judged by what they are in HTTP.

    Raises:
        RateLimitError, AuthError, VenueRejectError, OutcomeUnknownError, TransportError, ProtocolError.
    """
    asked = response.asked
    if response.status == 403:
        if b"frequent" in response.body.lower():
            hint = "the address is banned for at least ten minutes"
            raise RateLimitError(asked, "HTTP 403: access too frequent", hint, retry_after_s=_BAN_S)
        raise AuthError(
            asked, "HTTP 403", "the venue does not serve this address or region: check the host and the proxy"
        )
    if response.status != 200:
        return
    reply = reply_of(response.body, asked)
    code = reply.ret_code
    if code == OK:
        return
    if code in UNSURE:
        answered = said(code, reply.ret_msg)
        if request.may_repeat:
            raise TransportError(asked, answered, hint_of(code))
        raise OutcomeUnknownError(asked, answered, "ask the venue what became of it")
    error = error_of(asked, code, reply.ret_msg)
    if isinstance(error, RateLimitError):
        error.retry_after_s = _until_reset_s(response, reply.time)
    raise error


def observe(throttler: Throttler, request: RESTRequest, response: RESTResponse) -> None:
    """Take over what the venue says is left of a limit."""
    left = response.headers.get(_LIMIT_LEFT, "")
    if left.isdigit() and request.limits:
        throttler.correct(request.limits[0], int(left))


def _until_reset_s(response: RESTResponse, now_ms: int) -> float:
    """Until the limit begins anew, by the venue's clock; a second where it does not say."""
    reset = response.headers.get(_LIMIT_RESET, "")
    if not reset.isdigit() or not now_ms:
        return 1.0
    return max(0.0, (int(reset) - now_ms) * MILLISECOND_NS / 1e9)
