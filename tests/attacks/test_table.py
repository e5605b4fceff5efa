"""The page of attacks says what the attacks are."""

from tests.attacks.table import PAGE, page


def test_the_page_is_of_these_attacks():
    assert PAGE.read_text() == page(), "write it anew: python -m tests.attacks.table"
