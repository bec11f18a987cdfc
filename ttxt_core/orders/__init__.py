"""Orders: their states, their tracking, the limits on them and their way to an executor."""
