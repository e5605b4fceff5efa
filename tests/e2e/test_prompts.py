"""What a person may type wrongly when they ask for a task: each said in one sentence with a way out."""

from pathlib import Path

import pytest

from tests.e2e.instance import Instance
from tests.e2e.repository import Repository

SCRIPTED = ("--agent", "scripted")
DONE = "write made.txt by the agent"


def refused(rw: Instance, at: Path, *words: str, code: int = 1, text: str = "") -> str:
    """What a `run` that is refused says; no task was made."""
    before = rw.asks("ls", at=at)["counts"]
    said = rw.types("run", "--detach", "--yes", "--trust", *words, at=at, text=text)
    assert said.code == code, said
    assert len(said.err.splitlines()) >= 2, said
    assert "Traceback" not in said.err
    assert rw.asks("ls", at=at)["counts"] == before
    return said.err


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (("-n", "0", DONE), "-n must be 1 or more, not 0.", "One attempt is the least."),
        (("-n", "-3", DONE), "-n must be 1 or more, not -3.", "One attempt is the least."),
        (("-n", "1000", DONE), "-n must be at most 100, not 1000.", "Split the task."),
        (("-n", "0", *SCRIPTED, DONE), "-n must be 1 or more, not 0.", "One attempt is the least."),
        (("-n", "1000", *SCRIPTED, DONE), "-n must be at most 100", "Split the task."),
        (("--agent", "scripted:1000", DONE), "'scripted:1000' must be at most 100", "Split"),
        (("-n", "2", "--agent", "scripted:3", DONE), "-n says 2 attempts", "Leave out -n"),
        (("--agent", "scripd", DONE), 'No agent is called "scripd". Did you mean scripted?', "doctor"),
        (("--agent", "scripted@gpt", DONE), "which model to use", "Leave out @gpt"),
        (("--agent", "codex", DONE), "codex cannot be started: there is no program", "Install it:"),
        (("--agent", "../x", DONE), "does not name an agent", "Write NAME"),
        (("--limit", "0s", *SCRIPTED, DONE), "The time limit must be positive.", "--limit 20m"),
        (("--base", "nope", *SCRIPTED, DONE), "“nope” names no commit here.", "git branch"),
        (("--on", "nope", *SCRIPTED, DONE), "“nope” names no commit here.", "git branch"),
        (("--check", '"x', *SCRIPTED, DONE), "is not a command line", "Mind the quotes."),
        (("--on", "main", "--base", "main", *SCRIPTED, DONE), "exclude each other", "one of the"),
        (("-f", "/nope.md", *SCRIPTED), "/nope.md cannot be read", "Name another file"),
    ],
)  # fmt: skip
def test_refused(
    rw: Instance, plain: Repository, words: tuple[str, ...], sentence: str, hint: str
) -> None:
    before = plain.state()
    said = refused(rw, plain.path, *words)
    assert sentence in said
    assert hint in said
    assert plain.state() == before


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (("-n", "many", DONE), "Argument -n: invalid int value: 'many'.", "ropewalk help run"),
        (("--limit", "soon", DONE), "“soon” is no duration", "ropewalk help run"),
        (("--frob", DONE), "There is no option --frob of run.", "ropewalk run -- …"),
        (("",), "There is no prompt.", "Say what to do"),
        (("  \n ",), "There is no prompt.", "Say what to do"),
        (("-",), "The prompt is empty.", "Say what to do"),
        (("-x", "is", "ignored"), "There is no option -x of run.", "ropewalk run -- …"),
        (("-f", "a.py", "and words"), "There is a prompt and a file.", "Give one of them"),
    ],
)
def test_not_understood(
    rw: Instance, plain: Repository, words: tuple[str, ...], sentence: str, hint: str
) -> None:
    said = refused(rw, plain.path, *SCRIPTED, *words, code=2)
    assert sentence in said
    assert hint in said


def test_binary_not_executable_and_missing(rw: Instance, tmp_path: Path) -> None:
    config = (
        '[agents.mine]\ncommand = "./tool {prompt}"\n[agents.gone]\ncommand = "./gone {prompt}"'
    )
    repo = Repository(tmp_path / "repo", {"ropewalk.toml": config, "tool": "#!/bin/sh\n"})
    said = refused(rw, repo.path, "--agent", "mine", DONE)
    assert f"mine cannot be started: {repo.path}/tool is not executable." in said
    assert "chmod +x" in said
    said = refused(rw, repo.path, "--agent", "gone", DONE)
    assert "gone cannot be started: there is no program ./gone" in said
    assert "ropewalk.toml" in said


def test_binary_that_goes_after_it_was_found(rw: Instance, tmp_path: Path) -> None:
    """The attempt says why it has no process; with the program back, it goes on."""
    tool = tmp_path / "tool"
    tool.write_text("#!/nonexistent/interpreter\n")
    tool.chmod(0o755)
    config = f'[agents.mine]\ncommand = ["{tool}", "{{prompt}}"]\n'
    repo = Repository(tmp_path / "repo", {"ropewalk.toml": config})
    number = rw.starts("--agent", "mine", DONE, at=repo.path)["number"]
    found = rw.until(f"{number}.1", lambda one: one["outcome"], repo.path)
    assert found["group"] == "needs you"
    assert found["reason"], found
    tool.write_text("#!/bin/sh\necho done > made.txt\n")
    rw.does("resume", f"{number}.1", at=repo.path)
    assert rw.until(f"{number}.1", lambda one: one["versions"], repo.path)["outcome"] == "done"


def test_prompts_of_any_form_arrive_whole(rw: Instance, tmp_path: Path) -> None:
    """By standard input and by file: a megabyte, a dash in front, no line end, unicode."""
    config = (
        '[agents.in]\ncommand = ["sh", "-c", "cat > got"]\nprompt = "stdin"\n'
        '[agents.file]\ncommand = ["cp", "{file}", "got"]\nprompt = "file"\n'
        '[agents.arg]\ncommand = ["sh", "-c", "printf %s \\"$1\\" > got", "--", "{prompt}"]\n'
    )
    repo = Repository(tmp_path / "repo", {"ropewalk.toml": config})
    big = "- begin 🧵 \x1b[31m\n" + "0123456789abcde\n" * 65_536 + "end"
    for agent, prompt in (("in", big), ("file", big), ("arg", "-x is 'ignored' $HOME `id`")):
        number = rw.starts("--agent", agent, "-", at=repo.path, text=prompt)["number"]
        found = rw.until(f"{number}.1", lambda one: one["outcome"], repo.path)
        assert found["outcome"] == "done", found["reason"]
        got = rw.reads("got", f"{number}.1", repo.path)
        assert got == prompt, (agent, len(got), len(prompt))
        listed = rw.does("ls", at=repo.path).out
        assert "\x1b" not in listed
    said = rw.starts("--agent", "arg", "--", "-x is ignored", at=repo.path)
    assert said["title"] == "-x is ignored"


def test_a_prompt_that_cannot_travel(rw: Instance, tmp_path: Path) -> None:
    """Said when it is asked for, before anything is made."""
    config = '[agents.arg]\ncommand = ["sh", "-c", "true", "--", "{prompt}"]\n[agents.bare]\ncommand = "true {prompt}"'
    repo = Repository(tmp_path / "repo", {"ropewalk.toml": config})
    said = refused(rw, repo.path, "--agent", "arg", "-", text="x" * 1_000_000)
    assert "takes at most 127 KiB as an argument" in said
    assert 'set prompt = "stdin"' in said
    said = refused(rw, repo.path, "--agent", "bare", "--", "-rf .")
    assert "begins with a dash" in said
    assert "Begin it with a word." in said
    said = refused(rw, repo.path, *SCRIPTED, "-", text="x" * 4_200_000)
    assert "larger than 4 MB" in said
    assert "Commit the material" in said
