import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.box import RUNGS, Bounds, Box, Kept
from ropewalk.core.boxing import Kind, Machine, box_of, box_words, rung_of
from ropewalk.core.config import merge, parse
from ropewalk.core.errors import Refused
from ropewalk.core.found import Found
from ropewalk.core.machinerules import MachineRules, Said, line_of, narrowed, parse_machine
from ropewalk.core.rules import PRESETS, Rules, expanded
from ropewalk.core.settings.machine import MACHINE_KEYS, MACHINE_TABLES

PERSON = """
[sandbox]
minimum = "landlock"
seen = ["/data/tools", "~/models/"]
hidden = ["/data/tools/keys"]
nested = true
memory_mb = 4000
processes = 900
[network]
preset = "registries"
domains = ["Example.org", "*.example.com"]
"""


def both(person: str = "", project: str = "") -> Rules:
    return merge(
        parse(person, name="your configuration"), parse(project, name="ropewalk.toml")
    ).rules


# --- the person and the project ------------------------------------------------------------------


def test_what_the_person_says() -> None:
    assert both(PERSON) == Rules(
        minimum="landlock",
        seen=("/data/tools", "~/models"),
        hidden=("/data/tools/keys",),
        nested=True,
        bounds=Bounds(memory_mb=4000, processes=900),
        preset="registries",
        domains=("example.org", "*.example.com"),
    )
    assert both() == Rules()


def test_the_project_narrows() -> None:
    project = """
[sandbox]
minimum = "full"
hidden = ["~/models/private"]
nested = false
logins = false
memory_mb = 9000
processes = 100
[network]
preset = "listed"
"""
    rules = both(PERSON, project)
    assert (rules.minimum, rules.nested, rules.logins, rules.preset) == (
        "full",
        False,
        False,
        "listed",
    )
    assert rules.bounds == Bounds(memory_mb=4000, processes=100)
    assert rules.hidden == ("/data/tools/keys", "~/models/private")


def test_the_project_cannot_lower() -> None:
    rules = both(PERSON, '[sandbox]\nminimum = "none"\n[network]\npreset = "open"')
    assert (rules.minimum, rules.preset) == ("landlock", "registries")


def test_what_the_project_asks_for_is_told_apart() -> None:
    rules = both('[sandbox]\nseen=["/a"]', '[sandbox]\nseen=["/b"]')
    assert (rules.seen, rules.asked) == (("/a",), ("/b",))


@pytest.mark.parametrize(
    "line", ['rung = "none"', "nested = true", "logins = true", 'written = ["/a"]']
)
def test_a_project_that_opens_is_refused(line: str) -> None:
    with pytest.raises(Refused) as refused:
        both(PERSON, f"[sandbox]\n{line}")
    assert "ropewalk.toml: [sandbox]" in refused.value.message
    assert "your own configuration" in refused.value.hint


def test_using_less_than_is_demanded_is_refused() -> None:
    with pytest.raises(Refused, match="weaker than the weakest allowed"):
        both('[sandbox]\nrung = "landlock"', '[sandbox]\nminimum = "full"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[sandbox]\nseen = ["~"]', "absolute or beginning with"),
        ('[sandbox]\nseen = ["~/"]', "must not show everything"),
        ('[sandbox]\nseen = ["/"]', "must not show everything"),
        ('[sandbox]\nseen = ["tools"]', "absolute or beginning with"),
        ('[sandbox]\nseen = ["/a/../root"]', "without `..`"),
        ('[sandbox]\nminimum = "ful"', "Did you mean full?"),
        ("[sandbox]\nmemory = 3", "has no key 'memory'. Did you mean memory_mb?"),
        ('[network]\ndomains = ["https://x"]', "'https://x' is none"),
        ('[network]\ndomains = ["*"]', "'*' is none"),
        ('[network]\npreset = "all"', "must be one of none, listed, registries, open"),
    ],
)
def test_bad_rules(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, name="ropewalk.toml")
    assert words in refused.value.message


def test_a_path_below_the_home() -> None:
    assert expanded("~/x", "/home/ann") == "/home/ann/x"
    assert expanded("/x/~/y", "/home/ann") == "/x/~/y"


# --- the machine's -------------------------------------------------------------------------------

MACHINE = """
# what every run keeps
[sandbox]
minimum = "full"
memory_mb = 2000

[network]
preset = "listed"
domains = ["example.org"]
[agents]
allowed = ["claude"]
[budget]
day_usd = 20
"""


def test_a_machine_fixes() -> None:
    machine = parse_machine(MACHINE, "/etc/x")
    rules = narrowed(both(PERSON), machine)
    assert (rules.minimum, rules.preset, rules.domains) == ("full", "listed", ("example.org",))
    assert rules.bounds == Bounds(memory_mb=2000, processes=900)
    assert machine.budgets == (("day_usd", 20),)
    assert machine.said[0] == Said(title="[sandbox] minimum", value="full", line=4)
    assert machine.where("[agents] allowed") == "/etc/x line 11"


def test_a_machine_that_says_nothing_changes_nothing() -> None:
    assert narrowed(both(PERSON), parse_machine("")) == both(PERSON)
    assert narrowed(both(PERSON), MachineRules()) == both(PERSON)


def test_agents_that_are_allowed() -> None:
    machine = parse_machine(MACHINE, "/etc/x")
    machine.allow_agent("claude")
    with pytest.raises(Refused, match="does not allow the agent codex: /etc/x line 11"):
        machine.allow_agent("codex")
    with pytest.raises(Refused) as refused:
        parse_machine("[agents]\nallowed = []").allow_agent("claude")
    assert refused.value.hint == "Allowed here: none."
    MachineRules().allow_agent("anything")


def test_an_empty_list_of_domains_allows_none() -> None:
    rules = narrowed(both(PERSON), parse_machine("[network]\ndomains = []"))
    assert rules.domains == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[sandbx]", "there is no table 'sandbx'. Did you mean sandbox?"),
        ("[sandbox]\nrung = 'none'", "[sandbox] has no key 'rung'"),
        ("[sandbox]\nseen = ['/a']", "[sandbox] has no key 'seen'"),
        ("[agents.x]\nacp = 'y'", "[agents] has no key 'x'"),
        ("[budget]\nday_usd = 0", "[budget] day_usd must be a whole number"),
        ("sandbox = 3", "[sandbox] must be a table"),
        ("[", "is not valid TOML"),
    ],
)
def test_a_machine_with_bad_rules(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_machine(text, "/etc/x")
    assert refused.value.message.startswith("/etc/x")
    assert words in refused.value.message
    assert "Nothing runs" in refused.value.hint


def test_a_machine_and_a_person_that_exclude_each_other() -> None:
    with pytest.raises(Refused, match="weaker than the weakest"):
        narrowed(both('[sandbox]\nrung = "none"'), parse_machine('[sandbox]\nminimum = "full"'))


def test_lines() -> None:
    text = 'a = 1\n[x]\na = 2\n [ y ]\n"a" = 3 # [z]\nab = 1\n'
    assert [line_of(text, table, "a") for table in ("x", "y", "z")] == [3, 5, 0]


def test_every_rule_of_a_machine_is_described() -> None:
    assert {key.table for key in MACHINE_KEYS} == {table.name for table in MACHINE_TABLES}
    assert len({(key.table, key.name) for key in MACHINE_KEYS}) == len(MACHINE_KEYS)
    assert all(key.meaning.endswith(".") and not key.default for key in MACHINE_KEYS)


RULES = st.builds(
    Rules,
    minimum=st.sampled_from(RUNGS),
    nested=st.booleans(),
    logins=st.booleans(),
    bounds=st.builds(Bounds, memory_mb=st.integers(0, 3), files=st.integers(0, 3)),
    preset=st.sampled_from(PRESETS),
    domains=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
)
MACHINES = st.builds(
    MachineRules,
    minimum=st.none() | st.sampled_from(RUNGS),
    nested=st.none() | st.booleans(),
    logins=st.none() | st.booleans(),
    bounds=st.builds(Bounds, memory_mb=st.integers(0, 3), files=st.integers(0, 3)),
    preset=st.none() | st.sampled_from(PRESETS),
    domains=st.none() | st.lists(st.sampled_from("abc"), unique=True).map(tuple),
)


@given(RULES, MACHINES)
def test_a_machine_only_narrows(rules: Rules, machine: MachineRules) -> None:
    after = narrowed(rules, machine)
    assert RUNGS.index(after.minimum) <= RUNGS.index(rules.minimum)
    assert PRESETS.index(after.preset) <= PRESETS.index(rules.preset)
    assert set(after.domains) <= set(rules.domains)
    assert (after.nested, after.logins) <= (rules.nested, rules.logins)
    for name in ("memory_mb", "files"):
        was, now = getattr(rules.bounds, name), getattr(after.bounds, name)
        assert was == 0 or 0 < now <= was
    assert narrowed(after, machine) == after


# --- boxes ---------------------------------------------------------------------------------------

HERE = Machine(rung="full")
FOUND = Found(
    seen=("/home/ann/.pyenv",),
    hidden=("/home/ann/.pyenv/.env",),
    logins=("/home/ann/.claude",),
)


def test_a_box() -> None:
    rules = Rules(bounds=Bounds(files=9))
    box = box_of("agent", rules, "full", FOUND, home="/home/ann", ports=(4000, 10))
    assert box == Box(
        rung="full",
        home="/home/ann",
        seen=FOUND.seen,
        hidden=FOUND.hidden,
        kept=(Kept(source="/home/ann/.claude", at="/home/ann/.claude"),),
        ports=(4000, 10),
        bounds=Bounds(files=9),
        network="host",
    )
    assert box_words(box) == "full, network open"


@pytest.mark.parametrize(
    ("kind", "rules", "network"),
    [
        ("agent", Rules(), "host"),
        ("set-up", Rules(), "host"),
        ("check", Rules(), "own"),
        ("check", Rules(checks=True), "host"),
        ("check", Rules(checks=True, preset="none"), "own"),
        ("agent", Rules(preset="none"), "own"),
    ],
)
def test_networks(kind: Kind, rules: Rules, network: str) -> None:
    box = box_of(kind, rules, "full", FOUND, home="/home/ann")
    assert box is not None
    assert box.network == network
    assert box_words(box) == ("full" if network == "own" else "full, network open")


def test_what_a_machine_holds_is_used_unless_less_is_wanted() -> None:
    weak = Machine(rung="landlock", why="no namespaces", raise_by="Allow them.")
    assert rung_of(Rules(rung="full"), weak) == "landlock"
    assert rung_of(Rules(), HERE) == "none"
    assert rung_of(Rules(minimum="landlock"), HERE) == "landlock"
    assert rung_of(Rules(rung="none"), weak) == "none"
    assert rung_of(Rules(rung="landlock"), HERE) == "landlock"
    assert box_of("agent", Rules(), "none", FOUND, home="/home/ann") is None
    assert box_words(None) == "none"


def test_what_is_demanded_and_cannot_be_held_is_refused() -> None:
    weak = Machine(rung="landlock", why="no namespaces", raise_by="Allow them.")
    with pytest.raises(Refused) as refused:
        rung_of(Rules(minimum="full"), weak)
    assert "full at least, and it has landlock (no namespaces)" in refused.value.message
    assert refused.value.hint == "Allow them."
