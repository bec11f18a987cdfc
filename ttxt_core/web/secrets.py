"""Keys and passwords, and where they come from.

Owns the redacting type and the search for credentials: environment, keyring, a file that only its owner may read. It
never writes a secret anywhere and never puts one into an error.
"""

from __future__ import annotations

import importlib
import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from ttxt_core.errors import ConfigError

REDACTED: Final = "***"
NAMES: Final = ("api_key", "api_secret")

Names = tuple[str, str]
Pair = tuple["Secret | None", "Secret | None"]

MAIN: Final = "main"
"""The account whose key needs no name where it is kept."""
LIVE: Final = "live"
PLAY_MONEY: Final = frozenset({"testnet", "demo"})
"""The environments: real money, which is not named in variables, and those without."""


class Secret:
    """A text that is shown, formatted and pickled as ``***``; serialisers refuse it.

    Only `reveal` gives the text. Call it where it is used, and do not keep what it gives in a variable: tracebacks may
    show variables.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (REDACTED,)


def secret_in(kind: type, value: object) -> Secret:
    """How msgspec reads a `Secret` out of a document, as its ``dec_hook``.

    Raises:
        ValueError: it is no text. NotImplementedError: another `kind`.
    """
    if kind is not Secret:
        raise NotImplementedError(kind.__name__)
    if not isinstance(value, str):
        raise ValueError("Expected `str`")  # noqa: TRY004 - what msgspec turns into an error that names the key
    return Secret(value)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A venue's API key and its secret."""

    api_key: Secret
    api_secret: Secret


class Keyring(Protocol):
    """The part of the ``keyring`` package that is used."""

    def get_password(self, service: str, username: str) -> str | None:
        """The password kept for `username` under `service`."""
        ...


def load_credentials(
    venue: str,
    environment: str,
    *,
    account: str = MAIN,
    environ: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
    path: Path | None = None,
) -> Credentials:
    """The credentials of `venue`, from the first place that has them.

    Args:
        venue: its name, such as "bybit".
        environment: "live", "testnet" or "demo"; keys of one are of no use in another.
        account: what the account is called here. Any but ``main`` is named where its key is kept, after the
            environment: ``TTXT_<VENUE>_<ACCOUNT>_API_KEY``, ``ttxt-<venue>-<environment>-<account>``,
            ``[<venue>.<environment>.<account>]``; it never gets the key of another. Names that begin with another
            environment's are refused for "live": their variables are that environment's.
        environ: variables ``TTXT_<VENUE>_API_KEY`` and ``TTXT_<VENUE>_API_SECRET``, for other environments
            ``TTXT_<VENUE>_TESTNET_API_KEY`` and so on; the process' own by default.
        keyring: asked for service ``ttxt-<venue>-<environment>``, names ``api_key`` and ``api_secret``; by default the
            ``keyring`` package where it is installed.
        path: a TOML file with a table ``[<venue>.<environment>]`` of the same two names, mode 0600.

    Raises:
        ConfigError: found nowhere, only half of it found, the file may be read by others, or no such name for an
            account.
    """
    begins = account.replace("-", "_").lower().partition("_")[0]
    if environment == LIVE and begins in PLAY_MONEY:
        variable = _variables(venue, environment, account)[0]
        answered = f"{account!r} of {venue} {LIVE}: its key would be {variable}, as those of {begins} are called"
        raise ConfigError("key account", answered, "call the account otherwise")
    variables = _variables(venue, environment, account)
    searched = [" and ".join(variables)]
    named = () if account == MAIN else (account,)
    pair = _from_environ(variables, os.environ if environ is None else environ)
    found = _credentials("the environment", variables, pair)
    if found is None:
        keyring = keyring or _installed_keyring()
        if keyring is not None:
            service = "-".join(["ttxt", venue, environment, *named]).lower()
            searched.append(f"keyring service {service}")
            found = _credentials(searched[-1], NAMES, _from_keyring(service, keyring))
    if found is None and path is not None:
        tables = (venue, environment, *named)
        where = f"{path} [{'.'.join(tables)}]"
        searched.append(f"{where}, mode 0600")
        found = _credentials(where, NAMES, _from_file(tables, path))
    if found is None:
        whose = ", ".join([environment, *named])
        raise ConfigError(
            f"credentials of {venue} ({whose})", "none found", f"give them in {'; or in '.join(searched)}"
        )
    return found


def _variables(venue: str, environment: str, account: str) -> Names:
    parts = ["ttxt", venue, *([] if environment == LIVE else [environment]), *([] if account == MAIN else [account])]
    prefix = "_".join(parts).replace("-", "_").upper()
    return f"{prefix}_API_KEY", f"{prefix}_API_SECRET"


def _credentials(where: str, names: Names, pair: Pair) -> Credentials | None:
    """None where there is neither; it knows no plain text, so that a traceback of its error shows none."""
    key, secret = pair
    if key is None and secret is None:
        return None
    if not key or not secret:
        name = names[1] if key else names[0]
        raise ConfigError(f"{name} in {where}", "missing, empty or no text", "key and secret are needed together")
    return Credentials(key, secret)


def _secret(value: object) -> Secret | None:
    """None where there is nothing, an empty one where there is no text."""
    if value is None or value == "":
        return None
    return Secret(value.strip() if isinstance(value, str) else "")


def _from_environ(variables: Names, environ: Mapping[str, str]) -> Pair:
    return _secret(environ.get(variables[0])), _secret(environ.get(variables[1]))


def _installed_keyring() -> Keyring | None:
    if find_spec("keyring") is None:
        return None
    module: Keyring = importlib.import_module("keyring")
    return module


def _from_keyring(service: str, keyring: Keyring) -> Pair:
    key, secret = NAMES
    try:
        return _secret(keyring.get_password(service, key)), _secret(keyring.get_password(service, secret))
    except RuntimeError:  # what the package raises where the system has no keyring
        return None, None


def _from_file(tables: Sequence[str], path: Path) -> Pair:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(f"credentials in {path}", f"mode {mode:04o}: others may read it", f"chmod 600 {path}")
            table: Any = tomllib.load(file)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise ConfigError(f"credentials in {path}", f"can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # Without the parser's words: they may hold a part of the file.
        raise ConfigError(f"credentials in {path}", "no TOML", 'expected lines such as api_key = "…"') from None
    for name in tables:
        table = table.get(name) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None, None
    return _secret(table.get(NAMES[0])), _secret(table.get(NAMES[1]))
