"""The workstation: a terminal screen on top of `ttxt_core`, one consumer of its events among others.

Importing this package loads neither Textual nor the library; commands and panes import what they use.
"""

__all__ = ["__version__"]

__version__: str
"""Version of the installed distribution, looked up when it is asked for."""


def __getattr__(name: str) -> str:
    """Look `__version__` up in the installed metadata; raise AttributeError for any other name."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("ttxt-tui")
