"""The volume profile: all volume is in it, where it traded; its bars lie behind what is drawn."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_tui.paint.candle_sheet import Sheet
from ttxt_tui.paint.candles import Candle, CandleView, lay_out, paint_candles
from ttxt_tui.paint.canvas import Canvas
from ttxt_tui.paint.cells import GRIDS, Glyphs
from ttxt_tui.paint.volume_profile import Profile, volume_profile
from ttxt_tui.theme import Palette, load_theme

DARK = Palette(load_theme("ttxt-dark"))
PLAIN = Palette(load_theme("no-color"))
MINUTE = 60_000_000_000


def view(*candles: tuple[float, float, float]) -> CandleView:
    """Candles of (low, high, volume), a minute each."""
    made = [Candle(at * MINUTE, low, high, low, high, volume) for at, (low, high, volume) in enumerate(candles)]
    return CandleView(made, MINUTE, 1, has_profile=True)


def profile(of: CandleView, width: int = 60, height: int = 24) -> tuple[Profile | None, Sheet]:
    sheet = Sheet(
        of, DARK, GRIDS[Glyphs.SEXTANT], lay_out(of, width, height), Canvas(width, height, DARK.style("text"))
    )
    return volume_profile(sheet), sheet


@given(
    st.lists(
        st.tuples(st.floats(90, 110), st.floats(0, 9), st.floats(0.1, 1e6)).map(lambda c: (c[0], c[0] + c[1], c[2])),
        min_size=1,
        max_size=40,
    ),
    st.integers(12, 60),
)
def test_every_volume_is_in_it_once(candles: list[tuple[float, float, float]], height: int) -> None:
    of = view(*candles)
    found, sheet = profile(of, 120, height)
    assert found is not None
    in_sight = [of.candles[index].volume for index in sheet.layout.visible.values()]
    assert sum(found.rows) == pytest.approx(sum(in_sight), rel=1e-6)
    assert min(found.rows) >= -1e-6 * sum(in_sight)
    assert found.rows[found.poc] == max(found.rows)
    assert 0 <= found.first <= found.poc <= found.last < len(found.rows)
    assert sum(found.rows[found.first : found.last + 1]) >= 0.7 * sum(in_sight) * (1 - 1e-9)


def test_it_is_where_it_traded() -> None:
    found, sheet = profile(view((100.0, 110.0, 10.0), (104.9, 105.1, 90.0)))
    assert found is not None
    assert abs(sheet.layout.scale.position(105.0) - found.poc - 0.5) < 1
    assert found.rows[sheet.layout.scale.row(109.0) or 0] < 2.0
    assert found.last - found.first <= 2, "most of it is in the value area"


@pytest.mark.parametrize("volume", [0.0, -1.0, nan, inf])
def test_without_volume_there_is_none(volume: float) -> None:
    assert profile(view((100.0, 101.0, volume)))[0] is None


def test_bars_lie_behind_candles_and_the_price_that_traded_most_is_told() -> None:
    candles = [(100.0 + at % 5, 101.0 + at % 5, 5.0) for at in range(28)] + [(102.0, 102.2, 50.0)]
    of = view(*candles)
    bare = paint_candles(replace(of, has_profile=False), DARK, 80, 24, Glyphs.SEXTANT)
    with_bars = paint_candles(of, DARK, 80, 24, Glyphs.SEXTANT)
    blocks = [[char for char in strip.text if char in "█▌"] for strip in bare]
    papers = {segment.style.bgcolor for strip in with_bars for segment in strip if segment.style is not None}
    assert DARK.theme.roles["crosshair"].colour in papers
    assert "POC 102." in with_bars[0].text
    assert "POC" not in bare[0].text
    for strip, before in zip(with_bars, blocks, strict=True):
        assert len([char for char in strip.text if char in "█▌"]) >= len(before), "no candle is covered"


def test_without_colours_it_fills_what_is_empty() -> None:
    of = view(*[(100.0 + at % 5, 101.0 + at % 5, 5.0) for at in range(10)])
    texts = [strip.text for strip in paint_candles(of, PLAIN, 60, 24, Glyphs.SEXTANT)]
    assert any("░" in text for text in texts)
    assert any(":" in strip.text for strip in paint_candles(of, PLAIN, 60, 24, Glyphs.ASCII)[2:10])


def test_the_same_view_gives_the_identical_styles() -> None:
    of = view(*[(100.0 + at % 5, 101.0 + at % 5, 5.0) for at in range(10)])
    one, other = (paint_candles(of, DARK, 60, 24, Glyphs.SEXTANT) for _ in range(2))
    pairs = zip(one, other, strict=True)
    assert all(a.style is b.style for strip, again in pairs for a, b in zip(strip, again, strict=True))
