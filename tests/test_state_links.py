"""Linked panes: one symbol for all panes of a group."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import DOGE, ETH
from tests.orders_support import LINEAR
from ttxt_core.events import InstrumentKey
from ttxt_tui.panes.workspace import LADDERS, LINKED
from ttxt_tui.state.links import GROUPS, Links

KEYS = (LINEAR, ETH, DOGE)


def test_each_ladder_begins_in_a_group_of_its_own_and_the_other_panes_in_the_first_ones() -> None:
    links = Links(LINKED)
    assert [links.group_of(name) for name in LADDERS] == list(GROUPS)
    assert links.groups_of(name for name in LINKED if name not in LADDERS) == {"A"}
    assert links.group_of("orders") is None
    assert links.key_of("orders") is None


def test_a_symbol_shown_in_one_pane_is_shown_in_all_of_its_group() -> None:
    links = Links({"ladder": "A", "chart": "A", "tape": "B"})
    links.show("chart", ETH)
    assert (links.key_of("ladder"), links.key_of("chart"), links.key_of("tape")) == (ETH, ETH, None)
    before = links.version
    links.show("ladder", ETH)
    assert links.version == before, "nothing changed"
    links.show("tape", LINEAR)
    assert links.shown(["ladder", "tape", "orders"]) == {ETH, LINEAR}


def test_a_pane_that_joins_a_group_shows_what_that_does() -> None:
    links = Links({"ladder": "A", "chart": "A", "tape": "B"})
    links.show("ladder", ETH)
    links.show("tape", LINEAR)
    links.join("chart", "B")
    assert links.key_of("chart") == LINEAR
    links.join("chart", "C")
    assert links.key_of("chart") == LINEAR, "a group without a symbol takes that of the pane"
    links.show("chart", DOGE)
    assert links.key_of("tape") == LINEAR
    links.keep_only([LINEAR])
    assert (links.key_of("ladder"), links.key_of("tape"), links.key_of("chart")) == (None, LINEAR, None)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("show"), st.sampled_from(list(LINKED)), st.sampled_from(KEYS)),
            st.tuples(st.just("join"), st.sampled_from(list(LINKED)), st.sampled_from(GROUPS)),
        ),
        max_size=25,
    )
)
def test_panes_of_one_group_never_differ(steps: list[tuple[str, str, InstrumentKey | str]]) -> None:
    links = Links(LINKED)
    for what, pane, value in steps:
        if what == "show":
            assert isinstance(value, InstrumentKey)
            links.show(pane, value)
            assert links.key_of(pane) == value
        else:
            links.join(pane, str(value))
            assert links.group_of(pane) == value
        for group in GROUPS:
            members = [name for name in LINKED if links.group_of(name) == group]
            assert len({links.key_of(name) for name in members}) <= 1
