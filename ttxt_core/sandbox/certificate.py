"""A certificate authority made at start, for `--tls`. It lives as long as the sandbox."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from ttxt_core.errors import ConfigError


class Certificate:
    """A certificate for loopback addresses, and the authority that signed it.

    Attributes:
        ca: the authority's certificate, a PEM file that clients are told to trust; gone after `close`.
        context: for the server.
    """

    def __init__(self) -> None:
        """Make both.

        Raises:
            ConfigError: the package that makes certificates is not installed.
        """
        try:
            import trustme  # noqa: PLC0415 - an extra; only TLS needs it
        except ImportError as error:
            raise ConfigError(
                "serve with TLS", f"{error.name} is not installed", "install the extra: pip install 'ttxt-tui[sandbox]'"
            ) from error
        authority = trustme.CA()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(self.context)
        self._folder = TemporaryDirectory(prefix="ttxt-sandbox-")
        self.ca = Path(self._folder.name) / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))

    def close(self) -> None:
        """Delete the file."""
        self._folder.cleanup()
