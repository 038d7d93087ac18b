"""A consumer that takes nothing while there is work is noticed; one that has no work, or works, is left alone."""

import signal
import subprocess
import sys

import pytest

from workers.node.liveness import RECONNECTS, STALLED_LOOKS, Liveness, Sight

STALLED = Sight(begun=7, idle=1, waiting=3)


def test_a_stalled_consumer_connects_anew_and_then_the_worker_is_replaced() -> None:
    replaced: list[str] = []
    liveness = Liveness(replaced.append)
    liveness.look(STALLED)  # the seven that were begun before

    for _ in range(RECONNECTS):
        look(liveness, STALLED, STALLED_LOOKS - 1)
        with pytest.raises(ConnectionResetError, match="3 jobs wait, 1 children are idle"):
            liveness.look(STALLED)
    assert replaced == []
    look(liveness, STALLED, STALLED_LOOKS)
    assert len(replaced) == 1


@pytest.mark.parametrize(
    "healthy",
    [
        Sight(begun=7, idle=0, waiting=3),  # all children work
        Sight(begun=7, idle=2, waiting=0),  # there is no work
        Sight(begun=8, idle=1, waiting=3),  # another job was begun
    ],
)
def test_a_sign_of_life_starts_the_count_anew(healthy: Sight) -> None:
    liveness = Liveness(pytest.fail)
    for _ in range(3):
        liveness.look(healthy)
        look(liveness, STALLED, STALLED_LOOKS - 1)


def look(liveness: Liveness, sight: Sight, times: int) -> None:
    for _ in range(times):
        liveness.look(sight)


def test_a_process_that_stands_still_is_ended_and_its_stack_is_told() -> None:
    standing = "import time; from workers.node.liveness import arm_switch; arm_switch(1); time.sleep(60)"
    ended = subprocess.run([sys.executable, "-c", standing], capture_output=True, text=True, timeout=50, check=False)
    assert ended.returncode == -signal.SIGALRM
    assert 'File "<string>", line 1' in ended.stderr


def test_a_disarmed_switch_lets_a_process_wait() -> None:
    waiting = "import time; from workers.node.liveness import *; arm_switch(1); disarm_switch(); time.sleep(1.2)"
    assert subprocess.run([sys.executable, "-c", waiting], timeout=50, check=False).returncode == 0
