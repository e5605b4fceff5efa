"""The host daemon, which owns workspaces and runners, and the hub's link to it."""
