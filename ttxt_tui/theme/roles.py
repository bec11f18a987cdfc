"""The colours of the workstation by what they mean.

Owns the list of roles and what each is for. A theme gives every role a colour; widgets and painters name roles only,
never a colour. Knows nothing of files, Rich or Textual.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Role = Literal[
    "background",
    "panel",
    "panel_alt",
    "field",
    "header_bg",
    "bid_bar",
    "ask_bar",
    "bid_strong",
    "ask_strong",
    "text",
    "text_dim",
    "text_faint",
    "header_text",
    "tag_text",
    "accent",
    "key_hint",
    "bid",
    "ask",
    "up",
    "down",
    "up_dim",
    "down_dim",
    "ok",
    "warning",
    "error",
    "own_order",
    "staged_buy",
    "staged_sell",
    "position",
    "stop",
    "liquidation",
    "mark",
    "overlay_1",
    "overlay_2",
    "overlay_3",
    "link_a",
    "link_b",
    "link_c",
    "link_d",
    "session_practice",
    "session_paper",
    "session_replay",
    "session_live",
    "frame_practice",
    "frame_paper",
    "frame_replay",
    "frame_live",
    "border",
    "border_focus",
    "grid",
    "crosshair",
    "hatch",
    "heat_1",
    "heat_2",
    "heat_3",
    "heat_4",
    "heat_5",
    "heat_6",
]
"""A role's name: the key in a theme file; `$ttxt-panel-alt` in style sheets is the role `panel_alt`."""

Kind = Literal["surface", "text", "shape"]
"""What a role paints: the background of cells, characters to read, or lines, bars and blocks."""


class RoleSpec(NamedTuple):
    """What one role is for."""

    kind: Kind
    meaning: str
    on: tuple[Role, ...] = ()
    """The roles that text in this role is written on; a theme keeps a contrast of 4.5 on each."""


_PANES: Final[tuple[Role, ...]] = ("background", "panel", "panel_alt")

ROLES: Final[dict[Role, RoleSpec]] = {
    # Surfaces
    "background": RoleSpec("surface", "the screen behind and between the panes"),
    "panel": RoleSpec("surface", "the inside of a pane"),
    "panel_alt": RoleSpec("surface", "the cursor row, the selected row, the tab that is shown"),
    "field": RoleSpec("surface", "an input field, a button or a chip that is not chosen"),
    "header_bg": RoleSpec("surface", "the header and the footer"),
    "bid_bar": RoleSpec("surface", "the size bar behind a bid; the row of a large buy in the tape"),
    "ask_bar": RoleSpec("surface", "the size bar behind an ask; the row of a large sell in the tape"),
    "bid_strong": RoleSpec("surface", "the size bar of a bid beyond the larger size threshold"),
    "ask_strong": RoleSpec("surface", "the size bar of an ask beyond the larger size threshold"),
    # Text
    "text": RoleSpec(
        "text",
        "figures and words that matter",
        (*_PANES, "field", "header_bg", "bid_bar", "ask_bar", "bid_strong", "ask_strong"),
    ),
    "text_dim": RoleSpec("text", "labels and secondary figures", (*_PANES, "field", "header_bg", "bid_bar", "ask_bar")),
    "text_faint": RoleSpec("text", "column heads, axis values, units", (*_PANES, "header_bg")),
    "header_text": RoleSpec("text", "words in the header and the footer", ("header_bg",)),
    "tag_text": RoleSpec(
        "text",
        "text on a tag, chip or button that is filled with a strong colour",
        (
            "accent",
            "up",
            "down",
            "bid",
            "ask",
            "text",
            "text_dim",
            "ok",
            "warning",
            "error",
            "own_order",
            "staged_buy",
            "staged_sell",
            "position",
            "stop",
            "liquidation",
            "mark",
            "session_practice",
            "session_paper",
            "session_replay",
            "session_live",
        ),
    ),
    "accent": RoleSpec("text", "the one accent: what has the focus, what is chosen", (*_PANES, "header_bg")),
    "key_hint": RoleSpec("text", "the key in a hint such as `b buy`", ("panel", "header_bg")),
    "bid": RoleSpec("text", "bid prices, the buy side", (*_PANES, "bid_bar")),
    "ask": RoleSpec("text", "ask prices, the sell side", (*_PANES, "ask_bar")),
    "up": RoleSpec(
        "text", "rising: candles, changes, profit, buying aggressors", (*_PANES, "header_bg", "bid_bar", "heat_1")
    ),
    "down": RoleSpec(
        "text", "falling: candles, changes, loss, selling aggressors", (*_PANES, "header_bg", "ask_bar", "heat_1")
    ),
    "up_dim": RoleSpec("shape", "volume of a rising candle"),
    "down_dim": RoleSpec("shape", "volume of a falling candle"),
    "ok": RoleSpec("text", "connected, acknowledged, healthy", ("panel", "panel_alt", "header_bg")),
    "warning": RoleSpec("text", "late, near a limit, stale", (*_PANES, "header_bg")),
    "error": RoleSpec("text", "rejected, broken, over a limit", (*_PANES, "header_bg")),
    # What is ours
    "own_order": RoleSpec(
        "text", "our working orders and fills, wherever they stand", (*_PANES, "bid_bar", "ask_bar", "heat_1")
    ),
    "staged_buy": RoleSpec("text", "a buy that waits for Enter", ("panel", "panel_alt")),
    "staged_sell": RoleSpec("text", "a sell that waits for Enter", ("panel", "panel_alt")),
    "position": RoleSpec("text", "the position's entry and break-even", ("panel", "panel_alt")),
    "stop": RoleSpec("text", "the protective stop", ("panel", "panel_alt")),
    "liquidation": RoleSpec("text", "the liquidation price", ("panel", "panel_alt")),
    "mark": RoleSpec("text", "the venue's mark price", ("panel", "panel_alt")),
    # Chart
    "overlay_1": RoleSpec("text", "first chart overlay, its line and its name", ("panel",)),
    "overlay_2": RoleSpec("text", "second chart overlay", ("panel",)),
    "overlay_3": RoleSpec("text", "third chart overlay", ("panel",)),
    # Linked panes: the titles of those that show the same instrument
    "link_a": RoleSpec("text", "panes linked in group A", ("panel",)),
    "link_b": RoleSpec("text", "panes linked in group B", ("panel",)),
    "link_c": RoleSpec("text", "panes linked in group C", ("panel",)),
    "link_d": RoleSpec("text", "panes linked in group D", ("panel",)),
    # Sessions: the word in the header, the title of the pane with the focus; and, quieter, the frames of the others
    "session_practice": RoleSpec("text", "a PRACTICE session: simulated market and orders", ("panel", "header_bg")),
    "session_paper": RoleSpec("text", "a PAPER session: live market, simulated orders", ("panel", "header_bg")),
    "session_replay": RoleSpec("text", "a REPLAY session: recorded market, simulated orders", ("panel", "header_bg")),
    "session_live": RoleSpec("text", "a LIVE session: real money", ("panel", "header_bg")),
    "frame_practice": RoleSpec("shape", "the frames of panes in a PRACTICE session"),
    "frame_paper": RoleSpec("shape", "the frames of panes in a PAPER session"),
    "frame_replay": RoleSpec("shape", "the frames of panes in a REPLAY session"),
    "frame_live": RoleSpec("shape", "the frames of panes in a LIVE session"),
    # Lines
    "border": RoleSpec("shape", "rules and scroll bars"),
    "border_focus": RoleSpec("shape", "the frame of the pane that has the focus"),
    "grid": RoleSpec("shape", "grid lines behind a chart"),
    "crosshair": RoleSpec("shape", "the crosshair and the line of the last price"),
    "hatch": RoleSpec("shape", "prices beyond the subscribed depth: unknown, not empty"),
    # Heatmap: from nothing at all to the largest sizes; colours between them are blended
    "heat_1": RoleSpec("shape", "no resting size, and what marks in the heatmap are written on"),
    "heat_2": RoleSpec("shape", "small resting sizes"),
    "heat_3": RoleSpec("shape", "resting sizes below the middle"),
    "heat_4": RoleSpec("shape", "resting sizes above the middle"),
    "heat_5": RoleSpec("shape", "large resting sizes"),
    "heat_6": RoleSpec("shape", "the largest resting sizes"),
}
"""Every role, in the order in which theme files list them."""


def text_pairs() -> list[tuple[Role, Role]]:
    """Every (text role, background role) that the screen shows, for checks of contrast."""
    return [(role, surface) for role, spec in ROLES.items() for surface in spec.on]
