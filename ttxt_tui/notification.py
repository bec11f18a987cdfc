"""How a terminal is asked for a notification of the desktop: OSC 9 or OSC 777, by what the terminal knows.

Owns which terminal understands what, and the bytes. Nothing is written here.

Sources: iTerm2, Proprietary Escape Codes (OSC 9); kitty, Desktop notifications (OSC 9 as well as its own);
rxvt-unicode's notify extension, foot and VTE (OSC 777); tmux(1), `allow-passthrough`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ttxt_tui.config.alerts import Protocol

BELL: Final = "\a"
TITLE: Final = "ttxt"
_MOST: Final = 200

_BY_PROGRAM: Final = {"iTerm.app": Protocol.OSC9, "WezTerm": Protocol.OSC9, "ghostty": Protocol.OSC9}
_BY_TERM: Final = (
    ("xterm-kitty", Protocol.OSC9),
    ("xterm-ghostty", Protocol.OSC9),
    ("wezterm", Protocol.OSC9),
    ("foot", Protocol.OSC777),
    ("rxvt-unicode", Protocol.OSC777),
)
_BY_VARIABLE: Final = (
    ("KITTY_WINDOW_ID", Protocol.OSC9),
    ("WEZTERM_PANE", Protocol.OSC9),
    ("GHOSTTY_RESOURCES_DIR", Protocol.OSC9),
    ("ITERM_SESSION_ID", Protocol.OSC9),
    ("VTE_VERSION", Protocol.OSC777),
)
"""What a terminal leaves in the environment, also of a multiplexer that was begun in it."""


def protocol_of(environ: Mapping[str, str], wanted: Protocol = Protocol.AUTO) -> Protocol | None:
    """What the terminal is asked by; None where it is not known to understand anything, and in GNU screen.

    Args:
        wanted: what the config says: `AUTO` goes by the environment.
    """
    if environ.get("STY"):
        return None
    if wanted is not Protocol.AUTO:
        return wanted
    by_program = _BY_PROGRAM.get(environ.get("TERM_PROGRAM", ""))
    if by_program is not None:
        return by_program
    term = environ.get("TERM", "")
    by_term = next((protocol for start, protocol in _BY_TERM if term.startswith(start)), None)
    return by_term or next((protocol for name, protocol in _BY_VARIABLE if environ.get(name)), None)


def notification(text: str, protocol: Protocol | None, environ: Mapping[str, str]) -> str:
    """The characters that ask for it, passed through tmux where that is between; none without a protocol.

    Nothing in `text` can end or begin a control sequence. tmux lets it through with `allow-passthrough on`, else it
    drops it.
    """
    if protocol is None:
        return ""
    plain = "".join(char if char.isprintable() else " " for char in text)[:_MOST]
    if protocol is Protocol.OSC777:
        asked = f"\x1b]777;notify;{TITLE};{plain.replace(';', ',')}\x1b\\"
    else:
        asked = f"\x1b]9;{TITLE}: {plain}\x1b\\"
    if environ.get("TMUX"):
        return "\x1bPtmux;" + asked.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return asked
