"""`python -m ropewalk` is the command line."""

import sys

from ropewalk.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
