"""The ticket as it is shown: the size presets, and what the order at hand would do. Texts only; nothing is computed."""

from __future__ import annotations

from typing import Final, NamedTuple

from ttxt_core.events.market import Side

RESTS: Final = "rests"
"""What stands for a fill where nothing would fill at once."""
WAITS: Final = "waits"
"""What stands for it where the order is in no book before a price is reached."""
MARKET: Final = "market"
"""What stands for a price where there is no limit."""


class PresetChip(NamedTuple):
    """A size preset: its key, its size, and whether it is the chosen one."""

    key: str
    size: str
    is_chosen: bool


class PretradeView(NamedTuple):
    """What an order would do, written.

    Attributes:
        effect: `BUY 0.25`, `SELL 0.75 (closes)`. price: its limit, or `market`.
        quantity: base currency, with the instrument's precision. notional: quote currency.
        from_mid: of the limit price, in basis points. fill: `rests`, or what would fill at once: `0.1 @ 67,985.2`.
        fee: quote currency; empty when not known. after: the position, if it filled: `LONG 0.25`, `flat`.
        breach: the limit that it would break; empty when it may go.
        is_staged: Enter sends it; else it is what the next key would stage.
        waits: `when mark ≤ 66,000.0`; empty when it does not wait.
        stop, target: its exits and what they would make: `66,800.0 = −100.00`; empty without.
        reward: `5.0 R`: what the target makes over what the stop loses.
    """

    side: Side
    effect: str
    price: str
    quantity: str
    notional: str
    from_mid: str
    fill: str
    fee: str
    after: str
    breach: str
    is_staged: bool
    waits: str = ""
    stop: str = ""
    target: str = ""
    reward: str = ""


class TicketView(NamedTuple):
    """The ticket of the active ladder.

    Attributes:
        size: the chosen size with its currency; empty when none was chosen.
        warning: why entry is off, such as `disarmed: A`; empty when it is not.
        bracket: the exits that entries take along: `tight −10bp +20bp`; empty without.
    """

    symbol: str
    short_symbol: str
    base: str
    quote: str
    presets: tuple[PresetChip, ...]
    size: str
    pretrade: PretradeView | None = None
    warning: str = ""
    bracket: str = ""
