"""Whether somebody looks: under tmux and GNU screen a terminal that is left, or lost, sends no signal.

Owns which program is asked and how its answer is read; what follows from it is the app's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

LOOK_S: Final = 2.0
"""How often it is asked."""
_ANSWER_S: Final = 5.0
_DETACHED: Final = "(Detached)"


class Multiplexer(NamedTuple):
    """What this program runs in.

    Attributes:
        name: what it is called. command: asks it. is_left: reads the answer.
    """

    name: str
    command: tuple[str, ...]
    is_left: Callable[[str], bool]


def multiplexer(environ: Mapping[str, str]) -> Multiplexer | None:
    """The one that the environment tells of; None outside of one."""
    if environ.get("TMUX"):
        pane = environ.get("TMUX_PANE")
        target = ("-t", pane) if pane else ()
        command = ("tmux", "display-message", "-p", *target, "#{session_attached}")
        return Multiplexer("tmux", command, lambda answer: answer.strip() == "0")
    if name := environ.get("STY"):
        return Multiplexer("screen", ("screen", "-ls", name), lambda answer: _DETACHED in answer)
    return None


async def watch(asked: Multiplexer, on_left: Callable[[str], None], every_s: float = LOOK_S) -> None:
    """Call `on_left` with the name of the multiplexer whenever its client has gone, until cancelled.

    Raises:
        OSError: it can't be asked: there is no such program any more.
    """
    was_left = False
    while True:
        is_left = asked.is_left(await _answer(asked.command))
        if is_left and not was_left:
            on_left(asked.name)
        was_left = is_left
        await asyncio.sleep(every_s)


async def _answer(command: tuple[str, ...]) -> str:
    """What a program writes; nothing of one that does not end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_ANSWER_S):
            written, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        if process.returncode is None:
            process.kill()
    return written.decode(errors="replace")
