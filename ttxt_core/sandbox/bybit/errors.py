"""Bybit's error codes: why a request is refused, by category.

Source: Bybit's v5 documentation, "Error Codes". Linear orders have codes from 110001, spot orders from 170001; the
same reason has a code in each.
"""

from __future__ import annotations

from typing import NamedTuple


class Refusal(Exception):  # noqa: N818 - not an error of this program: an answer to a client
    """A request is refused with `code` and `text`, as Bybit answers it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class Reason(NamedTuple):
    """A reason to refuse an order: its code on spot and on linear, and Bybit's words."""

    spot: int
    linear: int
    text: str

    def refusal(self, category: str) -> Refusal:
        """The answer in `category`."""
        return Refusal(self.spot if category == "spot" else self.linear, self.text)


PARAMETER = 10001
TIMESTAMP = 10002
API_KEY = 10003
SIGNATURE = 10004
PERMISSION = 10005
TOO_MANY = 10006
AUTH_FAILED = 10007
UNMATCHED_IP = 10010
RESTARTING = 10016
NO_ROUTE = 10017
TRADE_RESTARTING = 10019
KEY_EXPIRED = 33004
NO_OPERATION = 10404
REPEATED_AUTH = 20001
REPEATED_REQUEST = 20006
LEVERAGE_NOT_MODIFIED = 110043
POSITION_TOO_SMALL = 110058
TOO_MANY_EXITS = 110061
POSITION_EXISTS = 110024
MODE_NOT_MODIFIED = 110025
ORDERS_EXIST = 110028
NO_HEDGE_MODE = 110029

NOT_FOUND = Reason(170213, 110001, "Order does not exist.")
FILLED = Reason(170139, 110008, "Order has been filled.")
CANCELLED = Reason(170142, 110010, "Order has been cancelled.")
DUPLICATE = Reason(170141, 110072, "OrderLinkedID is duplicate")
BALANCE = Reason(170131, 110007, "Insufficient balance.")
SYMBOL = Reason(170121, PARAMETER, "Invalid symbol.")
PRICE_STEP = Reason(170134, PARAMETER, "Order price has too many decimals.")
PRICE_RANGE = Reason(170132, 110003, "Order price exceeds the allowable range.")
BUY_BAND = Reason(170193, 30208, "Buy order price cannot be higher than the price limit.")
SELL_BAND = Reason(170194, 30209, "Sell order price cannot be lower than the price limit.")
QUANTITY_STEP = Reason(170137, PARAMETER, "Order quantity has too many decimals.")
QUANTITY_LOW = Reason(170136, PARAMETER, "The number of contracts exceeds minimum limit allowed")
QUANTITY_HIGH = Reason(170124, PARAMETER, "The number of contracts exceeds maximum limit allowed")
NOTIONAL = Reason(170140, 110094, "Order does not meet minimum order value")
REDUCE = Reason(170131, 110017, "Reduce-only rule not satisfied")
AMENDED_BELOW_FILLED = Reason(170313, 110064, "The new quantity must be above the filled quantity.")
NOT_TRADING = Reason(170121, 110074, "This contract is not live")
TOO_MANY_ORDERS = Reason(170810, 110020, "You have too many open orders")
POST_ONLY = Reason(170218, 170218, "The order would take and is post-only.")

_REASONS: tuple[tuple[str, Reason], ...] = (
    ("insufficient balance", BALANCE),
    ("duplicate client order id", DUPLICATE),
    ("unknown order", NOT_FOUND),
    ("the order is already filled", FILLED),
    ("the order is already", CANCELLED),
    ("unknown instrument", SYMBOL),
    ("reduce-only", REDUCE),
    ("is not a multiple of the tick", PRICE_STEP),
    ("is below the least price", PRICE_RANGE),
    ("is over the greatest price", PRICE_RANGE),
    ("is not a multiple of the lot", QUANTITY_STEP),
    ("is below the minimum", QUANTITY_LOW),
    ("is over the maximum", QUANTITY_HIGH),
    ("is not above zero", QUANTITY_LOW),
    ("that is already filled", AMENDED_BELOW_FILLED),
    ("is not trading", NOT_TRADING),
    ("post-only would take", POST_ONLY),
)
"""Words of the simulated exchange's refusals, the first that is found counts."""


def refusal_of(reason: str, category: str) -> Refusal:
    """What Bybit would answer where the simulated exchange refused for `reason`."""
    if reason.startswith("notional"):
        return NOTIONAL.refusal(category)
    for words, answer in _REASONS:
        if words in reason:
            return answer.refusal(category)
    return Refusal(PARAMETER, reason)


def bad_parameter(text: str) -> Refusal:
    """A parameter that is missing, or can't be read."""
    return Refusal(PARAMETER, text)
