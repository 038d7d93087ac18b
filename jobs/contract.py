"""The wire contract: what travels in a queue, as plain JSON (docs/wire.md).

Frozen and validated on the way in; unknown fields are refused. Nothing here knows Redis, Celery or OCR.
"""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.queue import Queue as Queue
from config.settings import Script
from jobs.errors import InvalidJob
from jobs.selection import Selection

#: Counts changes of the pipeline that change results. Pages of another version are done anew.
PIPELINE_VERSION = 5

ContentId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256 of the file's bytes
BatchId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
Mode = Literal["off", "guarded", "constrained"]
#: What is made of the text that a PDF has of its own: used where it is sound, not looked at, or nothing else is read.
TextLayerUse = Literal["auto", "ignore", "only"]
DocumentState = Literal["queued", "running", "done", "failed", "cancelled"]
TERMINAL_STATES: frozenset[DocumentState] = frozenset({"done", "failed", "cancelled"})


class Frozen(BaseModel):
    """Base of every type on the wire."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> str:
        """Render compactly; reading it back gives an equal value."""
        return self.model_dump_json(exclude_defaults=False)


class Recipe(Frozen):
    """How the documents of a batch are read and corrected. Chosen at submit, the same for all of them."""

    engine: str = "auto"
    mode: Mode = "constrained"
    prompt_name: str = "finance"
    prompt: str = ""  # the prompt's text, so that a worker needs no file of the producer's
    text_layer: TextLayerUse = "auto"
    script: Script | None = None  # None: as the worker has it. An engine that heeds it has it in its name
    pages: Selection = ""  # which pages are read; all of them where it is empty
    words: str = ""  # of the batch's own, parted by blanks: names that its documents hold again and again
    run: str = ""  # set by --again: makes the results of this recipe differ from earlier ones

    def fingerprint(self, *, engine: str, model_sha256: str) -> str:
        """Name what a result depends on besides the content: 16 hex digits of a SHA-256.

        `engine` and `model_sha256` are the worker's own, so that `auto` never mixes two engines' results.
        """
        parts = (
            str(PIPELINE_VERSION),
            engine,
            model_sha256,
            self.mode,
            self.prompt_name,
            self.prompt,
            self.text_layer,
            self.pages,
            self.words,
            self.run,
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


class Job(Frozen):
    """The message: ids only. One job is one range of pages of one document of one batch."""

    version: Literal[1] = 1
    batch: BatchId
    document: ContentId
    part: int = Field(0, ge=0)  # which range of `pages_per_job` pages


class InboxJob(Frozen):
    """The message of another application: a file it has put under the store's `inbox/`."""

    version: Literal[1] = 1
    inbox: str = Field(pattern=r"^[^/\\\x00][^\\\x00]{0,1023}$")
    batch: BatchId = "inbox"
    queue: Queue = "backlog"


def parse_message(message: object) -> Job | InboxJob:
    """Read a message from the queue.

    Raises:
        InvalidJob: it is none of ours; the error names the field, never its content.
    """
    kind: type[Job] | type[InboxJob] = InboxJob if isinstance(message, dict) and "inbox" in message else Job
    try:
        job = kind.model_validate(message)
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in e["loc"]) or "message" for e in error.errors())
        raise InvalidJob(f"The message is not a job: wrong or missing {fields}. See docs/wire.md.") from None
    if isinstance(job, InboxJob) and ".." in job.inbox.split("/"):
        raise InvalidJob("The message is not a job: inbox leaves the store's inbox. See docs/wire.md.")
    return job


class Source(Frozen):
    """One submitted path: what a manifest and the ledger hold of a document."""

    document: ContentId
    name: str  # the path as submitted, relative to the argument that named it
    media_type: str
    size_bytes: int
