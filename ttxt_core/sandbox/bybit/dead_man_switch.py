"""The dead-man switch (DCP): orders are cancelled when their owner's private stream has been gone for too long.

Source: Bybit's v5 documentation, "Set Disconnect Cancel All": it works only while a private connection has
subscribed to the product's ``dcp`` topic; one that is left, or one that comes back in time, holds it off.
"""

from __future__ import annotations

import asyncio

from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.errors import PERMISSION, Refusal, bad_parameter
from ttxt_core.sandbox.bybit.private_socket import PrivateSocket
from ttxt_core.sandbox.bybit.wire import Row

_TOPICS = {"SPOT": "dcp.spot", "DERIVATIVES": "dcp.future", "OPTIONS": "dcp.option"}
_CATEGORIES = {"SPOT": ("spot",), "DERIVATIVES": ("linear", "inverse"), "OPTIONS": ("option",)}
_SHORTEST_S, _LONGEST_S, _DEFAULT_S = 3, 300, 10


class DeadManSwitch:
    """Watches the private connections."""

    def __init__(self, stream: PrivateSocket, desk: OrderDesk, *, is_offered: bool = True) -> None:
        """The venue switches it on for some accounts; for one where it is not offered, setting it is refused."""
        self._is_offered = is_offered
        self._stream = stream
        self._desk = desk
        self._windows_s: dict[str, int] = {}
        self._armed: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        stream.on_change = self._on_change

    @property
    def window_s(self) -> int | None:
        """The window of derivatives; None where it is not offered."""
        return self._windows_s.get("DERIVATIVES", _DEFAULT_S) if self._is_offered else None

    def set(self, product: str, window_s: int) -> None:
        """Set a product's window.

        Raises:
            Refusal: an unknown product, not from 3 to 300 seconds, or the account has no such switch.
        """
        if not self._is_offered:
            raise Refusal(PERMISSION, "Permission denied: DCP is not enabled for this account.")
        if product not in _TOPICS or not _SHORTEST_S <= window_s <= _LONGEST_S:
            raise bad_parameter("product or timeWindow invalid: 3 to 300 seconds")
        self._windows_s[product] = window_s
        self._on_change()  # who has subscribed already is watched from now on

    def info(self) -> Row:
        """The result of ``/v5/account/query-dcp-info``."""
        return {
            "dcpInfos": [
                {"product": product, "dcpStatus": "ON", "timeWindow": str(window_s)}
                for product, window_s in self._windows_s.items()
            ]
        }

    def close(self) -> None:
        """Cancel nothing any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._armed.clear()

    def _on_change(self) -> None:
        """Somebody subscribed, or a connection is gone."""
        for product, topic in _TOPICS.items():
            if product not in self._windows_s:
                continue
            if self._stream.followers(topic):
                self._armed.add(product)
                if timer := self._timers.pop(product, None):
                    timer.cancel()
            elif product in self._armed:
                self._armed.discard(product)
                loop = asyncio.get_running_loop()
                self._timers[product] = loop.call_later(self._windows_s[product], self._fire, product)

    def _fire(self, product: str) -> None:
        self._timers.pop(product, None)
        for order in self._desk.journal.orders.open_orders():
            if order.category in _CATEGORIES[product] and order.is_open and not order.is_waiting:
                self._desk.cancel_order(order, "CancelByDCP")
