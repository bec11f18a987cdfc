"""From the config's `[limits]` to what entries must keep to.

Owns which limits hold where the config sets none, and what is said of those that real orders lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import ConfigError
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_tui.config.settings import Settings

SIMULATED: Final = replace(
    SIMULATED_LIMITS,
    max_order_notional=Decimal(250_000),
    max_position_notional=Decimal(1_000_000),
    price_band=Decimal("0.05"),
    orders_per_second=20,
    daily_loss=None,
)
"""What holds for simulated orders where the config sets nothing."""

_KEYS: Final = {
    "max_order_notional": ("order_notional", "5000"),
    "price_band": ("price_band", "0.02"),
    "max_position_notional": ("position_notional", "20000"),
    "max_leverage": ("leverage", "3"),
    "min_liquidation_distance": ("liquidation_distance", "0.1"),
    "orders_per_second": ("orders_per_second", "5"),
    "daily_loss": ("daily_loss", "500"),
}
"""The library's name of a limit → its key in the config, with a value for an example."""


def real_limits(settings: Settings) -> RiskLimits:
    """What the config sets, and nothing else."""
    own = settings.limits
    return RiskLimits(
        max_order_quantity=own.order_quantity,
        max_order_notional=own.order_notional,
        price_band=own.price_band,
        max_position_notional=own.position_notional,
        max_leverage=own.leverage,
        min_liquidation_distance=own.liquidation_distance,
        orders_per_second=own.orders_per_second,
        daily_loss=own.daily_loss,
        require_stop=own.require_stop,
        max_data_age_ns=int(settings.trading.stale_seconds * NANOSECONDS),
    )


def simulated_limits(settings: Settings) -> RiskLimits:
    """What the config sets, the rest as in `SIMULATED`."""
    own = real_limits(settings)
    kept = {name: getattr(SIMULATED, name) for name in own.__struct_fields__ if getattr(own, name) is None}
    return replace(own, **kept)


def missing_limits(names: Sequence[str], path: Path) -> ConfigError:
    """What is said of the limits `names`, as `wrong_limits` gives them, that the config file `path` does not set."""
    keys, lines, pairs = list[str](), list[str](), list[str]()
    for name in names:
        limit, _, pair = name.partition(" of ")
        if pair:
            keys.append(f"order_quantity of {pair}")
            pairs.append(f'"{pair}" = 0.1')
        elif limit in _KEYS:
            key, value = _KEYS[limit]
            keys.append(key)
            lines.append(f"{key} = {value}")
        else:
            keys.append(name)
    if pairs:
        lines.append(f"order_quantity = {{ {', '.join(pairs)} }}")
    asked = f"config file {path}, table [limits]"
    return ConfigError(
        asked, f"real orders need every limit, not set: {', '.join(keys)}", f"for example: {' ; '.join(lines)}"
    )
