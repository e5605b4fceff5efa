"""A model server without a model: it says what its script says, in each of the protocols.

`ModelServer` for tests; `python -m ropewalk.testing.model SCRIPT` for people, where SCRIPT is a JSON file with a list
of replies (the fields of `Reply`).
"""

from ropewalk.testing.model.reply import Reply, Tool, replies
from ropewalk.testing.model.server import ModelServer, Seen

__all__ = ["ModelServer", "Reply", "Seen", "Tool", "replies"]
