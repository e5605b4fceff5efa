"""What a box shows of this machine: found from a PATH, a home and a command."""
