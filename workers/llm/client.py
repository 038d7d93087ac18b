"""Asks the engine over its socket: the LanguageModel that an OCR child holds.

Connects at the first question, so it may be made before a fork. It survives a restart of the engine: it connects
again and asks again; the new connection waits until the next engine is warm.
"""

import contextlib
import itertools
import socket
import time
from functools import cached_property
from pathlib import Path

from jobs.errors import EngineUnavailable, ModelError
from workers.llm import Choice, Completion, Message, RequestTooLong
from workers.llm.wire import Answer, CompleteRequest, EngineInfo, InfoRequest, ScoreRequest, frame, receive

#: A request that was in flight in so many engines that died is likely what kills them.
MOST_ENGINES_LOST = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0


class EngineClient:
    """One connection to the engine, for one thread.

    Args:
        socket_path: where the engine listens (EngineService.start).
        ask_timeout_s: longest wait for one answer, restarts of the engine included.
    """

    def __init__(self, socket_path: Path, ask_timeout_s: float) -> None:
        self._socket_path = socket_path
        self._ask_timeout_s = ask_timeout_s
        self._connection: socket.socket | None = None
        self._ids = itertools.count(1)

    @cached_property
    def name(self) -> str:
        """The model's name; asks the engine once."""
        return self._model[0]

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the model's file; asks the engine once."""
        return self._model[1]

    def complete(self, messages: tuple[Message, ...], *, draft: str, max_tokens: int) -> Completion:
        """Answer a chat; see LanguageModel."""
        request = CompleteRequest(
            id=next(self._ids), messages=messages, draft=draft, max_tokens=max_tokens, timeout_s=self._ask_timeout_s
        )
        answer = self._ask(request).completion
        assert answer is not None
        return answer

    def score(self, choices: tuple[Choice, ...]) -> tuple[tuple[float, ...], ...]:
        """Weigh candidates; see LanguageModel."""
        if not choices:
            return ()
        answer = self._ask(ScoreRequest(id=next(self._ids), choices=choices, timeout_s=self._ask_timeout_s)).scores
        assert answer is not None
        return answer

    def info(self) -> EngineInfo:
        """Say what runs; waits until the engine is warm."""
        answer = self._ask(InfoRequest(id=next(self._ids))).info
        assert answer is not None
        return answer

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        if self._connection:
            self._connection.close()
            self._connection = None

    @cached_property
    def _model(self) -> tuple[str, str]:
        info = self.info()
        return info.model, info.model_sha256

    def _ask(self, request: CompleteRequest | ScoreRequest | InfoRequest) -> Answer:
        deadline = time.monotonic() + self._ask_timeout_s
        for lost in itertools.count(1):
            try:
                return _checked(self._exchange(request, deadline))
            except FileNotFoundError:
                self.close()
                raise EngineUnavailable("The correction engine has been stopped with its worker.") from None
            except TimeoutError:
                self.close()
                raise EngineUnavailable(f"No answer within {self._ask_timeout_s:.0f} s (ask_timeout_s).") from None
            except ConnectionError:
                self.close()
                pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**lost)
                if lost == MOST_ENGINES_LOST or time.monotonic() + pause_s > deadline:
                    raise EngineUnavailable(f"The engine was lost {lost} times; the worker's log says why.") from None
                time.sleep(pause_s)
        raise AssertionError("unreachable")

    def _exchange(self, request: CompleteRequest | ScoreRequest | InfoRequest, deadline: float) -> Answer:
        connection = self._connect(deadline)
        with contextlib.suppress(BrokenPipeError):  # closed before it was read: the answer says why
            connection.sendall(frame(request))
        answer = Answer.model_validate_json(receive(connection))
        if answer.id not in (0, request.id):
            raise ConnectionResetError("an answer out of turn")
        return answer

    def _connect(self, deadline: float) -> socket.socket:
        if self._connection is None:
            self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._connection.settimeout(max(0.01, deadline - time.monotonic()))
            self._connection.connect(str(self._socket_path))
        self._connection.settimeout(max(0.01, deadline - time.monotonic()))
        return self._connection


def _checked(answer: Answer) -> Answer:
    match answer.error:
        case "model":
            raise ModelError(answer.message)
        case "too_long":
            raise RequestTooLong(answer.message)
        case "engine":
            raise EngineUnavailable(answer.message)
    return answer
