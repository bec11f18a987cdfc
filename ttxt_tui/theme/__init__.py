"""Themes: TOML files to roles to the palette that painters use."""

from ttxt_tui.theme.loader import DEFAULT_THEME, NO_COLOUR_THEME, ThemeError, load_theme, read_theme, theme_files
from ttxt_tui.theme.palette import Palette, RoleColour, Theme, contrast
from ttxt_tui.theme.roles import ROLES, Role, RoleSpec, text_pairs

__all__ = [
    "DEFAULT_THEME",
    "NO_COLOUR_THEME",
    "ROLES",
    "Palette",
    "Role",
    "RoleColour",
    "RoleSpec",
    "Theme",
    "ThemeError",
    "contrast",
    "load_theme",
    "read_theme",
    "text_pairs",
    "theme_files",
]
