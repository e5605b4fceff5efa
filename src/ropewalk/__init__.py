"""Ropewalk keeps many coding agents at work on one repository."""

__version__ = "0.1.0"
