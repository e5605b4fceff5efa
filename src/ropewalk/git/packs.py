"""Objects from one place into another, as a pack; no git directory of an agent takes part."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ropewalk.git.process import Call, call, git, git_piped

PACK = ("pack-objects", "--quiet", "--revs", "--stdout", "--delta-base-offset")


def carry(own: Path, *, commit: str, base: Path, into: Path) -> None:
    """What a commit of the attempts store `own` reaches beyond the base store, into a git directory's objects.

    `into` is the `objects` directory of one that we just made and that borrows from `base` (`stores.lend`);
    its configuration is not read. Left out is what any ref of `base` reaches, so the cost is that of the
    difference to the nearest base. GitFailed: `own` lacks an object, or it could not be written.
    """
    held = tips(base)
    if commit not in held:
        wanted = [commit, *(f"^{one}" for one in held)]
        pour(call(*PACK, git_dir=own), base, wanted, extra={"GIT_OBJECT_DIRECTORY": str(into)})


def tips(store: Path) -> list[str]:
    """What the refs of a store name, each once."""
    out = git("for-each-ref", "--format=%(objectname)", git_dir=store)
    return list(dict.fromkeys(out.decode().split()))


def pour(
    packing: Call,
    into: Path,
    wanted: Sequence[str],
    *,
    extra: Mapping[str, str] | None = None,
    checks: Sequence[str] = (),
) -> None:
    """What `packing` (a git with `PACK`) makes of the revisions `wanted`, into the store `into`.

    A pack on disk is complete, so nothing is left out but what `wanted` says. `checks` are options of
    index-pack, which names objects by their content, whatever the first git believed. GitFailed.
    """
    asked = "".join(f"{one}\n" for one in wanted).encode()
    git_piped(
        packing, call("index-pack", "--stdin", *checks, git_dir=into, extra=extra), input=asked
    )
