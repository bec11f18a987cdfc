"""What a simulated exchange account is given: money, fees, leverage, and the latency of its orders. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.errors import ConfigError
from ttxt_core.simulation.simulated_market import FeeRates

START_BALANCES: Mapping[str, Decimal] = {"USDT": Decimal(100_000), "BTC": Decimal(1), "ETH": Decimal(20)}
FEES: Mapping[str, FeeRates] = {
    "spot": FeeRates(Decimal("0.001"), Decimal("0.001")),
    "linear": FeeRates(Decimal("0.0002"), Decimal("0.00055")),
    "inverse": FeeRates(Decimal("0.0002"), Decimal("0.00055")),
}
"""Bybit's rates for an account without a tier; they count where an instrument does not say its own."""


class Latency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a command is under way before the exchange acts on it, in nanoseconds of market time.

    Attributes:
        place_ns, amend_ns, cancel_ns: the middle. jitter_ns: the farthest from it, either way, evenly spread.
    """

    place_ns: int = 50 * MILLISECOND_NS
    amend_ns: int = 50 * MILLISECOND_NS
    cancel_ns: int = 50 * MILLISECOND_NS
    jitter_ns: int = 10 * MILLISECOND_NS

    def __post_init__(self) -> None:
        """Refuse a latency that could be below zero.

        Raises:
            ConfigError: a value is negative, or the jitter is larger than a latency.
        """
        shortest = min(self.place_ns, self.amend_ns, self.cancel_ns)
        if self.jitter_ns < 0 or shortest < self.jitter_ns:
            raise ConfigError(
                "set the simulator's latency",
                f"{shortest} ns ± {self.jitter_ns} ns can be below zero",
                "the jitter must be between 0 and the shortest latency",
            )


class SimulatorSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A simulated account.

    Attributes:
        account: its name in commands and reports.
        balances: currency → amount at the start of every attempt.
        leverage: of positions; an instrument's own maximum caps it.
        fees: by category, where the instrument does not say.
        seed: of the latency.
    """

    account: str = "simulator"
    balances: Mapping[str, Decimal] = field(default_factory=lambda: dict(START_BALANCES))
    leverage: Decimal = Decimal(10)
    fees: Mapping[str, FeeRates] = field(default_factory=lambda: dict(FEES))
    latency: Latency = Latency()
    seed: int = 0

    @property
    def fill_model(self) -> str:
        """In words: behind what was displayed when an order came, and how late it comes."""
        latency = self.latency
        delay, jitter = latency.place_ns / MILLISECOND_NS, latency.jitter_ns / MILLISECOND_NS
        return f"back of the queue, {delay:g}±{jitter:g} ms"

    def __post_init__(self) -> None:
        """Refuse what no account can be.

        Raises:
            ConfigError: a negative balance, or a leverage that is not above zero.
        """
        short = [currency for currency, amount in self.balances.items() if not amount >= 0]
        if short or not self.leverage > 0:
            what = f"the balance of {short[0]} is negative" if short else f"leverage is {self.leverage}"
            raise ConfigError(f"open the simulated account {self.account}", what, "balances ≥ 0, leverage > 0")
