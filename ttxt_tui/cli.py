"""The command `ttxt-tui`: which session, with which settings. Heavy imports wait until they are needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ttxt_core.orders.limits import RiskLimits
    from ttxt_core.session import Session
    from ttxt_tui.config.settings import Settings
    from ttxt_tui.theme.palette import Theme


CANDLES = 1_000
"""Fetched of every pair at the start, so that the chart is full."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the workstation; the exit status is 0, 1 for what the message says, 2 for a wrong use."""
    options = _parser().parse_args(arguments)
    from ttxt_core.errors import TtxtError

    try:
        if options.version:
            from ttxt_tui import __version__

            print(f"ttxt-tui {__version__}")
            return 0
        if options.list_themes:
            return _list_themes()
        return _run(options)
    except TtxtError as error:
        print(f"ttxt-tui: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ttxt-tui", description="The terminal trading workstation. Without a command it starts a PRACTICE session."
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    parser.add_argument("--list-themes", action="store_true", help="print the names of all themes and end")
    _common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    practice = commands.add_parser("practice", help="an endless simulated market (the default)")
    _common(practice, suppress=True)
    for target in (parser, practice):
        default = argparse.SUPPRESS if target is practice else None
        target.add_argument("--seed", type=int, default=default, help="the same seed gives the same market")
        target.add_argument("--rate", type=float, default=default, help="events a second, up to 5000")
    paper = commands.add_parser("paper", help="a venue's public market, with simulated orders; no key is needed")
    _common(paper, suppress=True)
    paper.add_argument("venue", metavar="VENUE", help="e.g. bybit")
    paper.add_argument("pairs", nargs="+", metavar="PAIR", help="e.g. BTC/USDT ETH/USDT")
    paper.add_argument("--category", default="spot", metavar="NAME", help="the venue's product: spot (default), linear")
    replay = commands.add_parser("replay", help="play recordings on the same screen, with simulated orders")
    _common(replay, suppress=True)
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a recording, or a folder of them")
    replay.add_argument("--speed", default="1", help="0.1 to 1000, or max (default 1)")
    replay.add_argument("--skip-idle", type=float, metavar="S", help="pass over stretches of S seconds without events")
    replay.add_argument("--hold", action="store_true", help="begin held: h goes on")
    replay.add_argument("--hide", action="store_true", help="hide symbol, date and price level until H or the end")
    return parser


def _common(parser: argparse.ArgumentParser, *, suppress: bool = False) -> None:
    default = argparse.SUPPRESS if suppress else None
    parser.add_argument("--config", type=Path, default=default, metavar="FILE", help="settings instead of the user's")
    parser.add_argument("--theme", default=default, metavar="NAME", help="a theme of --list-themes")


def _list_themes() -> int:
    from ttxt_tui.config.settings import config_folder
    from ttxt_tui.theme.loader import load_theme, theme_files

    folder = config_folder() / "themes"
    for name in sorted(theme_files(folder)):
        print(f"{name:16} {load_theme(name, folder).description}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from ttxt_tui.config.settings import load_settings, settings_file
    from ttxt_tui.keymap import Keymap
    from ttxt_tui.paint.cells import pick_glyphs

    settings = load_settings(options.config)
    with _named(settings_file(options.config)):
        Keymap(settings.keys.preset, settings.keys.bind)
        pick_glyphs(os.environ, settings.screen.glyphs)
    theme = _theme(options, settings)
    notices: list[str] = []
    if options.command == "replay":
        session = _replay(options, settings, notices)
    elif options.command == "paper":
        session = _paper(options, settings)
    else:
        session = _practice(options, settings)
    import asyncio

    try:
        status = asyncio.run(_show(session, settings, theme, notices))
    except KeyboardInterrupt:  # before the screen, which takes Ctrl+C as a key
        return 130
    for trouble in session.troubles:
        print(f"ttxt-tui: {trouble}", file=sys.stderr)
    return status


async def _show(session: Session, settings: Settings, theme: Theme, notices: Sequence[str]) -> int:
    """The session on screen until its end. That it can't be opened is known before there is a screen."""
    try:
        await session.open()
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            print("ttxt-tui: it needs a terminal for its input and for its screen (stderr)", file=sys.stderr)
            return 1
        from ttxt_tui.app import Workstation

        app = Workstation(session, settings, theme, notices=notices)
        await app.run_async()
        return app.return_code or 0
    finally:
        await session.stop()


def _theme(options: argparse.Namespace, settings: Settings) -> Theme:
    from ttxt_tui.config.settings import config_folder, settings_file
    from ttxt_tui.theme.loader import DEFAULT_THEME, NO_COLOUR_THEME, load_theme

    own = config_folder() / "themes"
    if options.theme is None and settings.screen.theme is not None:
        with _named(settings_file(options.config)):
            return load_theme(settings.screen.theme, own)
    return load_theme(options.theme or (NO_COLOUR_THEME if os.environ.get("NO_COLOR") else DEFAULT_THEME), own)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What is wrong in here is wrong in the config file `path`, and is said so."""
    from ttxt_core.errors import ConfigError

    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"config file {path}, {error.asked}", error.answered, error.hint) from error


def _practice(options: argparse.Namespace, settings: Settings) -> Session:
    from secrets import randbelow

    from ttxt_core.errors import ConfigError
    from ttxt_core.session import practice
    from ttxt_core.simulation.simulator_settings import START_BALANCES, SimulatorSettings

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
        limits=_limits(settings),
        recordings=settings.recording_folder,
        keep_minutes=settings.recording.keep_minutes or None,
        own_process=True,
    )


def _paper(options: argparse.Namespace, settings: Settings) -> Session:
    from ttxt_core.connectors.config import ConnectorConfig, StreamSettings
    from ttxt_core.session import paper
    from ttxt_tui.config.settings import Venue

    own = settings.venues.get(options.venue, Venue())
    config = ConnectorConfig(
        venue=options.venue,
        category=options.category,
        pairs=tuple(options.pairs),
        streams=StreamSettings(book=own.book),
        history=CANDLES,
        hosts=own.hosts,
        ca_path=own.ca_path,
        proxy=own.proxy,
    )
    return paper(
        config,
        limits=_limits(settings),
        recordings=settings.recording_folder,
        keep_minutes=settings.recording.keep_minutes or None,
    )


def _replay(options: argparse.Namespace, settings: Settings, notices: list[str]) -> Session:
    """A replay of what was named; what of it can't be played goes to `notices`, in words."""
    from random import SystemRandom

    from ttxt_core.errors import ConfigError, RecordingError
    from ttxt_core.recording.naming import recordings_in
    from ttxt_core.session import replay

    try:
        speed = float("inf") if options.speed == "max" else float(options.speed)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise ConfigError(f"--speed {options.speed}", "it is no speed", "0.1 to 1000, or max")
    if options.skip_idle is not None and not 0 < options.skip_idle < float("inf"):
        raise ConfigError(f"--skip-idle {options.skip_idle:g}", "it is out of range", "seconds, above 0")
    limits = _limits(settings)
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
    from ttxt_core.errors import RecordingError
    from ttxt_core.recording.reader import RecordingReader

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


def _limits(settings: Settings) -> RiskLimits:
    from msgspec.structs import replace

    from ttxt_core.clock import NANOSECONDS
    from ttxt_core.orders.limits import SIMULATED_LIMITS

    own = settings.limits
    return replace(
        SIMULATED_LIMITS,
        max_order_notional=own.order_notional,
        max_position_notional=own.position_notional,
        price_band=own.price_band,
        orders_per_second=own.orders_per_second,
        daily_loss=own.daily_loss,
        max_data_age_ns=int(settings.trading.stale_seconds * NANOSECONDS),
    )


if __name__ == "__main__":
    sys.exit(main())
