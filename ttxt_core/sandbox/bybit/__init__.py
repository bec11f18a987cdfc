"""Bybit v5 as a sandbox: REST, public, private and trade sockets for spot and linear."""
