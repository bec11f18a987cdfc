"""The private socket: logins, subscriptions, and the account's messages to all who follow them.

Owns who gets which message, and how long after a command's answer it comes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import orjson

from ttxt_core.sandbox.bybit.auth import not_logged_in
from ttxt_core.sandbox.bybit.errors import PERMISSION, Refusal, bad_parameter
from ttxt_core.sandbox.bybit.journal import PrivateMessage
from ttxt_core.sandbox.bybit.login import Login, read_command
from ttxt_core.sandbox.bybit.wire import CATEGORIES, Row
from ttxt_core.sandbox.connection import Connection
from ttxt_core.sandbox.faults import Channel, ServerClock

_TOPICS = ("order", "execution", "execution.fast", "position", "wallet", "greeks")
_CATEGORISED = ("order", "execution", "execution.fast", "position")
DCP_TOPICS = frozenset({"dcp.future", "dcp.spot", "dcp.option"})
_KNOWN = (
    frozenset(_TOPICS)
    | {f"{topic}.{category}" for topic in _CATEGORISED for category in (*CATEGORIES, "option")}
    | DCP_TOPICS
)
_FAST = (
    "category",
    "symbol",
    "orderId",
    "isMaker",
    "orderLinkId",
    "execId",
    "execPrice",
    "execQty",
    "side",
    "execTime",
)
_AFTER_ANSWER_S = 0.003


class PrivateSocket:
    """The account's stream.

    Attributes:
        on_change: told when a connection subscribed to something or is gone.
    """

    channel = Channel.PRIVATE

    def __init__(
        self, login: Login, clock: ServerClock, latency_s: float, *, refused: frozenset[str] = frozenset()
    ) -> None:
        """`latency_s` is how long answers on sockets are under way; `refused` topics the account does not have."""
        self.on_change: Callable[[], None] = lambda: None
        self._login = login
        self._clock = clock
        self._delay_s = latency_s + _AFTER_ANSWER_S
        self._refused = refused
        self._connections: list[Connection] = []
        self._waiting: deque[PrivateMessage] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    # -- SocketService ---------------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """A client must log in before it can ask for anything."""
        self._connections.append(connection)

    def closed(self, connection: Connection) -> None:
        """Forget it."""
        self._connections.remove(connection)
        self.on_change()

    def received(self, connection: Connection, text: bytes) -> None:
        """Carry out a command and answer it."""
        command: Row = {}
        try:
            command = read_command(text)
            answer = self._answer(connection, command)
        except Refusal as refusal:
            answer = {"success": False, "ret_msg": refusal.text, "op": command.get("op", "")}
            if answer["op"] == "auth":
                answer["retCode"] = refusal.code
        if "req_id" in command:
            answer["req_id"] = command["req_id"]
        connection.reply(orjson.dumps(answer | {"conn_id": connection.id}))
        self.on_change()

    def _answer(self, connection: Connection, command: Row) -> Row:
        operation = command.get("op")
        if operation == "ping":
            return {"op": "pong", "args": [str(self._clock.now_ms())]}
        if operation == "auth":
            self._login.prove(connection, command.get("args"))
            return {"success": True, "ret_msg": "", "op": "auth"}
        if operation not in {"subscribe", "unsubscribe"}:
            raise bad_parameter("error:invalid op")
        if connection.key is None:
            raise not_logged_in()
        topics = command.get("args")
        if not isinstance(topics, list) or not _KNOWN.issuperset(map(str, topics)):
            raise bad_parameter(f"error:handler not found,topic:{topics}")
        if self._refused.intersection(topics):
            raise Refusal(PERMISSION, f"error:permission denied,topic:{topics}")
        if any(f"{topic}.{category}" in topics for topic in _CATEGORISED if topic in topics for category in CATEGORIES):
            raise bad_parameter("error:a topic and its categorised form can not be in one request")
        if operation == "subscribe":
            connection.topics.update(topics)
        else:
            connection.topics.difference_update(topics)
        return {"success": True, "ret_msg": "", "op": operation}

    # -- what is sent ----------------------------------------------------------------------------------------

    def followers(self, topic: str) -> list[Connection]:
        """The connections that have subscribed to `topic`."""
        return [connection for connection in self._connections if topic in connection.topics]

    def publish(self, messages: list[PrivateMessage]) -> None:
        """Send `messages` a moment from now, so that the answer to what led to them is first."""
        self._waiting.extend(messages)
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay_s, self.flush)

    def flush(self) -> None:
        """Send what waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            self._send(self._waiting.popleft())

    def _send(self, message: PrivateMessage) -> None:
        self._count += 1
        topics = [message.topic, f"{message.topic}.{message.category}"]
        if message.topic == "execution":
            topics += ["execution.fast", f"execution.fast.{message.category}"]
        for topic in topics:
            followers = self.followers(topic)
            if not followers:
                continue
            rows = message.rows
            if topic.startswith("execution.fast"):
                rows = [_fast(row) for row in rows if row["execType"] == "Trade"]
                if not rows:
                    continue
            name = f"sandbox-{self._count:x}"
            envelope = {"id": name, "topic": topic, "creationTime": self._clock.now_ms(), "data": rows}
            payload = orjson.dumps(envelope)
            for connection in followers:
                connection.send(payload, topic)


def _fast(row: Row) -> Row:
    """An execution as ``execution.fast`` has it: without a fee, and without the client's id where it was a maker."""
    fast = {name: row[name] for name in _FAST} | {"seq": row["seq"]}
    return fast | {"orderLinkId": ""} if row["isMaker"] else fast
