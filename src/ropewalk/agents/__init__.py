"""Profiles of agents, the configuration that names them, and where they are found."""
