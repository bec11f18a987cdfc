"""Painters: pure functions from a view, a palette and a size to strips. No widget, no clock, no I/O."""
