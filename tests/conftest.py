"""Fixtures and settings that every test shares. A helper of one area lives beside the tests of that area."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# A test process may carry the size of no terminal at all here, and programs started in a terminal believe it.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# Where tests run in the background, signals may be ignored, and programs started here would ignore them as well.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

# Derandomised and without a database: a run depends on the checkout alone.
settings.register_profile("default", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("long", settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the tests' own: no test reads or writes settings and recordings of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        yield home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real captured traffic: TTXT_SHARED_DATA, else ../shared/data beside the repository."""
    folder = Path(os.environ.get("TTXT_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no captured traffic at {folder}: set TTXT_SHARED_DATA to the folder that has it")
    return folder


@pytest.fixture(scope="session")
def bybit_capture(shared_data: Path) -> Path:
    """Bybit's own frames, spot and linear, 42 s."""
    capture = shared_data / "bybit" / "BYBIT.jsonl.zst"
    if not capture.is_file():
        pytest.skip(f"no Bybit capture at {capture}")
    return capture
