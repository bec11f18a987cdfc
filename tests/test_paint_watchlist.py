"""The watchlist as text, in any width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import NO_COLOUR, PALETTE, text_of
from tests.orders_support import LINEAR
from ttxt_tui.paint.watchlist import column_at, spark_points, watchlist_header, watchlist_row
from ttxt_tui.state.tones import Tone
from ttxt_tui.state.watchlist import WatchColumn, WatchRow

ROW = WatchRow(
    LINEAR,
    "BTC/USDT perp",
    "BTC perp",
    "67,986.0",
    Tone.UP,
    "+1.47%",
    "0.01",
    "4.12B",
    (1, 2, 4, 8, 0, 7),
    Tone.UP,
    "0.75",
    True,
    "◆2",
    "",
    False,
    "",
    True,
    False,
)


def _shown(row: WatchRow, width: int, column: WatchColumn = WatchColumn.CHANGE) -> list[str]:
    return text_of([watchlist_header(PALETTE, width, column, is_rising=False), watchlist_row(row, PALETTE, width)])


def test_what_a_narrow_pane_shows() -> None:
    assert _shown(ROW, 24) == ["    Symbol      Last", " ▸  BTC.p   67,986.0"]
    assert _shown(ROW, 34) == ["   Symbol       Last    ↓24h", " ▸ BTC perp 67,986.0  +1.47% ▲L"]
    assert _shown(ROW, 38) == ["   Symbol       Last    ↓24h 30 min", " ▸ BTC perp 67,986.0  +1.47% ▁▂▄█ ▇ ▲L"]


def test_what_a_wide_pane_shows() -> None:
    assert _shown(ROW, 80, WatchColumn.VOLUME) == [
        "   Symbol                 Last      24h 40 min                  Spread ↓Volume",
        " ▸ BTC/USDT perp      67,986.0   +1.47%   ▁▂▄█ ▇ ▲ 0.75    ◆2     0.01   4.12B",
    ]


def test_marks_of_its_own() -> None:
    alerted = ROW._replace(alerts="2", is_alerted=True)
    assert _shown(alerted, 38)[1] == " ! BTC perp 67,986.0  +1.47% ▁▂▄█ ▇ ▲L"
    assert _shown(alerted, 110)[1].endswith(" 2")
    stale = ROW._replace(trust="STALE 12s", is_linked=False)
    assert _shown(stale, 38)[1] == " ✗ BTC perp 67,986.0  +1.47% STALE  ▲L"
    assert _shown(ROW._replace(position="", is_cursor=True), 38)[1] == "▌▸ BTC perp 67,986.0  +1.47% ▁▂▄█ ▇ ◆2"
    assert (
        _shown(ROW._replace(is_long=False, orders="", is_linked=False), 38)[1]
        == "   BTC perp 67,986.0  +1.47% ▁▂▄█ ▇ ▼S"
    )


def test_a_head_is_where_its_column_is() -> None:
    for width in (34, 38, 60, 110, 170):
        head = watchlist_header(PALETTE, width, WatchColumn.SYMBOL, is_rising=True).text
        for column in (WatchColumn.LAST, WatchColumn.CHANGE):
            assert column_at(head.index(column.value), width) is column
        assert column_at(0, width) is None
        assert column_at(width + 5, width) is None


texts = st.text(max_size=20)


@given(
    st.builds(
        WatchRow,
        st.just(LINEAR),
        texts,
        texts,
        texts,
        st.sampled_from(Tone),
        texts,
        texts,
        texts,
        st.lists(st.integers(0, 8), max_size=60).map(tuple),
        st.sampled_from(Tone),
        texts,
        st.booleans(),
        texts,
        texts,
        st.booleans(),
        texts,
        st.booleans(),
        st.booleans(),
    ),
    st.integers(1, 240),
    st.sampled_from(WatchColumn),
    st.booleans(),
)
def test_no_row_is_wider_than_its_pane(row: WatchRow, width: int, column: WatchColumn, is_rising: bool) -> None:
    for palette in (PALETTE, NO_COLOUR):
        assert watchlist_row(row, palette, width).cell_length == width
        assert watchlist_header(palette, width, column, is_rising=is_rising).cell_length == width
    assert 0 <= spark_points(width) <= width
