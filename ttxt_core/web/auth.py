"""Who may ask: signing as a pure function of a request, the time and a secret.

Owns the interfaces. Venues implement them; an authenticator does no I/O and reads no clock, so that it is tested with
the venue's own examples.
"""

from __future__ import annotations

from typing import Protocol

from ttxt_core.web.requests import RESTRequest, WSRequest


class RESTAuthenticator(Protocol):
    """Signs requests over HTTP."""

    def sign(self, request: RESTRequest, now_ms: int) -> RESTRequest:
        """A copy of `request` with what the venue asks for; `now_ms` is the venue's time, in milliseconds."""
        ...


class WSAuthenticator(Protocol):
    """Logs in on a WebSocket."""

    def login(self, now_ms: int) -> WSRequest:
        """The message that logs in; `now_ms` is the venue's time, in milliseconds."""
        ...
