"""Alerts in a real terminal: it is asked for a notification, rung, and told how it was asked for."""

from __future__ import annotations

from pathlib import Path

from tests.terminal_support import Terminal

CONFIG = """
[alerts]
notification = "osc777"
[[alerts.watch]]
when = "prints"
value = 0.01
pair = "BTC/USDT"
"""


def test_the_terminal_is_asked_for_a_notification_and_rung(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    terminal = Terminal(tmp_path, "-m", "ttxt_tui", "--seed", "7", "--config", str(path))
    try:
        terminal.until(b"\x1b]777;notify;ttxt;BTC/USDT ")
        asked = terminal.written.split(b"\x1b]777;notify;ttxt;")[1].split(b"\x1b\\")[0].decode()
        assert "large print" in asked
        terminal.until(b"\x07")
        terminal.until_shown("alert")
        terminal.type(b"\x11")
        assert terminal.exit_status() == 0
    finally:
        terminal.kill()
