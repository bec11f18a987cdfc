"""What an import or a `--help` loads, seen from a fresh interpreter."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.conftest import REPOSITORY

SCREEN = {"textual", "rich", "ttxt_tui"}
NETWORK = {"aiohttp", "uvloop"}
HELP = {
    "ttxt_tui.cli": {"textual"} | NETWORK,
    "ttxt_core.cli.rec": SCREEN | NETWORK,
}

PROBE = """
import atexit, sys
atexit.register(lambda: print("\\n", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr))
"""


def loaded_by(statements: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after `statements`."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE + statements],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stderr.splitlines()[-1].split())


def test_the_probe_sees_what_is_loaded() -> None:
    assert "textual" in loaded_by("import textual")


def test_library_loads_no_screen_and_no_network_stack() -> None:
    assert not loaded_by("import ttxt_core") & (SCREEN | NETWORK)


def test_every_public_name_of_the_library_comes_without_a_screen() -> None:
    loaded = loaded_by("from ttxt_core import *")
    assert "ttxt_core" in loaded
    assert not loaded & (SCREEN | NETWORK)


def test_workstation_package_alone_loads_nothing_heavy() -> None:
    assert not loaded_by("import ttxt_tui; ttxt_tui.__version__") & {"textual", "rich", "ttxt_core"}


@pytest.mark.parametrize("module", [name for name in HELP if find_spec(name)])
def test_help_loads_nothing_heavy(module: str) -> None:
    loaded = loaded_by(f"from {module} import main; sys.argv = ['command', '--help']; sys.exit(main())")
    assert not loaded & HELP[module]
