"""Keys and passwords, and where they come from.

Owns the redacting type and the search for credentials: environment, keyring, a file that only its owner may read. It
never writes a secret anywhere and never puts one into an error.
"""

from __future__ import annotations

import importlib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from ttxt_core.errors import ConfigError

REDACTED: Final = "***"
NAMES: Final = ("api_key", "api_secret")


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
    environ: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
    path: Path | None = None,
) -> Credentials:
    """The credentials of `venue`, from the first place that has them.

    Args:
        venue: its name, such as "bybit".
        environment: "live", "testnet" or "demo"; keys of one are of no use in another.
        environ: variables ``TTXT_<VENUE>_API_KEY`` and ``TTXT_<VENUE>_API_SECRET``, for other environments
            ``TTXT_<VENUE>_TESTNET_API_KEY`` and so on; the process' own by default.
        keyring: asked for service ``ttxt-<venue>-<environment>``, names ``api_key`` and ``api_secret``; by default the
            ``keyring`` package where it is installed.
        path: a TOML file with a table ``[<venue>.<environment>]`` of the same two names, mode 0600.

    Raises:
        ConfigError: found nowhere, only half of it found, or the file may be read by others.
    """
    variables = _variables(venue, environment)
    searched = [" and ".join(variables)]
    found = _from_environ(variables, os.environ if environ is None else environ)
    if found is None:
        keyring = keyring or _installed_keyring()
        if keyring is not None:
            service = f"ttxt-{venue}-{environment}".lower()
            searched.append(f"keyring service {service}")
            found = _from_keyring(service, keyring)
    if found is None and path is not None:
        searched.append(str(path))
        found = _from_file(venue, environment, path)
    if found is None:
        raise ConfigError(f"credentials of {venue} ({environment})", "none found", f"looked for: {'; '.join(searched)}")
    return found


def _variables(venue: str, environment: str) -> tuple[str, str]:
    part = "" if environment == "live" else f"{environment.upper()}_"
    prefix = f"TTXT_{venue.upper()}_{part}API_"
    return f"{prefix}KEY", f"{prefix}SECRET"


def _pair(where: str, names: tuple[str, str], values: tuple[object, object]) -> Credentials | None:
    if all(value in {None, ""} for value in values):
        return None
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{name} in {where}", "missing, empty or no text", "key and secret are needed together")
    key, secret = (Secret(str(value).strip()) for value in values)
    return Credentials(key, secret)


def _from_environ(variables: tuple[str, str], environ: Mapping[str, str]) -> Credentials | None:
    return _pair("the environment", variables, (environ.get(variables[0]), environ.get(variables[1])))


def _installed_keyring() -> Keyring | None:
    if find_spec("keyring") is None:
        return None
    module: Keyring = importlib.import_module("keyring")
    return module


def _from_keyring(service: str, keyring: Keyring) -> Credentials | None:
    key, secret = NAMES
    try:
        values = (keyring.get_password(service, key), keyring.get_password(service, secret))
    except RuntimeError:  # what the package raises where the system has no keyring
        return None
    return _pair(f"keyring service {service}", NAMES, values)


def _from_file(venue: str, environment: str, path: Path) -> Credentials | None:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(f"credentials in {path}", f"mode {mode:04o}: others may read it", f"chmod 600 {path}")
            content = tomllib.load(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"credentials in {path}", f"can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # Without the parser's words: they may hold a part of the file.
        raise ConfigError(f"credentials in {path}", "no TOML", 'expected lines such as api_key = "…"') from None
    table = content.get(venue, {})
    table = table.get(environment) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    return _pair(f"{path} [{venue}.{environment}]", NAMES, (table.get(NAMES[0]), table.get(NAMES[1])))
