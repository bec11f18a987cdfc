"""The trade socket: order commands with an answer each, matched by ``reqId``.

Owns the wrapping of commands and answers, and what the faults of this channel do to them. A slow answer holds up
no other.
"""

from __future__ import annotations

import asyncio
from collections import deque

import orjson

from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.auth import DEFAULT_WINDOW_MS, KeyRing, check_may_trade, expired, not_logged_in
from ttxt_core.sandbox.bybit.commands import OPERATIONS, Answer, OrderCommands
from ttxt_core.sandbox.bybit.errors import Refusal
from ttxt_core.sandbox.bybit.login import Login, read_command
from ttxt_core.sandbox.bybit.private_socket import PrivateSocket
from ttxt_core.sandbox.bybit.wire import Row
from ttxt_core.sandbox.connection import Connection
from ttxt_core.sandbox.faults import Channel, FaultKind, Faults, ServerClock

_MOST_ID = 36
_REMEMBERED_IDS = 10_000


class TradeSocket:
    """Order entry by socket."""

    channel = Channel.TRADE

    def __init__(
        self, login: Login, commands: OrderCommands, stream: PrivateSocket, faults: Faults, clock: ServerClock
    ) -> None:
        """`stream` tells what becomes of the orders."""
        self._login = login
        self._commands = commands
        self._stream = stream
        self._faults = faults
        self._clock = clock
        self._ids: dict[Connection, deque[str]] = {}

    # -- SocketService ---------------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """A client must log in first."""
        self._ids[connection] = deque(maxlen=_REMEMBERED_IDS)

    def closed(self, connection: Connection) -> None:
        """Forget it."""
        self._ids.pop(connection, None)

    def received(self, connection: Connection, text: bytes) -> None:
        """Carry out a command and answer it, unless a fault is in the way."""
        command: Row = {}
        try:
            command = read_command(text)
            operation = command.get("op")
            if operation == "ping":
                pong = {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [str(self._clock.now_ms())]}
                connection.reply(orjson.dumps(pong | {"connId": connection.id}))
                return
            if operation == "auth":
                self._login.prove(connection, command.get("args"))
                self._reply(connection, {"retCode": 0, "retMsg": "OK", "op": "auth"}, 0.0)
                return
            answer = self._run(connection, command)
        except Refusal as refusal:
            answer = _refused(command, refusal)
            if refusal.code == errors.TRADE_RESTARTING:
                asyncio.get_running_loop().call_later(0.05, connection.cut)
        else:
            if self._faults.strikes(FaultKind.LOST_REPLY, Channel.TRADE):
                return
            if early := self._faults.strikes(FaultKind.EARLY_UPDATE, Channel.TRADE):
                self._stream.flush()
                self._reply(connection, answer, early.amount)
                return
        slow = self._faults.strikes(FaultKind.SLOW, Channel.TRADE)
        self._reply(connection, answer, slow.amount if slow else 0.0)

    # -- inside ----------------------------------------------------------------------------------------------

    def _run(self, connection: Connection, command: Row) -> Row:
        if connection.key is None:
            raise not_logged_in()
        self._check_faults()
        key = self._login.keys.get(connection.key)
        request_id = str(command.get("reqId") or "")
        known = self._ids.setdefault(connection, deque(maxlen=_REMEMBERED_IDS))
        if len(request_id) > _MOST_ID:
            raise errors.bad_parameter("reqId is longer than 36 characters")
        if request_id and request_id in known:
            raise Refusal(errors.REPEATED_REQUEST, "Duplicate reqId")
        known.append(request_id)
        header, arguments = command.get("header"), command.get("args")
        if not isinstance(header, dict) or not isinstance(arguments, list) or len(arguments) != 1:
            raise errors.bad_parameter("Params error: header, and exactly one of args, are required")
        window = header.get("X-BAPI-RECV-WINDOW", DEFAULT_WINDOW_MS)
        KeyRing.check_time(str(header.get("X-BAPI-TIMESTAMP", "")), str(window), self._clock.now_ms())
        operation = str(command.get("op", "")).removeprefix("order.")
        fields = arguments[0]
        if operation not in OPERATIONS or not str(command.get("op")).startswith("order."):
            raise Refusal(errors.NO_OPERATION, "op type is not found")
        if not isinstance(fields, dict):
            raise errors.bad_parameter("Params error")
        check_may_trade(key, fields.get("category"))
        return self._wrap(command, self._commands.run(operation, fields))

    def _check_faults(self) -> None:
        if self._faults.holds(FaultKind.MAINTENANCE, Channel.TRADE):
            raise Refusal(errors.TRADE_RESTARTING, "The trade service is restarting")
        if self._faults.holds(FaultKind.EXPIRED_AUTH, Channel.TRADE):
            raise expired()
        if self._faults.strikes(FaultKind.TOO_MANY, Channel.TRADE):
            raise Refusal(errors.TOO_MANY, "Too many visits. Exceeded the API Rate Limit.")

    def _wrap(self, command: Row, answer: Answer) -> Row:
        header = answer.quota.headers() | {"Traceid": "sandbox", "Timenow": str(self._clock.now_ms())}
        return {
            "reqId": str(command.get("reqId") or ""),
            "retCode": answer.code,
            "retMsg": answer.text,
            "op": command["op"],
            "data": answer.result,
            "retExtInfo": answer.extra,
            "header": header,
        }

    @staticmethod
    def _reply(connection: Connection, answer: Row, delay_s: float) -> None:
        payload = orjson.dumps(answer | {"connId": connection.id})
        if delay_s > 0:
            asyncio.get_running_loop().call_later(delay_s, connection.reply, payload)
        else:
            connection.reply(payload)


def _refused(command: Row, refusal: Refusal) -> Row:
    return {
        "reqId": str(command.get("reqId") or ""),
        "retCode": refusal.code,
        "retMsg": refusal.text,
        "op": command.get("op", ""),
        "data": {},
        "retExtInfo": {},
        "header": {},
    }
