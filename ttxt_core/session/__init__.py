"""Sessions: a market, the executors of its venues, and everything between them and a trader, wired together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ttxt_core.session.kinds import practice, replay
from ttxt_core.session.session import Session, SessionKind
from ttxt_core.session.source import MarketControl, MarketSource

if TYPE_CHECKING:
    from ttxt_core.session.connected import paper

__all__ = ["MarketControl", "MarketSource", "Session", "SessionKind", "paper", "practice", "replay"]


def __getattr__(name: str) -> Any:
    if name != "paper":
        raise AttributeError(f"module 'ttxt_core.session' has no attribute {name!r}")
    from ttxt_core.session.connected import paper

    return paper
