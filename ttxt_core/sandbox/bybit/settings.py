"""What a Bybit sandbox is like, and the keys of its account. Values only."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from ttxt_core.sandbox.bybit.auth import ApiKey
from ttxt_core.simulation.practice_pairs import DEFAULT_PAIRS, PracticePair
from ttxt_core.simulation.simulator_settings import START_BALANCES

_DAY_MS = 86_400_000
_ELSEWHERE = ("203.0.113.7",)
_LONG_AGO_MS = 1


class BybitSandboxSettings(Struct, frozen=True, kw_only=True):
    """What a sandbox is like.

    Attributes:
        host, port: where it listens; port 0 takes a free one. tls: serve https and wss.
        seed: of the market, the ids and the faults. rate: events a second of the practice market.
        pairs: what it trades. recordings: files to play instead. capture: raw frames to serve instead.
        speed: of recordings and captures; 0 is as fast as clients read, for captures.
        balances, leverage: what the account begins with.
        faults: see `faults.parse_fault`.
        latency_s: how long answers on sockets are under way.
        limit_scale: multiplies the venue's rate limits.
        kept_books: how many states of each order book topic are kept for comparison.
        api_key, api_secret: of the main key; made up when they are not given.
        key_days: how long the main key may be used yet; with 0 it has expired.
        uid, margin_mode: see `AccountTerms`. hedge_mode: linear instruments begin in hedge mode.
        funding_interval_s: how often positions pay funding; never when it is not given.
        idle_s: a connection that neither asks nor is told anything for so long is cut.
        dead_man_offered: whether the account has the dead-man switch; else its topic and its setting are refused.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    seed: int = 1
    rate: float = 200.0
    pairs: tuple[PracticePair, ...] = DEFAULT_PAIRS
    recordings: tuple[Path, ...] = ()
    capture: Path | None = None
    speed: float = 1.0
    balances: Mapping[str, Decimal] = field(default_factory=lambda: dict(START_BALANCES))
    leverage: Decimal = Decimal(10)
    faults: tuple[str, ...] = ()
    latency_s: float = 0.005
    limit_scale: float = 1.0
    kept_books: int = 0
    api_key: str = ""
    api_secret: str = ""
    key_days: float = 90.0
    uid: int = 53_888_001
    margin_mode: str = "REGULAR_MARGIN"
    hedge_mode: bool = False
    dead_man_offered: bool = True
    funding_interval_s: float | None = None
    idle_s: float = 600.0


def make_keys(settings: BybitSandboxSettings, now_ms: int) -> dict[str, ApiKey]:
    """The account's keys: ``main`` and ``second`` may trade.

    Of the others ``read_only`` may only read, ``no_trade`` may not trade, ``withdraw`` may even take money out,
    ``bound`` may come from another address only, and ``expired`` may nothing.
    """
    end_ms = now_ms + int(settings.key_days * _DAY_MS)
    return {
        "main": _key(settings.api_key, settings.api_secret, expires_ms=end_ms),
        "second": _key(),
        "read_only": _key(is_read_only=True),
        "no_trade": _key(trades=()),
        "withdraw": _key(may_withdraw=True),
        "bound": _key(ips=_ELSEWHERE),
        "expired": _key(expires_ms=_LONG_AGO_MS),
    }


def _key(name: str = "", secret: str = "", **terms: Any) -> ApiKey:
    return ApiKey(name or secrets.token_hex(9), secret or secrets.token_hex(18), **terms)
