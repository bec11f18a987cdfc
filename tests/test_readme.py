"""The README says what is true: its key table is the registry's, its settings are accepted."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import REPOSITORY
from ttxt_tui.actions import ACTIONS
from ttxt_tui.config.settings import load_settings
from ttxt_tui.keymap import Keymap, key_table


def readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_key_table_is_the_registry() -> None:
    table = readme().split("<!-- keys -->")[1].split("<!-- /keys -->")[0].strip()
    assert table == key_table(Keymap()), "paste the output of ttxt_tui.keymap.key_table(Keymap()) between the marks"
    assert len(table.splitlines()) == len(ACTIONS) + 2


def test_the_settings_in_it_are_accepted(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", readme(), re.DOTALL)
    assert len(blocks) == 1
    path = tmp_path / "config.toml"
    path.write_text(blocks[0], encoding="utf-8")
    settings = load_settings(path)
    assert settings.practice.seed == 7
    assert Keymap(settings.keys.preset, settings.keys.bind).keys("zoom") == ("Z",)


def test_the_pictures_in_it_are_there() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme())
    assert pictures
    assert all((REPOSITORY / picture).is_file() for picture in pictures)
