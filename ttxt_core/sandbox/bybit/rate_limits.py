"""Rate limits: how many requests an account may make a second, and an address in five.

Source: Bybit's v5 documentation, "Rate Limit Rules". A batch has a quota of its own, and takes a unit an order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from ttxt_core.sandbox.faults import ServerClock

_SECOND_MS = 1000
_ADDRESS_WINDOW_MS, _ADDRESS_LIMIT = 5000, 600
_BAN_MS = 600_000
_ORDERS: Mapping[str, Mapping[str, int]] = {
    "create": {"spot": 20, "linear": 10, "inverse": 10},
    "amend": {"spot": 10, "linear": 10, "inverse": 10},
    "cancel": {"spot": 20, "linear": 10, "inverse": 10},
    "cancel-all": {"spot": 20, "linear": 10, "inverse": 10},
    "create-batch": {"spot": 20, "linear": 10, "inverse": 10},
    "amend-batch": {"spot": 20, "linear": 10, "inverse": 10},
    "cancel-batch": {"spot": 20, "linear": 10, "inverse": 10},
}
_OTHERS: Mapping[str, int] = {"query": 50, "leverage": 10, "fee-rate": 5, "dcp": 5}


class Quota(NamedTuple):
    """What is left of a limit after a request."""

    limit: int
    left: int
    reset_ms: int
    is_over: bool

    def headers(self) -> dict[str, str]:
        """As every signed answer carries it."""
        return {
            "X-Bapi-Limit": str(self.limit),
            "X-Bapi-Limit-Status": str(self.left),
            "X-Bapi-Limit-Reset-Timestamp": str(self.reset_ms),
        }


class RateLimits:
    """Counts requests. REST and the trade socket share the quotas."""

    def __init__(self, clock: ServerClock, scale: float = 1.0) -> None:
        """All limits are multiplied by `scale`, for tests that must not wait."""
        self._clock = clock
        self._scale = scale
        self._taken: dict[tuple[str, str], deque[int]] = {}
        self._visits: dict[str, deque[int]] = {}
        self._banned: dict[str, int] = {}

    def take(self, group: str, category: str, units: int = 1) -> Quota:
        """Count `units` of `group`; when they are more than are left, none is counted."""
        limit = int((_ORDERS[group].get(category, 10) if group in _ORDERS else _OTHERS[group]) * self._scale)
        now_ms = self._clock.now_ms()
        taken = self._taken.setdefault((group, category), deque())
        _forget(taken, now_ms, _SECOND_MS)
        is_over = len(taken) + units > limit
        if not is_over:
            taken.extend([now_ms] * units)
        reset_ms = taken[0] + _SECOND_MS if is_over and taken else now_ms
        return Quota(limit, max(0, limit - len(taken)), reset_ms, is_over)

    def is_banned(self, address: str) -> bool:
        """Count a request of `address`; one too many bans it for ten minutes."""
        now_ms = self._clock.now_ms()
        if now_ms < self._banned.get(address, 0):
            return True
        visits = self._visits.setdefault(address, deque())
        _forget(visits, now_ms, _ADDRESS_WINDOW_MS)
        visits.append(now_ms)
        if len(visits) > _ADDRESS_LIMIT * self._scale:
            self._banned[address] = now_ms + _BAN_MS
            return True
        return False


def _forget(times: deque[int], now_ms: int, window_ms: int) -> None:
    """Drop what is older than the window, and what a clock that was set back has left in the future."""
    while times and not now_ms - window_ms < times[0] <= now_ms:
        times.popleft()
