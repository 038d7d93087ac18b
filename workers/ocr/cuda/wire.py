"""What children and the OCR process on a GPU say to each other: a head of JSON, and behind it the numbers as they lie.

A page takes about 40 MB there and 20 MB back, which a local socket moves in about 20 ms.
"""

import socket
import struct
from math import prod
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from config.settings import Settings
from jobs.contract import Frozen
from workers.ocr.ask import Numbers
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.script import Script

Stage = Literal["detect", "classify", "recognise", "recognise coarse"]
Head = TypeVar("Head", bound=Frozen)

#: An exit status of the OCR process that ends because nobody asks it any more.
EXIT_IDLE = 0
_LENGTH = struct.Struct("<I")
_MOST_HEAD_BYTES = 1 << 16
_MOST_NUMBERS = 1 << 28


class CudaPlan(Frozen):
    """What the OCR process on a GPU is told: JSON in one argument of its command line."""

    detector: Path
    recogniser: Path
    classifier: Path
    characters: Path | None
    script: Script
    memory_mib: int  # that its arena may take
    idle_s: float  # 0: never ends by itself
    listen_fd: int
    parent_pid: int
    log_level: int

    @classmethod
    def of(cls, settings: Settings, *, listen_fd: int, parent_pid: int, log_level: int) -> "CudaPlan":
        """Take what the settings name.

        Raises:
            OcrUnavailable: a model that they name is not there.
        """
        models = PpOcr.of(settings)
        return cls(
            detector=models.detector,
            recogniser=models.recogniser,
            classifier=models.classifier,
            characters=models.characters,
            script=settings.ocr_script,
            memory_mib=settings.ocr_gpu_mib,
            idle_s=settings.engine_idle_s,
            listen_fd=listen_fd,
            parent_pid=parent_pid,
            log_level=log_level,
        )


class Ask(Frozen):
    """A network's input follows. The stage `facts` has none."""

    stage: Stage | Literal["facts"]
    shape: tuple[int, ...] = ()


class Answer(Frozen):
    """Its output follows, unless there is an error."""

    shape: tuple[int, ...] = ()
    error: Literal["", "memory", "failed"] = ""
    message: str = ""


class Facts(Frozen):
    """What the process has done since its start."""

    load_s: float
    runs: int  # of a network
    new_shapes: int  # for which cuDNN had to plan
    plan_s: float  # that it took, added up; several shapes are planned at once
    lowered: int  # how often memory lacked and a batch was made smaller
    given_up: int  # sessions, for want of memory or since there were too many shapes
    busy_s: float


def send(connection: socket.socket, head: Frozen, numbers: Numbers | None = None) -> None:
    """Send a head, and numbers behind it."""
    encoded = head.model_dump_json().encode()
    connection.sendall(_LENGTH.pack(len(encoded)) + encoded)
    if numbers is not None:
        connection.sendall(np.ascontiguousarray(numbers, np.float32).data.cast("B"))


def receive(connection: socket.socket, kind: type[Head]) -> Head:
    """Receive a head.

    Raises:
        ConnectionError: the other side has gone.
        ValueError: it is not one of ours.
    """
    (length,) = _LENGTH.unpack(_receive(connection, _LENGTH.size))
    if length > _MOST_HEAD_BYTES:
        raise ValueError(f"a head of {length} bytes")
    return kind.model_validate_json(bytes(_receive(connection, length)))


def receive_numbers(connection: socket.socket, shape: tuple[int, ...]) -> Numbers:
    """Receive the numbers behind a head.

    Raises:
        ConnectionError: the other side has gone.
        ValueError: there are too many.
    """
    if not 0 < prod(shape) <= _MOST_NUMBERS or min(shape) <= 0:
        raise ValueError(f"numbers of the shape {shape}")
    numbers: Numbers = np.empty(shape, np.float32)
    _receive_into(connection, numbers.data.cast("B"))
    return numbers


def _receive(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    _receive_into(connection, memoryview(data))
    return data


def _receive_into(connection: socket.socket, view: memoryview) -> None:
    while view:
        count = connection.recv_into(view)
        if not count:
            raise ConnectionError("the other side has gone")
        view = view[count:]
