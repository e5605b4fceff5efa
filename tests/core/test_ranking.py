from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ropewalk.core.ranking import Candidate, Ranking, rank
from ropewalk.core.standing import Result, cell

BROKEN = "tests/test_api.py::test_totals"


def good(*fixed: str, name: str = "pytest", base_failed: int = 1) -> Result:
    return Result(name=name, standing="passed", passed=214, fixed=fixed, base_failed=base_failed)


def bad(*regressions: str, name: str = "pytest") -> Result:
    return Result(
        name=name, standing="failed", passed=213, failed=1, regressions=regressions, base_failed=1
    )


def candidate(alias: str, *checks: Result, agent: str = "claude", **more: object) -> Candidate:
    values = {"applies": True, "paths": ("cart.py",), **more}
    return Candidate(alias=alias, agent=agent, checks=checks, **values)


def order(ranking: Ranking) -> list[tuple[int, str]]:
    return [(row.rank, row.candidate.alias) for row in ranking.rows]


def why(ranking: Ranking, alias: str) -> str:
    return next(row.why for row in ranking.rows if row.candidate.alias == alias)


def test_a_race_as_a_person_sees_it():
    ranking = rank(
        [
            candidate("7.4", empty=True, unfinished="hit its time limit", paths=()),
            candidate("7.3", bad(BROKEN)),
            candidate("7.1", good("test_cart"), agreement=0.8, agrees_with=("7.2",), added=25),
            candidate("7.2", good("test_cart"), agreement=0.8, agrees_with=("7.1",), added=18),
        ]
    )
    assert order(ranking) == [(1, "7.2"), (2, "7.1"), (3, "7.3"), (4, "7.4")]
    assert why(ranking, "7.2") == "all checks, fixes the failing one, agrees with 7.1"
    assert why(ranking, "7.3") == f"breaks {BROKEN} (passed on the base)"
    assert why(ranking, "7.4") == "hit its time limit, no change"
    assert ranking.confidence == "7.2 leads; 7.1 passes too"
    assert [row.cells for row in ranking.rows] == [("214 ✓",), ("214 ✓",), ("213 ✓ 1 ✗",), ()]


def test_what_does_not_apply_stands_behind_what_fails():
    ranking = rank([candidate("1.1", good(), applies=False), candidate("1.2", bad("a"))])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert why(ranking, "1.1").startswith("does not apply on the target")


@pytest.mark.parametrize("standing", ["none", "wanted", "running", "not-run"])
def test_what_is_not_known_is_never_as_good_as_passed(standing: str):
    unknown = Result(name="pytest", standing=standing)
    ranking = rank([candidate("1.1", unknown, agreement=1.0), candidate("1.2", good())])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert ranking.confidence == "evidence incomplete: 1.1 not judged yet"


def test_a_candidate_without_the_evidence_that_others_have_is_unknown():
    ranking = rank([candidate("1.1", agreement=1.0), candidate("1.2", good())])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]


def test_outdated_evidence_is_unknown():
    ranking = rank([candidate("1.1", good("x"), outdated=True), candidate("1.2", good())])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert why(ranking, "1.1") == "checks are of an earlier version"


def test_the_run_with_the_bases_tests_counts_as_well():
    cheat = candidate("1.1", good("x"), with_base_tests=(bad("x"),), agreement=1.0)
    honest = candidate("1.2", good(), with_base_tests=(good(),))
    ranking = rank([cheat, honest])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert why(ranking, "1.2") == "all checks, with the base's tests too"
    assert ranking.rows[1].base_cells == ("213 ✓ 1 ✗",)


def test_what_fails_with_the_bases_tests_is_not_fixed():
    cheat = candidate("1.1", good("x", "y", base_failed=2), with_base_tests=(bad(),))
    half = candidate("1.2", good("x", "y", base_failed=2), with_base_tests=(good("x"),))
    ranking = rank([cheat, half, candidate("1.3", bad())])
    assert [row.fixed for row in ranking.rows] == [("x",), (), ()]
    assert why(ranking, "1.1") == "pytest fails with the base's tests"
    assert why(ranking, "1.2").endswith("fixes 1 of 2 failing")


def test_checks_that_are_not_required_do_not_count():
    lint = Result(name="lint", standing="failed", required=False, failed=9)
    assert order(rank([candidate("1.1", good(), lint), candidate("1.2", good())])) == [
        (1, "1.1"),
        (1, "1.2"),
    ]


def test_fewer_regressions_then_more_fixed():
    ranking = rank(
        [
            candidate("1.1", bad("a", "b")),
            candidate("1.2", bad("a")),
            candidate("1.3", good()),
            candidate("1.4", good("x")),
        ]
    )
    assert order(ranking) == [(1, "1.4"), (2, "1.3"), (3, "1.2"), (4, "1.1")]


def test_size_never_tells_two_agents_apart():
    small = candidate("1.1", good(), agent="codex", added=1)
    large = candidate("1.2", good(), agent="claude", added=900)
    ranking = rank([large, small])
    assert order(ranking) == [(1, "1.1"), (1, "1.2")]
    assert ranking.confidence == "1.1 and 1.2 are alike"


def test_files_that_most_leave_alone_count_before_size():
    wide = candidate("1.1", good(), added=1, paths=("cart.py", "setup.py"))
    rest = [candidate(f"1.{n}", good(), added=50) for n in (2, 3)]
    ranking = rank([wide, *rest])
    assert order(ranking) == [(1, "1.2"), (1, "1.3"), (3, "1.1")]
    assert ranking.rows[2].outside == ("setup.py",)
    assert why(ranking, "1.1") == "all checks, 1 file that most leave alone"


def test_half_is_not_most():
    ranking = rank([candidate(f"1.{n}", good(), paths=(f"{n % 2}.py",)) for n in range(4)])
    assert [row.outside for row in ranking.rows] == [("0.py",), ("1.py",), ("0.py",), ("1.py",)]


def test_not_to_know_whether_it_applies_is_not_as_good_as_that_it_does():
    ranking = rank([candidate("1.1", good(), applies=None), candidate("1.2", good())])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert why(ranking, "1.1") == "not known whether it applies, all checks"


def test_a_turn_that_ended_by_itself_comes_before_agreement():
    cut = candidate("1.1", good(), unfinished="hit its time limit", agreement=1.0)
    ranking = rank([cut, candidate("1.2", good())])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert why(ranking, "1.1") == "hit its time limit, all checks"


def test_fewer_failures_where_the_base_fails_as_well():
    worse = Result(name="pytest", standing="failed", failed=2, base_failed=3)
    better = Result(name="pytest", standing="failed", failed=1, fixed=("x", "y"), base_failed=3)
    ranking = rank([candidate("1.1", worse), candidate("1.2", better)])
    assert order(ranking) == [(1, "1.2"), (2, "1.1")]
    assert why(ranking, "1.2") == "pytest fails, fixes 2 of 3 failing"
    # one known failure less counts, even where the names of what was fixed are not known
    nameless = Result(name="pytest", standing="failed", failed=1, base_failed=3)
    assert order(rank([candidate("1.1", worse), candidate("1.2", nameless)]))[0] == (1, "1.2")


def test_equal_ones_are_listed_as_a_person_counts():
    ranking = rank([candidate(f"7.{n}", good()) for n in (10, 9, 2)])
    assert [row.candidate.alias for row in ranking.rows] == ["7.2", "7.9", "7.10"]


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ([], "nothing to choose from: no result changes anything"),
        ([candidate("1.1", empty=True)], "nothing to choose from: no result changes anything"),
        ([candidate("1.1", bad("a"))], "nothing passes"),
        ([candidate("1.1")], "no required check: ordered by agreement and scope only"),
        (
            [candidate("1.1", good()), candidate("1.2", bad())],
            "one stands out: 1.1 is the only one that passes",
        ),
    ],
)
def test_how_sure_the_order_is(candidates: list[Candidate], words: str):
    assert rank(candidates).confidence == words


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (good(), "214 ✓"),
        (bad(), "213 ✓ 1 ✗"),
        (Result(name="make", standing="passed"), "✓"),
        (Result(name="make", standing="failed"), "✗"),
        (Result(name="make", standing="failed", passed=3), "3 ✓ ✗"),
        (Result(name="make", standing="running"), "running"),
        (Result(name="make", standing="not-run"), "not run"),
        (Result(name="make", standing="timed-out", passed=3), "time limit"),
    ],
)
def test_cells(result: Result, words: str):
    assert cell(result) == words


# --- properties ----------------------------------------------------------------------------------

NAMES = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3).map(tuple)
STANDINGS = ["none", "wanted", "running", "passed", "failed", "timed-out", "not-run"]


@st.composite
def results(draw: st.DrawFn) -> Result:
    return Result(
        name=draw(st.sampled_from(["pytest", "lint"])),
        standing=draw(st.sampled_from(STANDINGS)),
        required=draw(st.booleans()),
        passed=draw(st.integers(0, 3)),
        failed=draw(st.integers(0, 2)),
        regressions=draw(NAMES),
        fixed=draw(NAMES),
        base_failed=draw(st.integers(0, 3)),
    )


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    return [
        Candidate(
            alias=f"1.{number}",
            agent=draw(st.sampled_from(["claude", "codex"])),
            applies=draw(st.sampled_from([True, False, None])),
            empty=draw(st.booleans()),
            outdated=draw(st.booleans()),
            unfinished=draw(st.sampled_from(["", "hit its time limit"])),
            checks=tuple(draw(st.lists(results(), max_size=2))),
            with_base_tests=tuple(draw(st.lists(results(), max_size=1))),
            added=draw(st.integers(0, 3)),
            paths=draw(NAMES),
            agreement=draw(st.sampled_from([None, 0.0, 0.5, 1.0])),
            agrees_with=draw(NAMES),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@given(candidates(), st.randoms(use_true_random=False))
def test_the_order_of_the_given_does_not_matter(given_ones, random):
    shuffled = list(given_ones)
    random.shuffle(shuffled)
    assert rank(shuffled) == rank(given_ones)


@given(candidates())
def test_nothing_is_hidden_and_ranks_only_rise(given_ones):
    rows = rank(given_ones).rows
    assert sorted(row.candidate.alias for row in rows) == [one.alias for one in given_ones]
    ranks = [row.rank for row in rows]
    assert ranks == sorted(ranks)
    assert all(
        rank in (before, at)
        for at, (before, rank) in enumerate(zip([1, *ranks], ranks, strict=False), 1)
    )
    assert all(row.why for row in rows)


BETTER = {
    "applies": lambda one: replace(one, applies=True),
    "finished": lambda one: replace(one, unfinished=""),
    "current": lambda one: replace(one, outdated=False),
    "agrees": lambda one: replace(one, agreement=1.0),
    "smaller": lambda one: replace(one, added=0),
    "all pass": lambda one: replace(
        one,
        outdated=False,
        checks=tuple(_passed(check) for check in one.checks),
        with_base_tests=tuple(_passed(check) for check in one.with_base_tests),
    ),
    "no regressions": lambda one: replace(
        one, checks=tuple(replace(check, regressions=()) for check in one.checks)
    ),
}


def _passed(check: Result) -> Result:
    return replace(check, standing="passed", regressions=(), failed=0, fixed=("a", "b", "c"))


@given(candidates(), st.data())
@pytest.mark.parametrize("better", BETTER)
def test_what_gets_better_never_falls(better, given_ones, data):
    assume(given_ones)
    at = data.draw(st.integers(0, len(given_ones) - 1))
    if better == "current":  # what is known to be bad is no better than what is unknown
        given_ones[at] = BETTER["all pass"](replace(given_ones[at]))
        given_ones[at] = replace(given_ones[at], outdated=True)
    alias = given_ones[at].alias
    improved = [*given_ones[:at], BETTER[better](given_ones[at]), *given_ones[at + 1 :]]
    assert _rank_of(alias, improved) <= _rank_of(alias, given_ones)


def _rank_of(alias: str, given_ones: list[Candidate]) -> int:
    return next(row.rank for row in rank(given_ones).rows if row.candidate.alias == alias)
