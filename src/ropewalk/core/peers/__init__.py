"""What other tools keep in a repository about its workspaces, read as data. Pure; nothing is executed."""
