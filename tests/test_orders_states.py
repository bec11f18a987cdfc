"""The table of order states: every state has its place, and hearing knows no order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.events import AckOutcome, Command, OrderState
from ttxt_core.orders.states import STAGE, TERMINAL, advance, after_ack, visible

COVERS = {OrderState.PENDING_AMEND, OrderState.PENDING_CANCEL, OrderState.UNKNOWN}
standings = st.sampled_from(sorted(STAGE, key=lambda state: STAGE[state]))
heard_states = st.sampled_from(list(OrderState))


def test_every_state_is_either_a_standing_or_covers_one() -> None:
    assert set(STAGE) | COVERS == set(OrderState)
    assert not set(STAGE) & COVERS
    assert len(set(STAGE.values())) == len(STAGE)


def test_a_limit_order_and_a_stop_order_pass_their_states_in_this_order() -> None:
    passed = [
        *(OrderState.PENDING_NEW, OrderState.UNTRIGGERED, OrderState.TRIGGERED),
        *(OrderState.NEW, OrderState.PARTIALLY_FILLED, OrderState.FILLED),
    ]
    for earlier, later in itertools.pairwise(passed):
        assert advance(earlier, later) is later
        assert advance(later, earlier) is later


@given(standings, heard_states, heard_states)
def test_hearing_is_commutative_idempotent_and_never_goes_back(
    standing: OrderState, one: OrderState, other: OrderState
) -> None:
    after = advance(advance(standing, one), other)
    assert after is advance(advance(standing, other), one)
    assert advance(after, one) is after
    assert advance(after, other) is after
    assert STAGE[after] >= STAGE[standing]


@given(st.sampled_from(sorted(TERMINAL)), heard_states)
def test_a_terminal_state_is_never_left_for_a_working_one(terminal: OrderState, heard: OrderState) -> None:
    assert advance(terminal, heard) in TERMINAL


@given(standings, st.booleans(), st.sampled_from(list(Command)), st.sampled_from(list(AckOutcome)))
def test_only_a_definite_answer_to_a_create_moves_the_standing(
    standing: OrderState, has_trigger: bool, command: Command, outcome: AckOutcome
) -> None:
    after = after_ack(standing, has_trigger, command, outcome)
    if command is not Command.CREATE or outcome is AckOutcome.UNKNOWN:
        assert after is standing
    elif outcome is AckOutcome.REJECTED:
        assert after in TERMINAL
    else:
        assert STAGE[after] >= STAGE[OrderState.UNTRIGGERED]


def test_an_accepted_stop_waits_for_its_trigger_and_an_accepted_limit_order_works() -> None:
    accepted = (Command.CREATE, AckOutcome.ACCEPTED)
    assert after_ack(OrderState.PENDING_NEW, True, *accepted) is OrderState.UNTRIGGERED
    assert after_ack(OrderState.PENDING_NEW, False, *accepted) is OrderState.NEW


@given(standings, st.dictionaries(st.sampled_from(list(Command)), st.none() | st.sampled_from(list(AckOutcome))))
def test_what_is_shown_admits_to_what_is_not_known(
    standing: OrderState, unanswered: dict[Command, AckOutcome | None]
) -> None:
    shown = visible(standing, unanswered)
    if standing in TERMINAL or not unanswered:
        assert shown is standing
    elif AckOutcome.UNKNOWN in unanswered.values():
        assert shown is OrderState.UNKNOWN
    elif standing is not OrderState.PENDING_NEW and Command.CANCEL in unanswered:
        assert shown is OrderState.PENDING_CANCEL
    elif standing is not OrderState.PENDING_NEW and Command.AMEND in unanswered:
        assert shown is OrderState.PENDING_AMEND
    else:
        assert shown is standing
