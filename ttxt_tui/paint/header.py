"""The header: the session's word as a block of its colour, armed or not, then the figures of the active instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.strip import Strip

from ttxt_tui.paint.fields import fields_row
from ttxt_tui.paint.text import Run, strip, width_of
from ttxt_tui.state.header import Arming, HeaderView, SessionWord
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

SESSION_ROLE: Final[Mapping[SessionWord, Role]] = {
    SessionWord.PRACTICE: "session_practice",
    SessionWord.PAPER: "session_paper",
    SessionWord.REPLAY: "session_replay",
    SessionWord.LIVE: "session_live",
}
"""The colour of a session, for the header and the frames."""


def header_row(view: HeaderView, palette: Palette, width: int) -> Strip:
    """The header in exactly `width` cells; the words stay, figures give way."""
    tag = palette.style("tag_text", SESSION_ROLE[view.session], bold=True)
    words: list[Run] = [(f" {view.session} ", tag)]
    if view.whose:
        words.append((f" {view.whose} ", palette.style("header_text", "header_bg", bold=True)))
    if view.arming is Arming.VIEW_ONLY:
        words.insert(1, (f" {view.arming} ", tag))
    else:
        words.append((f" {view.arming} ", palette.style(*_arming_roles(view), bold=True)))
    room = width - sum(width_of(text) for text, _ in words)
    if room < 1:
        return strip(words, width, palette.style("header_text", "header_bg"))
    figures = fields_row(view.fields, palette, room, "header_bg")
    runs: list[Run] = [(segment.text, segment.style) for segment in figures if segment.style is not None]
    return strip([*words, *runs], width, palette.style("header_text", "header_bg"))


def _arming_roles(view: HeaderView) -> tuple[Role, Role]:
    """Text and background of the second word. It is loud where one key sends an order, or money is real."""
    if view.arming is Arming.DISARMED:
        return "text_dim", "header_bg"
    is_loud = view.arming is Arming.ONE_KEY or view.session is SessionWord.LIVE
    return ("tag_text", "warning") if is_loud else ("ok", "header_bg")
