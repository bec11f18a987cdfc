"""What Bybit's answer codes mean for a command: taken, refused for certain, or nobody can say.

Owns the tables. Source: Bybit's v5 documentation, "Error Codes".
"""

from __future__ import annotations

from typing import Final

from ttxt_core.connectors.queries import ClockError
from ttxt_core.errors import AuthError, ProtocolError, RateLimitError, VenueRejectError, WebError
from ttxt_core.events import AckOutcome

OK: Final = 0
CLOCK: Final = frozenset({10002})
"""The time of a request lies outside the window: ask for the venue's time again."""

RATE: Final = frozenset({10006, 10018, 10403, 10429, 20003})
AUTH: Final = frozenset({10003, 10004, 10005, 10007, 10010, 33004, -2015})
UNSURE: Final = frozenset({10000, 10014, 10016, 10019, 170007, 170146, 170147})
"""A time-out or a restart inside the venue, or a repeat: it may have been carried out. Other codes but 0 refuse."""

GONE: Final = frozenset({110001, 110008, 110010, 170139, 170142, 170143, 170213})
"""The order of a cancel or an amend works no more: what became of it is to be asked."""

UNCHANGED: Final = frozenset({110025, 110026, 110043})
"""What was to be set is so already."""

_WRONG_PRICE: Final = "move the price closer to the market"
_NOT_FREE: Final = "more is needed than is free: lower the quantity, or free some balance"
_TOO_SMALL: Final = "raise the quantity"
_TOO_LARGE: Final = "lower the quantity, or split it"
_NO_ORDER: Final = "no such order works there: it ended, or is another account's"
_ENDED: Final = "it has ended already"
_USED: Final = "the client order id was used before: each order needs one of its own"
_BUSY: Final = "too many requests in a short time: ask less often"
_RESTARTING: Final = "the venue is restarting: it may have been carried out"
_DECIMALS: Final = "round it to the instrument's step"
_CLOSED: Final = "the venue does not trade it now"

_HINTS: Final = {
    10000: "the venue's own time-out: it may have been carried out",
    10001: "check price, quantity and position mode against what the venue allows here",
    10002: "set this machine's clock: it differs from the venue's",
    10003: "the key is wrong, or of another environment: mainnet, testnet and demo have keys of their own",
    10004: "the signature is wrong: check that the secret is the one of this key",
    10005: "the key has no permission for this: change it at the venue",
    10006: _BUSY,
    10007: "the venue does not accept the key: check key and secret",
    10010: "the key is bound to other IP addresses: add this one at the venue",
    10014: "it came twice: ask what became of the first",
    10016: _RESTARTING,
    10017: "the host has no such path: check it",
    10018: _BUSY,
    10019: _RESTARTING,
    10029: "the key may not trade this symbol",
    10403: _BUSY,
    10404: "the venue knows no such command or category",
    10429: "the venue is overloaded: try again later",
    20001: "it was logged in already",
    20003: _BUSY,
    20006: "a request with this id was sent before",
    30208: _WRONG_PRICE,
    30209: _WRONG_PRICE,
    33004: "the key has expired: make a new one",
    -2015: "the key has expired: make a new one",
    110001: _NO_ORDER,
    110003: _WRONG_PRICE,
    110004: _NOT_FREE,
    110007: _NOT_FREE,
    110008: _ENDED,
    110010: _ENDED,
    110012: _NOT_FREE,
    110017: "nothing is left to reduce, or the quantity rounds to zero",
    110020: "too many orders work: cancel some",
    110025: "the position mode is so already",
    110026: "the margin mode is so already",
    110043: "the leverage is so already",
    110044: _NOT_FREE,
    110045: _NOT_FREE,
    110063: "the contract is being settled: wait until it is done",
    110064: "as much or more is filled already: ask for a larger quantity, or cancel",
    110066: _CLOSED,
    110072: _USED,
    110074: _CLOSED,
    110079: "the venue is busy with this order: try again",
    110092: "the market is past the trigger price already: move the trigger above it",
    110093: "the market is past the trigger price already: move the trigger below it",
    110094: "the order is worth too little: raise the quantity",
    110120: _WRONG_PRICE,
    110121: _WRONG_PRICE,
    170007: "the venue's own time-out: it may have been carried out",
    170033: _NOT_FREE,
    170121: "check the pair",
    170124: _TOO_LARGE,
    170131: _NOT_FREE,
    170132: _WRONG_PRICE,
    170133: _WRONG_PRICE,
    170134: _DECIMALS,
    170136: _TOO_SMALL,
    170137: _DECIMALS,
    170139: _ENDED,
    170140: "the order is worth too little: raise the quantity",
    170141: _USED,
    170142: _ENDED,
    170143: _ENDED,
    170146: "the venue's own time-out: it may have been carried out",
    170147: "the venue's own time-out: it may have been carried out",
    170148: _DECIMALS,
    170193: _WRONG_PRICE,
    170194: _WRONG_PRICE,
    170213: _NO_ORDER,
    170218: "it would take: move the price away from the touch, or leave out post-only",
    170313: "as much or more is filled already: ask for a larger quantity, or cancel",
    170371: _WRONG_PRICE,
    170372: _WRONG_PRICE,
    170381: _TOO_LARGE,
    170382: _TOO_LARGE,
    170810: "too many orders work: cancel some",
}
"""What to do, or what it means, in words. Codes without words are told as the venue says them."""


def outcome_of(code: int) -> AckOutcome:
    """What a command's answer with `code` says of it."""
    if code == OK:
        return AckOutcome.ACCEPTED
    return AckOutcome.UNKNOWN if code in UNSURE else AckOutcome.REJECTED


def hint_of(code: int) -> str:
    """What to do about `code`; empty when nothing sensible can be said."""
    return _HINTS.get(code, "")


def said(code: int, message: str) -> str:
    """What the venue said, with its code."""
    return f"{message.strip().rstrip('.!') or 'refused'} [{code}]"


def error_of(asked: str, code: int, message: str) -> WebError | ProtocolError:
    """The error that a question answered with `code`, which is not 0, ends in."""
    hint, words = hint_of(code), message.strip().rstrip(".!") or "refused"
    if code in CLOCK:
        return ClockError(asked, code, words, hint)
    if code in AUTH:
        return AuthError(asked, said(code, message), hint)
    if code in RATE:
        return RateLimitError(asked, said(code, message), hint)
    return VenueRejectError(asked, code, words, hint)


def reason_of(code: int, message: str) -> str:
    """Why a command was refused, in words and with the venue's code."""
    hint = hint_of(code)
    return said(code, message) + (f": {hint}" if hint else "")


def close_reason(reject_reason: str, cancel_type: str) -> str | None:
    """Why an order ended, in words where they are known; None when it ended as it should."""
    if reject_reason and reject_reason not in {"EC_NoError", "EC_PerCancelRequest"}:
        words = _REJECT_REASONS.get(reject_reason)
        return f"{words} ({reject_reason})" if words else reject_reason
    return _CANCEL_TYPES.get(cancel_type)


POST_ONLY: Final = "EC_PostOnlyWillTakeLiquidity"
NOT_FILLED: Final = frozenset({"EC_NoImmediateQtyToFill", "EC_NoEnoughQtyToFill", "EC_CancelForNoFullFill"})
"""Nothing, or too little, could be filled at once: the end of an IOC, FOK or market order."""

_REJECT_REASONS: Final = {
    POST_ONLY: "post-only would take",
    "EC_NoImmediateQtyToFill": "nothing could be filled at once",
    "EC_NoEnoughQtyToFill": "not enough could be filled at once",
    "EC_CancelForNoFullFill": "not all could be filled at once",
    "EC_ReachMarketPriceLimit": "the market's price limit was reached",
    "EC_ReachRiskPriceLimit": "the risk price limit was reached",
    "EC_BySelfMatch": "it would have met an own order",
}
_CANCEL_TYPES: Final = {
    "CancelByReduceOnly": "cancelled: nothing left to reduce",
    "CancelByPrepareLiq": "cancelled: liquidation prepared",
    "CancelAllBeforeLiq": "cancelled before liquidation",
    "CancelByPrepareAdl": "cancelled: auto-deleveraging prepared",
    "CancelAllBeforeAdl": "cancelled before auto-deleveraging",
    "CancelByAdmin": "cancelled by the venue",
    "CancelBySettle": "cancelled at settlement",
    "CancelByTpSlTsClear": "cancelled: its position was closed",
    "CancelBySmp": "cancelled: it would have met an own order",
    "CancelByDCP": "cancelled by the dead-man switch",
    "CancelByRebalance": "cancelled by a rebalance",
}
