"""Figures as text: no exponent, no signed zero, and never longer than a column was made for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_tui.state import figures

AMOUNTS = st.floats(-1e15, 1e15) | st.decimals(-(10**15), 10**15, allow_nan=False, places=8)


@given(AMOUNTS, st.integers(0, 8))
def test_a_figure_has_its_decimals_and_no_exponent(amount: float | Decimal, decimals: int) -> None:
    text = figures.fixed(amount, decimals)
    assert "e" not in text.lower()
    assert len(text.partition(".")[2]) == decimals
    shown = float(text.replace(",", "").replace(figures.MINUS, "-"))
    assert abs(shown - float(amount)) <= 0.51 * 10**-decimals + abs(float(amount)) * 1e-12


@pytest.mark.parametrize("amount", [0.0, -0.0, -0.004, 0.004, Decimal("-0.00"), Decimal("-0.001")])
def test_zero_has_no_sign(amount: float | Decimal) -> None:
    assert figures.fixed(amount, 2) == figures.signed(amount, 2) == "0.00"


def test_gains_and_losses_have_theirs() -> None:
    assert figures.signed_money(Decimal("581.70"), "USDT") == "+581.70"
    assert figures.signed_money(-93.2, "USDT") == "−93.20"
    assert figures.money(1234567.891, "USDT") == "1,234,567.89"
    assert figures.money(Decimal("0.12345678"), "BTC") == "0.12345678"


@given(AMOUNTS)
def test_a_scaled_figure_has_six_cells_at_most(amount: float | Decimal) -> None:
    assert len(figures.scaled(amount)) <= 6


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.5, "0.500"), (9.996, "10.0"), (812.55, "813"), (12_345, "12.3K"), (999_600, "1.00M"), (-0.0001, "~0")],
)
def test_scaled(amount: float, text: str) -> None:
    assert figures.scaled(amount) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (86_400 * 3, "3d")],
)
def test_age(seconds: float, text: str) -> None:
    assert figures.age(int(seconds * figures.NS_PER_SECOND)) == text


@given(st.integers(-(10**20), 10**20))
def test_times_are_never_too_long(ns: int) -> None:
    assert len(figures.age(ns)) <= 4
    assert len(figures.milliseconds(ns)) <= 4
    assert len(figures.time_of_day(ns)) == 8
    assert len(figures.time_of_day(ns, with_ms=True)) == 12


def test_times() -> None:
    ns = 1_786_000_000_123_456_789
    assert figures.time_of_day(ns, with_ms=True) == "07:06:40.123"
    assert figures.date_of(ns) == "2026-08-06"
    assert figures.date_of(10**25) == "—"
    assert [figures.span(s * figures.NS_PER_SECOND) for s in (42, 847, 11_109)] == ["0:42", "14:07", "3:05:09"]
    assert [figures.milliseconds(n) for n in (0, 400_000, 12_400_000)] == ["0", "0.4", "12"]


@given(st.integers(0, 10**13))
def test_counts_are_short(number: int) -> None:
    assert len(figures.counted(number)) <= 8 if number >= 10**11 else len(figures.counted(number)) <= 6
    assert len(figures.data_size(number)) <= 6


def test_counts_and_sizes() -> None:
    assert [figures.counted(n) for n in (812, 9_412, 81_234, 1_200_000)] == ["812", "9,412", "81k", "1.2M"]
    assert [figures.data_size(n) for n in (812, 4_100_000, 12 * 10**9)] == ["812 B", "4.1 MB", "12 GB"]


@given(st.lists(AMOUNTS.flatmap(lambda a: st.integers(0, 8).map(lambda d: figures.fixed(a, d))), max_size=6))
def test_figures_of_a_column_line_up(texts: list[str]) -> None:
    column = figures.on_the_point(texts)
    assert [text.strip() for text in column] == texts
    assert len({len(text) for text in column}) <= 1
    assert len({text.index(".") for text in column if "." in text}) <= 1


def test_zeros_behind_the_point_can_go() -> None:
    assert [figures.trimmed(t) for t in ("0.250", "120.0", "1,000", "0.000")] == ["0.25", "120", "1,000", "0"]


@given(st.text(max_size=80), st.integers(1, 30))
def test_wrapped_lines_fit_and_lose_no_character(text: str, width: int) -> None:
    lines = figures.wrapped(text, width)
    assert all(len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrapping_breaks_at_blanks() -> None:
    assert figures.wrapped("position over the limit", 12) == ["position", "over the", "limit"]
    assert figures.wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]
    assert figures.wrapped("whole", 0) == ["whole"]


@pytest.mark.parametrize(
    ("amount", "text"), [(-1234.5, "−1.23K"), (-0.5, "−0.500"), (-2e15, "<−999T"), (-0.0001, "~0")]
)
def test_below_zero_is_told_by_a_minus_and_no_hyphen(amount: float, text: str) -> None:
    assert figures.scaled(amount) == text
    assert figures.fixed(-1234.5, 2) == "−1,234.50"
    assert figures.signed(-0.001, 2) == "0.00"


def test_one_of_something_has_no_plural() -> None:
    assert [figures.number_of(n, "fill") for n in (0, 1, 2_400)] == ["0 fills", "1 fill", "2,400 fills"]
