"""A venue that offers frames at a steady rate: `python -m tests.flood_sender RATE SECONDS`, a process of its own.

It makes all frames before it listens, prints a JSON line with its address, serves one WebSocket client, and prints what
it came to when everything is sent. It keeps to its schedule: what a client has not taken in time is offered as soon as
the client takes it, and nothing is left out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import sys
import time
from collections.abc import Mapping
from random import Random

from tests.bybit_frames import book, trades

CYCLE = 10_000
"""Frames until they begin anew, with a snapshot."""
BATCH = 100
"""Frames that are written together."""
DEPTH = 50
FIRST_UPDATE = 100
_TRADE_EVERY = 10
_CHANGES = 8
"""Levels of a delta: Bybit's have 8.6 on average."""
_BLOCKED_S = 0.005
"""A write that takes longer was held up by the other end."""


def frames() -> list[str]:
    """A cycle: a snapshot, then deltas that change and remove levels, and every tenth frame a trade."""
    random = Random(5)
    made: list[str] = []
    update = FIRST_UPDATE
    gone: set[int] = set()
    for number in range(CYCLE):
        if number == 0:
            levels = [f"{random.uniform(0.1, 9):.3f}" for _ in range(2 * DEPTH)]
            changed = list(enumerate(levels))
        elif number % _TRADE_EVERY == 0:
            made.append(trades("Buy").replace("id-0", f"id-{number}"))
            continue
        else:
            # What was removed comes back with the next delta.
            picked = dict.fromkeys([*gone, *random.sample(range(2 * DEPTH), _CHANGES)])
            removed = {level for level in picked if level not in gone and random.random() < 0.2}
            changed = [(level, "0" if level in removed else f"{random.uniform(0.1, 9):.3f}") for level in picked]
            gone = removed
        bids = [(f"{100 - level / 10:.1f}", size) for level, size in changed if level < DEPTH]
        asks = [(f"{100.1 + (level - DEPTH) / 10:.1f}", size) for level, size in changed if level >= DEPTH]
        made.append(book(update, bids, asks, kind="delta" if number else "snapshot", depth=DEPTH))
        update += 1
    return made


def wire_bytes(text: str) -> bytes:
    """A text frame as a server sends it."""
    payload = text.encode()
    if len(payload) < 126:
        return struct.pack("!BB", 0x81, len(payload)) + payload
    return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


def main(rate: int, seconds: int) -> None:
    ready = [wire_bytes(text) for text in frames()]
    batches = [b"".join(ready[start : start + BATCH]) for start in range(0, CYCLE, BATCH)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)  # what waits shall wait here, not in the kernel
        tell({"url": f"ws://127.0.0.1:{server.getsockname()[1]}/ws"})
        connection, _ = server.accept()
    with connection:
        upgrade(connection)
        connection.recv(1 << 16)  # what it subscribes
        tell(flood(connection, batches, ready[0], rate, seconds))
        while connection.recv(1 << 16):
            pass  # until it hangs up


def tell(row: Mapping[str, str | float]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def flood(connection: socket.socket, batches: list[bytes], last: bytes, rate: int, seconds: int) -> dict[str, float]:
    """Send what is due, again and again, and `last` at the end."""
    total = rate * seconds // BATCH
    sent, blocked_s = 0, 0.0
    start = now = time.monotonic()
    while sent < total:
        due = min(total, int((now - start) * rate) // BATCH)
        while sent < due:
            before = time.monotonic()
            connection.sendall(batches[sent % len(batches)])
            took = time.monotonic() - before
            blocked_s += took if took > _BLOCKED_S else 0.0
            sent += 1
        time.sleep(max(0.0, start + (sent + 1) * BATCH / rate - time.monotonic()))
        now = time.monotonic()
    elapsed = time.monotonic() - start
    connection.sendall(last)
    return {"frames": total * BATCH + 1, "rate": total * BATCH / elapsed, "blocked_s": blocked_s}


def upgrade(connection: socket.socket) -> None:
    """Accept the WebSocket."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1 << 16)
    lines = head.decode().splitlines()
    key = next(line.split(": ")[1] for line in lines if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
