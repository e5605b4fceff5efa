"""The agent's side of an ACP conversation: its lines, one at a time."""

from ropewalk.core.events import Noted, QuestionAsked, UsageChanged
from ropewalk.wire import jsonrpc
from ropewalk.wire.acp_content import detail
from ropewalk.wire.acp_session import answered
from ropewalk.wire.acp_state import CANCELLED, Bench, Open
from ropewalk.wire.acp_updates import event, options, tool
from ropewalk.wire.jsonrpc import METHOD_NOT_FOUND, Answer, Body, Notice, Request, body, text, words
from ropewalk.wire.lines import LIMIT, Line

SHOWN = 200
TITLES = 100


def take(bench: Bench, line: Line) -> None:
    """What a line of the agent leads to."""
    if line.data is None:
        bench.note(f"A line of more than {LIMIT // 2**20} MiB from the agent was dropped.")
        return
    if not line.data.strip():
        return
    match jsonrpc.parse(line.data):
        case Answer() as answer:
            answered(bench, answer)
        case Request(id, "session/request_permission", params):
            _asked(bench, str(line.at), id, params)
        case Request(id, method, _):
            said = f"{method[:SHOWN]} is not offered by this client"
            bench.send(f"reply:{line.at}", jsonrpc.failure(id, METHOD_NOT_FOUND, said))
        case Notice("session/update", params):
            _updated(bench, body(params.get("update")))
        case Notice():
            pass
        case None:
            _odd(bench, line.data)


def _updated(bench: Bench, update: Body) -> None:
    if bench.state.replaying:
        return
    told = event(update, bench.state.usage)
    if isinstance(told, UsageChanged):
        bench.put(usage=told)
    _remember(bench, update)
    bench.tell(told)


def _asked(bench: Bench, question: str, request: str, params: Body) -> None:
    call = body(params.get("toolCall"))
    offers = options(params)
    if bench.state.cancelled or bench.state.replaying or not offers:
        bench.send(f"answer:{question}", jsonrpc.result(request, CANCELLED))
        return
    known = bench.state.titles.get(words(call.get("toolCallId")), "")
    _remember(bench, call)
    bench.tell(tool(call))
    waiting = Open(question=question, request=request, options=tuple(one.id for one in offers))
    bench.put(questions=(*bench.state.questions, waiting))
    bench.tell(
        QuestionAsked(
            question=question,
            kind="permission",
            title=words(call.get("title")) or known or "The agent asks for permission",
            options=offers,
            detail=detail(call),
        )
    )


def _remember(bench: Bench, call: Body) -> None:
    name, title = words(call.get("toolCallId")), text(call.get("title"))
    titles = bench.state.titles
    if text(call.get("status")) in ("completed", "failed"):
        if name in titles:
            bench.put(titles={key: one for key, one in titles.items() if key != name})
    elif name and title and titles.get(name) != title and len(titles) < TITLES:
        bench.put(titles={**titles, name: title[:SHOWN]})


def _odd(bench: Bench, data: bytes) -> None:
    bench.put(odd=bench.state.odd + 1)
    if bench.state.odd == 1:
        said = data[: 4 * SHOWN].decode("utf-8", "replace")[:SHOWN]
        bench.tell(Noted(text=f"A line of the agent is no message: {said}"))
