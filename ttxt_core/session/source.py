"""What a session's market comes from, and whose account is at it.

Owns the interface alone: `kinds` makes sources, `session` runs them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple, Protocol

from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.simulation.simulator_settings import START_BALANCES, SimulatorSettings

_BALANCE_OF_OTHERS: Final = START_BALANCES["USDT"]
"""What an account has of a settle currency that the simulator names no balance of."""


class MarketControl(Protocol):
    """What publishes a market, to the publisher that it was made with."""

    async def run(self) -> None:
        """Publish until the market ends, or the task is cancelled."""
        ...


class VenueAccount(NamedTuple):
    """An account at a venue.

    Attributes:
        name: what events call it. commands: the way of its commands, by category.
    """

    name: str
    commands: Mapping[str, CommandLanes]


class MarketSource(NamedTuple):
    """Who publishes the market.

    Attributes:
        control: the source itself, for whoever steers it; it publishes while its `run` does.
        venues: whose markets these are.
        account: the simulated one at each of them, or the one at the venue that orders go to.
        open: what is to be done before the start; it raises when there is no such market. None when nothing is.
        close: what is to be done after the end, also when it was never opened; None when nothing is.
    """

    control: MarketControl
    venues: frozenset[str]
    account: SimulatorSettings | VenueAccount
    open: Callable[[], Awaitable[None]] | None = None
    close: Callable[[], Awaitable[None] | None] | None = None


def funded_account(settled_in: Iterable[str]) -> SimulatorSettings:
    """A simulated account that has something of each of these currencies."""
    return SimulatorSettings(balances={**dict.fromkeys(settled_in, _BALANCE_OF_OTHERS), **START_BALANCES})
