"""A part that is not there for a while."""


class Away:
    """Something that cannot be reached some of the time: calls of one name fail with an error."""

    def __init__(self, real, name, error, times):
        self._real, self._name, self._error, self.left = real, name, error, times

    def __getattr__(self, name):
        real = getattr(self._real, name)
        if name != self._name or self.left <= 0:
            return real

        async def fails(*words, **named):
            self.left -= 1
            raise self._error

        return fails
