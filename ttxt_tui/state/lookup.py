"""How a model finds the market of an instrument that an order or a position names."""

from __future__ import annotations

from collections.abc import Callable

from ttxt_core.events import InstrumentKey
from ttxt_tui.state.market import MarketState

MarketOf = Callable[[InstrumentKey], MarketState | None]
"""What is known of an instrument; None when nothing is."""
