"""The config file of a client: which market it sees, where its orders go, and what they must keep to.

Owns the file's tables and what is wrong in them. It must not open anything that they name.

    [connector]          one of these three: a venue's market, as `ConnectorConfig` has it;
    [practice]           an endless simulated market;
    [replay]             recordings.

    [limits]             what entries must keep to, as `RiskLimits` has it; the simulator's own where it is left out
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import asdict

from ttxt_core.connectors.config import ConnectorConfig, parse_config, read_document, settings_in
from ttxt_core.connectors.registry import connector_class, venues
from ttxt_core.connectors.venue import check_config
from ttxt_core.errors import ConfigError
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits

T = TypeVar("T")

_MARKETS = ("connector", "practice", "replay")


class PracticeConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated market.

    Attributes:
        category, pairs: what is traded there.
        seed: equal seeds give equal markets. rate: events a second. history: candles to begin with.
        recording: folder that it is recorded to; None: not recorded.
    """

    category: str = "linear"
    pairs: Annotated[tuple[str, ...], Meta(min_length=1)] = ("BTC/USDT",)
    seed: int = 1
    rate: Annotated[float, Meta(gt=0, le=5000)] = 200.0
    history: Annotated[int, Meta(ge=0, le=1440)] = 300
    recording: str | None = None


class ReplayConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Recordings, merged by the time at which they were received.

    Attributes:
        paths: recordings, or folders of them.
        speed: market seconds a second, or ``max``.
        skip_idle_s: pass over longer stretches without an event; None: don't.
    """

    paths: Annotated[tuple[str, ...], Meta(min_length=1)]
    speed: Annotated[float, Meta(gt=0)] | Literal["max"] = 1.0
    skip_idle_s: Annotated[float, Meta(gt=0)] | None = None


class ClientConfig(Struct, frozen=True, kw_only=True):
    """What a client runs on.

    Attributes:
        market: whose settings tell which kind it is.
        limits: what entries must keep to.
    """

    market: ConnectorConfig | PracticeConfig | ReplayConfig
    limits: RiskLimits = SIMULATED_LIMITS

    @property
    def recording(self) -> Path | None:
        """The folder that the market is recorded to."""
        if isinstance(self.market, ConnectorConfig):
            return self.market.recording_folder
        folder = None if isinstance(self.market, ReplayConfig) else self.market.recording
        return None if folder is None else Path(folder).expanduser()


def load_client_config(path: str | Path) -> ClientConfig:
    """The configuration in a ``.toml`` or ``.json`` file.

    Raises:
        ConfigError: it can't be read, is neither, or a value is wrong; the message names the file, the key and what was
            expected.
    """
    path = Path(path)
    where = f"config file {path}"
    document = read_document(path)
    for key in document:
        if key not in {*_MARKETS, "limits"}:
            raise ConfigError(f"{where}, key {key}", "no such table", f"there are {', '.join(_MARKETS)} and limits")
    named = [market for market in _MARKETS if market in document]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        raise ConfigError(where, f"expected one of the tables {', '.join(_MARKETS)}, got {found}")
    (market,) = named
    limits = {**asdict(SIMULATED_LIMITS), **_table(document, "limits", where)}
    return ClientConfig(
        market=_market(market, _table(document, market, where), f"{where}, table {market}"),
        limits=settings_in(limits, RiskLimits, f"{where}, table limits"),
    )


def _market(name: str, table: Mapping[str, Any], where: str) -> ConnectorConfig | PracticeConfig | ReplayConfig:
    if name == "connector":
        return _offered(parse_config(table, where), where)
    if name == "practice":
        return settings_in(table, PracticeConfig, where)
    return settings_in(table, ReplayConfig, where)


def _offered(config: ConnectorConfig, where: str) -> ConnectorConfig:
    """`config`, of whose settings its venue has every one; a venue that is not known here is its user's own."""
    if config.venue in venues():
        kind = connector_class(config.venue)
        try:
            check_config(config, kind.venue, kind.offer)
        except ConfigError as error:
            raise ConfigError(f"{where}, {error.asked}", error.answered, error.hint) from error
    return config


def _table(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{where}, key {name}", f"expected a table, got {table!r}", f"write [{name}] above its keys")
    return table
