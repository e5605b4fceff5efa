"""The page of the HTTP API. What a route takes is said here; routes and shapes come from the code."""

from typing import TYPE_CHECKING, Any, cast, get_type_hints

from docs.generate.markdown import doc, head, kind, table, text_of

from ropewalk.api.answers import STATUS
from ropewalk.api.app import app
from ropewalk.core import views

if TYPE_CHECKING:
    from starlette.routing import Route

WORDS = (
    (
        "JSON over HTTP/1.1 on the unix socket `hub/hub.sock` below the state directory (or where"
        " `hub/address` says), for your own user only. `--json` prints the same shapes."
    ),
    (
        "It is the command line's own way to the hub. Within a schema version keys may be added and none"
        " changes its meaning; routes may still change while Ropewalk is in alpha."
    ),
    "Try it: `curl --unix-socket ~/.local/state/ropewalk/hub/hub.sock http://hub/v1/hello`",
)

WHO = "`directory`, `actor`, `terminal`"
TASK = (
    "`brief`, `agents`, `count`, `checks`, `unchecked`, `base`, `on`, `with_changes`, `limit_s`, `environment`,"
    " `secrets`, `trust`, `consent`"
)
ACT = (
    "`ids`, `all`; by verb: `reason` (keep, drop, stop, merge), `text` (say), `option`, `question` (answer), `others`"
    " (keep), `target`, `mode`, `message`, `unchecked` (merge), `names` (check),"
    " `secrets` (say, resume, rebase), `to` (rewind)"
)

Answer = type[Any] | str

ROUTES: dict[str, tuple[str, Answer]] = {
    "GET /v1/hello": ("", views.HubStatus),
    "POST /v1/stop": ("", "`{schema, stopped}`"),
    "POST /v1/tasks": (f"body: {WHO}, {TASK}", views.TaskView),
    "POST /v1/consents": ("body: `directory`, `actor`, `subject`, `digest`", "`{schema}`"),
    "POST /v1/init": (
        "body: `directory`, `actor`, `path` (the terminal's PATH), `write`, `force`",
        views.Starter,
    ),
    "GET /v1/board": ("query: `directory`, or `all=1`", views.Board),
    "GET /v1/tasks/{reference}": ("", views.TaskView),
    "GET /v1/attempts/{reference}": ("", views.AttemptView),
    "POST /v1/attempts/{reference}/visit": ("", views.VisitView),
    "POST /v1/desks/{reference}": (
        "body: `actor`, `deed` (`open`, `done`, `discard`)",
        views.DeskView,
    ),
    "POST /v1/trials": (f"body: {WHO}, `attempt` (empty: take it back)", views.TrialView),
    "POST /v1/servers/{reference}": (
        "body: `actor`, `deed` (`start`, `stop`, `restart`)",
        views.AttemptView,
    ),
    "GET /v1/servers/{reference}/log": (
        "query: `after` (a position), `wait_s` (for some output, at most 60)",
        views.ServerLog,
    ),
    "GET /v1/compare/{reference}": ("", views.Comparison),
    "GET /v1/turns/{reference}": ("", views.TurnsView),
    "POST /v1/forks/{reference}": (
        f"body: {WHO}, `at`, `brief`, `agent`, `environment`, `secrets`, `trust`, `consent`",
        views.AttemptView,
    ),
    "POST /v1/adoptions": (
        f"body: {WHO}, `named` (a path or branch), and of a task all but `count`, `on`, `with_changes`",
        views.AttemptView,
    ),
    "GET /v1/events": (
        "query: `of` (a task or attempt), `after` (a sequence number), `limit`, `follow=1`",
        views.EventView,
    ),
    "GET /v1/diff": ("query: `a`, `b` (empty: the base of `a`)", "`{schema, diff}`"),
    "GET /v1/draft/{reference}": ("", "`{schema, message}`"),
    "GET /v1/wait": (
        "query: `of` (ids with commas), `for` (`ended`, `checked`, `decided`), `timeout_s` (at most 60)",
        "`{schema, done, attempts}`",
    ),
    "POST /v1/act/{verb}": (f"body: {WHO}, {ACT}", views.Acted),
    "GET /v1/undo": ("query: `directory`, `actor`, `terminal`", views.Undoable),
    "POST /v1/undo": ("body: `directory`, `actor`, `action`", views.Acted),
    "GET /v1/gc": ("", views.DiskView),
    "POST /v1/gc": (
        "body: `items`, each as `kind`, `id`, `stamp` of what was shown",
        views.DiskClearing,
    ),
    "GET /v1/secrets": ("", views.SecretsView),
    "POST /v1/secrets/{name}": (
        "body: `deed` (`set`, `remove`), and with `set` either `value` or `command`",
        "`{schema}` with a [SecretView](#secretview), or `{schema, removed}`",
    ),
    "GET /v1/doctor": ("query: `directory`", views.Doctor),
}


def routes() -> dict[str, str]:
    """Every route of the application by method and path, with the first line of what serves it."""
    served = cast("list[Route]", app(cast("Any", None)).routes)
    return {
        f"{method} {one.path}": doc(one.endpoint)
        for one in served
        for method in sorted((one.methods or set()) - {"HEAD"})
    }


def page() -> str:
    """Markdown."""
    lines = [*head("The HTTP API", *WORDS), "", "## Routes"]
    for route, words in routes().items():
        takes, answer = ROUTES[route]
        lines += ["", f"### `{route}`", "", words, ""]
        lines += [f"- takes: {takes}"] if takes else []
        lines += [f"- answers: {_answer(route, answer)}"]
    return text_of([*lines, *_errors(), *_shapes()])


def _answer(route: str, answer: Answer) -> str:
    if isinstance(answer, str):
        return answer
    link = f"[{answer.__name__}](#{answer.__name__.lower()})"
    return (
        f"{link} as JSON lines; an empty line now and then while it follows"
        if "events" in route
        else link
    )


def _errors() -> list[str]:
    rows = [(f"`{one.code}`", str(status), doc(one)) for one, status in STATUS.items()]
    words = "`{schema, error}` with a [Fault](#fault). A verb on several ids answers 200 and tells errors id by id."
    return ["", "## Errors", "", words, "", *table(("code", "HTTP status", "meaning"), rows)]


def _shapes() -> list[str]:
    lines = ["", "## Shapes", "", doc(views).split("\n\n", 1)[1]]
    for name, shape in vars(views).items():
        if isinstance(shape, type) and hasattr(shape, "__total__"):
            hints = get_type_hints(shape)
            rows = [(f"`{key}`", f"`{kind(hint)}`") for key, hint in hints.items()]
            lines += ["", f"### {name}", "", doc(shape), "", *table(("key", "type"), rows)]
    return lines
