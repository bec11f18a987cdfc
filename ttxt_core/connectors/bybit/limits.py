"""Bybit's rate limits: what a key and an address may ask in a time.

Source: Bybit's v5 documentation, "Rate Limit". A request names its path; all HTTP counts for the address too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ttxt_core.web.throttle import RateLimit

EVERYTHING: Final = "address"
"""What all requests from one address count against; the venue bans it for ten minutes when it asks more."""

PROTECT: Final = "/v5/position/trading-stop"
"""The path that gives a position its exits; it is no order's."""

QUERY_LIMITS: Final[Mapping[str, int]] = {
    "/v5/order/realtime": 50,
    "/v5/order/history": 50,
    "/v5/execution/list": 50,
    "/v5/position/list": 50,
    "/v5/account/wallet-balance": 50,
    "/v5/account/fee-rate": 5,
    "/v5/order/disconnected-cancel-all": 5,
}
"""By path, in any second, for the account."""

_COMMANDS: Final[Mapping[str, Mapping[str, int]]] = {
    "spot": {"create": 20, "amend": 10, "cancel": 20},
    "linear": {"create": 10, "amend": 10, "cancel": 10},
    "inverse": {"create": 10, "amend": 10, "cancel": 10},
}
_BATCHES: Final[Mapping[str, int]] = {"spot": 20, "linear": 10, "inverse": 10}
_CANCEL_ALL: Final[Mapping[str, int]] = {"spot": 20, "linear": 10, "inverse": 10}

BATCH_LIMITS: Final[Mapping[str, int]] = {category: count // 2 for category, count in _BATCHES.items()}
"""The most commands of a batch: the venue takes more, but counts each of them, and half may go at once."""


def rate_limits(category: str) -> list[RateLimit]:
    """The limits of one category."""
    limits = [RateLimit(EVERYTHING, 600, 5.0, counts_calls=True)]
    limits += [RateLimit(path, count, 1.0, counts_calls=True) for path, count in QUERY_LIMITS.items()]
    for word, count in _COMMANDS[category].items():
        limits.append(RateLimit(f"/v5/order/{word}", count, 1.0))
        limits.append(RateLimit(f"/v5/order/{word}-batch", _BATCHES[category], 1.0))
    limits.append(RateLimit("/v5/order/cancel-all", _CANCEL_ALL[category], 1.0, counts_calls=True))
    limits.append(RateLimit(PROTECT, 10, 1.0, counts_calls=True))
    return limits
