"""The REST side: every request passes faults, limits, signature and permission, and is answered in one envelope.

Owns the pipeline. What is asked for is answered by the queries and the commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.account_terms import AccountTerms
from ttxt_core.sandbox.bybit.auth import KeyRing, check_may_trade, expired
from ttxt_core.sandbox.bybit.commands import OPERATIONS, OrderCommands
from ttxt_core.sandbox.bybit.errors import Refusal
from ttxt_core.sandbox.bybit.fields import Fields
from ttxt_core.sandbox.bybit.private_socket import PrivateSocket
from ttxt_core.sandbox.bybit.rate_limits import RateLimits
from ttxt_core.sandbox.bybit.rest_account import AccountQueries
from ttxt_core.sandbox.bybit.rest_market import MarketQueries
from ttxt_core.sandbox.bybit.wire import Row, envelope, success
from ttxt_core.sandbox.faults import Channel, FaultKind, Faults, ServerClock
from ttxt_core.sandbox.server import json_response

_GROUPS = {
    "/v5/position/set-leverage": "leverage",
    "/v5/position/switch-mode": "leverage",
    "/v5/position/trading-stop": "leverage",
    "/v5/account/fee-rate": "fee-rate",
    "/v5/order/disconnected-cancel-all": "dcp",
}
_ORDER_PATHS = {f"/v5/order/{operation}": operation for operation in (*OPERATIONS, "cancel-all")}
_TRADING_STOP = "/v5/position/trading-stop"
_API_KEY = "/v5/user/query-api"


class Reply(NamedTuple):
    """What is answered."""

    body: Row
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    status: int = 200


class RestService:
    """Answers all of ``/v5``."""

    def __init__(
        self,
        market: MarketQueries,
        account: AccountQueries,
        commands: OrderCommands,
        stream: PrivateSocket,
        *,
        keys: KeyRing,
        terms: AccountTerms,
        limits: RateLimits,
        faults: Faults,
        clock: ServerClock,
    ) -> None:
        self._public = market.routes()
        self._private = account.queries()
        self._settings = account.settings()
        self._commands = commands
        self._stream = stream
        self._keys = keys
        self._terms = terms
        self._limits = limits
        self._faults = faults
        self._clock = clock

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        strikes, faults = self._faults.strikes, self._faults
        if faults.holds(FaultKind.BAN, Channel.REST) or self._limits.is_banned(request.remote or ""):
            return json_response({"retCode": errors.TOO_MANY, "retMsg": "access too frequent"}, status=403)
        if strikes(FaultKind.TOO_MANY, Channel.REST):
            headers = {"Retry-After": "1", "X-Bapi-Limit-Reset-Timestamp": str(self._clock.now_ms() + 1000)}
            return json_response({"retCode": 10429, "retMsg": "System level frequency protection"}, 429, headers)
        path, _, query = request.raw_path.partition("?")
        body = await request.read()
        try:
            reply = self._answer(request, path, query.encode(), body)
        except Refusal as refusal:
            status = 404 if refusal.code == errors.NO_ROUTE else 200
            reply = Reply(envelope(refusal.code, refusal.text, {}, self._clock.now_ns()), status=status)
        is_order = path in _ORDER_PATHS or path == _TRADING_STOP
        if is_order and strikes(FaultKind.LOST_REPLY, Channel.REST) and request.transport is not None:
            # Carried out, and the client never hears of it.
            request.transport.abort()
        if is_order and (early := strikes(FaultKind.EARLY_UPDATE, Channel.REST)):
            self._stream.flush()
            await asyncio.sleep(early.amount)
        if slow := strikes(FaultKind.SLOW, Channel.REST):
            await asyncio.sleep(slow.amount)
        return json_response(reply.body, reply.status, reply.headers)

    def _answer(self, request: web.Request, path: str, query: bytes, body: bytes) -> Reply:
        is_get = request.method == "GET"
        public = self._public.get(path) if is_get else None
        if self._faults.holds(FaultKind.MAINTENANCE, Channel.REST):
            raise Refusal(errors.RESTARTING, "Server error: the service is restarting")
        if public is not None:
            return Reply(success(public(_read_query(query)), self._clock.now_ns()))
        is_known = path in self._private or path == _API_KEY if is_get else path in self._settings | _ORDER_PATHS
        if not is_known:
            raise Refusal(errors.NO_ROUTE, "Route not found.")
        if self._faults.holds(FaultKind.EXPIRED_AUTH, Channel.REST):
            raise expired()
        signed, address = query if is_get else body, request.remote or ""
        key = self._keys.check_request(request.headers, signed, address, self._clock.now_ms())
        fields = _read_query(query) if is_get else _read_body(body)
        if not is_get:
            check_may_trade(key, fields.get("category"))
        if path in _ORDER_PATHS:
            return self._order(_ORDER_PATHS[path], fields)
        quota = self._limits.take(_GROUPS.get(path, "query"), str(fields.get("category", "")))
        if quota.is_over:
            body_row = envelope(errors.TOO_MANY, "Too many visits!", {}, self._clock.now_ns())
            return Reply(body_row, quota.headers())
        handler: Callable[[Fields], Row] | None = self._private.get(path) if is_get else self._settings.get(path)
        result = handler(fields) if handler is not None else self._terms.describe(key, self._clock.now_ms())
        return Reply(success(result, self._clock.now_ns()), quota.headers())

    def _order(self, operation: str, fields: Fields) -> Reply:
        answer = self._commands.run(operation, fields)
        body = envelope(answer.code, answer.text, answer.result, self._clock.now_ns(), answer.extra)
        return Reply(body, answer.quota.headers())


def _read_query(query: bytes) -> dict[str, str]:
    return dict(parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True))


def _read_body(body: bytes) -> Fields:
    try:
        fields = orjson.loads(body or b"{}")
    except ValueError as error:
        raise errors.bad_parameter("Request body is no JSON") from error
    if not isinstance(fields, dict):
        raise errors.bad_parameter("Request body is no JSON object")
    return fields
