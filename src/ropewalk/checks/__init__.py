"""Finding a project's checks and reading what they report."""
