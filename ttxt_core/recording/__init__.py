"""Recording: market events to binary files, and back as the same events."""
