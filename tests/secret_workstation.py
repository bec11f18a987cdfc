"""The workstation as a program, which crashes as soon as the file is there that CRASH names in the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ttxt_core.events import Event
from ttxt_tui.cli import main
from ttxt_tui.state.store import Store

apply = Store.apply


class UnexpectedError(Exception):
    """What nobody expects."""


def apply_or_crash(store: Store, batch: Iterable[Event[Any]]) -> None:
    if Path(os.environ["CRASH"]).exists():
        raise UnexpectedError("a crash on purpose")
    apply(store, batch)


if __name__ == "__main__":
    Store.apply = apply_or_crash  # type: ignore[method-assign, assignment]
    sys.exit(main())
