"""Linked panes: each belongs to a colour group, and all panes of a group show the same instrument.

Owns which pane is in which group and what a group shows. It knows no market: that an instrument exists is the caller's
to know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from ttxt_core.events import InstrumentKey

GROUPS: Final = ("A", "B", "C", "D")
"""The groups by their letters; a theme has a colour for each."""


class Links:
    """The groups of one screen. `version` changes with them."""

    def __init__(self, panes: Mapping[str, str]) -> None:
        """`panes`: each pane that can be linked, with the group that it begins in."""
        self._group_of = dict(panes)
        self._shown: dict[str, InstrumentKey] = {}
        self.version = 0

    def group_of(self, pane: str) -> str | None:
        """The letter of a pane's group; None for a pane that shows no one instrument."""
        return self._group_of.get(pane)

    def key_of(self, pane: str) -> InstrumentKey | None:
        """The instrument that a pane shows; None where none was chosen for its group."""
        return self._shown.get(self._group_of.get(pane, ""))

    def show(self, pane: str, key: InstrumentKey) -> None:
        """Show `key` in a pane and in all others of its group."""
        group = self._group_of[pane]
        if self._shown.get(group) != key:
            self._shown[group] = key
            self.version += 1

    def join(self, pane: str, group: str) -> None:
        """Put a pane into a group; one for which nothing was chosen shows what the pane did."""
        shown = self.key_of(pane)
        self._group_of[pane] = group
        if shown is not None:
            self._shown.setdefault(group, shown)
        self.version += 1

    def groups_of(self, panes: Iterable[str]) -> set[str]:
        """The groups that `panes` are in."""
        return {self._group_of[pane] for pane in panes if pane in self._group_of}

    def shown(self, panes: Iterable[str]) -> set[InstrumentKey]:
        """The instruments that `panes` show."""
        return {key for pane in panes if (key := self.key_of(pane)) is not None}

    def keep_only(self, keys: Collection[InstrumentKey]) -> None:
        """Forget what was shown of other instruments than `keys`."""
        self._shown = {group: key for group, key in self._shown.items() if key in keys}
        self.version += 1
