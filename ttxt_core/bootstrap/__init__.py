"""From a config file to a running client: `run` is the whole of a user's program."""

from ttxt_core.bootstrap.config import ClientConfig, load_client_config
from ttxt_core.bootstrap.opening import open_session
from ttxt_core.bootstrap.running import run, run_async

__all__ = ["ClientConfig", "load_client_config", "open_session", "run", "run_async"]
