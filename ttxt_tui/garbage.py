"""When the garbage collector works: while nobody is at the keys.

Owns the collector's settings from the start of the workstation on. Nothing that is painted or traded needs it, for all
of that is freed as soon as it is let go of; what it finds are dialogs that were closed and failures that were handled.
Left to itself it holds the loop for 60 ms every few seconds, and for 1 ms thirty times a second.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

SETTLED_S: Final = 3.0
"""After the start: by then what lives as long as the program has been made."""

EVERY_S: Final = 60.0
"""Between two collections, at least."""

LATEST_S: Final = 600.0
"""Between two collections, at most: then also while somebody is at the keys."""

PAUSE_S: Final = 2.0
"""Who pressed no key for so long is not about to send an order."""


async def collect_in_pauses(idle_s: Callable[[], float]) -> None:
    """Collect when `idle_s`, the time since the last key, is long enough; until cancelled.

    What has been made until it has settled is never looked at again.
    """
    gc.disable()
    try:
        await asyncio.sleep(SETTLED_S)
        gc.collect()
        gc.freeze()
        while True:
            await asyncio.sleep(EVERY_S)
            waited_s = EVERY_S
            while idle_s() < PAUSE_S and waited_s < LATEST_S:
                await asyncio.sleep(1)
                waited_s += 1
            gc.collect()
    finally:
        gc.enable()
