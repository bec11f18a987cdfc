"""Queues: how events get from who makes them to who uses them."""
