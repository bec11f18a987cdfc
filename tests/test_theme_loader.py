"""Theme files: where they are found, what they say, and what is said of a bad one."""

from pathlib import Path

import pytest

from ttxt_tui.theme import (
    DEFAULT_THEME,
    NO_COLOUR_THEME,
    ROLES,
    ThemeError,
    load_theme,
    read_theme,
    theme_files,
)

SHIPPED = {"ttxt-dark", "ttxt-colorblind", "ttxt-light", "ansi256", "no-color"}


@pytest.fixture
def dark_text() -> str:
    return theme_files()[DEFAULT_THEME].read_text(encoding="utf-8")


def test_all_shipped_themes_load() -> None:
    assert set(theme_files()) >= SHIPPED
    for name in SHIPPED:
        theme = load_theme(name)
        assert theme.name == name
        assert theme.description
        assert list(theme.roles) == list(ROLES)
    assert {DEFAULT_THEME, NO_COLOUR_THEME} <= SHIPPED


def test_a_users_theme_is_found_and_wins_over_a_shipped_one(tmp_path: Path, dark_text: str) -> None:
    (tmp_path / "mine.toml").write_text(dark_text.replace('panel = "#0b0e12"', 'panel = "#010203 reverse"'))
    (tmp_path / "ttxt-light.toml").write_text(dark_text)
    (tmp_path / "notes.txt").write_text("not a theme")

    assert set(theme_files(tmp_path)) == set(theme_files()) | {"mine"}
    mine = load_theme("mine", tmp_path)
    assert mine.roles["panel"].css == "#010203"
    assert mine.roles["panel"].reverse
    assert load_theme("ttxt-light", tmp_path).dark


def test_a_folder_that_is_not_there_adds_nothing(tmp_path: Path) -> None:
    assert theme_files(tmp_path / "none") == theme_files()


def test_an_unknown_theme_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match=r"(?s)'solar'.*no such theme.*ansi256.*ttxt-dark"):
        load_theme("solar", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('bid = "#2ebd85"\n', "", r"key roles: lacks bid .*every role needs a colour \(bid: bid prices"),
        ('bid = "#2ebd85"\n', 'bit = "#2ebd85"\n', r"key roles\.bit: unknown role .*bid"),
        ('bid = "#2ebd85"', 'bid = "green"', r"key roles\.bid: 'green' is no colour .*expected #rrggbb"),
        ('bid = "#2ebd85"', 'bid = "#2ebd8"', r"key roles\.bid: '#2ebd8' is no colour"),
        ('bid = "#2ebd85"', 'bid = "color(256)"', r"key roles\.bid: 'color\(256\)' is no colour"),
        ('bid = "#2ebd85"', 'bid = "#2ebd85 blink"', r"key roles\.bid: '#2ebd85 blink' is no colour .*bold"),
        ('bid = "#2ebd85"', "bid = 7", r"key roles\.bid: 7 is no colour"),
        ("dark = true", 'dark = "yes"', r"key dark: 'yes' \(expected true or false\)"),
        ("dark = true", "", r"key dark: is missing \(expected true or false\)"),
        ("dark = true", "dark = true\nlight = true", r"key light: unknown key"),
        ("[roles]", "[role]", r"key role: unknown key"),
        ("[roles]", "[roles", r"is not TOML"),
    ],
)
def test_a_bad_file_names_file_key_and_what_was_expected(
    tmp_path: Path, dark_text: str, old: str, new: str, message: str
) -> None:
    assert old in dark_text
    path = tmp_path / "bad.toml"
    path.write_text(dark_text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ThemeError, match=message) as caught:
        read_theme(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_text_or_not_there_is_a_theme_error(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ThemeError, match="is not TOML"):
        read_theme(tmp_path / "binary.toml")
    with pytest.raises(ThemeError, match="No such file"):
        read_theme(tmp_path / "gone.toml")
