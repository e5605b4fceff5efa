"""Conflict markers in a diff."""

from ropewalk.core.conflicts import left_over

HEAD = "diff --git a/a b.txt b/a b.txt\n--- a/a b.txt\n+++ b/a b.txt\n@@ -1,3 +1,7 @@\n"
WHOLE = "+<<<<<<< ours\n+x\n+=======\n+y\n+>>>>>>> theirs\n"


def test_a_whole_conflict_is_named_by_its_file() -> None:
    assert left_over(HEAD + " one\n" + WHOLE) == ("a b.txt",)
    assert left_over(HEAD + WHOLE + WHOLE + HEAD.replace("a b", "c") + WHOLE) == (
        "a b.txt",
        "c.txt",
    )


def test_markers_that_were_there_that_go_or_that_are_half_of_one_are_none() -> None:
    assert left_over(HEAD + WHOLE.replace("+", " ")) == ()
    assert left_over(HEAD + WHOLE.replace("+", "-")) == ()
    assert left_over(HEAD + "+<<<<<<< EOF\n+text\n") == ()
    assert left_over(HEAD + "+>>>>>>> quoted\n") == ()
    assert left_over(HEAD + "+=======\n") == ()
    assert left_over("") == ()
