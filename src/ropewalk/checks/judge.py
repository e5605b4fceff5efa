"""The judge that the hub is given: command lines, verdicts, and flaky cases between repetitions."""

from dataclasses import replace

from ropewalk.checks.evidence import MAX_FAILURES, check_argv, judge
from ropewalk.core.cases import flaky, load_cases
from ropewalk.core.events import CheckEnded
from ropewalk.core.records import Case, Check, Exit


class Judge:
    """Knows how a check is run and what its outcome says. Holds nothing."""

    def argv(self, check: Check, report: str) -> tuple[str, ...]:
        """The command line; `report` is where the report shall go."""
        return check_argv(check, report)

    def judge(
        self,
        *,
        key: str,
        check: Check,
        exit: Exit,
        report: bytes | None,
        output: str,
        duration_s: float,
        before: CheckEnded | None,
        root: str = "",
    ) -> CheckEnded:
        """The result, see `evidence.judge`. `before`: that of the repetition before, to name flaky cases."""
        ended = judge(
            check,
            key=key,
            exit=exit,
            report=report,
            output_tail=output,
            duration_s=duration_s,
            root=root,
        )
        if before is None:
            return ended
        names = dict.fromkeys((*before.flaky, *_differing(check, before, ended)))
        return replace(ended, flaky=tuple(names))


def _differing(check: Check, before: CheckEnded, after: CheckEnded) -> tuple[str, ...]:
    """What differs between two runs on one tree that both came to their end."""
    judged = ("passed", "failed")
    if before.standing not in judged or after.standing not in judged:
        return ()
    one, other = _cases(before), _cases(after)
    if one and other:
        return flaky([one, other])
    if max(before.failed, after.failed) > MAX_FAILURES:
        return ()
    if before.failed or after.failed:
        unlike = set(before.failures) ^ set(after.failures)
        return tuple(name for name in (*before.failures, *after.failures) if name in unlike)
    return (check.name,) if before.standing != after.standing else ()


def _cases(ended: CheckEnded) -> tuple[Case, ...]:
    """The cases of a result, as far as their text is at hand (the store keeps it apart)."""
    text = ended.cases.text if ended.cases else None
    return load_cases(text) if text else ()
