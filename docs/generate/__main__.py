"""`python -m docs.generate`: write every reference page anew."""

import sys

from docs.generate.pages import FOLDER, PAGES


def main() -> int:
    """Write the pages that differ, and say which."""
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
