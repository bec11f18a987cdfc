"""Sessions on a venue: for each kind a function that makes one. Apart from the others, which need no web layer."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from ttxt_core.clock import Clock, SystemClock
from ttxt_core.connectors.config import ConnectorConfig, TradingMode
from ttxt_core.connectors.registry import connect as connector_of
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.errors import ConfigError
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.answer_watch import ANSWER_WITHIN_S
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.session.session import Session, SessionKind
from ttxt_core.session.source import MarketSource, funded_account
from ttxt_core.simulation.simulator_settings import SimulatorSettings


def paper(
    config: ConnectorConfig,
    *,
    simulator: SimulatorSettings | None = None,
    limits: RiskLimits = SIMULATED_LIMITS,
    recordings: Path | None = None,
    wall: Clock | None = None,
    answer_within_s: float = ANSWER_WITHIN_S,
    keep_minutes: float | None = None,
    timings: ConnectorTimings | None = None,
) -> Session:
    """A PAPER session: a venue's public streams, and a simulated account named ``paper``.

    The connector has no way for commands: no order leaves this machine, and no key is read. The market is recorded
    where the config's `recording` says.

    Args:
        config: whose market; its trading must be ``none``.
        simulator: balances, leverage, fees and latency; by default every settle currency has a balance.
        limits, recordings, wall, answer_within_s, keep_minutes: as `practice`.
        timings: how long the connector waits for what.

    Raises:
        ConfigError: the config is not one for market data alone, or the venue does not offer what it asks for.
    """
    if config.trading is not TradingMode.NONE:
        hint = "set it to 'none': the orders are simulated"
        raise ConfigError(f"open a paper session of {config.venue}", f"key trading is '{config.trading}'", hint)
    clock = SystemClock()
    settled_in = {TradingPair.parse(pair).settle for pair in config.pairs}
    account = replace(simulator or funded_account(settled_in), account=str(SessionKind.PAPER))

    def connect(publisher: IQueuePublisher) -> MarketSource:
        connector = connector_of(config, publisher, clock=clock, timings=timings)
        venues = frozenset({config.venue})
        return MarketSource(connector, venues, account, open=connector.prepare, close=connector.close)

    session = Session(
        SessionKind.PAPER,
        clock,
        connect,
        limits=limits,
        recordings=recordings,
        wall=wall,
        answer_within_s=answer_within_s,
        keep_minutes=keep_minutes,
    )
    session.record_to = config.recording_folder
    return session
