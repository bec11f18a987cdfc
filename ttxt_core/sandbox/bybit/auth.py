"""API keys and signatures, checked over the very bytes that came. Pure.

Source: Bybit's v5 documentation, "Integration Guidance", and "Connect" of the WebSocket streams.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ttxt_core.sandbox.bybit.errors import (
    API_KEY,
    AUTH_FAILED,
    KEY_EXPIRED,
    PARAMETER,
    PERMISSION,
    SIGNATURE,
    TIMESTAMP,
    UNMATCHED_IP,
    Refusal,
)

DEFAULT_WINDOW_MS = 5000
_EARLY_MS = 1000


ANY_ADDRESS = ("*",)


ALL_CATEGORIES = ("spot", "linear", "inverse")


class ApiKey(Struct):
    """A key of the sandbox's account, and what it may; that may be changed while the sandbox runs.

    Attributes:
        is_read_only: nothing that it asks for may change anything.
        trades: the categories that it may trade in. may_withdraw: whether it may take money out.
        ips: the addresses that it may come from. expires_ms: when it ends; 0 for never.
    """

    key: str
    secret: str
    is_read_only: bool = False
    trades: tuple[str, ...] = ALL_CATEGORIES
    may_withdraw: bool = False
    ips: tuple[str, ...] = ANY_ADDRESS
    expires_ms: int = 0

    def __repr__(self) -> str:
        may = f"is_read_only={self.is_read_only}, trades={self.trades}, may_withdraw={self.may_withdraw}"
        return f"ApiKey({self.key}, {may}, ips={self.ips}, expires_ms={self.expires_ms})"


class KeyRing:
    """The keys that the sandbox knows."""

    def __init__(self, keys: list[ApiKey]) -> None:
        self._keys = {key.key: key for key in keys}

    def check_request(self, headers: Mapping[str, str], payload: bytes, address: str, now_ms: int) -> ApiKey:
        """The key that signed a REST request from `address`; `payload` is its raw query string, or its raw body.

        Raises:
            Refusal: a header is missing, the key is unknown or expired or bound to another address, the time is out
                of the window, or the signature is not that of these bytes.
        """
        name, sign = headers.get("X-BAPI-API-KEY", ""), headers.get("X-BAPI-SIGN", "")
        stamp, window = headers.get("X-BAPI-TIMESTAMP", ""), headers.get("X-BAPI-RECV-WINDOW", "")
        if not (name and sign and stamp):
            raise Refusal(PARAMETER, "empty value: apiTimestamp or apiSignature or apiKey")
        key = self._known(name)
        self.check_time(stamp, window or str(DEFAULT_WINDOW_MS), now_ms)
        signed = f"{stamp}{name}{window}".encode() + payload
        self._check_signature(key, sign, signed)
        return _usable(key, address, now_ms)

    def check_login(self, arguments: Any, address: str, now_ms: int) -> ApiKey:
        """The key that opens a private or trade socket from `address` with ``[key, expires, signature]``.

        Raises:
            Refusal: not three arguments, or what is refused of a request.
        """
        if not isinstance(arguments, list) or len(arguments) != 3:
            raise Refusal(PARAMETER, "Params Error")
        name, expires, sign = arguments
        key = self._known(str(name))
        try:
            expires_ms = int(expires)
        except (TypeError, ValueError) as error:
            raise Refusal(PARAMETER, "Params Error") from error
        if expires_ms <= now_ms:
            raise Refusal(SIGNATURE, "Params expired: expires must be in the future")
        self._check_signature(key, str(sign), f"GET/realtime{expires}".encode())
        return _usable(key, address, now_ms)

    @staticmethod
    def check_time(stamp: str, window: str, now_ms: int) -> None:
        """Refuse what was signed too long ago, or in the future.

        Raises:
            Refusal: ``now − window ≤ timestamp < now + 1000`` does not hold, or one of them is no number.
        """
        try:
            stamp_ms, window_ms = int(stamp), int(window)
        except ValueError as error:
            raise Refusal(PARAMETER, "timestamp and recv_window must be whole numbers") from error
        if not now_ms - window_ms <= stamp_ms < now_ms + _EARLY_MS:
            raise Refusal(
                TIMESTAMP,
                "invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{stamp_ms}],server_timestamp[{now_ms}],recv_window[{window_ms}]",
            )

    def get(self, name: str) -> ApiKey:
        """A key that was checked before."""
        return self._keys[name]

    def _known(self, name: str) -> ApiKey:
        key = self._keys.get(name)
        if key is None:
            raise Refusal(API_KEY, "API key is invalid.")
        return key

    @staticmethod
    def _check_signature(key: ApiKey, sign: str, signed: bytes) -> None:
        expected = hmac.new(key.secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), sign.encode()):
            raise Refusal(SIGNATURE, "error sign! please check your signature generation algorithm.")


def check_may_trade(key: ApiKey, category: Any) -> None:
    """Refuse a key that can only read, or that has no permission to trade in `category`, if that is one.

    Raises:
        Refusal: the key may not.
    """
    if key.is_read_only or (category in ALL_CATEGORIES and category not in key.trades) or not key.trades:
        raise Refusal(PERMISSION, "Permission denied, please check your API key permissions.")


def expired() -> Refusal:
    """What an expired key is answered."""
    return Refusal(KEY_EXPIRED, "Your api key has expired.")


def not_logged_in() -> Refusal:
    """What a socket is answered that has not proved its key."""
    return Refusal(AUTH_FAILED, "User authentication failed.")


def _usable(key: ApiKey, address: str, now_ms: int) -> ApiKey:
    if key.expires_ms and key.expires_ms <= now_ms:
        raise expired()
    if key.ips != ANY_ADDRESS and address not in key.ips:
        raise Refusal(UNMATCHED_IP, "Unmatched IP, please check your API key's bound IP addresses.")
    return key
