"""Several connectors as one source: the categories of a venue that one program sees and trades together.

Owns that they begin and end together. Each keeps its own streams, its own account feed and its own lane of commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.reports import first_of
from ttxt_core.errors import ConfigError, TtxtError
from ttxt_core.orders.command_lanes import CommandLanes


class ConnectorGroup:
    """Connectors that run together, of one account at one venue: `lanes` is what a `VenueAccount` asks for.

    Attributes:
        connectors: by category.
    """

    def __init__(self, connectors: Iterable[ConnectorBase]) -> None:
        """A group that does nothing yet.

        Raises:
            ConfigError: it is empty, two are of one category, or they are not of one account at one venue.
        """
        found = list(connectors)
        self.connectors: Mapping[str, ConnectorBase] = {connector.category: connector for connector in found}
        asked = "join connectors in a group"
        whose = {(connector.venue, connector.config.environment, connector.config.account) for connector in found}
        if len(whose) != 1:
            names = ", ".join(sorted(f"account {account!r} at {venue} {hosts}" for venue, hosts, account in whose))
            raise ConfigError(asked, f"expected those of one account at one venue, got {names or 'none'}")
        if len(self.connectors) != len(found):
            raise ConfigError(asked, "two are of one category", "a connector takes any number of pairs")

    @property
    def lanes(self) -> Mapping[str, CommandLanes]:
        """Where commands go in, by category."""
        return {category: connector.lanes for category, connector in self.connectors.items()}

    async def prepare(self) -> None:
        """As `ConnectorBase.prepare`, of one after the other.

        Raises:
            TtxtError: the first that can't be.
        """
        for connector in self.connectors.values():
            await connector.prepare()

    async def run(self) -> None:
        """Run all until cancelled, or until one fails: then the others end too.

        Raises:
            TtxtError: as `ConnectorBase.run`.
        """
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as life:
                for category, connector in self.connectors.items():
                    life.create_task(connector.run(), name=f"connector of {category}")
        except* TtxtError as group:
            failure = first_of(group)
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """Give up all connections, for a group that was prepared and never run."""
        for connector in self.connectors.values():
            await connector.close()
