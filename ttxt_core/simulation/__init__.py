"""Simulation: an exchange that fills orders from market events, and a market that needs no venue."""
