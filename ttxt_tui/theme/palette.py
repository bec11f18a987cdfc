"""A theme's colours, resolved once into the Rich styles that painters use.

Owns the colour of a role, the memo of styles and the contrast of two colours. Reads no file and knows no widget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from rich.color import Color
from rich.style import Style

from ttxt_tui.theme.roles import Role

_generations: Final = count(1)


@dataclass(frozen=True, slots=True)
class RoleColour:
    """What a theme says of one role.

    `bold`, `dim` and `underline` apply where the role colours text; `reverse` where it is a background. That is how a
    theme without colours tells a bar, a cursor row or a tag from the rest.
    """

    colour: Color
    bold: bool = False
    dim: bool = False
    underline: bool = False
    reverse: bool = False

    @property
    def css(self) -> str:
        """The colour in Textual's style sheets: `#rrggbb`, or `ansi_default` for the terminal's own."""
        return "ansi_default" if self.colour.is_default else self.colour.get_truecolor().hex

    @property
    def text_style(self) -> str:
        """The attributes in Textual's style sheets: `none`, or words such as `bold reverse`."""
        words = [word for word in ("bold", "dim", "underline", "reverse") if getattr(self, word)]
        return " ".join(words) or "none"


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme as its file tells it: every role has a colour."""

    name: str
    description: str
    dark: bool
    roles: Mapping[Role, RoleColour]

    @property
    def colourless(self) -> bool:
        """Whether the theme leaves all colours to the terminal (for `NO_COLOR` and monochrome screens)."""
        return all(role.colour.is_default for role in self.roles.values())


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """The styles of one theme, made once when it is chosen.

    Equal arguments give the identical `Style` object, so painters may compare styles by identity. `generation` is new
    for every palette of a process: caches of painted rows put it in their key.
    """

    theme: Theme
    generation: int = field(default_factory=lambda: next(_generations))
    _styles: dict[tuple[Role, Role | None, bool, bool, bool], Style] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The theme's name."""
        return self.theme.name

    def colour(self, role: Role) -> str:
        """The colour of `role` for style sheets and pictures: `#rrggbb` or `ansi_default`."""
        return self.theme.roles[role].css

    def style(
        self,
        text: Role,
        background: Role | None = None,
        bold: bool = False,
        dim: bool = False,
        reverse: bool = False,
    ) -> Style:
        """The style of `text` on `background`; None leaves the background as it is.

        `reverse` swaps both colours (a bar that grows from the right is drawn so); on a background that the theme shows
        by reversing, it takes the reversing back.
        """
        key = (text, background, bold, dim, reverse)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._make(*key)
        return style

    def _make(self, text: Role, background: Role | None, bold: bool, dim: bool, reverse: bool) -> Style:
        ink = self.theme.roles[text]
        paper = None if background is None else self.theme.roles[background]
        on_block = paper is not None and paper.reverse
        return Style(
            color=ink.colour,
            bgcolor=None if paper is None else paper.colour,
            bold=bold or ink.bold,
            dim=(dim or ink.dim) and not on_block,  # a terminal would dim the block, and the text in it is hard to read
            underline=ink.underline,
            reverse=reverse != on_block,
        )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.1, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
