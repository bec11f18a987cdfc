"""`live`: how a LIVE session is made, and what has to be so before one is.

Owns the conditions that are known before a venue is asked. The session itself is in `live_session`.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from ttxt_core.clock import Clock
from ttxt_core.connectors.config import ConnectorConfig, TradingMode
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.errors import ConfigError
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.answer_watch import ANSWER_WITHIN_S
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.session.account_hold import Access
from ttxt_core.session.exit_policy import EXIT_WITHIN_S
from ttxt_core.session.live_session import LiveSession
from ttxt_core.web.secrets import Credentials

__all__ = ["Access", "LiveSession", "live", "wrong_limits"]

_EVERYWHERE: Final = (
    "max_order_notional",
    "price_band",
    "max_position_notional",
    "orders_per_second",
    "daily_loss",
    "max_data_age_ns",
)
_ON_CONTRACTS: Final = ("max_leverage", "min_liquidation_distance")


def live(
    config: ConnectorConfig,
    credentials: Credentials,
    limits: RiskLimits,
    *,
    state: Path,
    access: Access = Access.TRADE,
    recordings: Path | None = None,
    wall: Clock | None = None,
    answer_within_s: float = ANSWER_WITHIN_S,
    exit_within_s: float = EXIT_WITHIN_S,
    keep_minutes: float | None = None,
    timings: ConnectorTimings | None = None,
) -> LiveSession:
    """A LIVE session, disarmed: a venue's market, private stream and orders, for one account.

    Args:
        config: what is traded where; its trading must be ``test`` or ``live``.
        credentials: of the account.
        limits: what entries must keep to. Every one must be set, but where the account is only looked at;
            `require_stop` is on or off.
        state: folder of the account's lock, its loss of the day and this installation's mark; made when it is missing.
        access: whether the account may only be looked at.
        exit_within_s: how long `stop` waits for the next of the entries to be cancelled.
        recordings, wall, answer_within_s, keep_minutes, timings: as `paper`.

    Raises:
        ConfigError: a limit is missing or can't be, the config is not one for trading, or the venue does not offer
            what it asks for.
    """
    asked = f"open a live session of {config.venue}"
    if config.trading is TradingMode.NONE:
        raise ConfigError(asked, "key trading is 'none'", "set it to 'test' for play money, or to 'live'")
    if not config.streams.book:
        raise ConfigError(asked, "key streams.book is 0", "orders are judged by the book: subscribe to one")
    if access is not Access.VIEW and (wrong := wrong_limits(limits, config)):
        raise ConfigError(asked, f"limits not set: {', '.join(wrong)}", "each needs a value above zero")
    session = LiveSession(
        config,
        credentials,
        limits,
        state=state,
        access=access,
        recordings=recordings,
        wall=wall,
        answer_within_s=answer_within_s,
        exit_within_s=exit_within_s,
        keep_minutes=keep_minutes,
        timings=timings,
    )
    session.record_to = config.recording_folder
    return session


def wrong_limits(limits: RiskLimits, config: ConnectorConfig) -> list[str]:
    """The names of the limits without which real orders are not taken, and that have no value above zero."""
    values: dict[str, Decimal | int | None] = {
        f"max_order_quantity of {pair}": limits.max_order_quantity.get(pair) for pair in config.pairs
    }
    values |= {name: getattr(limits, name) for name in _EVERYWHERE}
    if config.category != SPOT:
        values |= {name: getattr(limits, name) for name in _ON_CONTRACTS}
    return [name for name, value in values.items() if value is None or not Decimal(value).is_finite() or value <= 0]
