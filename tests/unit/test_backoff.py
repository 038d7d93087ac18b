"""How long a job waits before it is tried again."""

import pytest

from workers.job.backoff import FIRST_S, LONGEST_S, backoff_s


@pytest.mark.parametrize("attempt", [1, 2, 7, 8, 100])
def test_waits_double_with_jitter_up_to_a_bound(attempt: int) -> None:
    waits = [backoff_s(attempt) for _ in range(200)]
    base = min(LONGEST_S, FIRST_S * 2 ** (attempt - 1))
    assert 0.5 * base <= min(waits) < max(waits) <= 1.5 * base
    assert max(waits) - min(waits) > 0.5 * base
