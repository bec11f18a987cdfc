"""The kinds of sessions that need no network: for each a function that makes one. `session` is what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from ttxt_core.clock import Clock, ReplayClock, SystemClock
from ttxt_core.errors import ConfigError, RecordingError
from ttxt_core.orders.answer_watch import ANSWER_WITHIN_S
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.session.session import Session, SessionKind
from ttxt_core.session.source import MarketSource, funded_account
from ttxt_core.simulation.practice_market import PracticeMarket
from ttxt_core.simulation.practice_pairs import DEFAULT_PAIRS, PracticePair
from ttxt_core.simulation.practice_process import PracticeProcess
from ttxt_core.simulation.simulator_settings import SimulatorSettings


def practice(
    pairs: Sequence[PracticePair] = DEFAULT_PAIRS,
    *,
    seed: int = 1,
    rate: float = 200.0,
    history: int = 600,
    simulator: SimulatorSettings | None = None,
    limits: RiskLimits = SIMULATED_LIMITS,
    recordings: Path | None = None,
    clock: Clock | None = None,
    wall: Clock | None = None,
    answer_within_s: float = ANSWER_WITHIN_S,
    keep_minutes: float | None = None,
    own_process: bool = False,
) -> Session:
    """A PRACTICE session: an endless simulated market, and a simulated account named ``practice``.

    Args:
        pairs: what is traded.
        seed: equal seeds give equal markets and latencies.
        rate: market events a second over all pairs.
        history: closed one-minute candles to begin with, a pair.
        simulator: balances, leverage, fees and latency.
        limits: what entries must keep to.
        recordings: where recordings go when no other folder is named.
        clock: market time; wall: real time, for rates and late answers. The system's when not given.
        answer_within_s: a command without an answer after so long is UNKNOWN.
        keep_minutes: how far back `Session.keep` can reach; None records nothing for it.
        own_process: the market is made in another process, which leaves this one's loop to its consumers. It begins
            at once: the session must be stopped, also when it was never started.

    Raises:
        ConfigError: no pair, a rate that is not above zero, or a `clock` for a process that can't share it.
    """
    if own_process and clock is not None:
        raise ConfigError("open a practice session", "its process can't share a clock", "leave one of the two out")
    own_clock = clock if clock is not None else SystemClock()

    account = replace(simulator or SimulatorSettings(seed=seed), account=str(SessionKind.PRACTICE))

    def connect(publisher: IQueuePublisher) -> MarketSource:
        venues = frozenset(pair.key.venue for pair in pairs)
        if own_process:
            process = PracticeProcess(pairs, publisher, seed=seed, rate=rate, history=history)
            return MarketSource(process, venues, account, close=process.close)
        market = PracticeMarket(pairs, own_clock, publisher, seed=seed, rate=rate, history=history)
        return MarketSource(market, venues, account)

    return Session(
        SessionKind.PRACTICE,
        own_clock,
        connect,
        limits=limits,
        recordings=recordings,
        wall=wall,
        answer_within_s=answer_within_s,
        keep_minutes=keep_minutes,
    )


def replay(
    paths: Sequence[str | Path],
    *,
    speed: float = 1.0,
    skip_idle_s: float | None = None,
    hold_at_end: bool = True,
    simulator: SimulatorSettings | None = None,
    limits: RiskLimits = SIMULATED_LIMITS,
    wall: Clock | None = None,
) -> Session:
    """A REPLAY session: recordings merged by time, and a simulated account named ``replay`` at each venue in them.

    A seek, or a step back, begins a new attempt: orders, positions and balances are those of the start.

    Args:
        paths: recordings.
        speed: market seconds a second; `MAX_SPEED` does not wait, but never runs ahead of the simulator.
        skip_idle_s: pass over stretches without an event that are longer, in market seconds.
        hold_at_end: at the end wait for a seek; else the replay is over.
        simulator: balances, leverage, fees and latency; by default every settle currency has a balance.
        limits: what entries must keep to.
        wall: the time that is waited by; the system's when not given.

    Raises:
        ConfigError: no path, or a speed that is not above zero.
        NotARecordingError, RecordingError: a file can't be read.
    """
    clock = ReplayClock()

    def connect(publisher: IQueuePublisher) -> MarketSource:
        replayer = MarketDataReplayer(
            paths, publisher, clock, speed=speed, skip_idle_s=skip_idle_s, hold_at_end=hold_at_end, wall=wall
        )
        try:
            instruments = replayer.instruments
        except RecordingError:
            replayer.stop()
            raise
        settled_in = {event.data.settle for event in instruments.values()}
        account = replace(simulator or funded_account(settled_in), account=str(SessionKind.REPLAY))
        return MarketSource(replayer, frozenset(key.venue for key in instruments), account, close=replayer.stop)

    return Session(SessionKind.REPLAY, clock, connect, limits=limits, wall=wall)
