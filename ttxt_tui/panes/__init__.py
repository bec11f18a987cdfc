"""Panes: one widget each, painted from plain state."""
