"""Writing a setting into the user's file: what else stands there, comments too, stays as it is.

Owns the file's text and how it is replaced. A value that could not be read again is never written.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from ttxt_core.errors import ConfigError
from ttxt_core.web.secrets import secret_in
from ttxt_tui.config.settings import Settings

_PRIVATE = 0o600


def write_settings(path: Path, table: str, values: Mapping[str, object]) -> None:
    """Set `values` of `[table]` in the settings file `path`, which is made where there is none.

    Args:
        values: the table's keys with what TOML can hold: numbers, strings, lists of them.

    Raises:
        ConfigError: the file can't be read or written, or is wrong, before or with the new values; it stays as it was.
    """
    asked = f"config file {path}"
    target = path.resolve()  # a link to a file that is kept elsewhere stays a link
    try:
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        document = tomlkit.parse(before)
        section = document.setdefault(table, tomlkit.table())
        for name, value in values.items():
            section[name] = value
        text = tomlkit.dumps(document)
        msgspec.convert(tomllib.loads(text), Settings, dec_hook=secret_in)
        _replace(target, text)
    except OSError as error:
        raise ConfigError(asked, error.strerror or str(error), "nothing was saved") from error
    except (TOMLKitError, tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise ConfigError(asked, f"is not what it should be: {error}", "nothing was saved") from error
    except msgspec.ValidationError as error:
        raise ConfigError(asked, str(error), "nothing was saved") from error


def _replace(path: Path, text: str) -> None:
    """The whole file or none of it: whoever reads it meanwhile finds the old one. It may hold a password."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else _PRIVATE
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
