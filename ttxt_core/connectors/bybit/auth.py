"""Signing for Bybit v5: pure functions of a request, the venue's time and a secret.

Source: Bybit's v5 documentation, "Integration Guidance · Authentication". HMAC-SHA256, in lower-case hex, over what is
sent, byte for byte.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Final

from ttxt_core.connectors.bybit.denormalizer import RECV_WINDOW_MS
from ttxt_core.web.requests import RESTRequest, WSJSONRequest
from ttxt_core.web.secrets import Credentials, Secret

LOGIN_VALID_MS: Final = 10_000
"""How long after its making a login may reach the venue."""


def sign(secret: Secret, text: str) -> str:
    """The signature of `text`."""
    return hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()


class BybitAuthenticator:
    """Signs REST requests and logs in on the private and the trade socket."""

    def __init__(self, credentials: Credentials, recv_window_ms: int = RECV_WINDOW_MS) -> None:
        self._credentials = credentials
        self._recv_window_ms = recv_window_ms

    def sign(self, request: RESTRequest, now_ms: int) -> RESTRequest:
        """`request` with its four headers: what is signed is the query of a GET, else the body."""
        key = self._credentials.api_key
        payload = request.query if request.method == "GET" else request.body.decode()
        text = f"{now_ms}{key.reveal()}{self._recv_window_ms}{payload}"
        headers = {
            "X-BAPI-API-KEY": key.reveal(),
            "X-BAPI-TIMESTAMP": str(now_ms),
            "X-BAPI-RECV-WINDOW": str(self._recv_window_ms),
            "X-BAPI-SIGN": sign(self._credentials.api_secret, text),
        }
        return replace(request, headers={**request.headers, **headers})

    def login(self, now_ms: int) -> WSJSONRequest:
        """The message that logs in."""
        expires_ms = now_ms + LOGIN_VALID_MS
        signature = sign(self._credentials.api_secret, f"GET/realtime{expires_ms}")
        args = [self._credentials.api_key.reveal(), expires_ms, signature]
        return WSJSONRequest({"op": "auth", "args": args}, label="auth")
