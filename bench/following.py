"""When each attempt was heard of again."""

import time

from bench.instance import Instance
from ropewalk.core.errors import RopewalkError

PAUSE_S = 0.05


def heard_again(instance: Instance, attempts: set[str], after: int, seconds: float) -> float:
    """When (seconds since the epoch) the last of the attempts had an event recorded above `after`.

    TimeoutError: not all of them were heard of in time.
    """
    end, waiting, when = time.monotonic() + seconds, set(attempts), 0.0
    while waiting:
        if time.monotonic() > end:
            raise TimeoutError(f"{len(waiting)} attempts are not followed again")
        try:
            news = instance.events(after)
        except RopewalkError:
            news = []
        for one in news:
            if one["attempt"] in waiting and one["source"]:
                waiting.remove(one["attempt"])
                when = max(when, one["recorded"])
        after = news[-1]["seq"] if news else after
        time.sleep(PAUSE_S)
    return when
