"""File names of recordings, made from what they hold, and the recordings of a folder.

A name is for people and folders: identity is read from the file itself, never parsed from its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ttxt_core.errors import ConfigError
from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.instruments import TradingPair

SUFFIX = ".bin"
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.")


def file_name(key: InstrumentKey) -> str:
    """``<VENUE>[-<CATEGORY>]_<BASE>_<QUOTE>[_<SETTLE>][_<YYYYMMDD>].bin``, e.g. ``BYBIT-LINEAR_BTC_USDT.bin``.

    The category is left out for spot, the settle currency where it is the quote, the day where nothing expires.

    Raises:
        InstrumentError: the key's pair is not of a form that `TradingPair` reads.
    """
    pair = TradingPair.parse(key.pair)
    venue = _part(key.venue)
    if key.category != "spot":
        venue = f"{venue}-{_part(key.category)}"
    parts = [venue, _part(pair.base), _part(pair.quote)]
    if pair.settle != pair.quote:
        parts.append(_part(pair.settle))
    if pair.expiry:
        parts.append(pair.expiry)
    return "_".join(parts) + SUFFIX


def recordings_in(named: Sequence[Path]) -> list[Path]:
    """`named`, with every folder replaced by the recordings in it.

    Raises:
        ConfigError: a folder has none.
    """
    paths: list[Path] = []
    for path in named:
        found = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise ConfigError(f"replay {path}", "there is no recording in this folder", f"recordings end in {SUFFIX}")
        paths += found
    return paths


def _part(text: str) -> str:
    """`text` in upper case, every byte of its UTF-8 outside ``[A-Z0-9.]`` as ``%XX``."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in text.upper().encode())
