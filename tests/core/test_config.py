import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.config import AgentTable, Config, File, merge, parse
from ropewalk.core.errors import Refused
from ropewalk.core.records import Check
from ropewalk.core.settings import KEYS, KINDS, TABLES, Key
from ropewalk.core.values import duration

WHOLE = """
[agents.mine]
command = "tool --go {prompt}"
model = "small"
models = ["small", "large"]
environment = { LEVEL = "3" }
passes = ["MY_KEY"]
memory_mb = 90

[agents.spoken]
acp = ["tool", "--acp"]

[checks.tests]
run = "pytest -q --junitxml '{report}'"
report = "junit"
limit = "1h30m"
tests = ["tests/**"]
config = ["conftest.py"]

[checks.lint]
run = ["ruff", "check"]
required = false
limit = 5

[task]
agent = "mine:2"
count = 3
limit = "20m"
merge = "rebase"

[limits]
attempts = 6
memory_keep_mb = 1000
disk_mb = 50000
"""


def test_a_whole_file() -> None:
    file = parse(WHOLE, name="ropewalk.toml")
    assert file == File(
        name="ropewalk.toml",
        agents=(
            AgentTable(
                name="mine",
                kind="command",
                argv=("tool", "--go", "{prompt}"),
                model="small",
                models=("small", "large"),
                environment={"LEVEL": "3"},
                passes=("MY_KEY",),
                memory_mb=90,
                found_in="ropewalk.toml",
            ),
            AgentTable(name="spoken", kind="acp", argv=("tool", "--acp"), found_in="ropewalk.toml"),
        ),
        checks=(
            Check(
                name="tests",
                argv=("pytest", "-q", "--junitxml", "{report}"),
                report="junit",
                limit_s=5400,
                tests=("tests/**",),
                config=("conftest.py",),
                found_in="ropewalk.toml",
            ),
            Check(
                name="lint",
                argv=("ruff", "check"),
                required=False,
                limit_s=5,
                found_in="ropewalk.toml",
            ),
        ),
        agent="mine:2",
        count=3,
        limit_s=1200,
        merge="rebase",
        attempts=6,
        memory_keep_mb=1000,
        disk_mb=50000,
    )


def test_an_empty_file_says_nothing() -> None:
    assert parse("", name="x") == File(name="x")
    assert merge(File(name="a"), File(name="b")) == Config()


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("[agnts.x]", "no table 'agnts'. Did you mean agents?", "agents, checks"),
        (
            "[agents.x]\ncomand = 'a'",
            "[agents.x] has no key 'comand'. Did you mean command?",
            "acp",
        ),
        ("[task]\nlimt = 3", "[task] has no key 'limt'. Did you mean limit?", "count"),
        ("a = ", "is not valid TOML", "line"),
        ("agents = 3", "[agents] must be a table, not 3", "[agents]"),
        ("[agents]\nx = 3", "[agents.x] must be a table", "[agents.x]"),
        ("[agents.'a b']\nacp = 'x'", "has a name that cannot be typed easily", "letters"),
        ("[agents.x]\ncommand = 'a {prompt}'\nacp = 'a'", "has both command and acp", "Keep"),
        ("[agents.x]\ncommand = 'a'", "no {prompt}", "{prompt}"),
        ("[agents.x]\ncommand = 'a'\nprompt = 'file'", "no {file}", "{file}"),
        ("[agents.x]\nacp = 'a'\nprompt = 'stdin'", "prompt has no meaning with acp", "Remove"),
        ("[agents.x]\nacp = 'a'\nresume = 'b'", "resume has no meaning with acp", "Remove"),
        ("[agents.x]\ncommand = 'a {prompt}'\nprompt = 'stdn'", "Did you mean stdin?", "prompt"),
        ("[agents.x]\ncommand = 'a {prompt}'\nresume = 'a'", "resume has no {prompt}", "{prompt}"),
        ("[agents.x]\ncommand = []", "command must not be empty", "command"),
        ("[agents.x]\ncommand = ['']", "command must not be empty", "command"),
        ("[agents.x]\ncommand = ['a', 3]", "3 in it is not one", "command"),
        ("[agents.x]\nacp = 'a \"b'", "cannot be split into words", "acp"),
        ("[agents.x]\nmemory_mb = true", "memory_mb must be a whole number", "MB"),
        ("[agents.x]\nmemory_mb = 0", "memory_mb must be a whole number, 1 or more", "MB"),
        ("[agents.x]\npasses = ['A B']", "must hold names of variables", "Variables"),
        ("[agents.x]\nenvironment = {A = 1}", "must hold strings; A is 1", "Environment"),
        ("[agents.x]\nenvironment = {X_API_KEY = 'a'}", "looks like one", 'passes = ["X_API_KEY"]'),
        ("[agents.x]\nmodel = 'c'\nmodels = ['a']", "'c' is not among its models", "models"),
        ("[agents.x]\nmodel = ' '", "model must not be empty", "model"),
        ("[checks.x]", "[checks.x] has no run", "run ="),
        ("[checks.x]\nrun = 'a && b'", "without a shell, so && has no meaning", '"sh"'),
        ("[checks.x]\nrun = 'a {report}'", "report is none", "junit"),
        ("[checks.x]\nrun = 'a'\nrequired = 'yes'", "required must be true or false", "required"),
        ("[checks.x]\nrun = 'a'\ntests = ['../x']", "below the repository", "tests"),
        ("[checks.x]\nrun = 'a'\ntests = 'x'", "must be a list of strings", "tests"),
        ("[checks.x]\nrun = 'a'\nlimit = '3 weeks'", "not '3 weeks'", "limit"),
        ("[checks.x]\nrun = 'a'\nlimit = 0", "more than 0", "limit"),
        ("[checks.x]\nrun = 'a'\nlimit = nan", "limit must be", "limit"),
        ("[checks.x]\nrun = 'a'\nlimit = inf", "at most 30 days", "limit"),
        ("[task]\nmerge = 3", "merge must be one of squash, merge, rebase, not 3", "merge"),
        ("[task]\ncount = -1", "count must be a whole number", "count"),
        ("[limits]\nattempts = 99999999999", "attempts is too large", "attempts"),
    ],
)
def test_what_is_refused(text: str, words: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, name="/p/ropewalk.toml")
    assert refused.value.message.startswith("/p/ropewalk.toml")
    assert words in refused.value.message
    assert hint in refused.value.hint
    assert refused.value.message.endswith((".", "?"))


def test_the_project_adds_and_narrows() -> None:
    person = parse(
        "[agents.a]\nacp='mine'\n[checks.t]\nrun='mine'\n[checks.u]\nrun='u'\n[task]\ncount=4\n"
        "limit='10m'\nagent='a'\n[limits]\nattempts=5\nmemory_keep_mb=700",
        name="person",
    )
    project = parse(
        "[agents.a]\nacp='theirs'\n[agents.b]\nacp='b'\n[checks.t]\nrun='theirs'\n[task]\ncount=9\n"
        "limit='1h'\nmerge='merge'\nagent='b'\n[limits]\nattempts=50\nmemory_keep_mb=1",
        name="project",
    )
    config = merge(person, project)
    assert {name: one.argv for name, one in config.agents.items()} == {"a": ("mine",), "b": ("b",)}
    assert {one.name: one.argv for one in config.checks} == {"t": ("theirs",), "u": ("u",)}
    assert (config.count, config.limit_s, config.attempts) == (4, 600, 5)
    assert config.memory_keep_mb == 700
    assert (config.agent, config.merge) == ("b", "merge")


def test_the_project_may_narrow_further() -> None:
    project = parse("[task]\nlimit=5\n[limits]\nattempts=2\nmemory_keep_mb=2000", name="project")
    config = merge(File(name="none", attempts=9), project)
    assert (config.limit_s, config.attempts, config.memory_keep_mb) == (5, 2, 2000)


def test_every_key_is_described_and_every_table_has_keys() -> None:
    assert {key.table for key in KEYS} == {table.name for table in TABLES}
    assert {key.kind for key in KEYS} <= KINDS.keys()
    assert len({(key.table, key.name) for key in KEYS}) == len(KEYS)
    assert all(key.meaning.endswith(".") for key in KEYS)
    assert all(bool(key.choices) == (key.kind == "choice") for key in KEYS)


def test_the_defaults_named_are_the_defaults() -> None:
    example = {"checks": "run = 'x'\n"}
    for table in TABLES:
        title = table.title.replace("NAME", "x")
        named = [
            f"{key.name} = {key.default}" for key in KEYS if key.table == table.name and key.default
        ]
        bare = f"{title}\n{example.get(table.name, '')}"
        person = merge(parse(bare, name="x"), File(name="y"))
        spelled = merge(parse(bare + "\n".join(named), name="x"), File(name="y"))
        if table.name != "agents":
            assert spelled == person


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("7", 7), ("1.5", 1.5)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "1x", "-3s", "0", "1m1h", "nan", "99999h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Refused) as refused:
        duration(text)
    assert "1h30m" in refused.value.hint


VALUES = st.recursive(
    st.one_of(
        st.integers(-5, 5).map(str),
        st.sampled_from(["true", "nan", "1.5", "'x'", '"a b"', '"\\u0000"', "2020-01-01", "''"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda one: "[" + ", ".join(one) + "]"),
        st.lists(inner, max_size=1).map(lambda one: "{" + ", ".join(f"a = {v}" for v in one) + "}"),
    ),
    max_leaves=4,
)


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_is_taken_or_refused(key: Key, value: str) -> None:
    title = f"{key.table}.x" if key.table in ("agents", "checks") else key.table
    refused: Refused | None = None
    try:
        parse(f"[{title}]\n{key.name} = {value}\n", name="f")
    except Refused as error:
        refused = error
    assert refused is None or (refused.message.startswith("f: [") and refused.hint)


def test_only_the_person_hands_out_variables() -> None:
    project = parse(
        "[agents.fixer]\ncommand = ['fixer', '{prompt}']\nmemory_mb = 9", name="ropewalk.toml"
    )
    person = parse("[agents.fixer]\npasses = ['FIXER_KEY']", name="mine")
    fixer = merge(person, project).agents["fixer"]
    assert (fixer.argv, fixer.memory_mb, fixer.passes) == (("fixer", "{prompt}"), 9, ("FIXER_KEY",))

    greedy = parse(
        "[agents.fixer]\ncommand = ['fixer', '{prompt}']\npasses = ['FIXER_KEY']",
        name="ropewalk.toml",
    )
    with pytest.raises(Refused) as refused:
        merge(parse("", name="mine"), greedy)
    assert "[agents.fixer] passes would hand out your variables" in refused.value.message
    assert 'passes = ["FIXER_KEY"]' in refused.value.hint
    own = parse("[agents.fixer]\ncommand = ['other', '{prompt}']", name="mine")
    assert merge(own, project).agents["fixer"].argv[0] == "other"
