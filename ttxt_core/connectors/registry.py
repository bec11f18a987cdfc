"""Which venues there are connectors for: a line each. A venue's modules load when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.config import ConnectorConfig, Environment, TradingMode
from ttxt_core.errors import ConfigError
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.web.secrets import Credentials

_VENUES: Final = {
    "bybit": "ttxt_core.connectors.bybit.connector:BybitConnector",
}
_added: dict[str, type[ConnectorBase]] = {}


def register_connector(kind: type[ConnectorBase]) -> None:
    """Make a connector of your own known by its `venue`, for this process.

    Raises:
        ConfigError: the name is taken.
    """
    name = kind.venue
    if name in _VENUES or _added.get(name, kind) is not kind:
        raise ConfigError(f"register the connector of {name}", "there is one of this name", "give it another")
    _added[name] = kind


def venues() -> list[str]:
    """The venues that a config can name."""
    return sorted({*_VENUES, *_added})


def connector_class(venue: str) -> type[ConnectorBase]:
    """The connector of `venue`.

    Raises:
        ConfigError: there is none.
    """
    if venue in _added:
        return _added[venue]
    where = _VENUES.get(venue)
    if where is None:
        raise ConfigError("key venue", f"expected one of {', '.join(venues())}, got {venue!r}")
    module, _, name = where.partition(":")
    kind: type[ConnectorBase] = getattr(import_module(module), name)
    return kind


def connect(
    config: ConnectorConfig, publisher: IQueuePublisher, credentials: Credentials | None = None, **parts: Any
) -> ConnectorBase:
    """The connector that `config` describes, told to do all that it says; run it.

    `parts` go to the connector as they are: a clock, connections, timings.

    Raises:
        ConfigError: a venue that is not known, a setting that it does not offer, or no credentials for trading.
    """
    connector = connector_class(config.venue)(config, publisher, credentials=credentials, **parts)
    connector.listening_market_stream()
    if config.trading is not TradingMode.NONE:
        connector.trading()
    return connector


def credentials_environment(config: ConnectorConfig) -> str:
    """What `load_credentials` calls the environment of `config`."""
    return "live" if config.environment is Environment.MAINNET else config.environment.value
