"""Exits that come with an entry, by bracket or as typed; and pairs of which one cancels the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading_support import SPOT, D, Floor
from ttxt_core.errors import ConfigError
from ttxt_core.events import OrderState, ProtectPosition, Side, TriggerBy
from ttxt_core.orders.oco import LOCAL_MARK
from ttxt_tui.config.brackets import Bracket, Distance, read_distance
from ttxt_tui.config.settings import Trading, load_settings
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.terms import Exits, bracketed

BRACKETS = {"tick": Bracket("20t", "40t"), "share": Bracket(stop="1%"), "goal": Bracket(target="50bp")}


def floor_with_brackets() -> Floor:
    floor = Floor(trading=Trading(brackets=BRACKETS))
    floor.trade(100.0, 0.1, Side.BUY)
    return floor


# -- the config's --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "distance"),
    [("20t", Distance(D(20), "t")), (" 1.5 BP", Distance(D("1.5"), "bp")), ("0.5%", Distance(D("0.5"), "%"))],
)
def test_distances_are_read_and_written_again(text: str, distance: Distance) -> None:
    assert read_distance(text) == distance
    assert read_distance(str(distance)) == distance


@pytest.mark.parametrize("text", ["", "0t", "-5t", "t", "5", "5 ticks", "1e3t", "0.000%"])
def test_what_is_no_distance_is_none(text: str) -> None:
    assert read_distance(text) is None


@given(st.sampled_from(["t", "bp", "%"]), st.decimals("0.000001", "9999999", places=6), st.integers(1, 10**9))
def test_a_bracket_stands_around_its_entry(unit: str, number: D, ticks: int) -> None:
    distance = f"{number:f}{unit}"
    bracket = Bracket(distance, distance)
    for side in Side:
        exits = bracketed(bracket, side, ticks)
        assert exits.stop is not None
        assert exits.target is not None
        low, high = sorted((exits.stop, exits.target))
        assert 1 <= low <= ticks <= high
        assert high > ticks or side is Side.SELL or low < ticks
        assert (exits.stop < exits.target) == (side is Side.BUY) or ticks == 1


def test_the_config_names_them_and_refuses_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[trading.brackets.scalp]\nstop = "8t"\ntarget = "16t"\n')
    assert load_settings(path).trading.brackets == {"scalp": Bracket("8t", "16t")}
    for wrong, said in (('stop = "8"', "stop is '8'; expected 20t, 15bp or 0.5%"), ("", "needs a stop or a target")):
        path.write_text(f"[trading.brackets.scalp]\n{wrong}\n")
        with pytest.raises(ConfigError) as caught:
            load_settings(path)
        assert said in str(caught.value)


# -- attached to entries -------------------------------------------------------------------------------------


def test_a_bracket_is_chosen_shown_and_sent_along() -> None:
    floor = floor_with_brackets()
    brackets = floor.desk.stager.brackets
    assert brackets.next().text == "bracket tick: entries take stop 20t · target 40t along"
    said = floor.desk.stage(Side.BUY, 990)
    assert "BUY 0.499 @ 99.0 · stop 97.0 · target 103.0 — Enter sends" in said.text
    pretrade = floor.desk.pretrade()
    assert pretrade is not None
    assert pretrade.stop == (D("97.0"), D("-0.998"))
    assert pretrade.target == (D("103.0"), D("1.996"))
    assert pretrade.reward == 2
    assert floor.desk.send().level is LogLevel.OK
    sent = floor.creates[-1]
    assert (sent.stop_loss, sent.take_profit) == (D("97.0"), D("103.0"))
    assert (sent.stop_loss_by, sent.take_profit_by) == (TriggerBy.LAST, TriggerBy.LAST)
    floor.wait()
    assert (floor.last.stop_loss, floor.last.take_profit) == (D("97.0"), D("103.0"))


def test_the_keys_go_round_all_brackets_and_none_also_while_an_order_is_staged() -> None:
    floor = floor_with_brackets()
    floor.desk.stage(Side.SELL, 1010)
    seen = []
    for _ in range(4):
        floor.desk.stager.brackets.next()
        seen.append(floor.desk.prompt.partition(" — ")[0].partition("101.0")[2])
    assert seen == [" · stop 103.0 · target 97.0", " · stop 102.0", " · target 100.5", ""]
    assert floor.desk.stager.brackets.use("none").level is LogLevel.WARN


def test_a_bracket_follows_the_price_and_of_a_take_stands_around_the_touch() -> None:
    floor = floor_with_brackets()
    floor.desk.stager.brackets.use("tick")
    floor.desk.join(Side.BUY)
    staged = floor.desk.staged
    assert staged is not None
    market = floor.markets[floor.key]
    before = floor.desk.stager.exits_of(staged, market)
    assert before == Exits(staged.ticks - 20, staged.ticks + 40)
    floor.book(bids=[(99.5, 5.0)], asks=[(101.0, 5.0)])
    floor.poll()
    assert floor.desk.stager.exits_of(staged, market) == Exits(975, 1035)
    floor.desk.take(Side.BUY)
    staged = floor.desk.staged
    assert staged is not None
    assert staged.ticks == 1030, "up to twenty ticks past the ask"
    assert floor.desk.stager.exits_of(staged, market) == Exits(990, 1050), "around the ask"


def test_what_closes_or_reverses_takes_no_bracket_along() -> None:
    floor = floor_with_brackets()
    floor.hold("1")
    floor.desk.stager.brackets.use("tick")
    floor.desk.stage(Side.SELL, 1010)
    assert "stop" not in floor.desk.prompt
    floor.desk.reverse()
    assert "stop" not in floor.desk.prompt
    floor.desk.stage(Side.BUY, 990)
    assert "stop 97.0" in floor.desk.prompt, "it adds"


def test_exits_of_an_entry_that_fills_stand_as_a_pair_and_later_ones_say_that_they_replace_them() -> None:
    floor = floor_with_brackets()
    floor.desk.stager.brackets.use("tick")
    floor.desk.take(Side.BUY)
    floor.desk.send()
    floor.wait()
    assert floor.position
    assert sorted(order.is_stop for order in floor.orders.working()) == [False, True]
    assert floor.desk.stage(Side.BUY, 990).text.startswith(
        "BUY 0.499 @ 99.0 · stop 97.0 · target 103.0 in place of those that stand"
    )


def test_exits_that_were_typed_on_the_wrong_side_are_not_sent() -> None:
    floor = floor_with_brackets()
    for exits, said in (
        (Exits(stop=995), "the stop of this buy belongs below 99.0"),
        (Exits(target=985), "the target of this buy belongs above 99.0"),
    ):
        floor.desk.ticket(Side.BUY, 990, D(1), exits=exits)
        assert floor.desk.send().text == said
    floor.desk.ticket(Side.BUY, 990, D(1), exits=Exits(980, 1000), reduce_only=True)
    assert floor.desk.send().text == "an exit has no exits of its own"
    assert floor.creates == []


# -- pairs ---------------------------------------------------------------------------------------------------


def test_a_pair_for_the_whole_position_is_the_venues() -> None:
    floor = floor_with_brackets()
    floor.hold("1")
    said = floor.desk.pair(Side.SELL, D(1), Exits(950, 1050), rests=False)
    assert said.text.startswith("SELL 1 (closes) · stop 95.0 · target 105.0 · one cancels the other — Enter sends")
    pretrade, entry = floor.desk.pretrade(), floor.desk.context.entry_price(floor.key)
    assert pretrade is not None
    assert entry is not None
    assert pretrade.stop is not None
    assert pretrade.target is not None
    assert (pretrade.stop.gain, pretrade.target.gain) == (D(95) - entry, D(105) - entry)
    assert (pretrade.fills_now, pretrade.breach) == (D(0), "")
    floor.desk.disarm()
    floor.desk.pair(Side.SELL, D(1), Exits(950, 1050), rests=False)
    assert floor.desk.send().level is LogLevel.OK, "an exit passes disarmed"
    (command,) = floor.sent(ProtectPosition)
    assert (command.stop_loss, command.take_profit) == (D("95.0"), D("105.0"))
    floor.wait()
    assert [order.is_position_exit for order in floor.orders.working()] == [True, True]


@pytest.mark.parametrize(("quantity", "rests"), [("1", True), ("0.4", False)])
def test_any_other_pair_is_kept_here_and_says_so(quantity: str, rests: bool) -> None:
    floor = floor_with_brackets()
    floor.hold("1")
    said = floor.desk.pair(Side.SELL, D(quantity), Exits(950, 1050), rests=rests)
    assert LOCAL_MARK in said.text
    assert floor.desk.send().level is LogLevel.OK
    floor.wait()
    stop, target = floor.orders.working()
    assert (stop.is_stop, target.linked_to, target.is_waiting) == (True, stop.name, not rests)
    floor.trade(94.9, 0.1, Side.SELL)
    floor.wait(300)
    assert floor.position == 1 - D(quantity)
    assert floor.orders.working() == [], "one cancels the other"


def test_on_spot_a_pair_waits_in_both_legs() -> None:
    floor = Floor(SPOT)
    floor.trade(100.0, 0.1, Side.BUY)
    floor.desk.pair(Side.SELL, D(1), Exits(950, 1050), rests=True)
    assert floor.desk.send().text.startswith("on spot a resting order would hold")
    floor.desk.pair(Side.SELL, D(1), Exits(950, 1050), rests=False)
    assert floor.desk.send().level is LogLevel.OK
    floor.wait()
    assert [order.state for order in floor.orders.working()] == [OrderState.UNTRIGGERED] * 2


@pytest.mark.parametrize("exits", [Exits(1050, 950), Exits(1000, 1050), Exits(950, 990), Exits(950), Exits()])
def test_a_pair_that_makes_no_sense_is_not_sent(exits: Exits) -> None:
    floor = floor_with_brackets()
    floor.hold("1")
    before = len(floor.creates)
    floor.desk.pair(Side.SELL, D(1), exits, rests=False)
    said = floor.desk.send()
    assert (said.level, bool(said.text)) == (LogLevel.WARN, True)
    assert len(floor.creates) == before
    assert floor.sent(ProtectPosition) == []


def test_the_stop_of_a_pair_is_moved_by_its_key_and_keeps_its_size() -> None:
    floor = floor_with_brackets()
    floor.hold("1")
    floor.desk.pair(Side.SELL, D("0.4"), Exits(950, 1050), rests=True)
    floor.desk.send()
    floor.wait()
    floor.desk.protect(960)
    floor.wait(500)
    stop = next(order for order in floor.orders.working() if order.is_stop)
    assert (stop.trigger_price, stop.quantity) == (D("96.0"), D("0.4"))
    floor.desk.target(1040)
    floor.wait(500)
    target = next(order for order in floor.orders.working() if not order.is_stop)
    assert (target.price, target.linked_to) == (D("104.0"), stop.name)
