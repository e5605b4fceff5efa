"""The gateway: one process for each host, the only way from a sandbox to the network and to models."""
