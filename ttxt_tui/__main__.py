"""`python -m ttxt_tui`."""

import sys

from ttxt_tui.cli import main

sys.exit(main())
