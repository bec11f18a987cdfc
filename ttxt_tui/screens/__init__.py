"""Screens: layouts and dialogs, one style sheet each."""
