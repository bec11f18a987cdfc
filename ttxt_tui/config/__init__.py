"""Settings: what a user may choose, read from one TOML file."""
