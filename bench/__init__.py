"""Benchmarks: `python -m bench.NAME [--quick]` prints a table, then one flat JSON object as its last line."""
