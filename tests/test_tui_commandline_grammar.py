"""The command line's grammar: what is read, what is refused and where, and that canonical text reads the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import REPOSITORY
from ttxt_tui.commandline.completion import Stage, complete, read
from ttxt_tui.commandline.grammar import CommandError, Form, forms, parse, quoted, split, written
from ttxt_tui.commandline.reference import command_lines, command_table
from ttxt_tui.commandline.slots import MAX_SPEED, SLOTS
from ttxt_tui.commandline.table import COMMANDS, WORDS
from ttxt_tui.config.settings import load_settings
from ttxt_tui.trading.expressions import Anchor, PriceExpression, QuantityExpression, Unit

D = Decimal

READ = [
    ("buy 0.5 at bid-2t post", "buy 0.5 at bid-2t post"),
    ("SELL 500$ Market", "sell 500$ market"),
    ("buy max at mid", "buy 100% at mid"),
    ("buy 1,500$ at 67,985.10 reduce ioc", "buy 1500$ at 67985.1 ioc reduce"),
    ("stop 67000", "stop 67000"),
    ("stop 67000 limit 66990", "stop 67000 limit 66990"),
    ("target last+40t", "target last+40t"),
    ("buy 0.5 at bid target 68,000 Stop 66800 post", "buy 0.5 at bid post stop 66800 target 68000"),
    ("buy 0.5 market stop 15BP target 0.5%", "buy 0.5 market stop 15bp target 0.5%"),
    ("sell 0.5 when 66000 mark at 65990 reduce", "sell 0.5 when 66000 at 65990 mark reduce"),
    ("buy 0.5 when 68000", "buy 0.5 when 68000"),
    ("oco stop 66800 target 68000", "oco stop 66800 target 68000"),
    ("oco stop 66800 target 68000 rests 0.25", "oco stop 66800 target 68000 0.25 rests"),
    ("bracket tight", "bracket tight"),
    ("bracket off", "bracket off"),
    ("amend 3 trigger 101 price 100.5", "amend 3 trigger 101 price 100.5"),
    ("cancel all", "cancel all"),
    ("cancel #3", "cancel 3"),
    ("move 1t", "move 1t"),
    ("move 3 -12t", "move 3 -12t"),
    ("amend 3 price 101.5", "amend 3 price 101.5"),
    ("amend 3 price ask quantity .5", "amend 3 price ask quantity 0.5"),
    ("leverage 5x", "leverage 5"),
    ("replay 14:30:05", "replay 14:30:05"),
    ("speed 0.50", "speed 0.5"),
    ("speed MAX", "speed max"),
    ("skip 2.50s", "skip 2.5"),
    ("skip off", "skip off"),
    ("hold print", "hold print"),
    ("loop", "loop"),
    ("jump", "jump"),
    ("future Shown", "future shown"),
    ("attempts", "attempts"),
    ("cost fifo", "cost fifo"),
    ("record on", "record on"),
    ("theme ttxt-light", "theme ttxt-light"),
    ("group 10", "group 10"),
    ("ladders 3", "ladders 3"),
    ("ladder", "ladder"),
    ("centre Timed", "centre timed"),
    ("link B", "link b"),
    ("timeframe 15m", "timeframe 15m"),
    ("symbol eth/usdt perp", "symbol ETH/USDT perp"),
    ("size 25%", "size 25%"),
    ("alert crosses 65000 once", "alert crosses 65000 once"),
    ("alert prints 1.5M", "alert prints 1500000"),
    ("alert spread 5", "alert spread 5bp"),
    ("alert rearm", "alert rearm"),
    ("alert mute bell", "alert mute bell"),
    ("onekey off", "onekey off"),
    ("flatten", "flatten"),
    ("flatten 50", "flatten 50%"),
    ("q", "quit"),
    ('export fills "my fills.csv"', 'export fills "my fills.csv"'),
]


@pytest.mark.parametrize(("line", "canonical"), READ)
def test_lines_are_read_and_written_again(line: str, canonical: str) -> None:
    assert written(parse(line)) == canonical
    assert parse(canonical) == parse(line)
    assert parse(f"  {line} \t") == parse(line)


def test_every_command_has_a_line_here() -> None:
    read_names = {parse(line).name for line, _ in READ}
    assert {command.name for command in COMMANDS} - read_names == {"reverse", "arm", "disarm", "help"}


def test_values_are_typed() -> None:
    order = parse("sell 0.5 at -0.5% fok reduce")
    assert order.take("quantity", QuantityExpression) == QuantityExpression(D("0.5"), Unit.BASE)
    assert order.take("price", PriceExpression) == PriceExpression(Anchor.MID, D("-0.5"), is_percent=True)
    assert order.words == ("at", "fok", "reduce")
    assert parse("speed max").take("speed", D) == MAX_SPEED
    assert parse("flatten").find("percent", D) is None
    with pytest.raises(TypeError):
        order.take("quantity", int)
    with pytest.raises(KeyError):
        order.take("order", int)


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("buy 0.5 at bid stop now", "now", "expected where to leave: 101.5, or 20t, 15bp, 0.5% from the entry"),
        ("buy 0.5 at bid stop 1t stop 2t", "stop", "expected post, ioc or fok, reduce or target"),
        ("byu 1 market", "byu", "did you mean buy"),
        ("buy 0.5 att bid", "att", "expected at, market or when"),
        ("buy 0,5 at bid", "0,5", "expected a quantity: 0.5, 500$, 25% or max"),
        ("buy 0.5 at bidd", "bidd", "expected a price: 101.5, bid, ask+2t, mid or -0.5%"),
        ("buy 0.5 at bid post ioc", "ioc", "expected reduce"),
        ("buy 0.5 market post", "post", "expected reduce"),
        ("cancel every", "every", "expected all, entries, stops or an order's number"),
        ("move 0t", "0t", "expected an order's number"),
        ("timeframe 2m", "2m", "expected one of 1s, 5s, 1m"),
        ("help me", "me", "nothing more"),
        ("buy -1 market", "-1", "expected a quantity"),
        ("buy 101% market", "101%", "expected a quantity"),
        ("replay 25:00:00", "25:00:00", "expected a time"),
    ],
)
def test_an_error_points_at_the_wrong_word_and_says_what_was_expected(line: str, wrong: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(line)
    assert line[caught.value.start : caught.value.end] == wrong
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "line", ["buy", "buy 0.5", "buy 0.5 at", "buy 1 at bid stop", "oco stop 1", "amend 3 price", "export fills", ""]
)
def test_nothing_is_taken_for_granted(line: str) -> None:
    """No default price, side or MARKET: a line that lacks something is refused at its end."""
    with pytest.raises(CommandError) as caught:
        parse(line)
    assert caught.value.start == caught.value.end == len(line)


TEXTS = {
    "quantity": ["0.5", "max", "25%", "500$", ".25", "1,000", "007"],
    "price": ["101.5", "bid", "ask+2t", "mid", "-0.5%", "last-1t", "67,985.1", "bid-0t"],
    "exit": ["101.5", "bid-3t", "20t", "15bp", "0.5%", "-0.5%"],
    "bracket": ["tight", "my own"],
    "order": ["3", "#12"],
    "ticks": ["1t", "-3t", "+2T"],
    "percent": ["50", "25%", "0.5%"],
    "group": ["10"],
    "seconds": ["5", "2.5s"],
    "width": ["5", "0.5bp"],
    "worth": ["250000", "250k", "1.5M"],
    "times": ["5", "2.5x"],
    "alert": ["2", "#3"],
    "leverage": ["5", "2.5x"],
    "time": ["14:30:05", "+90s", "2026-08-09T21:27:00.5"],
    "speed": ["0.1", "10x", "max"],
    "name": ["ttxt-dark", "my theme", 'a"b'],
    "symbol": ["btc/usdt", "ETH"],
    "interval": ["1m", "1D"],
    "path": ["fills.csv", "/tmp/a b.csv", "C:\\fills.csv", 'odd"name\\', "~/x.csv"],
}


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A line that some form allows."""
    form: Form = draw(st.sampled_from(forms()))
    parts = [draw(st.sampled_from([form.command.name, *form.command.also]))]
    for item in form.items:
        if item.is_optional and draw(st.booleans()):
            continue
        if item.words:
            parts.append(draw(st.sampled_from(item.words)))
        if item.slot is not None:
            parts.append(quoted(draw(st.sampled_from(TEXTS[item.slot.name]))))
    return " ".join(parts)


@given(lines())
def test_canonical_text_reads_as_the_same(line: str) -> None:
    typed = parse(line)
    assert parse(written(typed)) == typed
    assert written(parse(written(typed))) == written(typed)


WORD = st.sampled_from(
    [command.name for command in COMMANDS]
    + list(WORDS)
    + [text for texts in TEXTS.values() for text in texts]
    + ['"', '"a b', "\\", "", "é", "１", "0x1", "1e5", "nan", "--", ";"]
)


@given(st.lists(WORD, max_size=8).map(" ".join) | st.text(max_size=40), st.integers(0, 60))
def test_whatever_is_typed_is_read_or_refused_with_its_own_error(line: str, cursor: int) -> None:
    typed = error = None
    try:
        typed = parse(line)
    except CommandError as caught:
        error = caught
    if error is not None:
        assert 0 <= error.start <= error.end <= len(line)
        assert error.answered
    if typed is not None:
        assert parse(written(typed)) == typed
    cursor = min(cursor, len(line))
    reading, completion = read(line, cursor), complete(line, cursor)
    assert reading.hint
    assert (reading.typed is not None) is (reading.stage is Stage.COMPLETE)
    assert 0 <= completion.start <= cursor <= completion.end <= len(line)


@given(st.text(max_size=30))
def test_any_text_can_be_one_word(text: str) -> None:
    assert [word.text for word in split(f"a {quoted(text)} b")] == ["a", text, "b"]


def test_the_table_is_whole() -> None:
    said = {word for form in forms() for item in form.items for word in item.words}
    assert said == set(WORDS)
    assert {item.slot.name for form in forms() for item in form.items if item.slot is not None} == set(SLOTS)
    names = [name for command in COMMANDS for name in (command.name, *command.also)]
    assert len(names) == len(set(names))
    assert all(command.meaning for command in COMMANDS)
    for slot in SLOTS.values():
        assert all(slot.read(example) is not None for example, _ in slot.examples), slot.name


def test_the_readme_has_the_table() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = text.split("<!-- commands -->")[1].split("<!-- /commands -->")[0].strip()
    assert table == command_table(), "paste the output of ttxt_tui.commandline.reference.command_table()"
    assert len(command_lines()) == len(forms())


def test_the_maximum_of_one_key_is_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[trading]\nonekey_max = 1000\n", encoding="utf-8")
    assert load_settings(path).trading.onekey_max == D(1000)
