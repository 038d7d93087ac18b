"""What travels between a client and the engine: frames of JSON over a local stream socket.

A frame is four bytes (the length, big-endian) and so many bytes of UTF-8 JSON. A client sends one request, reads one
answer, and may then send the next. Whoever speaks for the engine (it, or its keeper while there is none) answers with
the request's id; id 0 answers a connection whose request was not read.

    {"id": 7, "ask": "complete", "messages": [...], "draft": "...", "max_tokens": 64, "timeout_s": 600}
    {"id": 8, "ask": "score", "choices": [{"context": "...", "candidates": ["...", "..."]}], "timeout_s": 600}
    {"id": 9, "ask": "info"}
    {"id": 7, "completion": {...}}   {"id": 8, "scores": [[...]]}   {"id": 9, "info": {...}}
    {"id": 7, "error": "too_long" | "model" | "engine", "message": "..."}
"""

import socket
import struct
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from jobs.contract import Frozen
from workers.llm import Choice, Completion, Message

HEADER = struct.Struct(">I")
#: A page is a few KiB; anything near this is not a request of ours.
MAX_FRAME_BYTES = 16 << 20


class CompleteRequest(Frozen):
    """Answer a chat."""

    ask: Literal["complete"] = "complete"
    id: int
    messages: tuple[Message, ...]
    draft: str
    max_tokens: int
    timeout_s: float


class ScoreRequest(Frozen):
    """Weigh candidates."""

    ask: Literal["score"] = "score"
    id: int
    choices: tuple[Choice, ...]
    timeout_s: float


class InfoRequest(Frozen):
    """Say what runs. Loads the engine if none does."""

    ask: Literal["info"] = "info"
    id: int


Request = Annotated[CompleteRequest | ScoreRequest | InfoRequest, Field(discriminator="ask")]
REQUEST: TypeAdapter[CompleteRequest | ScoreRequest | InfoRequest] = TypeAdapter(Request)


class EngineInfo(Frozen):
    """The engine as it runs now, and what it has done since it was loaded."""

    pid: int
    model: str
    model_sha256: str
    gpu_layers: int
    slots: int  # requests at work at once
    load_s: float
    age_s: float  # since it was warm
    in_flight: int  # requests, at work and waiting
    waiting: int  # of them, for a lane to take them
    tally: dict[str, float] = Field(default_factory=dict)  # workers/llm/tally.py


class Answer(Frozen):
    """Exactly one of the fields beside `id` and `message` is set."""

    id: int
    completion: Completion | None = None
    scores: tuple[tuple[float, ...], ...] | None = None
    info: EngineInfo | None = None
    error: Literal["too_long", "model", "engine"] | None = None
    message: str = ""


def frame(value: Frozen) -> bytes:
    """Render a request or an answer as it travels."""
    body = value.model_dump_json(exclude_none=True).encode()
    return HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """Read a frame's length.

    Raises:
        ConnectionError: no frame of ours.
    """
    length = int(HEADER.unpack(header)[0])
    if length > MAX_FRAME_BYTES:
        raise ConnectionError(f"a frame of {length} bytes is over the bound of {MAX_FRAME_BYTES}")
    return length


def receive(connection: socket.socket) -> bytes:
    """Read one frame's body.

    Raises:
        ConnectionError: the peer has gone.
        TimeoutError: the socket's own timeout ran out.
    """
    return _read(connection, body_length(_read(connection, HEADER.size)))


def _read(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionResetError("the engine closed the connection")
        data += piece
    return bytes(data)
