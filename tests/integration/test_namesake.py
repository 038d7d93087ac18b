"""Workers of one name on one ledger: who started later ends."""

import pytest

from jobs.ledger import Ledger
from workers.node.namesake import Namesake


def beat(ledger: Ledger, *workers: Namesake) -> None:
    for worker in workers:
        worker.look(ledger.beat("cpu@a", 1, {"run": worker.run}).get("run", ""))


def test_of_two_workers_of_one_name_the_later_one_ends(ledger: Ledger) -> None:
    ended: list[str] = []
    first, second = Namesake(pytest.fail), Namesake(ended.append)

    beat(ledger, first, second)
    assert ended == []  # the first might be dead
    beat(ledger, first, second)

    (why,) = ended
    assert "--name" in why


def test_a_dead_predecessor_s_last_beat_ends_nobody(ledger: Ledger) -> None:
    dead, alive = Namesake(pytest.fail), Namesake(pytest.fail)

    beat(ledger, dead, dead, alive, alive, alive)
