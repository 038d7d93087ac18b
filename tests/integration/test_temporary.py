"""A worker's temporary files go with it, however it ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

from workers.machine.temporary import LOCK, SETTLED_S, clear, temporary_folder

HOLD = """
import sys, tempfile
from pathlib import Path
from workers.machine.temporary import temporary_folder
with temporary_folder(Path(sys.argv[1])):
    tempfile.mkstemp()
    print("held", flush=True)
    sys.stdin.read()
"""


def age(work_dir: Path) -> None:
    settled_s = time.time() - SETTLED_S - 1
    for lock in work_dir.glob(f"*/{LOCK}"):
        os.utime(lock, (settled_s, settled_s))


def test_a_killed_worker_s_files_go_when_the_next_one_starts_and_a_living_one_s_stay(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "held\n"
    killed, living = workers
    killed.kill()
    killed.communicate()
    assert len(list(tmp_path.glob("ocrfleet-*"))) == 2
    age(tmp_path)

    with temporary_folder(tmp_path) as own:
        assert len(list(tmp_path.glob("ocrfleet-*"))) == 2  # the living one's and our own
        assert own.is_dir()

    living.communicate("")
    assert list(tmp_path.iterdir()) == []


def test_what_is_cleared_leaves_the_folder_held(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as own:
        (own / "page.ppm").write_bytes(b"P6")
        (own / "folder").mkdir()
        assert clear(own) == 2
        assert [path.name for path in own.iterdir()] == [LOCK]
