"""Palettes: contrast of every text, colours that stay apart, styles by role, and what is left without colours."""

from typing import get_args

import pytest
from rich.color import Color, ColorSystem

from ttxt_tui.theme import ROLES, Palette, Role, contrast, load_theme, text_pairs, theme_files

COLOURED = [name for name in theme_files() if not load_theme(name).colourless]
FRAMES: list[Role] = ["frame_practice", "frame_paper", "frame_replay", "frame_live"]
SURFACES: list[Role] = [role for role, spec in ROLES.items() if spec.kind == "surface"]


def test_the_table_of_roles_has_every_role_with_a_meaning() -> None:
    assert list(ROLES) == list(get_args(Role))
    assert all(spec.meaning for spec in ROLES.values())
    assert all(bool(spec.on) == (spec.kind == "text") for spec in ROLES.values())


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#2ebd85", "#0b0e11", 8.0),
        ("#fff000", "#fff000", 1.0),
    ],
)
def test_contrast_is_the_one_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert contrast(other, one) == contrast(one, other)


def test_there_are_coloured_themes_of_both_kinds() -> None:
    assert {"ttxt-dark", "ttxt-colorblind", "ttxt-light", "ansi256"} <= set(COLOURED)
    assert load_theme("no-color").colourless


@pytest.mark.parametrize("name", COLOURED)
def test_every_text_can_be_read_on_what_it_stands_on(name: str) -> None:
    palette = Palette(load_theme(name))
    faint = {
        f"{text} on {surface}": round(contrast(palette.colour(text), palette.colour(surface)), 2)
        for text, surface in text_pairs()
        if contrast(palette.colour(text), palette.colour(surface)) < 4.5
    }
    assert not faint


@pytest.mark.parametrize("name", COLOURED)
def test_surfaces_and_sides_can_be_told_apart(name: str) -> None:
    roles = load_theme(name).roles
    assert len({roles[role].css for role in ("background", "panel", "panel_alt", "field")}) == 4
    assert len({roles[role].css for role in ("panel", "bid_bar", "ask_bar", "bid_strong", "ask_strong")}) == 5
    assert len({roles[role].css for role in ("up", "down", "up_dim", "down_dim", "own_order", "position", "stop")}) == 7


@pytest.mark.parametrize("name", COLOURED)
def test_the_frames_of_each_session_can_be_seen_and_told_apart(name: str) -> None:
    """A contrast of 3 is what WCAG 2.1 (1.4.11) asks of lines; texts have more, and so has the focus."""
    palette = Palette(load_theme(name))
    colours = {role: palette.colour(role) for role in FRAMES}
    for surface in ("panel", "background"):
        ratios = {role: contrast(colour, palette.colour(surface)) for role, colour in colours.items()}
        assert all(ratio >= 3.0 for ratio in ratios.values()), ratios
        assert contrast(palette.colour("border_focus"), palette.colour(surface)) > max(ratios.values())
    assert len({*colours.values(), palette.colour("border_focus"), palette.colour("border")}) == len(FRAMES) + 2


def test_256_colours_keep_apart_what_the_256_colour_theme_keeps_apart() -> None:
    def shown(role: Role) -> int | None:
        colour = Color.from_triplet(load_theme("ansi256").roles[role].colour.get_truecolor())
        return colour.downgrade(ColorSystem.EIGHT_BIT).number

    assert len({shown(role) for role in SURFACES}) == len(SURFACES)
    assert len({shown(role) for role in ("panel", "grid", "border", "crosshair", "text_faint", "text_dim")}) == 6
    assert len({shown(role) for role in ("panel", "border", "border_focus", *FRAMES)}) == 3 + len(FRAMES)
    assert all(shown(role) == load_theme("ansi256").roles[role].colour.number for role in SURFACES)


def test_a_style_is_made_once_and_each_palette_has_its_generation() -> None:
    one, other = Palette(load_theme("ttxt-dark")), Palette(load_theme("ttxt-dark"))
    assert one.style("bid", "panel") is one.style("bid", "panel")
    assert one.style("bid", "panel") is not one.style("bid", "panel_alt")
    assert one.generation < other.generation
    assert one.name == "ttxt-dark"


def test_a_style_has_the_colours_and_attributes_that_were_asked_for() -> None:
    palette = Palette(load_theme("ttxt-dark"))
    style = palette.style("bid", "panel_alt", bold=True, dim=True, reverse=True)
    assert style.color is not None
    assert style.bgcolor is not None
    assert style.color.get_truecolor().hex == palette.colour("bid")
    assert style.bgcolor.get_truecolor().hex == palette.colour("panel_alt")
    assert (style.bold, style.dim, style.reverse) == (True, True, True)
    assert palette.style("accent").bold, "the theme says that the accent is bold"
    assert palette.style("bid").bgcolor is None


def test_without_colours_attributes_tell_what_colours_tell_elsewhere() -> None:
    palette = Palette(load_theme("no-color"))
    plain = palette.style("text", "panel")
    assert all(palette.colour(role) == "ansi_default" for role in ROLES)
    assert palette.style("up", "panel") != palette.style("down", "panel")
    assert palette.style("up_dim", "panel") != palette.style("down_dim", "panel")
    assert palette.style("text", "panel_alt").reverse
    assert palette.style("text", "bid_bar").reverse
    assert palette.style("tag_text", "own_order").reverse
    assert palette.style("own_order", "panel").bold
    assert not palette.style("bid_bar", "panel").reverse, "a bar's colour as text draws the end of the bar"
    assert palette.style("bid_bar", "panel", reverse=True).reverse
    assert not plain.reverse
    assert not plain.dim
    assert palette.style("text_faint", "panel").dim
    assert not palette.style("text_faint", "panel_alt", dim=True).dim, "no dim text on a reversed bar"
