"""A config with a bad value, and a terminal that is too small, as ``ttxt-tui`` meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from ttxt_core.errors import ConfigError
from ttxt_tui import cli
from ttxt_tui.config.settings import Settings, config_folder
from ttxt_tui.keymap import Keymap

BAD_VALUES = [
    ("[practice]\nrate = 9000", "key practice.rate: Expected float <= 5000.0"),
    ("[screen]\nframes_per_second = 0", "key screen.frames_per_second: Expected float >= 1.0"),
    ("[recording]\nfolder = 3", "key recording.folder: Expected str | null, got int"),
    ("[recording]\nfoldr = '/tmp'", "key recording.foldr: no such setting"),
    ("[limits]\ndaily_loss = nan", "key limits: daily_loss is NaN; expected a number above zero"),
    ("[practice]\nbalance = inf", "key practice: balance is Infinity; expected a number above zero"),
    ("[sizes.by_pair]\nBTC = [1, 2, 3, 4, 5]", "key sizes: by_pair.BTC names no pair; expected one like BTC/USDT"),
    ("[screen]\ntheme = 'drak'", "theme 'drak': no such theme (there are: ansi256, no-color, ttxt-colorblind, "),
    ("[screen]\nglyphs = 'sixel'", "screen.glyphs = 'sixel': no such choice (there are: auto, octant, sextant, "),
    ("[keys]\npreset = 'dvorak'", "keys.preset = 'dvorak': no such preset (there are: qwerty, qwertz, azerty)"),
    ("[keys.bind]\nzooom = ['Z']", "keys.bind.zooom: no such action"),
    ("[keys.bind]\nzoom = ['b']", "keys.bind.zoom = 'b': the key already means stage_buy"),
    ("[keys.bind]\nzoom = ['question_mark']", "keys.bind.zoom = 'question_mark': the key can't be used: it is neither"),
    ("[screen\ntheme = 1", "is not TOML: "),
    (
        "[venues.other]\nhosts.rest = 'http://ok'\n[venues.bybit]\nhosts.rest = 'ftp://x'",
        "key venues.bybit.hosts.rest: expected https://HOST or http://HOST, got 'ftp://x'",
    ),
    (
        "[venues.bybit.hosts]\nws_trade = 'wss://me:word@x'",
        "key venues.bybit.hosts.ws_trade: a user or a password in an address (write host and port alone)",
    ),
]


@pytest.mark.parametrize(("text", "told"), BAD_VALUES)
@pytest.mark.parametrize("is_named", [True, False], ids=["--config", "the user's"])
def test_a_bad_value_is_one_line_with_file_key_and_what_is_expected(
    tmp_path: Path, text: str, told: str, *, is_named: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml" if is_named else config_folder() / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        assert cli.main(["--config", str(path)] if is_named else []) == 2
    finally:
        path.unlink()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"ttxt-tui: config file {path}")
    assert told in err
    assert err.count("\n") == 1


def test_a_config_that_is_not_text_or_no_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for path, told in (
        (tmp_path / "bytes.toml", "is not TOML"),
        (tmp_path, "Is a directory"),
        (tmp_path / "x", "not there"),
    ):
        assert cli.main(["--config", str(path)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"ttxt-tui: config file {path}: ")
        assert told in err
        assert err.count("\n") == 1


def test_an_option_is_named_as_it_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (
        (["--theme", "drak"], "theme 'drak': no such theme"),
        (["--rate", "0"], "--rate 0: it is out of range"),
        (["--rate", "nan"], "--rate nan: it is out of range"),
    ):
        assert cli.main(arguments) == 2
        assert capsys.readouterr().err.startswith(f"ttxt-tui: {told}")


@pytest.mark.parametrize("key", ["question_mark", "ctrl+", "", " ", "alt+x", "hyper+x", "ab", "F1", "ctrl+alt+x"])
def test_a_key_that_no_terminal_sends_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=r"keys\.bind\.zoom = .*: the key can't be used: "):
        Keymap(own={"zoom": [key]})


@pytest.mark.parametrize("key", ["Z", "ß", "ctrl+w", "shift+f5", "f12", "ctrl+shift+up", "insert"])
def test_a_key_that_terminals_send_is_taken(key: str) -> None:
    assert Keymap(own={"zoom": [key]}).keys("zoom") == (key,)


def too_small(driver: Driver) -> bool:
    return "is too small" in driver.screen()


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (30, 8), (10, 3)])
async def test_a_terminal_that_is_too_small_from_the_start_says_so(size: tuple[int, int]) -> None:
    async with workstation(size, has_book=False) as driver:
        text = await driver.painted()
        assert f"{size[0]}×{size[1]} is too small"[: size[0]] in text
        assert "ttxt needs 80×24"[: size[0]] in text
        assert "BTC" not in text
        await driver.press("e", "enter")
        await driver.pilot.pause(0.3)
        assert not driver.session.orders.working(), "nobody trades on a screen that shows nothing"
        assert not driver.session.orders.history
        await driver.pilot.resize_terminal(80, 24)
        await driver.until(lambda: not too_small(driver), "there is room")
        assert "1 Ladder" in await driver.painted()
        assert driver.app.is_running


async def test_bad_notices_of_the_start_are_in_the_log_too() -> None:
    """The prompt line holds one, for seconds; the log keeps all of them."""
    notices = ["a.bin: torn tail", "b.bin: left out"]
    async with workstation(settings=Settings(), notices=notices) as driver:
        assert notices[-1] in await driver.painted()
        assert [entry.text for entry in driver.app.store.log._entries if entry.text in notices] == notices
