"""The keys that scroll a dialog which has nothing else to move in."""

from __future__ import annotations

from textual.containers import VerticalScroll


def scrolled(lines: VerticalScroll, key: str) -> bool:
    """Scroll `lines` when `key` is one that does; whether it was."""
    if key in {"down", "j"}:
        lines.scroll_down(animate=False)
    elif key in {"up", "k"}:
        lines.scroll_up(animate=False)
    elif key in {"pagedown", "space"}:
        lines.scroll_page_down(animate=False)
    elif key == "pageup":
        lines.scroll_page_up(animate=False)
    elif key == "home":
        lines.scroll_home(animate=False)
    elif key == "end":
        lines.scroll_end(animate=False)
    else:
        return False
    return True
