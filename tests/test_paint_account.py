"""Positions, balances and profit as text, and their widths under any figures."""

from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, Screen, busy_screen, holds, marked, text_of
from tests.orders_support import LINEAR
from ttxt_tui.paint.account import balance_row, balances_header, position_row, positions_header, profit_line
from ttxt_tui.state.account import BalanceRow, PositionRow, ProfitRow
from ttxt_tui.state.tones import Tone


def _positions(screen: Screen, width: int) -> list[str]:
    rows = [position_row(row, PALETTE, width) for row in screen.store.account.positions()]
    return text_of([positions_header(PALETTE, width), *rows])


def _balances(screen: Screen, width: int) -> list[str]:
    rows = [balance_row(row, PALETTE, width) for row in screen.store.account.balances()]
    return text_of([balances_header(PALETTE, width), *rows])


def test_positions() -> None:
    assert _positions(busy_screen(), 34) == [
        " Symbol          Size       uPnL",
        " BTC perp  ▲L   0.750     +20.55",
        " ETH perp  ▼S   1.50       +0.91",
    ]
    assert _positions(busy_screen(), 78) == [
        " Symbol    Side       Size     Entry      Mark       uPnL   Realised       Liq",
        " BTC perp  ▲ LONG    0.750 65,092.7  65,120.1      +20.55    +120.55  58,912.4",
        " ETH perp  ▼ SHORT   1.50   1,901.11  1,900.50      +0.91      −2.09",
    ]
    assert _positions(busy_screen(), 132)[1].split() == [
        "BTC/USDT", "perp", "▲", "LONG", "0.750", "65,092.7", "65,120.1", "+20.55", "+0.4%", "+120.55", "58,912.4",
        "−9.5%", "cross", "10×",
    ]  # fmt: skip


def test_balances() -> None:
    assert _balances(busy_screen(), 34) == [
        " Asset       Free      Total Note",
        " USDT  100,000.00 100,000.00",
        " BTC     0.520100   0.520100",
    ]
    assert _balances(busy_screen(), 78) == [
        " Asset            Free           Held          Total          Value      Note",
        " USDT   100,000.00           0.00     100,000.00         100,000.00 USDT",
        " BTC          0.520100       0.000000       0.520100      33,863.76 USDT",
    ]


def test_the_sessions_profit_is_always_there() -> None:
    rows = busy_screen().store.account.profit_rows()
    assert text_of(profit_line(rows, PALETTE, width) for width in (24, 46, 96)) == [
        " Session +115.32 USDT",
        " Session +115.32 USDT",
        " Session +115.32 USDT     · realised +118.46     · open +21.47      · fees 24.61",
    ]
    assert text_of([profit_line([], PALETTE, 40)]) == [""]


def test_its_parts_add_up_on_the_screen() -> None:
    (line,) = text_of([profit_line(busy_screen().store.account.profit_rows(), PALETTE, 96)])
    total, realised, unrealised, fees = (float(word) for word in line.split() if word[-1].isdigit())
    assert abs(realised + unrealised - fees - total) < 0.011


@given(st.integers(-(10**8), 10**8), st.integers(-(10**8), 10**8), st.sampled_from([34, 46, 78, 100, 132]))
def test_columns_stand_still_while_prices_change(one: int, other: int, width: int) -> None:
    lines = []
    for cents in (one, other):
        screen = Screen(LINEAR)
        screen.feed(holds("0.75", "65092.7", realised_pnl="5"), marked(65092.7 + cents / 1e5))
        lines.append(_positions(screen, width)[1])
        (profit,) = text_of([profit_line(screen.store.account.profit_rows(), PALETTE, width)])
        assert profit.startswith(" Session ")
    assert lines[0].index("0.750") == lines[1].index("0.750")
    assert len(lines[0]) == len(lines[1])


TEXT = st.text(max_size=24)
TONES = st.sampled_from(Tone)
POSITIONS = st.builds(
    PositionRow, TEXT, TEXT, st.booleans(), TEXT, TEXT, TEXT, TEXT, TONES, TEXT, TEXT, TONES, TEXT, TEXT, TEXT
)
BALANCES = st.builds(BalanceRow, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
PROFITS = st.builds(ProfitRow, TEXT, TEXT, TONES, TEXT, TEXT, TEXT)


@given(POSITIONS, BALANCES, st.lists(PROFITS, max_size=3), st.integers(0, 160))
def test_any_row_has_exactly_its_width(
    position: PositionRow, balance: BalanceRow, profits: list[ProfitRow], width: int
) -> None:
    for palette in (PALETTE, NO_COLOUR):
        for strip in (
            position_row(position, palette, width),
            balance_row(balance, palette, width),
            profit_line(profits, palette, width),
            positions_header(palette, width),
            balances_header(palette, width),
        ):
            assert strip.cell_length == width
            assert strip.text.isprintable()
