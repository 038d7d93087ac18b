"""Waiting for a disk."""

import ctypes
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.disk import sync_file_system


def test_an_open_folder_is_brought_to_its_disk_and_a_closed_one_is_an_error(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    sync_file_system(handle)
    os.close(handle)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_file_system(handle)


def test_where_the_system_has_no_syncfs_all_disks_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace())
    monkeypatch.setattr(os, "sync", lambda: waited.append(True))
    sync_file_system(-1)
    assert waited
