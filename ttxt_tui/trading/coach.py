"""The coach line: the first steps, ticking off as they are done. It goes when all are."""

from __future__ import annotations

from typing import Final, NamedTuple


class CoachStep(NamedTuple):
    """One step, and whether it was done."""

    id: str
    text: str
    is_done: bool


_STEPS: Final = (
    ("aim", "↑↓ aim"),
    ("stage", "b buy"),
    ("send", "Enter send"),
    ("cancel", "x cancel"),
    ("flatten", "f Enter flat"),
    ("help", "? keys"),
)


class Coach:
    """Remembers which steps were done."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    def did(self, id: str) -> None:
        """A step was done; anything that is no step is ignored."""
        self._done.add(id)

    @property
    def steps(self) -> tuple[CoachStep, ...]:
        """The steps; empty when all were done."""
        steps = tuple(CoachStep(name, text, name in self._done) for name, text in _STEPS)
        return () if all(step.is_done for step in steps) else steps
