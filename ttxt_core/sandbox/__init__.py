"""Sandbox exchanges: a venue's own protocol on loopback, over the simulated exchange, with faults on demand."""
