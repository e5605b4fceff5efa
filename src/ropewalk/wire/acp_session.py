"""Our side of an ACP conversation: the handshake, prompts, cancelling, and the answers to them.

JSON-RPC ids are fixed by what they are for, so that the same conversation has the same bytes again.
"""

from ropewalk import __version__
from ropewalk.core.events import Outcome, SessionOpened
from ropewalk.wire import jsonrpc
from ropewalk.wire.acp_state import Bench, Phase, Prompt
from ropewalk.wire.acp_updates import sums
from ropewalk.wire.ending import by_session
from ropewalk.wire.jsonrpc import WORDS, Answer, Body, body, text

PROTOCOL = 1
INITIALIZE, SESSION, SESSION_AGAIN, PROMPTS = 1, 2, 3, 3
AUTH_REQUIRED = -32000
_LOGIN = ("authentication required", "not logged in", "please log in", "unauthenticated")
_STOPS: dict[str, tuple[Outcome, str]] = {
    "end_turn": ("done", ""),
    "max_tokens": ("failed", "the model reached its limit of tokens"),
    "max_turn_requests": ("failed", "the agent reached its limit of model requests for one turn"),
    "refusal": ("refused", "the agent refused to go on"),
    "cancelled": ("stopped", "the turn was cancelled"),
}


def begin(bench: Bench, cwd: str, session: str) -> None:
    """Introduce ourselves."""
    params: Body = {
        "protocolVersion": PROTOCOL,
        "clientCapabilities": {
            "fs": {"readTextFile": False, "writeTextFile": False},
            "terminal": False,
        },
        "clientInfo": {"name": "ropewalk", "title": "Ropewalk", "version": __version__},
    }
    bench.put(phase="initializing", cwd=cwd, session=session)
    bench.send("initialize", jsonrpc.request(INITIALIZE, "initialize", params))


def prompt(bench: Bench, turn: int, text: str) -> None:
    """Queue a prompt and send it if it is its time."""
    state = bench.state
    bench.put(waiting=(*state.waiting, Prompt(turn=turn, text=text)))
    if state.phase == "closed" and state.exit is not None:
        bench.drop_waiting(*by_session(state.exit, cancelled=False))
    elif state.phase == "broken":
        bench.drop_waiting("failed", state.reason)
    else:
        _send_next(bench)


def cancel(bench: Bench) -> None:
    """End what is open: questions at once, prompts not sent at once, the turn when the agent says so."""
    state = bench.state
    bench.drop_waiting("stopped", "the turn was cancelled")
    if not state.turn or state.cancelled:
        return
    bench.put(cancelled=True)
    line = jsonrpc.notice("session/cancel", {"sessionId": state.session})
    bench.send(f"cancel:{state.turn}", line)
    bench.close_questions("the turn was cancelled")


def answered(bench: Bench, answer: Answer) -> None:
    """The answer to a request of ours; one to nothing that is open has no effect."""
    phase, key = bench.state.phase, answer.id
    if not isinstance(key, int) or isinstance(key, bool):
        return
    if phase == "initializing" and key == INITIALIZE:
        _initialized(bench, answer)
    elif phase == "loading" and key == SESSION:
        _loaded(bench, answer)
    elif phase == "opening" and key in (SESSION, SESSION_AGAIN):
        _opened(bench, answer)
    elif bench.state.turn and key == PROMPTS + bench.state.turn:
        _prompted(bench, answer)


def _initialized(bench: Bench, answer: Answer) -> None:
    if answer.error is not None:
        return _break(bench, _complaint("initialize", answer.error))
    spoken = answer.result.get("protocolVersion")
    if isinstance(spoken, int) and spoken != PROTOCOL:
        return _break(bench, f"the agent speaks ACP version {spoken}, we speak version {PROTOCOL}")
    capabilities = body(answer.result.get("agentCapabilities"))
    info = body(answer.result.get("agentInfo"))
    name = text(info.get("title")) or text(info.get("name"))
    bench.put(
        can_load=capabilities.get("loadSession") is True,
        title=" ".join(filter(None, [name, text(info.get("version"))]))[:WORDS],
    )
    if bench.state.session and bench.state.can_load:
        return _ask_session(bench, "loading", SESSION)
    if bench.state.session:
        bench.note("The agent cannot load its earlier session; it goes on without its memory.")
    return _ask_session(bench, "opening", SESSION)


def _ask_session(bench: Bench, phase: Phase, id: int) -> None:
    params: Body = {"cwd": bench.state.cwd, "mcpServers": []}
    if phase == "loading":
        params["sessionId"] = bench.state.session
    method = "session/load" if phase == "loading" else "session/new"
    bench.put(phase=phase, replaying=phase == "loading")
    name = "session" if id == SESSION else "session:again"
    bench.send(name, jsonrpc.request(id, method, params))


def _loaded(bench: Bench, answer: Answer) -> None:
    if answer.error is None:
        return _ready(bench, bench.state.session)
    if _wants_login(answer.error):
        return _break(bench, _complaint("session/load", answer.error))
    words = _words(answer.error)
    bench.note(f"The agent could not load its session ({words}); it goes on without its memory.")
    return _ask_session(bench, "opening", SESSION_AGAIN)


def _opened(bench: Bench, answer: Answer) -> None:
    if answer.error is not None:
        return _break(bench, _complaint("session/new", answer.error))
    session = text(answer.result.get("sessionId"))
    if not session or len(session) > WORDS:
        return _break(bench, "the agent opened a session without a usable id")
    return _ready(bench, session)


def _ready(bench: Bench, session: str) -> None:
    bench.put(phase="open", session=session)
    state = bench.state
    bench.tell(SessionOpened(session=session, title=state.title, can_load=state.can_load))
    _send_next(bench)


def _prompted(bench: Bench, answer: Answer) -> None:
    if answer.error is not None:
        stopped = ("stopped", "the turn was cancelled") if bench.state.cancelled else None
        outcome, reason = stopped or ("failed", _complaint("prompt", answer.error))
    else:
        stop = text(answer.result.get("stopReason"))[:WORDS]
        unknown = ("failed", f"the agent stopped for a reason unknown here: {stop or 'none given'}")
        outcome, reason = _STOPS.get(stop, unknown)
        if usage := sums(answer.result, bench.state.usage):
            bench.put(usage=usage)
            bench.tell(usage)
    bench.end_turn(outcome, reason)
    _send_next(bench)


def _send_next(bench: Bench) -> None:
    state = bench.state
    if state.phase != "open" or state.turn or not state.waiting:
        return
    first, *rest = state.waiting
    bench.put(turn=first.turn, waiting=tuple(rest), replaying=False)
    params: Body = {
        "sessionId": state.session,
        "prompt": [{"type": "text", "text": text(first.text)}],
    }
    line = jsonrpc.request(PROMPTS + first.turn, "session/prompt", params)
    bench.send(f"prompt:{first.turn}", line)


def _break(bench: Bench, reason: str) -> None:
    bench.put(phase="broken", reason=reason)
    bench.drop_waiting("failed", reason)


def _complaint(request: str, error: Body) -> str:
    words = _words(error)
    if _wants_login(error):
        return f"the agent is not logged in: {words}"
    return words if request == "prompt" else f"the agent refused {request}: {words}"


def _wants_login(error: Body) -> bool:
    words = _words(error).lower()
    return error.get("code") == AUTH_REQUIRED or any(one in words for one in _LOGIN)


def _words(error: Body) -> str:
    data = error.get("data")
    more = text(data) or text(body(data).get("details")) or text(body(data).get("message"))
    message = text(error.get("message"))
    both = [message, more if more not in message else ""]
    return ": ".join(filter(None, both))[:500] or "an error without words"
