"""Whatever dies, every document ends exactly once: a short run of bench.chaos."""

import json
import subprocess
import sys

import pytest


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_whatever_dies() -> None:
    command = [sys.executable, "-m", "bench.chaos", "--minutes", "1.5", "--seed", "11", "--documents", "150", "--json"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)

    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["lost"], report["doubled"], report["wrongly_dead"]) == (0, 0, 0), report
    assert report["dead"] == report["failed"] == 3, report
    assert report["done"] == 147
    assert report["kills"] >= 5
    assert report["disagree"] == []  # `ocrfleet status`, the store and Flower, with the ledger
    assert done.returncode == 0
