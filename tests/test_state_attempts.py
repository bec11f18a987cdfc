"""The result sheets of attempts, compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import NANOSECONDS
from ttxt_core.orders.ledger import ResultSheet
from ttxt_core.orders.round_trips import TripFigures
from ttxt_tui.paint.attempts import COLUMN_WIDTH, LABEL_WIDTH, columns_in, comparison_lines, newest_first_index
from ttxt_tui.paint.text import width_of
from ttxt_tui.state.attempts import comparison
from ttxt_tui.state.tones import Tone

D = Decimal
START = 1_790_000_000 * NANOSECONDS


def sheet(attempt: int = 1, profit: str | None = None, **fields: Any) -> ResultSheet:
    told: dict[str, Any] = {"fees": {}, "max_drawdown": {}, "fills": 0, "maker_fills": 0} | fields
    made = {} if profit is None else {"USDT": D(profit)}
    return ResultSheet(attempt, START, START + 125 * NANOSECONDS, made, **told)


def rows(*sheets: ResultSheet) -> dict[str, list[str]]:
    table = comparison(sheets[:-1], sheets[-1])
    return {label: [figure.text for figure in figures] for label, figures in table.rows}


def test_every_figure_of_an_attempt_is_there() -> None:
    trips = TripFigures(4, 3, 240 * NANOSECONDS, {"USDT": D(12)}, {"USDT": D("30.5")}, 3, D("1.75"))
    traded = sheet(
        2, "-2.5", fees={"USDT": D("1.2")}, funding={"USDT": D("0.3")}, max_drawdown={"USDT": D(14)}, fills=8,
        maker_fills=2, trips=trips, fill_model="back of the queue",
    )  # fmt: skip
    assert rows(traded) == {
        "from": ["14:13:20"], "length": ["2:05"], "PnL USDT": ["−2.50"], "fees USDT": ["1.20"],
        "funding USDT": ["0.30"], "deepest fall USDT": ["14.00"], "MAE USDT": ["12.00"], "MFE USDT": ["30.50"],
        "round trips": ["4"], "of them won": ["75 %"], "mean hold time": ["1:00"], "R vs stop": ["+1.75 R 3/4"],
        "fills": ["8"], "maker": ["25 %"],
    }  # fmt: skip
    assert comparison([], traded).note == "back of the queue"


def test_what_there_is_not_is_a_dash() -> None:
    figures = rows(sheet(1, "1", fills=1), sheet(2))
    assert figures["PnL USDT"] == ["+1.00", "—"]
    assert [figures[label] for label in ("funding", "of them won", "mean hold time", "R vs stop", "maker")] == [
        ["—", "—"], ["—", "—"], ["—", "—"], ["—", "—"], ["0 %", "—"],
    ]  # fmt: skip
    assert rows(sheet(trips=TripFigures(1)))["R vs stop"] == ["no stop"]


def test_the_best_has_a_star_and_the_running_one_is_called_so() -> None:
    def heads(*sheets: ResultSheet) -> list[str]:
        return [head.text for head in comparison(sheets[:-1], sheets[-1]).heads]

    assert heads(sheet(1, "-3", fills=2), sheet(2, "1", fills=2), sheet(3)) == ["1", "★ 2", "now 3"]
    assert heads(sheet(1, "-3", fills=2), sheet(2, "1", fills=2)) == ["1", "★ now 2"]
    assert heads(sheet(1, "-3", fills=2), sheet(2)) == ["1", "now 2"], "nothing to compare with"
    other = ResultSheet(2, 0, 1, {"BTC": D(1)}, {}, {}, 1, 0)
    assert heads(sheet(1, "-3", fills=2), other, sheet(3)) == ["1", "2", "now 3"], "currencies don't compare"


def test_small_amounts_of_large_coins_are_told() -> None:
    assert rows(sheet(fees={"BTC": D("0.000038")}))["fees BTC"] == ["0.00003800"]


def test_the_table_shows_as_many_as_there_is_room_for() -> None:
    table = comparison([sheet(number, "1", fills=1) for number in range(1, 8)], sheet(8))
    width = LABEL_WIDTH + 4 * COLUMN_WIDTH
    assert newest_first_index(table, width) == 4
    first, *_ = comparison_lines(table, width, 4)
    assert "".join(text for text, _ in first).split() == ["attempt", "5", "6", "7", "now", "8"]
    assert columns_in(5) == 1


@given(st.integers(0, 9), st.integers(0, 200), st.integers(0, 9), st.decimals(-(10**9), 10**9, places=2))
def test_any_line_fits(count: int, width: int, first: int, profit: Decimal) -> None:
    table = comparison([sheet(number + 1, str(profit), fills=1) for number in range(count)], sheet(count + 1))
    room = max(width, LABEL_WIDTH + COLUMN_WIDTH)
    for line in comparison_lines(table, width, first):
        assert width_of("".join(text for text, _ in line)) <= room
        assert all(isinstance(tone, Tone) for _, tone in line)
