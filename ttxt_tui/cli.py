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
    from ttxt_core.session import Session
    from ttxt_tui.config.settings import Settings
    from ttxt_tui.theme.palette import Theme


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the workstation; the exit status is 0, 1 when it failed on its way, 2 when it could not start."""
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
        return 2


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
    _venue(paper)
    live = commands.add_parser("live", help="a venue's market and REAL orders there; disarmed until A")
    _venue(live)
    environment = live.add_mutually_exclusive_group()
    environment.add_argument("--testnet", action="store_true", help="play money on the venue's test network")
    environment.add_argument("--demo", action="store_true", help="play money on the venue's real market")
    live.add_argument("--account", default="main", metavar="NAME", help="whose key is used (default main)")
    live.add_argument("--view-only", action="store_true", help="look at market and account; nothing is sent")
    replay = commands.add_parser("replay", help="play recordings on the same screen, with simulated orders")
    _common(replay, suppress=True)
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a recording, or a folder of them")
    replay.add_argument("--speed", default="1", help="0.1 to 1000, or max (default 1)")
    replay.add_argument("--skip-idle", type=float, metavar="S", help="pass over stretches of S seconds without events")
    replay.add_argument("--hold", action="store_true", help="begin held: h goes on")
    replay.add_argument("--hide", action="store_true", help="hide symbol, date and price level until H or the end")
    return parser


def _venue(parser: argparse.ArgumentParser) -> None:
    _common(parser, suppress=True)
    parser.add_argument("venue", metavar="VENUE", help="e.g. bybit")
    parser.add_argument("pairs", nargs="+", metavar="PAIR", help="e.g. BTC/USDT ETH/USDT")
    parser.add_argument(
        "--category", default="spot", metavar="NAME", help="the venue's product: spot (default), linear"
    )


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
    import asyncio

    session = _session(options, settings, notices)
    try:
        status = asyncio.run(_show(session, settings, theme, notices, options.config))
    except KeyboardInterrupt:  # before the screen, which takes Ctrl+C as a key
        status = 130
    said = [f"exit policy: {session.exit_summary}"] if session.exit_summary else []
    for line in (*said, *session.troubles):
        print(f"ttxt-tui: {line}", file=sys.stderr)
    return status or (1 if session.troubles else 0)


def _session(options: argparse.Namespace, settings: Settings, notices: list[str]) -> Session:
    """The session that is asked for; what of it can't be had goes to `notices`."""
    if options.command in {"paper", "live"}:
        from ttxt_tui.connecting import open_live, open_paper

        return (open_paper if options.command == "paper" else open_live)(options, settings)
    from ttxt_tui.opening import open_practice, open_replay

    if options.command == "replay":
        return open_replay(options, settings, notices)
    return open_practice(options, settings)


async def _show(
    session: Session, settings: Settings, theme: Theme, notices: Sequence[str], config_file: Path | None
) -> int:
    """The session on screen until its end. That it can't be opened is known before there is a screen."""
    try:
        await session.open()
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            print("ttxt-tui: it needs a terminal for its input and for its screen (stderr)", file=sys.stderr)
            return 2
        from ttxt_tui.app import Workstation

        app = Workstation(session, settings, theme, notices=notices, config_file=config_file)
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


if __name__ == "__main__":
    sys.exit(main())
