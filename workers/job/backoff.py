"""How long a job waits before it is tried again."""

import random

#: Before the second attempt, doubled each time, in seconds.
FIRST_S = 4.0
#: With as many attempts as OCRFLEET_MAX_ATTEMPTS may allow, doubling alone would wait for days.
LONGEST_S = 300.0


def backoff_s(attempt: int) -> float:
    """The wait after so many attempts, in seconds, with jitter: what failed together does not return so."""
    return min(LONGEST_S, FIRST_S * 2.0 ** (attempt - 1)) * (0.5 + random.random())
