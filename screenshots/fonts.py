"""Finds the fonts that screenshots are written in: JetBrains Mono, and DejaVu Sans Mono for what it lacks."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from PIL import ImageFont

FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
    Path("/Library/Fonts"),
    Path.home() / "Library/Fonts",
    Path("C:/Windows/Fonts"),
)
_FAMILIES: Final = (
    ("JetBrains Mono", "JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf"),
    ("DejaVu Sans Mono", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
)


class FontsMissingError(Exception):
    """No font to write screenshots in is installed."""


class Family(NamedTuple):
    """The files of a monospace font."""

    regular: Path
    bold: Path


class Face:
    """One weight in the order of the families: each character is written in the first font that has it."""

    def __init__(self, files: Sequence[Path], size: int) -> None:
        self._fonts = [ImageFont.truetype(str(file), size) for file in files]

    def font_for(self, char: str) -> ImageFont.FreeTypeFont:
        """The first font that has `char`, else the first of all, which draws its box for missing characters."""
        return next((font for font in self._fonts if _has(font, char)), self._fonts[0])


@cache
def find_families(folders: tuple[Path, ...] = FOLDERS) -> tuple[Family, ...]:
    """The families that are installed, preferred first.

    Raises:
        FontsMissingError: none of them is; says which Debian packages have them.
    """
    files = {path.name: path for folder in folders if folder.is_dir() for path in folder.rglob("*.ttf")}
    found: list[Family] = []
    for family, regular, bold in _FAMILIES:
        plain = files.get(regular) or _ask_fontconfig(family)
        if plain is not None:
            found.append(Family(plain, files.get(bold, plain)))
    if not found:
        names = " or ".join(family for family, *_ in _FAMILIES)
        raise FontsMissingError(
            f"screenshots need {names}: install fonts-jetbrains-mono or fonts-dejavu-core (names of Debian packages)"
        )
    return tuple(found)


def _ask_fontconfig(family: str) -> Path | None:
    """The file that fontconfig has for exactly this family, where that tool is installed."""
    tool = shutil.which("fc-match")
    if tool is None:
        return None
    answer = subprocess.run(
        [tool, "--format=%{family}|%{file}", family], capture_output=True, text=True, check=False, timeout=10
    )
    matched, _, file = answer.stdout.partition("|")
    return Path(file) if family in matched.split(",") and Path(file).is_file() else None


@cache
def _has(font: ImageFont.FreeTypeFont, char: str) -> bool:
    """Whether the font has a shape of its own for `char`, not its box for missing characters."""
    shape, missing = font.getmask(char), font.getmask("\uffff")
    return shape.size != missing.size or bytes(shape) != bytes(missing)
