"""Order commands of both ways in, REST and the trade socket: permission, quota, the desk, batches.

Owns what the two have in common. How an answer is wrapped and sent is theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.errors import TOO_MANY, Refusal, bad_parameter
from ttxt_core.sandbox.bybit.fields import Fields, read_category
from ttxt_core.sandbox.bybit.rate_limits import Quota, RateLimits
from ttxt_core.sandbox.bybit.wire import Row

_MOST_IN_BATCH = {"spot": 10, "linear": 20, "inverse": 20}
OPERATIONS = ("create", "amend", "cancel", "create-batch", "amend-batch", "cancel-batch")


class Answer(NamedTuple):
    """The answer to a command, as REST and the trade socket wrap it."""

    code: int
    text: str
    result: Row
    extra: Row
    quota: Quota


class OrderCommands:
    """Carries out commands."""

    def __init__(self, desk: OrderDesk, limits: RateLimits) -> None:
        self._desk = desk
        self._limits = limits
        self._single: dict[str, Callable[[Fields], Row]] = {
            "create": desk.create,
            "amend": desk.amend,
            "cancel": desk.cancel,
        }

    def run(self, operation: str, fields: Fields) -> Answer:
        """Carry out one of `OPERATIONS`, or ``cancel-all``."""
        category = str(fields.get("category", ""))
        name, _, batch = operation.partition("-")
        if batch == "batch":
            return self._batch(operation, name, category, fields)
        quota = self._limits.take(operation, category)
        if quota.is_over:
            return Answer(TOO_MANY, "Too many visits. Exceeded the API Rate Limit.", {}, {}, quota)
        try:
            if operation == "cancel-all":
                result: Row = {"list": self._desk.cancel_all(fields), "success": "1"}
            else:
                result = self._single[operation](fields)
        except Refusal as refusal:
            return Answer(refusal.code, refusal.text, {}, {}, quota)
        return Answer(0, "OK", result, {}, quota)

    def _batch(self, operation: str, name: str, category: str, fields: Fields) -> Answer:
        requests: Any = fields.get("request")
        try:
            read_category(fields)
            if not isinstance(requests, list) or not requests or not all(isinstance(r, dict) for r in requests):
                raise bad_parameter("request must be a list of orders")
            if len(requests) > _MOST_IN_BATCH[category]:
                raise bad_parameter("The number of orders in a batch exceeds the limit")
        except Refusal as refusal:
            return Answer(refusal.code, refusal.text, {}, {}, self._limits.take(operation, category, 0))
        rows, codes = [], []
        quota = self._limits.take(operation, category, 0)
        for request in requests:
            order = {**request, "category": category}
            quota = self._limits.take(operation, category)
            row = {
                "category": category,
                "symbol": str(request.get("symbol", "")),
                "orderId": "",
                "orderLinkId": str(request.get("orderLinkId", "")),
            }
            code, text = 0, "OK"
            try:
                if quota.is_over:
                    raise Refusal(TOO_MANY, "Too many visits. Exceeded the API Rate Limit.")
                row |= self._single[name](order)
            except Refusal as refusal:
                code, text = refusal.code, refusal.text
            if name == "create":
                row["createAt"] = self._desk.time_text()
            rows.append(row)
            codes.append({"code": code, "msg": text})
        return Answer(0, "OK", {"list": rows}, {"list": codes}, quota)
