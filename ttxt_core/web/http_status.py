"""What a status of HTTP and a ``Retry-After`` header mean, where a venue does not say it better in its own words.

Owns these readings. Pure.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import (
    AuthError,
    OutcomeUnknownError,
    RateLimitError,
    TransportError,
    VenueRejectError,
    WebError,
)

SLOW_DOWN = frozenset({429, 418})
"""418 is what some venues answer to who goes on after a 429: banned for a time."""


PROXY_HINT = "write the proxy as http://user:password@host:port"


def status_error(asked: str, status: int, retry_after: str | None, now_ns: int, *, may_repeat: bool = True) -> WebError:
    """The error that a status of 300 and above stands for.

    Args:
        retry_after: the header as it came. now_ns: our clock, UTC.
        may_repeat: whether asking again does no harm; if not, a failure of the server leaves the outcome unknown.
    """
    answered = f"HTTP {status}"
    wait_s = retry_after_s(retry_after, now_ns)
    if status in SLOW_DOWN:
        return RateLimitError(asked, answered, "ask less often", retry_after_s=wait_s)
    if status == 407:
        return AuthError(asked, f"{answered}: the proxy wants a user and a password", PROXY_HINT)
    if status == 401:
        return AuthError(asked, answered, "check the key, its permissions and the clock")
    if status >= 500 and may_repeat:
        hint = "the server has a trouble of its own: try again later, or check the host"
        return TransportError(asked, answered, hint, retry_after_s=wait_s)
    if status >= 500:
        hint = "the venue may have carried it out all the same: ask what became of it"
        return OutcomeUnknownError(asked, answered, hint, retry_after_s=wait_s)
    return VenueRejectError(asked, status, _phrase(status), "check the host", retry_after_s=wait_s)


def _phrase(status: int) -> str:
    try:
        return f"HTTP {HTTPStatus(status).phrase}"
    except ValueError:
        return "HTTP"


def retry_after_s(header: str | None, now_ns: int) -> float | None:
    """Seconds that a ``Retry-After`` asks to wait (RFC 9110, 10.2.3: seconds or a date); None when it is unusable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, when.timestamp() - now_ns / NANOSECONDS)
