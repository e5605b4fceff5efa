"""The reference pages, made from the code: `python -m docs.generate` writes them, a test compares them.

Each module makes one page and has `page() -> str`.
"""
