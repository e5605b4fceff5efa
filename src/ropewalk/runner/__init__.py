"""The thin process beside each run: moves bytes, spools them durably, enforces limits."""
