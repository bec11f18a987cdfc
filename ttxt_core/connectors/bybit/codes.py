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

_HINTS: Final = {
    10002: "this machine's clock differs from the venue's",
    10003: "the key is wrong, or of another environment (mainnet, testnet, demo)",
    10004: "the signature is wrong: is the secret the one of this key?",
    10005: "the key has no permission for this",
    10007: "the venue does not accept the key",
    10010: "the key is bound to other addresses",
    33004: "the key has expired: make a new one",
    -2015: "the key has expired: make a new one",
    10006: "too many requests of this kind in a second",
    10403: "too many requests from this address",
    10429: "the venue is overloaded",
    110007: "more is needed than is free",
    170131: "more is needed than is free",
    110072: "the client order id was used before",
    170141: "the client order id was used before",
    110001: "no such order works there",
    170213: "no such order works there",
}


def outcome_of(code: int) -> AckOutcome:
    """What a command's answer with `code` says of it."""
    if code == OK:
        return AckOutcome.ACCEPTED
    return AckOutcome.UNKNOWN if code in UNSURE else AckOutcome.REJECTED


def error_of(asked: str, code: int, message: str) -> WebError | ProtocolError:
    """The error that a question answered with `code`, which is not 0, ends in."""
    hint = _HINTS.get(code, "")
    if code in CLOCK:
        return ClockError(asked, code, message, hint)
    if code in AUTH:
        return AuthError(asked, f"{message} [{code}]", hint)
    if code in RATE:
        return RateLimitError(asked, f"{message} [{code}]", hint)
    return VenueRejectError(asked, code, message or "refused", hint)


def reason_of(code: int, message: str) -> str:
    """Why a command was refused, in words and with the venue's code."""
    hint = _HINTS.get(code, "")
    said = message.strip().rstrip(".") or "refused"
    return f"{said} [{code}]" + (f": {hint}" if hint else "")


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
