"""Where secrets are kept: the system's keyring, or files of the person's alone."""
