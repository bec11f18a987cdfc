"""Finds theme files and reads them: TOML to `Theme`.

Owns where themes are looked for, the file format and what is said of a bad file. A file `NAME.toml` is the theme NAME:

    description = "near-black, for long days"
    dark = true

    [roles]
    panel = "#0b0e12"            # one entry for every role of `ttxt_tui.theme.roles`
    up = "#2ebd85"               # or "color(43)" of the 256-colour cube, or "default", the terminal's own
    accent = "default bold"      # then any of: bold dim underline (as text), reverse (as a background)
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final, TypeVar

from rich.color import Color

from ttxt_core.errors import ConfigError
from ttxt_tui.theme.palette import RoleColour, Theme
from ttxt_tui.theme.roles import ROLES, Role

DEFAULT_THEME: Final = "ttxt-dark"
NO_COLOUR_THEME: Final = "no-color"

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}|color\((?:1?\d?\d|2[0-4]\d|25[0-5])\)|default", re.IGNORECASE)
_ATTRIBUTES: Final = ("bold", "dim", "underline", "reverse")
_EXPECTED: Final = "expected #rrggbb, color(0) to color(255) or default, then any of " + " ".join(_ATTRIBUTES)


_T = TypeVar("_T")


class ThemeError(ConfigError):
    """A theme that is not there, or a theme file that can't be used: names the file, the key and what was expected."""


def shipped_themes() -> Path:
    """The folder of the themes that come with the program: inside the package, else the repository's `themes/`."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "themes"
    return packaged if packaged.is_dir() else package.parent / "themes"


def theme_files(user_folder: Path | None = None) -> dict[str, Path]:
    """Every theme's file by name: the shipped ones, and those of `user_folder`, which win where names are equal."""
    files: dict[str, Path] = {}
    for folder in (shipped_themes(), user_folder):
        if folder is not None and folder.is_dir():
            files.update((path.stem, path) for path in sorted(folder.glob("*.toml")))
    return files


def load_theme(name: str, user_folder: Path | None = None) -> Theme:
    """Read the theme `name`.

    Raises:
        ThemeError: there is no such theme, or its file can't be used.
    """
    files = theme_files(user_folder)
    if name not in files:
        raise ThemeError(f"theme {name!r}", "no such theme", f"there are: {', '.join(sorted(files))}")
    return read_theme(files[name])


def read_theme(path: Path) -> Theme:
    """Read the theme file at `path`.

    Raises:
        ThemeError: the file can't be read, is no TOML, lacks a role, names an unknown one or has a bad value.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ThemeError(f"theme file {path}", error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThemeError(f"theme file {path}", f"is not TOML: {error}") from error

    unknown = sorted(document.keys() - {"description", "dark", "roles"})
    if unknown:
        raise _bad(path, ", ".join(unknown), "unknown key", "expected description, dark and [roles]")
    return Theme(
        name=path.stem,
        description=_typed(path, document, "description", str, "a sentence in quotes"),
        dark=_typed(path, document, "dark", bool, "true or false"),
        roles=_roles(path, _typed(path, document, "roles", dict, "a table of roles")),
    )


def _roles(path: Path, table: dict[str, Any]) -> dict[Role, RoleColour]:
    unknown = sorted(table.keys() - ROLES.keys())
    if unknown:
        raise _bad(path, "roles." + ", roles.".join(unknown), "unknown role", f"roles are: {', '.join(ROLES)}")
    missing = [role for role in ROLES if role not in table]
    if missing:
        wanted = "; ".join(f"{role}: {ROLES[role].meaning}" for role in missing)
        raise _bad(path, "roles", f"lacks {', '.join(missing)}", f"every role needs a colour ({wanted})")
    return {role: _role_colour(path, role, table[role]) for role in ROLES}


def _role_colour(path: Path, role: Role, value: object) -> RoleColour:
    words = value.split() if isinstance(value, str) else []
    if not words or not _COLOUR.fullmatch(words[0]) or not set(words[1:]) <= set(_ATTRIBUTES):
        raise _bad(path, f"roles.{role}", f"{value!r} is no colour", _EXPECTED)
    return RoleColour(
        Color.parse(words[0].lower()),
        bold="bold" in words,
        dim="dim" in words,
        underline="underline" in words,
        reverse="reverse" in words,
    )


def _typed(path: Path, document: dict[str, Any], key: str, kind: type[_T], expected: str) -> _T:
    value = document.get(key)
    if not isinstance(value, kind):
        answered = f"{value!r}" if key in document else "is missing"
        raise _bad(path, key, answered, f"expected {expected}")
    return value


def _bad(path: Path, key: str, answered: str, hint: str) -> ThemeError:
    return ThemeError(f"theme file {path}, key {key}", answered, hint)
