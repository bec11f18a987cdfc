"""From the command line and the settings to a session on a venue: PAPER or LIVE. It is not opened yet.

Apart from `opening`, whose sessions need no network stack.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from platformdirs import user_state_path

from ttxt_core.connectors.config import ConnectorConfig, Environment, StreamSettings, TradingMode
from ttxt_core.connectors.registry import credentials_environment
from ttxt_core.errors import ConfigError
from ttxt_core.instruments import TradingPair
from ttxt_core.session import Session, paper
from ttxt_core.session.live import Access, live, wrong_limits
from ttxt_core.web.secrets import load_credentials
from ttxt_tui.config.limits import missing_limits, real_limits, simulated_limits
from ttxt_tui.config.settings import APP_NAME, Settings, Venue, config_folder, settings_file

CANDLES: Final = 1_000
"""Fetched of every pair at the start, so that the chart is full."""

_ARGUMENTS: Final = {
    "key venue": "argument VENUE",
    "key category": "option --category",
    "key pairs": "argument PAIR",
    "key account": "option --account",
}
_SETTINGS: Final = {"key streams.book": "book", "key dead_man_switch_s": "dead_man_seconds"}
"""What the keys of a connector's config are called here: whoever typed an argument never wrote them."""


def open_paper(options: Namespace, settings: Settings) -> Session:
    """A venue's market, and a simulated account.

    Raises:
        ConfigError: the venue does not offer what is asked for.
    """
    with _as_typed(options):
        return paper(
            _connector(options, settings),
            limits=simulated_limits(settings),
            recordings=settings.recording_folder,
            keep_minutes=settings.recording.keep_minutes or None,
        )


def open_live(options: Namespace, settings: Settings) -> Session:
    """Real orders, with the key that the environment, a keyring or the user's credentials file has.

    Raises:
        ConfigError: a limit is not set for an account that is not only looked at, there is no key, or the venue does
            not offer what is asked for.
    """
    environment = Environment.TESTNET if options.testnet else Environment.DEMO if options.demo else Environment.MAINNET
    is_real = environment is Environment.MAINNET
    with _as_typed(options):
        config = _connector(
            options,
            settings,
            trading=TradingMode.LIVE if is_real else TradingMode.TEST,
            environment=environment,
            account=options.account,
            dead_man_switch_s=settings.venues.get(options.venue, Venue()).dead_man_seconds,
        )
    limits = real_limits(settings)
    access = Access.VIEW if options.view_only else Access.TRADE_OR_VIEW
    if access is not Access.VIEW and (missing := wrong_limits(limits, config)):
        raise missing_limits(missing, settings_file(options.config))
    with _as_typed(options):
        credentials = load_credentials(
            config.venue,
            credentials_environment(config),
            account=config.account,
            path=config_folder() / "credentials.toml",
        )
        return live(
            config,
            credentials,
            limits,
            state=user_state_path(APP_NAME, appauthor=False),
            access=access,
            recordings=settings.recording_folder,
            keep_minutes=settings.recording.keep_minutes or None,
        )


@contextmanager
def _as_typed(options: Namespace) -> Iterator[None]:
    """A `ConfigError` in here names the argument, or the key of the user's settings, that it is about."""
    try:
        yield
    except ConfigError as error:
        name = _ARGUMENTS.get(error.asked)
        if error.asked in _SETTINGS:
            name = f"config file {settings_file(options.config)}, key venues.{options.venue}.{_SETTINGS[error.asked]}"
        if name is None:
            raise
        raise ConfigError(name, error.answered, error.hint) from error


def _connector(options: Namespace, settings: Settings, **trading: Any) -> ConnectorConfig:
    """The venue as the command line names it and the settings reach it; `trading`: what else its config says."""
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
        **trading,
    )
    for pair in config.pairs:
        if TradingPair.parse(pair).is_inverse:
            answered = f"{pair} is an inverse contract: what it wins and is worth, the screen can't show yet"
            raise ConfigError("key pairs", answered, "a program can trade it: see docs/examples.md")
    return config
