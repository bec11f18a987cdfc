"""Which session a config means."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_state_path

from ttxt_core.bootstrap.config import ClientConfig, PracticeConfig, ReplayConfig
from ttxt_core.connectors.config import ConnectorConfig, TradingMode
from ttxt_core.connectors.registry import credentials_environment
from ttxt_core.errors import ConfigError
from ttxt_core.recording.naming import recordings_in
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.session import Session, paper, practice, replay
from ttxt_core.session.live import live
from ttxt_core.simulation.practice_pairs import DEFAULT_PAIRS, DOGE_LINEAR, PracticePair
from ttxt_core.web.secrets import load_credentials

_APP: Final = "ttxt"
_PRACTICE_PAIRS = (*DEFAULT_PAIRS, DOGE_LINEAR)


def open_session(config: ClientConfig) -> Session:
    """The session that `config` means, not started.

    Raises:
        ConfigError: there is no such market, or orders are to go to a venue without credentials or limits.
        RecordingError: a recording can't be read.
    """
    market, limits = config.market, config.limits
    if isinstance(market, PracticeConfig):
        pairs = [_practice_pair(market.category, pair) for pair in market.pairs]
        return practice(
            pairs,
            seed=market.seed,
            rate=market.rate,
            history=market.history,
            limits=limits,
            recordings=config.recording,
        )
    if isinstance(market, ReplayConfig):
        return replay(
            recordings_in([Path(path).expanduser() for path in market.paths]),
            speed=MAX_SPEED if market.speed == "max" else market.speed,
            skip_idle_s=market.skip_idle_s,
            hold_at_end=False,
            limits=limits,
        )
    if market.trading is TradingMode.NONE:
        return paper(market, limits=limits, recordings=config.recording)
    return _live(market, config)


def _live(market: ConnectorConfig, config: ClientConfig) -> Session:
    """Orders to the venue, with the key that the environment, a keyring or the user's credentials file has."""
    file = user_config_path(_APP, appauthor=False) / "credentials.toml"
    credentials = load_credentials(market.venue, credentials_environment(market), account=market.account, path=file)
    state = user_state_path(_APP, appauthor=False)
    return live(market, credentials, config.limits, state=state, recordings=config.recording)


def _practice_pair(category: str, name: str) -> PracticePair:
    for pair in _PRACTICE_PAIRS:
        if (pair.key.category, pair.key.pair) == (category, name):
            return pair
    known = ", ".join(f"{pair.key.category} {pair.key.pair}" for pair in _PRACTICE_PAIRS)
    raise ConfigError(f"open the practice market of {category} {name}", "it has no such pair", f"it has {known}")
