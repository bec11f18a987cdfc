"""Tickets: what a form means as an order, whatever is typed into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading_support import SPOT, D, Floor
from ttxt_core.errors import OrderError
from ttxt_core.events import OrderType, Side, TimeInForce, TriggerBy
from ttxt_tui.paint.ticket_view import pretrade_view, pretrade_words
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.tickets import IN_FORCE, PAIR, TYPES, TicketForm, doubt, fields_of, judged, stage


def floor_at_100(*, held: str = "") -> Floor:
    floor = Floor()
    if held:
        floor.hold(held)
    floor.trade(100.0, 0.1, Side.BUY)
    return floor


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (TicketForm(Side.BUY, "limit", "99", "1"), "BUY 1 @ 99.0 — Enter"),
        (TicketForm(Side.BUY, "limit", "99", "1", in_force="post-only"), "BUY 1 post-only @ 99.0 — Enter"),
        (TicketForm(Side.BUY, "limit", "101", "1", in_force="FOK"), "BUY 1 FOK @ 101.0 — Enter"),
        (TicketForm(Side.SELL, "market", "", "1"), "SELL 1 MARKET — Enter"),
        (TicketForm(Side.SELL, "stop", "", "1", trigger="95"), "SELL 1 MARKET when last ≤ 95.0 — Enter"),
        (TicketForm(Side.BUY, "stop-limit", "106", "1", trigger="105"), "BUY 1 @ 106.0 when last ≥ 105.0 — Enter"),
        (TicketForm(Side.BUY, "TP", "", "1", trigger="95"), "BUY 1 MARKET when last ≤ 95.0 — Enter"),
        (TicketForm(Side.SELL, "TP-limit", "104", "1", trigger="105"), "SELL 1 @ 104.0 when last ≥ 105.0 — Enter"),
        (
            TicketForm(Side.BUY, "limit", "99", "1", stop="10t", target="2%"),
            "BUY 1 @ 99.0 · stop 98.0 · target 101.0 — Enter",
        ),
    ],
)
def test_each_type_is_staged_as_it_says(form: TicketForm, words: str) -> None:
    floor = floor_at_100()
    assert stage(floor.desk, form).text.startswith(words)
    staged = floor.desk.staged
    assert staged is not None
    assert judged(floor.desk, form) == floor.desk.pretrade()


def test_a_field_that_the_type_does_not_have_says_nothing() -> None:
    """What was typed for another type stays in its field, unseen: it must not count."""
    floor = floor_at_100()
    left_over = {"trigger": "95", "price": "1", "in_force": "IOC", "rests": True}
    stage(floor.desk, TicketForm(Side.BUY, "market", quantity="1", **left_over))  # type: ignore[arg-type]
    staged = floor.desk.staged
    assert staged is not None
    assert (staged.order_type, staged.trigger, staged.time_in_force) == (OrderType.MARKET, None, TimeInForce.GTC)
    stage(floor.desk, TicketForm(Side.BUY, "limit", "99", "1", reduce_only=True, stop="10t", target="10t"))
    staged = floor.desk.staged
    assert staged is not None
    assert staged.exits == (None, None)
    assert "stop" not in fields_of("limit", reduce_only=True)


def test_the_pair_needs_no_side_and_its_empty_quantity_is_all_that_is_held() -> None:
    floor = floor_at_100(held="-2")
    said = stage(floor.desk, TicketForm(None, PAIR, "", "", stop="105", target="95"))
    assert said.text.startswith("BUY 2 (closes) · stop 105.0 · target 95.0 · one cancels the other")
    said = stage(floor.desk, TicketForm(None, PAIR, "", "25%", stop="105", target="95"))
    assert said.text.startswith("BUY 0.5 (reduces to 1.5) · stop 105.0 · target 95.0 · LOCAL")


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        (TicketForm(None, "limit", "99", "1"), "no side"),
        (TicketForm(Side.BUY, "limit", "", "1"), "it is no price"),
        (TicketForm(Side.BUY, "limit", "99", ""), "it is no quantity"),
        (TicketForm(Side.BUY, "stop", "", "1", trigger="x"), "it is no price"),
        (TicketForm(Side.BUY, "limit", "99", "1", stop="5 ticks"), "it is no price"),
        (TicketForm(None, PAIR, "", "1", stop="95", target="105"), "there is no position to close"),
    ],
)
def test_what_is_missing_is_said(form: TicketForm, fault: str) -> None:
    floor = floor_at_100()
    for read in (judged, stage):
        with pytest.raises(OrderError) as caught:
            read(floor.desk, form)
        assert fault in str(caught.value)
    assert floor.desk.staged is None


def test_an_exit_that_could_open_a_position_is_doubted() -> None:
    floor = floor_at_100(held="1")
    stop = TicketForm(Side.SELL, "stop", "", "1", trigger="95")
    assert doubt(floor.desk, stop).startswith("not reduce-only")
    for fine in (stop._replace(reduce_only=True), stop._replace(side=Side.BUY), stop._replace(type="limit")):
        assert doubt(floor.desk, fine) == ""


def test_on_spot_nothing_waits_for_a_mark() -> None:
    floor = Floor(SPOT)
    floor.trade(100.0, 0.1, Side.BUY)
    with pytest.raises(OrderError, match="spot has none"):
        stage(floor.desk, TicketForm(Side.SELL, "stop", "", "1", trigger="95", by=TriggerBy.MARK))
    assert stage(floor.desk, TicketForm(Side.SELL, "stop", "", "1", trigger="95")).level is LogLevel.INFO


TEXTS = st.sampled_from(["", "99", "101.5", "bid-2t", "+0.5%", "20t", "15bp", "-1", "x", "1e9", "9" * 20]) | st.text(
    max_size=6
)
FORMS = st.builds(
    TicketForm, st.none() | st.sampled_from(Side), st.sampled_from(TYPES), TEXTS,
    TEXTS | st.sampled_from(["1", "25%", "max", "500$"]), st.sampled_from(IN_FORCE), st.booleans(), TEXTS,
    st.sampled_from(TriggerBy), TEXTS, TEXTS, st.booleans(),
)  # fmt: skip
LONG, SHORT, FLAT = (floor_at_100(held=held) for held in ("1", "-1", ""))


@given(FORMS, st.sampled_from([LONG, SHORT, FLAT]))
def test_whatever_is_typed_is_an_order_in_words_or_one_sentence(form: TicketForm, floor: Floor) -> None:
    market = floor.markets[floor.key]
    try:
        pretrade = judged(floor.desk, form)
    except OrderError:
        return
    assert pretrade.quantity > 0
    assert pretrade.fills_now <= pretrade.quantity
    assert not (pretrade.waits and pretrade.fills_now)
    if form.reduce_only or form.type == PAIR:
        held = floor.position
        assert abs(pretrade.position_after) <= abs(held)
        assert pretrade.position_after * held >= 0
    lines = pretrade_words(pretrade_view(pretrade, market.info, is_staged=False), market.info.spec.quote)
    assert 2 <= len(lines) <= 3
    assert all(line.isprintable() and len(line) < 200 for line in lines)
    assert D(0) <= (pretrade.fee or D(0))
