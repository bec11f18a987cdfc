"""The wheel as a user gets it: built, installed into an environment of its own, run outside the checkout."""

import os
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
THEMES = sorted(path.stem for path in (REPOSITORY / "themes").glob("*.toml"))
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command; fails the test with all that it printed when its status is not 0."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*build, "--wheel-dir", folder, REPOSITORY, cwd=folder)
    (built,) = folder.glob("ttxt_tui-*.whl")
    return built


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands that installing the wheel gives."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = (binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*install, "--constraint", REPOSITORY / "constraints.txt", wheel, cwd=folder)
    return binaries


def test_wheel_has_every_file_that_the_program_reads(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(REPOSITORY).as_posix()
        for package in ("ttxt_core", "ttxt_tui")
        for path in (REPOSITORY / package).rglob("*")
        if path.suffix in {".py", ".tcss"} or path.name == "py.typed"
    } | {f"ttxt_tui/themes/{name}.toml" for name in THEMES}
    assert wanted <= shipped
    assert {name.split("/")[0] for name in shipped} == {
        "ttxt_core",
        "ttxt_tui",
        f"ttxt_tui-{VERSION}.dist-info",
    }


def test_the_source_distribution_has_what_its_tests_read(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path, cwd=REPOSITORY)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    folders = ("ttxt_core", "ttxt_tui", "tests", "benchmarks", "examples", "screenshots", "docs", "themes")
    wanted = {
        path.relative_to(REPOSITORY).as_posix()
        for folder in folders
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in {".py", ".md", ".png", ".toml", ".tcss"}
    }
    assert len(wanted) > 200
    assert wanted <= shipped
    assert {"Makefile", "README.md", "CHANGELOG.md", "LICENSE", "constraints.txt", "pyproject.toml"} <= shipped
    assert not [name for name in shipped if name.endswith((".bin", ".pyc"))]


def test_commands_run_outside_the_checkout(commands: Path, tmp_path: Path) -> None:
    assert VERSION in run(commands / "ttxt-tui", "--version", cwd=tmp_path)
    assert "import" in run(commands / "ttxt-rec", "--help", cwd=tmp_path)
    where = run(commands / "python", "-c", "import ttxt_tui; print(ttxt_tui.__file__)", cwd=tmp_path)
    assert REPOSITORY not in Path(where).parents


def test_installed_program_lists_every_theme(commands: Path, tmp_path: Path) -> None:
    listed = run(commands / "ttxt-tui", "--list-themes", cwd=tmp_path).split()
    assert THEMES
    assert set(THEMES) <= set(listed)
