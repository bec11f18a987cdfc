"""What the examples are called with: ``python -m examples.dummy.dummy_client_example [--c=FILE]``."""

import argparse
from pathlib import Path


def config_path(example: str) -> Path:
    """The config file that was named, or the one beside the module whose ``__file__`` is `example`."""
    beside = Path(example).with_name("config.toml")
    parser = argparse.ArgumentParser()
    parser.add_argument("--c", type=Path, default=beside, metavar="FILE", help=f"config file (default: {beside})")
    chosen: Path = parser.parse_args().c
    return chosen
