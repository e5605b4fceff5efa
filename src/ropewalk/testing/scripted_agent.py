"""A coding agent without a model: it does what the prompt says, line by line. Standard library only.

    python -m ropewalk.testing.scripted_agent PROMPT        a command: output as lines, an exit status
    python -m ropewalk.testing.scripted_agent -             the same, the prompt on standard input
    python -m ropewalk.testing.scripted_agent --file PATH   the same, the prompt in a file
    python -m ropewalk.testing.scripted_agent --acp         an agent that speaks ACP version 1

A prompt's script is what stands in its block between ```script and ```, or the whole prompt if there
is no such block. A line that is no instruction is ignored, so prose may stand around it. Lines after
`#1:` are for the agent whose environment says ROPEWALK_ATTEMPT_NUMBER=1, and so on; lines before the
first such mark are for all. `\\n` in TEXT is a new line.

    say TEXT · think TEXT               a message, a thought
    write PATH TEXT · append PATH TEXT  a file (or `write PATH <<EOF`, lines, `EOF`)
    delete PATH                         a file goes
    run COMMAND                         a shell command, shown as a tool call with its output
    ask TITLE                           wait for permission; rejected: all up to `end` or the next `ask` is skipped
    end                                 the end of what an `ask` guards
    plan A; B; C                        a plan
    usage IN OUT COST                   tokens and dollars it claims to have used
    sleep SECONDS · hang                wait; for ever
    emit N [RATE] [timed]               N lines `event 0000001` …, RATE a second (as fast as it goes without);
                                        timed: each ends with the time it was written (seconds since the epoch)
    flood BYTES                         so much output
    garbage                             bytes that are neither UTF-8 nor JSON
    spawn SECONDS                       leave a child behind that outlives the agent
    fail MESSAGE                        end the turn with an error
    crash [CODE] · exit CODE            leave at once (default 1), by SIGKILL with `crash`

In ACP it takes follow-up prompts, can be cancelled, and loads the sessions it kept below
$ROPEWALK_AGENT_STATE, or below the workspace's `.git`, or nowhere.
"""

import sys


def main(arguments: list[str]) -> int:
    """Run as the command line says; the exit status."""
    from ropewalk.testing.player import command
    from ropewalk.testing.session import Session

    if arguments == ["--acp"]:
        Session().serve()
    if arguments[:1] == ["--file"]:
        with open(arguments[1], encoding="utf-8") as file:  # noqa: PTH123 (see player.py)
            return command(file.read())
    return command(sys.stdin.read() if arguments == ["-"] else " ".join(arguments))


if __name__ == "__main__":
    if not __package__:  # started by its path, perhaps with `-I -S`: the package is around it
        sys.path.insert(0, __file__.rsplit("/", 3)[0])
    sys.exit(main(sys.argv[1:]))
