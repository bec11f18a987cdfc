"""One topic of a capture: what its frames have said so far, for clients that subscribe later."""

from __future__ import annotations

from typing import Any

import orjson


class CapturedTopic:
    """A topic whose frames come from a capture. Those who were there from the start get the frames alone."""

    def __init__(self, topic: str) -> None:
        self._is_book = topic.startswith("orderbook.")
        self._is_ticker = topic.startswith("tickers.")
        self._last: dict[str, Any] = {}
        self._figures: dict[str, Any] = {}
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def take(self, payload: bytes) -> None:
        """Take in a frame that is being sent."""
        if self._is_book:
            self._last = frame = orjson.loads(payload)
            data = frame["data"]
            if frame["type"] == "snapshot" or data["u"] == 1:
                self._bids.clear()
                self._asks.clear()
            _apply(self._bids, data["b"])
            _apply(self._asks, data["a"])
        elif self._is_ticker:
            self._last = orjson.loads(payload)
            self._figures |= self._last["data"]

    def resume(self, now_ms: int) -> None:
        """Captured frames come whether anybody listens or not."""

    def first(self, now_ms: int) -> bytes | None:
        """All that was said so far, under the count and times of the last frame; None when nothing was."""
        if not self._last:
            return None
        data = self._last["data"]
        if self._is_book:
            bids = sorted(self._bids.items(), key=lambda level: -float(level[0]))
            data = data | {"b": bids, "a": sorted(self._asks.items(), key=lambda level: float(level[0]))}
        else:
            data = self._figures
        return orjson.dumps(self._last | {"type": "snapshot", "data": data})

    def tick(self, now_ms: int) -> bytes | None:
        """Nothing is sent by the clock."""
        return None


def _apply(side: dict[str, str], levels: list[list[str]]) -> None:
    for price, size in levels:
        if float(size):
            side[price] = size
        else:
            side.pop(price, None)
