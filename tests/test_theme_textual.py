"""Themes inside Textual: style sheets know every role, and a theme without colours sends none."""

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Input, Static

from ttxt_tui.theme import ROLES, load_theme, theme_files
from ttxt_tui.theme.textual_theme import role_variables, textual_theme


class ThemedApp(App[None]):
    CSS = "\n".join(
        f"#{role} {{ color: $ttxt-{name}; background: $ttxt-{name}; text-style: $ttxt-{name}-style; }}"
        for role, name in ((role, role.replace("_", "-")) for role in ROLES)
    )

    def __init__(self, theme: str) -> None:
        self.first = load_theme(theme)
        super().__init__(ansi_color=True if self.first.colourless else None)
        for name in theme_files():
            self.register_theme(textual_theme(load_theme(name)))
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return role_variables(load_theme("ttxt-dark"))

    def compose(self) -> ComposeResult:
        yield Input("typed")
        for role in ROLES:
            yield Static(role, id=role)


@pytest.mark.parametrize("name", sorted(theme_files()))
async def test_style_sheets_know_every_role(name: str) -> None:
    app = ThemedApp(name)
    async with app.run_test() as pilot:
        for role, ink in app.first.roles.items():
            styles = app.query_one(f"#{role}").styles
            assert styles.color == Color.parse(ink.css)
            assert styles.background == Color.parse(ink.css)
            assert styles.text_style.reverse == (ink.reverse or None)
        app.theme = "textual-dark"
        await pilot.pause()
        assert app.query_one("#bid").styles.color == Color.parse(load_theme("ttxt-dark").roles["bid"].css)


async def test_a_theme_without_colours_sends_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ThemedApp("no-color")
    async with app.run_test() as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style is not None]
        assert styles
        for style in styles:
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
