"""A theme as Textual sees it: its own theme object, with a style-sheet variable for each of our roles.

`$ttxt-bid` is the colour of the role `bid`, `$ttxt-bid-style` its attributes (`text-style: $ttxt-bid-style`), which is
what tells roles apart in a theme without colours.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme as TextualTheme

from ttxt_tui.theme.palette import Theme


def role_variables(theme: Theme) -> dict[str, str]:
    """The style-sheet variables of all roles, without the `$`.

    An app returns those of its first theme from `get_theme_variable_defaults`, so that style sheets also parse while
    one of Textual's own themes is current.
    """
    variables: dict[str, str] = {}
    for role, ink in theme.roles.items():
        name = f"ttxt-{role.replace('_', '-')}"
        variables[name] = ink.css
        variables[f"{name}-style"] = ink.text_style
    return variables


def session_variables(variables: Mapping[str, str], kind: str) -> dict[str, str]:
    """What `$ttxt-session` and `$ttxt-frame` are in a session of `kind` (`practice`, `paper`, `replay`, `live`).

    `variables` are a theme's; an app adds these in `get_css_variables`.
    """
    return {
        f"ttxt-{role}{part}": variables[f"ttxt-{role}-{kind}{part}"]
        for role in ("session", "frame")
        for part in ("", "-style")
    }


def textual_theme(theme: Theme) -> TextualTheme:
    """The theme to register with the app; Textual's own widgets (inputs, scroll bars, dialogs) get their colours too.

    A colourless theme is native ANSI: the app must be made with `ansi_color=True` when it starts with one, else Textual
    turns the terminal's own colours into black under `NO_COLOR`.
    """
    colour = {role: ink.css for role, ink in theme.roles.items()}
    # Textual leaves it to native ANSI themes to define these two.
    ansi = {"ansi-background": colour["background"], "ansi-foreground": colour["text"]} if theme.colourless else {}
    return TextualTheme(
        name=theme.name,
        primary=colour["accent"],
        secondary=colour["text_dim"],
        accent=colour["accent"],
        warning=colour["warning"],
        error=colour["error"],
        success=colour["ok"],
        foreground=colour["text"],
        background=colour["background"],
        surface=colour["panel"],
        panel=colour["panel_alt"],
        dark=theme.dark,
        ansi=theme.colourless,
        variables={
            **role_variables(theme),
            **ansi,
            "block-cursor-background": colour["panel_alt"],
            "block-cursor-foreground": colour["text"],
            "block-cursor-text-style": theme.roles["panel_alt"].text_style,
            "block-cursor-blurred-background": colour["panel_alt"],
            "block-cursor-blurred-foreground": colour["text_dim"],
            "border": colour["border_focus"],
            "border-blurred": colour["border"],
            "footer-background": colour["header_bg"],
            "footer-foreground": colour["header_text"],
            "footer-key-foreground": colour["key_hint"],
            "footer-description-foreground": colour["header_text"],
            "input-cursor-background": colour["text"],
            "input-cursor-foreground": colour["panel"],
            "input-selection-background": colour["field"],
            "link-color": colour["accent"],
            "link-color-hover": colour["tag_text"],
            "link-background-hover": colour["accent"],
            "screen-selection-background": colour["field"],
            "screen-selection-foreground": colour["text"],
            "scrollbar": colour["border"],
            "scrollbar-hover": colour["text_faint"],
            "scrollbar-active": colour["text_dim"],
            "scrollbar-background": colour["panel"],
            "scrollbar-background-hover": colour["panel"],
            "scrollbar-background-active": colour["panel"],
            "scrollbar-corner-color": colour["panel"],
        },
    )
