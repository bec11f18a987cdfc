"""How long a connector waits for what. The defaults suit the venues; tests and a sandbox make them shorter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct

Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]
"""Starts a named task of the connector's own: it ends with the connector, and its failure is the connector's."""


class ConnectorTimings(Struct, frozen=True, kw_only=True):
    """Seconds.

    Attributes:
        answer_s: for the reply to a command, for a rate limit to let it go, for the first update of an order that
            the venue took, and for the snapshot that a subscription brings.
        book_silence_s: without a message a book is STALE and asked for again. ticker_silence_s, kline_silence_s,
            trade_silence_s: without one the topic is asked for again. An instrument on which nothing happens is given
            twice as long each time, up to `most_silence_s`.
        data_age_s: a book delta that was this old when it came makes its book STALE.
        expiry_s: after that a command that was sent can't act any more: the venue refuses requests that old.
        settle_s: between the questions what became of a command.
        audit_s: between two reconciliations of an account whose connection holds: a message may be lost on one too.
        overlap_s: how far before the last known fill fills are asked for again after a break.
        clock_s: between two looks at the venue's clock. instruments_s: at its list of instruments.
        retry_cap_s: the longest wait between two tries of the same.
    """

    answer_s: float = 5.0
    book_silence_s: float = 10.0
    ticker_silence_s: float = 30.0
    kline_silence_s: float = 150.0
    trade_silence_s: float = 300.0
    most_silence_s: float = 600.0
    data_age_s: float = 10.0
    expiry_s: float = 6.0
    settle_s: float = 1.0
    audit_s: float = 30.0
    overlap_s: float = 60.0
    clock_s: float = 60.0
    instruments_s: float = 900.0
    retry_cap_s: float = 30.0
