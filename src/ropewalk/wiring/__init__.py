"""Wiring: the only place where adapters are chosen and configuration is read."""
