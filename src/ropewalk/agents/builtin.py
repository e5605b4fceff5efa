"""The agents that Ropewalk knows without configuration, as data.

None is told to skip its own questions: each keeps its own permission mode, whatever is around it.
`passes` are the variables that each one's own documentation names for keys, endpoints
and where its settings are.
"""

import sys
from dataclasses import dataclass

from ropewalk.core.records import Agent
from ropewalk.testing import scripted_agent

_ANTHROPIC = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CONFIG_DIR",
)
_OPENAI = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
_GOOGLE = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An agent and the ways to start it, the best first; the first whose program is there is taken."""

    name: str
    title: str
    install: str
    ways: tuple[Agent, ...]


KNOWN: tuple[Known, ...] = (
    Known(
        name="claude",
        title="Claude Code",
        install="npm install -g @anthropic-ai/claude-code @agentclientprotocol/claude-agent-acp",
        ways=(
            Agent(
                name="claude",
                kind="acp",
                argv=("claude-agent-acp",),
                environment={"ANTHROPIC_MODEL": "{model}"},
                passes=(*_ANTHROPIC, "CLAUDE_CODE_EXECUTABLE"),
                memory_mb=300,
            ),
            Agent(
                name="claude",
                kind="command",
                argv=("claude", "-p", "--output-format", "text", "--model", "{model}"),
                resume=(
                    "claude",
                    "-p",
                    "--continue",
                    "--output-format",
                    "text",
                    "--model",
                    "{model}",
                ),
                prompt_by="stdin",
                passes=_ANTHROPIC,
                memory_mb=220,
            ),
        ),
    ),
    Known(
        name="codex",
        title="Codex",
        install="npm install -g @openai/codex @agentclientprotocol/codex-acp",
        ways=(
            Agent(
                name="codex",
                kind="acp",
                argv=("codex-acp",),
                environment={"CODEX_CONFIG": '{"model":"{model}"}'},
                passes=(*_OPENAI, "CODEX_API_KEY", "CODEX_HOME", "CODEX_PATH"),
                memory_mb=150,
            ),
            Agent(
                name="codex",
                kind="command",
                argv=("codex", "exec", "--sandbox", "workspace-write", "-m", "{model}", "-"),
                prompt_by="stdin",
                passes=(*_OPENAI, "CODEX_API_KEY", "CODEX_HOME"),
                memory_mb=150,
            ),
        ),
    ),
    Known(
        name="opencode",
        title="OpenCode",
        install="npm install -g opencode-ai",
        ways=(
            Agent(
                name="opencode",
                kind="acp",
                argv=("opencode", "acp"),
                environment={
                    "OPENCODE_CONFIG_CONTENT": '{"model":"{model}"}',
                    "OPENCODE_DISABLE_AUTOUPDATE": "1",
                },
                passes=("OPENCODE_CONFIG", "ANTHROPIC_API_KEY", *_OPENAI),
                memory_mb=640,
            ),
        ),
    ),
    Known(
        name="gemini",
        title="Gemini CLI",
        install="npm install -g @google/gemini-cli",
        ways=(
            Agent(
                name="gemini",
                kind="acp",
                argv=("gemini", "-m", "{model}", "--acp"),
                passes=_GOOGLE,
                memory_mb=780,
            ),
        ),
    ),
    Known(
        name="qwen",
        title="Qwen Code",
        install="npm install -g @qwen-code/qwen-code",
        ways=(
            Agent(
                name="qwen",
                kind="acp",
                argv=("qwen", "--acp"),
                environment={"OPENAI_MODEL": "{model}"},
                passes=_OPENAI,
                memory_mb=310,
            ),
        ),
    ),
    Known(
        name="copilot",
        title="GitHub Copilot CLI",
        install="npm install -g @github/copilot",
        ways=(
            Agent(
                name="copilot",
                kind="acp",
                argv=("copilot", "--acp"),
                environment={"COPILOT_MODEL": "{model}", "COPILOT_AUTO_UPDATE": "false"},
                passes=(
                    "COPILOT_GITHUB_TOKEN",
                    "COPILOT_PROVIDER_API_KEY",
                    "COPILOT_PROVIDER_BASE_URL",
                    "GH_TOKEN",
                    "GITHUB_TOKEN",
                ),
                memory_mb=300,
            ),
        ),
    ),
    Known(
        name="aider",
        title="aider",
        install="python -m pip install aider-chat",
        ways=(
            Agent(
                name="aider",
                kind="command",
                argv=(
                    *("aider", "--model", "{model}", "--message={prompt}"),
                    *("--yes-always", "--no-stream", "--no-pretty"),
                ),
                passes=("ANTHROPIC_API_KEY", "OPENAI_API_BASE", *_OPENAI, *_GOOGLE),
                memory_mb=250,
            ),
        ),
    ),
    Known(
        name="pi",
        title="pi",
        install="npm install -g @mariozechner/pi-coding-agent",
        ways=(
            Agent(
                name="pi",
                kind="command",
                argv=("pi", "--model", "{model}", "-p", "{prompt}"),
                passes=("ANTHROPIC_API_KEY", *_OPENAI, *_GOOGLE),
                memory_mb=180,
            ),
        ),
    ),
)


def scripted() -> Known:
    """Our own agent without a model, for the demo and for tests."""
    agent = Agent(
        name="scripted",
        kind="acp",
        argv=(sys.executable, "-I", "-S", str(scripted_agent.__file__), "--acp"),
        memory_mb=20,
        scripted=True,
    )
    return Known(name="scripted", title="Scripted agent (no model)", install="", ways=(agent,))


def known() -> dict[str, Known]:
    """All of them by name, in the order in which one is taken if none is named."""
    return {one.name: one for one in (*KNOWN, scripted())}
