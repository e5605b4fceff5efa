"""Git, always through one hardened call; the project's own bare store and the person's repository."""
