"""The names of refs: always by permanent ids. What is taken as a base is held in both stores of a project."""


def base_ref(task: str) -> str:
    """Holds the base of a task in both stores (`git/stores.py` knows the name as well)."""
    return f"refs/ropewalk/tasks/{task}/base"


def starter_ref() -> str:
    """Holds in the store what the last first configuration was made from."""
    return "refs/ropewalk/starter"


def version_ref(attempt: str, number: int) -> str:
    """Holds a version of an attempt in the attempts store."""
    return f"refs/ropewalk/attempts/{attempt}/{number}"


def edits_ref(attempt: str, number: int) -> str:
    """Holds a version with the base's tests in the attempts store."""
    return f"refs/ropewalk/attempts/{attempt}/{number}-base-tests"


def edited_ref(attempt: str, action: str) -> str:
    """Holds what a person edited, or what their desk showed, in the attempts store."""
    return f"refs/ropewalk/attempts/{attempt}/desk-{action}"


def merge_ref(attempt: str, action: str) -> str:
    """Holds a built merge in the attempts store."""
    return f"refs/ropewalk/attempts/{attempt}/merge-{action}"


def target_ref(attempt: str, action: str) -> str:
    """Holds the target that a merge was built on in the attempts store; the base of a rebased attempt in both."""
    return f"refs/ropewalk/attempts/{attempt}/target-{action}"


def kept_ref(attempt: str) -> str:
    """Holds a kept version in the person's repository, by the permanent id: hubs may share a repository."""
    return f"refs/ropewalk/{attempt}"
