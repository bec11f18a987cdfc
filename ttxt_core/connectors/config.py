"""ConnectorConfig: what a connector is to do, as a user writes it in TOML or JSON.

Owns the settings and what is wrong with them, in words that name the key. It knows no venue: which categories, book
depths and intervals one offers is judged by its connector. It shows no secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field
from msgspec.structs import force_setattr

from ttxt_core.errors import ConfigError, InstrumentError
from ttxt_core.instruments import TradingPair
from ttxt_core.web.secrets import Secret, secret_in

T = TypeVar("T")

_INTERVAL: Final = re.compile(r"[1-9]\d{0,2}[mhdwM]")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_UNKNOWN: Final = re.compile(r"unknown field `([^`]+)`")
_MISSING: Final = re.compile(r"missing required field `([^`]+)`")
_MOST_HISTORY: Final = 1_000


class TradingMode(StrEnum):
    """NONE: market data alone, no key is read. TEST: play money of a venue. LIVE: real money."""

    NONE = "none"
    TEST = "test"
    LIVE = "live"


class Environment(StrEnum):
    """Which of a venue's sets of hosts; DEMO is play money on the real market."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    DEMO = "demo"


class StreamSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is subscribed of every pair.

    Attributes:
        book: levels a side, as the venue offers them; 0 for no book.
        trades, tickers: whether.
        klines: intervals: a number and ``m``, ``h``, ``d``, ``w`` or ``M``; none for no candles.
    """

    book: int = 50
    trades: bool = True
    tickers: bool = True
    klines: tuple[str, ...] = ("1m",)

    def __post_init__(self) -> None:
        if self.book < 0:
            raise _wrong("streams.book", f"expected a number of levels, or 0 for no book, got {self.book}")
        for interval in self.klines:
            if not _INTERVAL.fullmatch(interval):
                expected = "expected a number and m, h, d, w or M, like 1m or 4h"
                raise _wrong("streams.klines", f"{expected}, got {interval!r}")


class Hosts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses in place of the venue's own: a regional host, or a sandbox exchange. None: the venue's own.

    `rest` is ``http(s)://host[:port]``; the others are ``ws(s)://host[:port][/path]``, the whole address of the socket.
    """

    rest: str | None = None
    ws_public: str | None = None
    ws_private: str | None = None
    ws_trade: str | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            address: str | None = getattr(self, name)
            schemes = ("http", "https") if name == "rest" else ("ws", "wss")
            if address is None:
                continue
            parts = urlsplit(address)
            if "@" in parts.netloc:  # the address is shown in errors, and a venue asks for no such thing
                raise _wrong(f"hosts.{name}", "a user or a password in an address", "write host and port alone")
            if parts.scheme not in schemes or not parts.hostname:
                raise _wrong(f"hosts.{name}", f"expected {schemes[1]}://HOST or {schemes[0]}://HOST, got {address!r}")


class ConnectorConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One connector: one category of one venue, and one account there.

    Attributes:
        venue, category: lower-case, e.g. ``bybit`` and ``linear``.
        pairs: as `TradingPair` writes them.
        streams: what is subscribed of each.
        history: candles of each interval that are fetched at the start and after a break; 0 for none.
        trading: whether orders can be sent, and with which money. environment: which hosts.
        account: what the account is called in every event; names the key too where there are several.
        dead_man_switch_s: seconds after which the venue is to cancel all orders when it has lost us; None: not asked.
        recording: folder that a session of it records the market to from its start; None: not recorded. A connector
            alone publishes and writes no file.
        hosts: addresses in place of the venue's own. ca_path: certificates to trust in place of the system's.
        proxy: ``http://host:port`` that every connection goes through; a secret, since it may hold a password.
    """

    venue: str
    category: str
    pairs: tuple[str, ...]
    streams: StreamSettings = field(default_factory=StreamSettings)
    history: int = 300
    trading: TradingMode = TradingMode.NONE
    environment: Environment = Environment.MAINNET
    account: str = "main"
    dead_man_switch_s: int | None = None
    recording: str | None = None
    hosts: Hosts = field(default_factory=Hosts)
    ca_path: str | None = None
    proxy: Secret | None = None

    def __post_init__(self) -> None:
        for name in ("venue", "category"):
            value: str = getattr(self, name)
            if not value or value != value.lower().strip():
                raise _wrong(name, f"expected a lower-case name, got {value!r}")
        force_setattr(self, "pairs", _pairs(self.pairs))
        if not 0 <= self.history <= _MOST_HISTORY:
            raise _wrong("history", f"expected a number of candles up to {_MOST_HISTORY}, got {self.history}")
        if not _ACCOUNT.fullmatch(self.account):
            raise _wrong("account", f"expected up to 32 letters, digits, - or _, got {self.account!r}")
        if self.dead_man_switch_s is not None and self.dead_man_switch_s < 1:
            raise _wrong("dead_man_switch_s", f"expected seconds above zero, got {self.dead_man_switch_s}")
        is_real = self.environment is Environment.MAINNET
        if self.trading is TradingMode.LIVE and not is_real:
            raise _wrong("trading", f"expected 'test' on {self.environment}, got 'live'", "live is mainnet alone")
        if self.trading is TradingMode.TEST and is_real:
            hint = "set environment to testnet or demo, also where hosts name a sandbox"
            raise _wrong("trading", "expected 'none' or 'live' on mainnet, got 'test'", hint)

    @property
    def recording_folder(self) -> Path | None:
        """`recording` as a path, ``~`` resolved."""
        return None if self.recording is None else Path(self.recording).expanduser()


def load_config(path: Path) -> ConnectorConfig:
    """The configuration in a ``.toml`` or ``.json`` file.

    Raises:
        ConfigError: it can't be read, is neither, or a value is wrong; the message names the key and what was expected.
    """
    return parse_config(read_document(path), f"config file {path}")


def read_document(path: Path) -> dict[str, Any]:
    """What is in a ``.toml`` or ``.json`` file, not judged yet.

    Raises:
        ConfigError: it can't be read, or is neither.
    """
    where = f"config file {path}"
    try:
        text = path.read_text(encoding="utf-8")
        document: Any = msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(where, error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, UnicodeDecodeError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigError(where, f"is not {kind}: {error}", "a JSON file must be named .json") from error
    if not isinstance(document, dict):
        raise ConfigError(where, "is no JSON object", "keys and values between { and }")
    return document


def parse_config(document: Mapping[str, Any], where: str = "connector config") -> ConnectorConfig:
    """The configuration in a document; `where` is what its messages begin with.

    Raises:
        ConfigError: as `load_config`.
    """
    return settings_in(document, ConnectorConfig, where)


def settings_in(document: Mapping[str, Any], kind: type[T], where: str) -> T:
    """The settings of one `kind` in a document; `where` is what its messages begin with.

    Raises:
        ConfigError: a value is wrong; the message names the key and what was expected.
    """
    try:
        return msgspec.convert(document, kind, dec_hook=secret_in)
    except msgspec.ValidationError as error:
        raise _explained(where, with_names(str(error), document, kind)) from error
    except ConfigError as error:
        raise ConfigError(f"{where}, {error.asked}", error.answered, error.hint) from error


def with_names(message: str, document: Mapping[str, Any], kind: type) -> str:
    """What msgspec says of `document`, with the name that it writes as ``[...]``: a key in a table of any names."""
    before, dots, after = message.partition("[...]")
    if not dots:
        return message
    path = before.rpartition("`$")[2].lstrip(".").split(".")
    table = _table_at(document, path)
    for name in table:
        alone = _with_table(document, path, {name: table[name]})
        try:
            msgspec.convert(alone, kind, dec_hook=secret_in)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return f"{before}.{name}{after}"
    return message


def _table_at(document: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    for name in path:
        document = document[name]
    return document


def _with_table(document: Mapping[str, Any], path: list[str], table: Mapping[str, Any]) -> Mapping[str, Any]:
    """`document` with another table at `path`."""
    if not path:
        return table
    return {**document, path[0]: _with_table(document[path[0]], path[1:], table)}


def _wrong(key: str, answered: str, hint: str = "") -> ConfigError:
    return ConfigError(f"key {key}", answered, hint)


def _pairs(pairs: tuple[str, ...]) -> tuple[str, ...]:
    if not pairs:
        raise _wrong("pairs", "expected at least one pair like BTC/USDT, got none")
    named = tuple(map(_pair, pairs))
    if len(set(named)) != len(named):
        raise _wrong("pairs", f"expected each pair once, got {', '.join(named)}")
    return named


def _pair(text: str) -> str:
    try:
        return str(TradingPair.parse(text))
    except InstrumentError as error:
        raise _wrong("pairs", f"expected BASE/QUOTE, got {text!r}", error.hint) from error


def _explained(where: str, message: str) -> ConfigError:
    """The key first: msgspec says ``Expected `int`, got `str` - at `$.streams.book` ``."""
    answered, _, place = message.partition(" - at ")
    key = place.strip("`").removeprefix("$").lstrip(".")
    lowered = answered[:1].lower() + answered[1:]
    for pattern, complaint in ((_UNKNOWN, "no such setting"), (_MISSING, "expected a value, it is missing")):
        if found := pattern.search(answered):
            return ConfigError(f"{where}, key {f'{key}.{found[1]}'.lstrip('.')}", complaint)
    return ConfigError(f"{where}, key {key or 'top level'}", lowered.replace("`", ""))
