"""What a ladder shows and how it follows the market: configured, chosen on screen, saved with the file's comments."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app_support import Driver, workstation
from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import ConfigError
from ttxt_tui.config.ladder import DEFAULT_COLUMNS, AutoCentre, Ladder, LadderColumn
from ttxt_tui.config.settings import Settings, load_settings
from ttxt_tui.config.writing import write_settings
from ttxt_tui.screens.ladder_settings import LadderDialog
from ttxt_tui.state.ladder_choice import LadderChoice

OWN = """# mine
[ladder]
centre = "off"  # I press Space

[practice]
seed = 7
"""


# -- the file ----------------------------------------------------------------------------------------------


def test_saving_keeps_what_else_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(OWN, encoding="utf-8")
    write_settings(path, "ladder", {"columns": ["queue"], "centre": "timed"})
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "# I press Space" in text
    settings = load_settings(path)
    assert settings.ladder == Ladder([LadderColumn.QUEUE], AutoCentre.TIMED)
    assert settings.practice.seed == 7


def test_a_file_that_was_not_there_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    write_settings(path, "ladder", {"centre": "off"})
    assert load_settings(path).ladder.centre is AutoCentre.OFF
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link_and_the_mode_what_it_was(tmp_path: Path) -> None:
    kept, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    kept.write_text(OWN, encoding="utf-8")
    kept.chmod(0o644)
    link.symlink_to(kept)
    write_settings(link, "ladder", {"centre": "edge"})
    assert link.is_symlink()
    assert 'centre = "edge"' in kept.read_text(encoding="utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o644
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("before", "values"),
    [
        ("[ladder\n", {"centre": "off"}),
        ("ladder = 3\n", {"centre": "off"}),
        ('[practice]\nrate = "fast"\n', {"centre": "off"}),
        (OWN, {"centre": "sometimes"}),
        (OWN, {"columns": ["last", "last"]}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, before: str, values: dict[str, object]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml"):
        write_settings(path, "ladder", values)
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_can_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="nothing was saved"):
        write_settings(tmp_path / "file" / "config.toml", "ladder", {"centre": "off"})


@given(
    columns=st.lists(st.sampled_from(list(LadderColumn)), unique=True),
    centre=st.sampled_from(list(AutoCentre)),
    steps=st.lists(st.tuples(st.sampled_from(["move", "shift", "mark"]), st.integers(-2, 2)), max_size=20),
)
def test_any_choice_is_a_ladder(columns: list[LadderColumn], centre: AutoCentre, steps: list[tuple[str, int]]) -> None:
    choice = LadderChoice(Ladder(columns, centre))
    assert choice.chosen == Ladder(columns, centre)
    for what, lines in steps:
        choice.mark() if what == "mark" else getattr(choice, what)(lines)
        marked = [line for line in choice.lines() if line.is_chosen]
        assert [line.name for line in marked if line.is_column] == choice.chosen.columns
        assert [line.name for line in marked if not line.is_column] == [choice.chosen.centre]
        assert sum(line.is_cursor for line in choice.lines()) == 1


# -- on screen ---------------------------------------------------------------------------------------------


def _heads(driver: Driver) -> str:
    return next(line for line in driver.screen().splitlines() if "Bid" in line and "Price" in line)


async def _open(driver: Driver) -> None:
    await driver.press("L")
    await driver.until(lambda: isinstance(driver.app.screen, LadderDialog), "the dialog is open")


async def _closed(driver: Driver) -> None:
    await driver.until(lambda: driver.app.screen is driver.app.desk_screen, "the dialog is closed")


async def test_columns_are_chosen_shown_and_saved(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    async with workstation((200, 60)) as driver:
        workspace = driver.app.workspace
        workspace.config_file = path
        assert "Volume" in _heads(driver)
        assert "Queue" not in _heads(driver)
        await _open(driver)
        await driver.press("j", "space")  # no volume
        assert LadderColumn.VOLUME not in workspace.ladder_settings.columns, "it shows at once"
        await driver.press("j", "j", "K", "K", "K")  # the queue first
        await driver.press("enter")
        await _closed(driver)
        await driver.until(lambda: "Queue" in _heads(driver) and "Volume" not in _heads(driver), "other columns")
        assert workspace.ladder_settings.columns == [LadderColumn.QUEUE, LadderColumn.LAST, LadderColumn.CHANGE]
        await driver.until(lambda: "saved" in driver.screen())
    assert load_settings(path).ladder.columns == [LadderColumn.QUEUE, LadderColumn.LAST, LadderColumn.CHANGE]


async def test_escape_leaves_the_ladder_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    async with workstation() as driver:
        workspace = driver.app.workspace
        workspace.config_file = path
        await _open(driver)
        await driver.press("down", "shift+down", "space", "up", "space", "escape")
        await _closed(driver)
        assert workspace.ladder_settings.columns == list(DEFAULT_COLUMNS)
    assert not path.exists()


async def test_how_it_centres_is_chosen_by_dialog_and_by_command(tmp_path: Path) -> None:
    settings = Settings(ladder=Ladder(centre=AutoCentre.TIMED, centre_rows=5, centre_seconds=7))
    async with workstation(settings=settings) as driver:
        workspace = driver.app.workspace
        workspace.config_file = tmp_path / "config.toml"
        ladder = workspace.ladder
        assert ladder is not None
        window = ladder.window
        assert (window.auto_centre, window.edge_rows, window.every_ns) == (AutoCentre.TIMED, 5, 7 * NANOSECONDS)
        await _open(driver)
        await driver.press(*["down"] * 4, "space", "enter")
        await _closed(driver)
        assert load_settings(workspace.config_file).ladder.centre is AutoCentre.OFF
        await driver.press(*":centre", "space", *"edge", "enter")
        assert window.auto_centre is AutoCentre.EDGE
        assert load_settings(workspace.config_file).ladder.centre is AutoCentre.EDGE
        await driver.press(*":ladder", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, LadderDialog), "the command opens the dialog")


async def test_a_choice_that_can_not_be_saved_holds_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    async with workstation() as driver:
        workspace = driver.app.workspace
        workspace.config_file = tmp_path / "file" / "config.toml"
        await _open(driver)
        await driver.press("space", "enter")
        await _closed(driver)
        assert workspace.ladder_settings.columns == list(DEFAULT_COLUMNS[1:])
        assert workspace.said.text.startswith("not saved: config file")
