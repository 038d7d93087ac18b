"""What may come out of a queue: a message of our one task, small, in plain JSON. All else costs itself alone.

Celery trusts its queues: measured on 5.7, a message that is no JSON, lacks a property or names a task by a list ends
the worker's main process, and each restart the next. So messages are looked at before Celery sees them, and only the
job and its id get through: no callbacks, time limits or routes of a stranger.
"""

import base64
import json
import logging
from collections.abc import Callable
from typing import Any, Literal

from celery import Celery, bootsteps
from pydantic import BaseModel, Field, ValidationError

from config.queue import PROCESS_TASK
from jobs.errors import InvalidJob

log = logging.getLogger(__name__)

#: The longest message of docs/wire.md, a path of 1024 characters, takes 17 KiB where JSON escapes each one.
MAX_MESSAGE_BYTES = 64 << 10
_NO_SEQUEL = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


class _Headers(BaseModel):
    task: Literal["ocrfleet.process"]
    id: str = Field(max_length=255)
    argsrepr: str = ""  # for Flower


class _Properties(BaseModel):
    delivery_tag: str = Field(max_length=255)
    body_encoding: Literal["base64"]


class _Envelope(BaseModel):
    """A message as kombu writes it to Redis, as far as it matters."""

    body: str
    content_type: Literal["application/json"] = Field(alias="content-type")
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    headers: _Headers
    properties: _Properties


def admit(raw: bytes, queue: str) -> bytes:
    """Read a message and write it anew, without anything that a job does not need.

    Raises:
        InvalidJob: it is none of ours. The error names the field, never its content.
    """
    if len(raw) > MAX_MESSAGE_BYTES:
        raise InvalidJob(f"The message has {len(raw)} bytes; a job has at most {MAX_MESSAGE_BYTES}. See docs/wire.md.")
    try:
        envelope = _Envelope.model_validate_json(raw)
        (message,), _, _ = json.loads(base64.b64decode(envelope.body, validate=True))
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, each["loc"])) or "JSON" for each in error.errors())
        raise InvalidJob(f"The message is not a job: wrong or missing {fields}. See docs/wire.md.") from None
    except (ValueError, TypeError, RecursionError):
        raise InvalidJob("The message is not a job: wrong body. See docs/wire.md.") from None
    return _write(envelope, message, queue)


def _write(envelope: _Envelope, message: object, queue: str) -> bytes:
    body = json.dumps([[message], {}, _NO_SEQUEL]).encode()
    headers = {"lang": "py", "task": PROCESS_TASK, "retries": 0, "timelimit": [None, None], "kwargsrepr": "{}"}
    properties = {
        **envelope.properties.model_dump(),
        "delivery_mode": 2,
        "delivery_info": {"exchange": queue, "routing_key": queue},
        "correlation_id": envelope.headers.id,
        "priority": 0,
    }
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {**headers, **envelope.headers.model_dump(), "root_id": envelope.headers.id},
            "properties": properties,
        }
    ).encode()


def guarded(parse_response: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap redis-py's reading of an answer: what BRPOP brings must pass, else it is as if nothing had come."""

    def read(connection: object, command: str, **options: object) -> object:
        answer = parse_response(connection, command, **options)
        if command != "BRPOP" or not answer:
            return answer
        key, raw = answer
        queue = key.decode().split("\x06", 1)[0]  # kombu parts a queue's priorities by \x06\x16
        try:
            return key, admit(raw, queue)
        except InvalidJob as error:
            log.warning("Refused a message in %s: %s", queue, error, extra={"event": "message.refused"})
            return None

    return read


def install_gate(app: Celery) -> None:
    """Put the gate before the worker's queues, again after each reconnect."""

    class GateStep(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:  # noqa: ANN401
            client = parent.task_consumer.channel.client
            client.parse_response = guarded(client.parse_response)

    app.steps["consumer"].add(GateStep)
