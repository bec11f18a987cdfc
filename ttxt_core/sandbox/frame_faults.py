"""Faults of frames: what becomes of the frames of one connection on their way out.

Pure: a frame in, what is to be written out. Replies to commands are spared all but garbage and cuts: what is lost
of them is decided where they are made.
"""

from __future__ import annotations

from typing import NamedTuple

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.sandbox.faults import Channel, FaultKind, Faults


class Frame(NamedTuple):
    """Text to send. `topic` is the stream that it belongs to; empty for replies."""

    payload: bytes
    topic: str = ""


class Delivery(NamedTuple):
    """What is written for a frame, and whether the connection is cut after that."""

    payloads: list[bytes]
    cut: bool = False


class FrameFaults:
    """The faults of one connection."""

    def __init__(self, faults: Faults, channel: Channel, clock: Clock) -> None:
        self._faults = faults
        self._channel = channel
        self._clock = clock
        self._missing: dict[str, int] = {}
        self._silent_until_ns = 0
        self._held: bytes | None = None

    @property
    def is_holding(self) -> bool:
        """A frame waits for the one that is to be sent before it."""
        return self._held is not None

    def release(self) -> list[bytes]:
        """The frame that waits, if nothing came to overtake it."""
        held, self._held = self._held, None
        return [] if held is None else [held]

    def pass_frame(self, frame: Frame) -> Delivery:
        """What is to be written for `frame`."""
        strikes, channel = self._faults.strikes, self._channel
        if strikes(FaultKind.DISCONNECT, channel):
            return Delivery([], cut=True)
        payloads = [frame.payload]
        if frame.topic and self._is_lost(frame.topic):
            return Delivery([])
        if garbage := strikes(FaultKind.GARBAGE, channel):
            payloads.insert(0, self._faults.garbage(int(garbage.amount)))
        if not frame.topic:
            return Delivery(payloads)
        if oversized := strikes(FaultKind.OVERSIZED, channel):
            payloads.insert(0, b'{"topic":"oversized","data":"' + b"x" * int(oversized.amount) + b'"}')
        if strikes(FaultKind.HALF, channel):
            payloads[-1] = frame.payload[: len(frame.payload) // 2]
        if strikes(FaultKind.DUPLICATE, channel):
            payloads.append(payloads[-1])
        if self._held is None and strikes(FaultKind.REORDER, channel):
            self._held = payloads.pop()
            return Delivery(payloads)
        return Delivery(payloads + self.release())

    def _is_lost(self, topic: str) -> bool:
        strikes, channel = self._faults.strikes, self._channel
        now_ns = self._clock.now_ns()
        if now_ns < self._silent_until_ns:
            return True
        if stall := strikes(FaultKind.STALL, channel):
            self._silent_until_ns = now_ns + int(stall.amount * NANOSECONDS)
            return True
        missing = self._missing.get(topic, 0)
        if not missing and (gap := strikes(FaultKind.GAP, channel)):
            missing = int(gap.amount)
        if missing:
            self._missing[topic] = missing - 1
            return True
        return strikes(FaultKind.DROP, channel) is not None
