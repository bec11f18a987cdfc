"""The one table of order states, and the moves between them. Pure functions; no order is kept here.

What a venue says comes by several ways (acks, updates, fills) that overtake each other, repeat and arrive
late. So an order's *standing* is the furthest stage that was ever heard of: hearing is commutative,
associative and idempotent, and the same messages in any order, any number of times, end in the same state.
What is shown is the standing, covered by the commands of ours that have no answer yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from ttxt_core.events.orders import AckOutcome, Command, OrderState

STAGE: Mapping[OrderState, int] = {
    OrderState.PENDING_NEW: 0,
    OrderState.UNTRIGGERED: 1,
    OrderState.TRIGGERED: 2,
    OrderState.NEW: 3,
    OrderState.PARTIALLY_FILLED: 4,
    OrderState.REJECTED: 5,
    OrderState.EXPIRED: 6,
    OrderState.CANCELED: 7,
    OrderState.FILLED: 8,
}
"""The table: the states in the order that an order passes them. It may move to any later stage, never to
an earlier.

The terminal stages rank by what they commit to: should a venue give two for one order, the one that admits
to more wins, whichever comes first.
"""

_MEANS: Mapping[OrderState, OrderState] = {
    OrderState.PENDING_AMEND: OrderState.NEW,
    OrderState.PENDING_CANCEL: OrderState.NEW,
    OrderState.UNKNOWN: OrderState.PENDING_NEW,
}
"""What a state that only covers a standing says about the standing, when it comes in an update."""

TERMINAL: frozenset[OrderState] = frozenset(
    {OrderState.REJECTED, OrderState.EXPIRED, OrderState.CANCELED, OrderState.FILLED}
)
"""Nothing more happens to the order; only a late fill may still raise its filled quantity."""

Unanswered = Mapping[Command, AckOutcome | None]
"""Commands in flight and what was heard of each: None nothing, ACCEPTED taken but its effect not seen yet,
UNKNOWN nobody can say whether it was carried out."""


def advance(standing: OrderState, heard: OrderState) -> OrderState:
    """The standing after hearing of `heard`: the later of the two stages."""
    heard = _MEANS.get(heard, heard)
    return heard if STAGE[heard] > STAGE[standing] else standing


def after_ack(standing: OrderState, has_trigger: bool, command: Command, outcome: AckOutcome) -> OrderState:
    """The standing after an ack. Only a create's moves it; amends and cancels show in updates.

    An order that has a trigger waits for it, whichever type it is of afterwards.
    """
    if command is not Command.CREATE or outcome is AckOutcome.UNKNOWN:
        return standing
    if outcome is AckOutcome.REJECTED:
        return advance(standing, OrderState.REJECTED)
    return advance(standing, OrderState.UNTRIGGERED if has_trigger else OrderState.NEW)


def visible(standing: OrderState, unanswered: Unanswered) -> OrderState:
    """What is shown: the standing, unless a command of ours is on its way.

    An outcome that nobody knows comes first: it must never look like a failure or like a plain working order.
    """
    if standing in TERMINAL:
        return standing
    if AckOutcome.UNKNOWN in unanswered.values():
        return OrderState.UNKNOWN
    if standing is OrderState.PENDING_NEW:
        return standing
    if Command.CANCEL in unanswered:
        return OrderState.PENDING_CANCEL
    if Command.AMEND in unanswered:
        return OrderState.PENDING_AMEND
    return standing
