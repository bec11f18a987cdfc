"""The names of the library: each is listed once, and all are to be had from `ttxt_core` itself."""

from __future__ import annotations

import pytest

import ttxt_core
from ttxt_core import events


def test_every_name_of_the_events_is_a_name_of_the_library() -> None:
    assert set(events.__all__) < set(ttxt_core.__all__)
    assert sorted(ttxt_core.__all__) == dir(ttxt_core)
    assert len(set(ttxt_core.__all__)) == len(ttxt_core.__all__)
    for name in events.__all__:
        assert getattr(ttxt_core, name) is getattr(events, name)


def test_every_name_can_be_had_and_no_other() -> None:
    for name in ttxt_core.__all__:
        assert getattr(ttxt_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        ttxt_core.Nothing  # noqa: B018
