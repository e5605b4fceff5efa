"""Questions of agents on a terminal: equal ones of a task are asked once and answered for all."""

from ropewalk.cli.rows import keys_line
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain, wrap
from ropewalk.cli.verbs import lasting
from ropewalk.core.views import Acted, AttemptView, QuestionView, TaskView


def equal(one: QuestionView, other: QuestionView) -> bool:
    """The same question with the same answers."""
    return _mark(one) == _mark(other)


def _mark(one: QuestionView) -> tuple[object, ...]:
    answers = tuple((each["key"], each["label"]) for each in one["options"])
    return one["kind"], one["title"], one["detail"], answers


def first(task: TaskView) -> tuple[QuestionView, list[tuple[AttemptView, QuestionView]]] | None:
    """The oldest open question, and everybody who asks the same."""
    everyone = [(one, each) for one in task["attempts"] for each in one["questions"]]
    if not everyone:
        return None
    _, oldest = min(everyone, key=lambda pair: pair[1]["asked"])
    return oldest, [pair for pair in everyone if equal(pair[1], oldest)]


class Questions:
    """Shows the open question and turns a key into answers."""

    def __init__(self, session: Session) -> None:
        """Nothing is answered yet."""
        self._session = session
        self._answered: set[tuple[str, str]] = set()

    def _open(
        self, task: TaskView
    ) -> tuple[QuestionView, list[tuple[AttemptView, QuestionView]]] | None:
        found = first(task)
        if found is None:
            return None
        left = [pair for pair in found[1] if (pair[0]["id"], pair[1]["id"]) not in self._answered]
        return (found[0], left) if left else None

    def lines(self, task: TaskView, columns: int) -> list[str]:
        """The question with its keys, and who asks."""
        found = self._open(task)
        if found is None:
            return []
        question, pairs = found
        who = ", ".join(one["alias"] for one, _ in pairs)
        said = wrap(f"{who} asks: {plain(question['title'])}", columns - 2)
        said += wrap(plain(question["detail"])[:400], columns - 4)[:3]
        keys = f"{keys_line(question)}   {lasting('answer')}"
        return ["  " + line for line in [*said, *wrap(keys, columns - 2)]]

    def key(self, typed: str, task: TaskView) -> list[str]:
        """Answer with a key, for all who ask the same; the lines tell what became of it."""
        found = self._open(task)
        if found is None or not typed:
            return []
        question, pairs = found
        option = next((one for one in question["options"] if one["key"] == typed[0].lower()), None)
        if option is None:
            return []
        lines: list[str] = []
        for one, each in pairs:
            same = next(each_ for each_ in each["options"] if each_["key"] == option["key"])
            acted: Acted = self._session.act(
                "answer", [one["alias"]], option=same["id"], question=each["id"]
            )
            self._answered.add((one["id"], each["id"]))
            lines += [plain(result["message"]) for result in acted["results"]]
        return lines
