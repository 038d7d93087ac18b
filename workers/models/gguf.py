"""The header of a GGUF file: what the model is, and how long the file must be. No tensor is read.

Own code because the `gguf` package takes 2.1 s for a vocabulary of 49,000 tokens where this takes 0.02 s
(a vocabulary of 150,000 is usual), at every start of a worker. The format: ggml/docs/gguf.md.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from jobs.errors import ModelError
from workers.models.progress import mib

MAGIC = b"GGUF"
Scalar = str | int | float | bool

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_ENTRIES = 1 << 20

# ggml type: (elements of a block, bytes of a block). A test holds this against the installed llama.cpp.
BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34)},  # F32 F16 Q4 Q5 Q8
    **{10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210)},  # Q2_K to Q6_K
    **{16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110)},  # IQ
    **{22: (256, 82), 23: (256, 136), 29: (256, 56)},  # IQ2_S IQ4_XS IQ1_M
    **{24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2)},  # integers, F64, BF16
    **{34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18)},  # TQ MXFP4 NVFP4 Q1_0
}

_FOREIGN = (
    (b"<", "an HTML or XML page, such as a firewall or a login page gives"),
    (b"version https://git-lfs", "a Git LFS pointer (the repository was cloned without `git lfs pull`)"),
    (b"PK\x03\x04", "a zip archive or a PyTorch checkpoint"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"{", "JSON"),
    (b"lmgg", "a GGML model from before GGUF"),
    (b"tjgg", "a GGML model from before GGUF"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says.

    Attributes:
        metadata: Every entry that is not a list, such as `general.architecture`.
        tensors: How many tensors the file holds.
        needed_bytes: Where the data of the last tensor ends.
    """

    metadata: Mapping[str, Scalar]
    tensors: int
    needed_bytes: int


def foreign_kind(head: bytes) -> str | None:
    """What a file is by its first bytes when it is no GGUF; None for GGUF."""
    if head.startswith(MAGIC):
        return None
    if not head:
        return "empty"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 28:
        return "a safetensors file (of the same model there is often a repository whose name ends in -GGUF)"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((kind for start, kind in _FOREIGN if text.startswith(start)), "of an unknown kind")


def read_header(path: Path) -> Header:
    """Read the header and check that the file is as long as its tensors need.

    Raises:
        ModelError: the file can't be read, is of another kind, damaged or truncated.
    """
    try:
        with path.open("rb") as file:
            if kind := foreign_kind(file.read(512)):
                raise ModelError(f"{path} is {kind}, not a GGUF model. Delete it and get the model again.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _parse(data, path)
    except OSError as error:
        raise ModelError(f"{path} can't be read ({error.strerror or error}). Give this user read access.") from error
    except (struct.error, KeyError, OverflowError) as error:
        raise ModelError(f"The header of {path} is cut off or damaged. Delete it and get the model again.") from error


def _parse(data: mmap.mmap, path: Path) -> Header:
    cursor = _Cursor(data, len(MAGIC))
    version = int(cursor.number("I"))
    if version not in (2, 3):
        what = "made for a big-endian machine" if version & 0xFFFF == 0 else f"of GGUF version {version}"
        raise ModelError(f"{path} is {what}; llama.cpp here reads versions 2 and 3. Get a newer conversion.")
    tensors, entries = int(cursor.number("Q")), int(cursor.number("Q"))
    if max(tensors, entries) > _MOST_ENTRIES:
        raise OverflowError
    found = {cursor.text(): cursor.value(int(cursor.number("I"))) for _ in range(entries)}
    ends = [cursor.tensor_end() for _ in range(tensors)]
    alignment = int(found.get("general.alignment") or 32)
    needed = -(-cursor.at // alignment) * alignment + max(ends, default=0)
    if needed > len(data):
        raise ModelError(
            f"{path} is truncated: {mib(len(data))} of at least {mib(needed)}. Delete it and get the model again."
        )
    return Header({key: value for key, value in found.items() if value is not None}, tensors, needed)


class _Cursor:
    """Walks the header. Reading past the end raises struct.error."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self.data, self.at = data, at

    def number(self, form: str) -> int | float | bool:
        value: int | float | bool
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def text(self) -> str:
        start = self.at + 8
        self._skip_text()
        return self.data[start : self.at].decode(errors="replace")

    def value(self, kind: int) -> Scalar | None:
        """The value; None for a list, which is skipped."""
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            self._skip_list()
            return None
        return self.number(_NUMBERS[kind])

    def tensor_end(self) -> int:
        self._skip_text()
        shape = [int(self.number("Q")) for _ in range(min(int(self.number("I")), 8))]
        per_block, block_bytes = BLOCKS.get(int(self.number("I")), (256, 0))  # unknown type: its start must exist
        return int(self.number("Q")) + prod(shape) // per_block * block_bytes

    def _skip_list(self) -> None:
        kind, count = int(self.number("I")), int(self.number("Q"))
        if kind in _NUMBERS:
            self.at += count * struct.calcsize("<" + _NUMBERS[kind])
            return
        for _ in range(count):
            self.value(kind) if kind == _ARRAY else self._skip_text()

    def _skip_text(self) -> None:
        (length,) = _LENGTH.unpack_from(self.data, self.at)
        self.at += 8 + length


_LENGTH = struct.Struct("<Q")
