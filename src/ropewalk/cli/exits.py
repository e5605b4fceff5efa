"""Exit codes: what a script can rely on. The reference page is generated from here."""

OK = 0
FAILED = 1
USAGE = 2
CONSENT = 3
NO_HUB = 4
NOT_ALL = 5
INTERRUPTED = 130

MEANING = {
    OK: "it was done; also when Ctrl-C leaves the agents of a foreground `run` at work",
    FAILED: "refused or failed; the message says why and what to do",
    USAGE: "the command line is not understood",
    CONSENT: "the person must agree first, and there is no terminal to ask on",
    NO_HUB: "the hub cannot be reached or started",
    NOT_ALL: "`wait` timed out; or not every attempt of a foreground `run` or `wait` succeeded",
    INTERRUPTED: "interrupted with Ctrl-C",
}
