"""Workspaces of attempts and checks on this host."""
