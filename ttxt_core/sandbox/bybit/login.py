"""What private and trade sockets share: logging in, and reading commands."""

from __future__ import annotations

from typing import Any

import orjson

from ttxt_core.sandbox.bybit.auth import KeyRing, expired
from ttxt_core.sandbox.bybit.errors import REPEATED_AUTH, Refusal, bad_parameter
from ttxt_core.sandbox.bybit.wire import Row
from ttxt_core.sandbox.connection import Connection
from ttxt_core.sandbox.faults import FaultKind, Faults, ServerClock


class Login:
    """Proves keys on sockets."""

    def __init__(self, keys: KeyRing, faults: Faults, clock: ServerClock) -> None:
        self.keys = keys
        self._faults = faults
        self._clock = clock

    def prove(self, connection: Connection, arguments: Any) -> None:
        """Take a login.

        Raises:
            Refusal: see `KeyRing.check_login`, or the connection has logged in before.
        """
        if connection.key is not None:
            raise Refusal(REPEATED_AUTH, "Repeated auth")
        if self._faults.holds(FaultKind.EXPIRED_AUTH, connection.channel):
            raise expired()
        connection.key = self.keys.check_login(arguments, connection.address, self._clock.now_ms()).key


def read_command(text: bytes) -> Row:
    """The object in a frame.

    Raises:
        Refusal: it is none.
    """
    try:
        command: Any = orjson.loads(text)
    except ValueError as error:
        raise bad_parameter("error:invalid json") from error
    if not isinstance(command, dict):
        raise bad_parameter("error:invalid op")
    return command
