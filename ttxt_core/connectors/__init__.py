"""Connectors: each venue speaks its own protocol in a folder of its own."""
