"""The painter of screenshots: geometry of blocks and lines, text by a font, colours as a terminal shows them."""

from pathlib import Path

import pytest
from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screenshots.fonts import FontsMissingError, find_families
from screenshots.glyphs import draw_glyph
from screenshots.painter import BACKGROUND, CELL_HEIGHT, CELL_WIDTH, Cell, cells_of, paint, paint_grid
from ttxt_tui.paint.cells import GRIDS, Glyphs

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def fonts() -> None:
    try:
        find_families()
    except FontsMissingError as error:
        pytest.skip(str(error))


def coverage(mask: Image.Image) -> float:
    """The share of the cell that is filled."""
    return sum(value * count for value, count in enumerate(mask.histogram())) / 255 / (mask.width * mask.height)


@pytest.mark.parametrize("glyphs", [Glyphs.OCTANT, Glyphs.SEXTANT, Glyphs.QUADRANT, Glyphs.HALF])
def test_every_block_fills_as_many_pixels_as_its_mask_has_bits(glyphs: Glyphs) -> None:
    grid = GRIDS[glyphs]
    for bits, char in enumerate(grid.blocks[1:], 1):
        mask = draw_glyph(char, 24, 48)
        assert mask is not None
        assert coverage(mask) == pytest.approx(bits.bit_count() / (grid.columns * grid.rows), abs=0.01)


def test_an_upper_left_sextant_is_in_the_upper_left() -> None:
    mask = draw_glyph(GRIDS[Glyphs.SEXTANT].blocks[1], 24, 48)
    assert mask is not None
    assert mask.getbbox() == (0, 0, 12, 16)


@pytest.mark.parametrize("width", [9, 18, 27])
def test_lines_meet_the_corners_that_they_lead_to(width: int) -> None:
    height = width * 2
    line, corner, side = (draw_glyph(char, width, height) for char in "─╭│")
    assert line is not None
    assert corner is not None
    assert side is not None
    for y in range(height):
        assert (corner.getpixel((width - 1, y)) or 0) == (line.getpixel((0, y)) or 0)
    for x in range(width):
        assert (corner.getpixel((x, height - 1)) or 0) == (side.getpixel((x, 0)) or 0)


@pytest.mark.parametrize("char", "─│┌┼╋═╔╌┈┊╎╭╯╱╳░▒▓⠿▔▕🮇")
def test_lines_shades_and_braille_are_drawn_without_a_font(char: str) -> None:
    mask = draw_glyph(char, 18, 36)
    assert mask is not None
    assert 0 < coverage(mask) < 1


def test_letters_are_left_to_a_font() -> None:
    assert draw_glyph("A", 9, 18) is None


def test_styles_become_the_colours_that_are_seen() -> None:
    style = Style(color="#ff0000", bgcolor="#0000ff", bold=True, dim=True, reverse=True)
    strip = Strip([Segment("a多", style), Segment("b")])
    cells = cells_of(strip)
    assert [cell.char for cell in cells] == ["a", "多", "", "b"]
    assert cells[0] == Cell("a", RED, BLUE, bold=True, dim=True, reverse=True)
    assert cells[3] == Cell("b")


def test_a_picture_has_its_size_and_colours(tmp_path: Path, fonts: None) -> None:
    path = tmp_path / "picture.png"
    strips = [Strip([Segment("█ ", Style(color="#ff0000", bgcolor="#0000ff")), Segment("A")]), Strip([])]
    assert paint(strips, path, scale=2) == (3 * CELL_WIDTH * 2, 2 * CELL_HEIGHT * 2)
    with Image.open(path) as picture:
        assert picture.getpixel((1, 1)) == RED
        assert picture.getpixel((CELL_WIDTH * 2 + 1, 1)) == BLUE
        assert picture.getpixel((1, CELL_HEIGHT * 2 + 1)) == BACKGROUND
        letter = picture.crop((2 * CELL_WIDTH * 2, 0, 3 * CELL_WIDTH * 2, CELL_HEIGHT * 2))
        colours = letter.getcolors()
        assert colours is not None
        assert len(colours) > 2, "a letter has smooth edges"


def test_reverse_swaps_the_colours_and_dim_fades_the_text(tmp_path: Path, fonts: None) -> None:
    path = tmp_path / "picture.png"
    paint_grid([[Cell("█", RED, BLUE, reverse=True), Cell("█", (200, 100, 0), (0, 0, 0), dim=True)]], path)
    with Image.open(path) as picture:
        assert picture.getpixel((1, 1)) == BLUE
        assert picture.getpixel((CELL_WIDTH + 1, 1)) == (120, 60, 0)


def test_without_fonts_the_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FontsMissingError, match=r"fonts-jetbrains-mono or fonts-dejavu-core"):
        find_families((tmp_path, tmp_path / "none"))
