"""From the command line and the settings to a session without a network: PRACTICE or REPLAY. It is not opened yet."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from secrets import randbelow

from ttxt_core.errors import ConfigError, RecordingError
from ttxt_core.recording.naming import recordings_in
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.session import Session, practice, replay
from ttxt_core.simulation.simulator_settings import START_BALANCES, SimulatorSettings
from ttxt_tui.config.limits import simulated_limits
from ttxt_tui.config.settings import Settings


def open_practice(options: Namespace, settings: Settings) -> Session:
    """The simulated market.

    Raises:
        ConfigError: an option is out of range.
    """
    seed = options.seed if options.seed is not None else settings.practice.seed
    rate = options.rate if options.rate is not None else settings.practice.rate
    if not 0 < rate <= 5000:
        raise ConfigError(f"--rate {rate:g}", "it is out of range", "above 0, up to 5000 events a second")
    seed = seed if seed is not None else randbelow(2**31)
    balances = {**START_BALANCES, "USDT": settings.practice.balance}
    return practice(
        seed=seed,
        rate=rate,
        simulator=SimulatorSettings(balances=balances, seed=seed),
        limits=simulated_limits(settings),
        recordings=settings.recording_folder,
        keep_minutes=settings.recording.keep_minutes or None,
        own_process=True,
    )


def open_replay(options: Namespace, settings: Settings, notices: list[str]) -> Session:
    """A replay of what was named; what of it can't be played goes to `notices`, in words.

    Raises:
        ConfigError: an option is out of range. RecordingError: what was named can't be played.
    """
    try:
        speed = float("inf") if options.speed == "max" else float(options.speed)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise ConfigError(f"--speed {options.speed}", "it is no speed", "0.1 to 1000, or max")
    if options.skip_idle is not None and not 0 < options.skip_idle < float("inf"):
        raise ConfigError(f"--skip-idle {options.skip_idle:g}", "it is out of range", "seconds, above 0")
    limits = simulated_limits(settings)
    paths, is_hidden = recordings_in(options.paths), options.hide
    try:
        session = replay(paths, speed=speed, skip_idle_s=options.skip_idle, limits=limits)
    except RecordingError:
        paths = _readable(paths, options.paths, notices, is_hidden=is_hidden)
        session = replay(paths, speed=speed, skip_idle_s=options.skip_idle, limits=limits)
    player = session.replayer
    if player is not None:
        if is_hidden:
            player.hide(SystemRandom())
        notices += [
            f"{path}: {damage.what}, {damage.length:,} bytes from byte {damage.offset}: what is before it plays"
            for path, damage in player.damage
            if damage.is_tail
        ]
        if options.hold:
            player.hold()
    return session


def _readable(paths: Sequence[Path], named: Sequence[Path], notices: list[str], *, is_hidden: bool) -> list[Path]:
    """Those of `paths` that can be read; one that was named itself, or the last one, must be.

    Which they are is not said when the recording is hidden.

    Raises:
        RecordingError: that one can't be read.
    """
    readable: list[Path] = []
    for path in paths:
        try:
            with RecordingReader(path) as reader:
                _ = reader.instrument
        except RecordingError as error:
            if path in named or (path == paths[-1] and not readable):
                raise
            notices.append("left out: a recording that can't be read" if is_hidden else f"left out: {error}")
        else:
            readable.append(path)
    return readable
