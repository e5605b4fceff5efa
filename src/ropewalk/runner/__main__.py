"""The script that a host starts as `python -I -S …/runner/__main__.py`: no site packages are seen."""

import os
import sys

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from ropewalk.runner.start import main

    main()
