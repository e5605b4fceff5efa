"""Answers in the shapes of the protocols; the same documents as in `ropewalk.wire.models`."""

from ropewalk.testing.model.claude import MESSAGES
from ropewalk.testing.model.gemini import GENERATE
from ropewalk.testing.model.openai import CHAT, RESPONSES
from ropewalk.testing.model.shape import Shape
from ropewalk.wire.models import Name

SHAPES: dict[Name, Shape] = {
    "anthropic": MESSAGES,
    "openai-chat": CHAT,
    "openai-responses": RESPONSES,
    "gemini": GENERATE,
}
