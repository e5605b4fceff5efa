"""Frames of a run's spool (placeholder until the codec lands)."""
