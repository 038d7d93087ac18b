"""Moves requests from clients to the engine, and answers back. A client that goes takes its request with it."""

import asyncio
import contextlib
import os
import socket
import time

from jobs.errors import EngineUnavailable, ModelError
from workers.llm import Completion, RequestTooLong
from workers.llm.cache import AnswerCache, Scores
from workers.llm.engine import Engine
from workers.llm.plan import EnginePlan
from workers.llm.wire import (
    HEADER,
    REQUEST,
    Answer,
    CompleteRequest,
    EngineInfo,
    InfoRequest,
    ScoreRequest,
    body_length,
    frame,
)

Asked = CompleteRequest | ScoreRequest | InfoRequest


class Server:
    """Serves the listening socket for one engine."""

    def __init__(self, plan: EnginePlan, engine: Engine, load_s: float) -> None:
        self.plan, self.engine, self.load_s = plan, engine, load_s
        self.cache = AnswerCache(plan.answers_kept)
        self._in_flight = 0
        self._last_used = self._loaded_at = time.monotonic()

    async def run(self) -> None:
        """Serve until nobody has asked for `idle_s`.

        Raises:
            ModelError, OutOfMemory: what ended a lane of the engine.
        """
        lanes = [asyncio.wrap_future(ended) for ended in self.engine.start()]
        # Never closed, as the process ends next: since Python 3.12 that waits for every client to go, which a worker's
        # children do not, and since 3.13 it removes the socket, which is the keeper's.
        await asyncio.start_unix_server(self._serve, sock=socket.socket(fileno=self.plan.listen_fd))
        await asyncio.wait([*lanes, asyncio.create_task(self._until_idle())], return_when=asyncio.FIRST_COMPLETED)
        for ended in lanes:
            if ended.done():
                ended.result()

    async def _until_idle(self) -> None:
        while not self.plan.idle_s or self._in_flight or time.monotonic() - self._last_used < self.plan.idle_s:
            await asyncio.sleep(min(1.0, self.plan.idle_s / 4) if self.plan.idle_s else 3600)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # the engine ends; streams of Python 3.11 would log it
            await self._converse(reader, writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await _next(reader)
        while asked:
            following = asyncio.create_task(_next(reader))  # also tells that the client has gone
            answering = asyncio.create_task(self._answer(asked))
            await asyncio.wait([following, answering], return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():  # it left before its answer
                answering.cancel()
                break
            writer.write(frame(answering.result()))
            asked = await following
        writer.close()

    async def _answer(self, asked: Asked) -> Answer:
        if isinstance(asked, InfoRequest):
            return Answer(id=asked.id, info=self._info())
        self._in_flight += 1
        try:
            if isinstance(asked, CompleteRequest):
                return Answer(id=asked.id, completion=await self.cache.complete(asked, self._complete))
            return Answer(id=asked.id, scores=await self.cache.score(asked, self._score))
        except RequestTooLong as error:
            return Answer(id=asked.id, error="too_long", message=str(error))
        except ModelError as error:
            return Answer(id=asked.id, error="model", message=str(error))
        except EngineUnavailable as error:
            return Answer(id=asked.id, error="engine", message=str(error))
        finally:
            self._in_flight -= 1
            self._last_used = time.monotonic()

    async def _complete(self, asked: CompleteRequest) -> Completion:
        result = await asyncio.wrap_future(self.engine.submit(asked))
        assert isinstance(result, Completion)
        return result

    async def _score(self, asked: ScoreRequest) -> tuple[Scores, ...]:
        result = await asyncio.wrap_future(self.engine.submit(asked))
        assert not isinstance(result, Completion)
        return result

    def _info(self) -> EngineInfo:
        plan = self.plan
        return EngineInfo(
            pid=os.getpid(),
            model=plan.model,
            model_sha256=plan.model_sha256,
            gpu_layers=plan.gpu_layers,
            slots=plan.slots,
            load_s=self.load_s,
            age_s=round(time.monotonic() - self._loaded_at, 1),
            in_flight=self._in_flight,
            waiting=self.engine.waiting,
            tally=self.engine.tally.report() | self.cache.counts,
        )


async def _next(reader: asyncio.StreamReader) -> Asked | None:
    """Read the next request; None: the client has gone."""
    try:
        header = await reader.readexactly(HEADER.size)
        return REQUEST.validate_json(await reader.readexactly(body_length(header)))
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        return None
