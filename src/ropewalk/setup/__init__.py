"""Finding what makes a project's workspaces ready."""
