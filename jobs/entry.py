"""How the ledger's entries are written and read: short keys and raw bytes, since a million of them lie in memory."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from jobs.batch import BatchSummary, DeadLetter, DocumentEntry, Node
from jobs.contract import BatchId, ContentId, Job, Recipe, Source
from jobs.errors import NodeOutdated
from jobs.lease import Dropped, Lease, Pin, Reconciliation, Untold
from jobs.result import FigureCounts, Outcome

COUNTS = (
    "documents", "queued", "running", "done", "failed", "cancelled", "pages", "pages_done", "truncated", "to_review"
)  # fmt: skip
#: In the order of an entry's `x` (jobs/lua/_ledger.lua).
AUDIT = tuple(FigureCounts.model_fields)


def raw(content: ContentId) -> bytes:
    """Half the size of the hex."""
    return bytes.fromhex(content)


def added(source: Source, outcome: Outcome | None) -> tuple[bytes, str, str, str]:
    """What `add.lua` takes of a document."""
    entry = {"n": [source.name], "m": source.media_type, "z": source.size_bytes}
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    return raw(source.document), text, source.name, outcome.to_json() if outcome else ""


def read_job(member: bytes) -> Job:
    """Read `batch/part/content`."""
    batch, part = member[:-33].decode().split("/")
    return Job(batch=batch, document=member[-32:].hex(), part=int(part))


def read_recipe(batch: BatchId, text: bytes) -> Recipe:
    """Read a batch's recipe.

    Raises:
        NodeOutdated: a newer ocrfleet wrote it.
    """
    try:
        return Recipe.model_validate_json(text)
    except ValidationError:
        raise NodeOutdated(f"A newer ocrfleet than this one made batch {batch}. Upgrade this one.") from None


def read_summary(batch: BatchId, facts: dict[bytes, bytes]) -> BatchSummary:
    """Read a batch's hash."""
    counts = {name: int(facts.get(name.encode(), 0)) for name in COUNTS}
    audit = {name: int(facts.get(name.encode(), 0)) for name in AUDIT}
    return BatchSummary.model_validate(
        {
            "batch": batch,
            "queue": facts[b"queue"].decode(),
            "recipe": Recipe.model_construct(**json.loads(facts[b"recipe"])),  # of a newer ocrfleet: what we know of it
            "created_s": int(facts[b"created"]) / 1000,
            "ended_s": int(facts.get(b"ended", facts[b"created"])) / 1000,
            **counts,
            "audit": FigureCounts.model_validate(audit),
        }
    )


def read_document(content: bytes, text: bytes) -> DocumentEntry:
    """Read a document's entry, filled in by `documents.lua`."""
    entry = json.loads(text)
    return DocumentEntry(
        document=content.hex(),
        names=tuple(entry["n"]),
        media_type=entry["m"],
        size_bytes=entry["z"],
        state=entry.get("s", "queued"),
        attempts=entry.get("a", 0),
        pages=entry.get("p", 0),
        pages_done=entry.get("k", 0),
        fingerprint=entry.get("f", ""),
        truncated="t" in entry,
        audit=FigureCounts(**dict(zip(AUDIT, entry.get("x", ()), strict=False))),
        reason=entry.get("r", ""),
        node=entry.get("w", ""),
        log=tuple(entry.get("l", ())),
    )


def read_dead_letter(batch: BatchId, document: DocumentEntry, died_ms: bytes) -> DeadLetter:
    """Read a failed document as a dead letter."""
    return DeadLetter(
        batch=batch,
        document=document.document,
        names=document.names,
        reason=document.reason,
        attempts=document.attempts,
        node=document.node,
        log=document.log,
        died_s=int(died_ms) / 1000,
    )


def read_lease(token: str, node: str, found: list[Any]) -> Lease:
    """Read what `take.lua` and `take_next.lua` return."""
    member, (queue, recipe, media_type, size_bytes, attempt, pages, parts, assemble, pin) = found
    return Lease(
        job=read_job(member),
        token=token,
        node=node,
        queue=queue.decode(),
        recipe=Recipe.model_validate_json(recipe),
        media_type=media_type.decode(),
        size_bytes=size_bytes,
        attempt=attempt,
        pages=pages,
        parts=parts,
        assemble=bool(assemble),
        pin=Pin.model_validate_json(pin) if pin else None,
    )


def read_reconciliation(found: list[Any]) -> Reconciliation:
    """Read what `reconcile.lua` returns."""
    lapsed, lost, *untold = found
    return Reconciliation(ran=True, lapsed=lapsed, lost=lost, untold=tuple(map(_read_untold, untold)))


def _read_untold(facts: list[Any]) -> Untold:
    batch, content, text = facts
    entry = read_document(content, text)
    told = set(Outcome.model_fields) - (set() if entry.state == "failed" else {"attempts", "node", "log"})
    outcome = Outcome.model_validate(entry.model_dump(include=told))
    return Untold(batch=batch.decode(), outcome=outcome)


def read_dropped(facts: list[Any]) -> Dropped:
    """Read what `holders.lua` returns of a document."""
    content, holders = facts
    return Dropped(document=content.hex(), last_reference=holders == 1)


def read_nodes(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, Node]:
    """Read what `beat.lua` returns."""
    return {name.decode(): read_node(name.decode(), text) for name, text in pairs}


def read_node(name: str, text: bytes) -> Node:
    """Read what a node last told."""
    facts = json.loads(text)
    return Node(node=name, concurrency=facts["concurrency"], seen_s=facts["seen_ms"] / 1000, facts=facts["facts"] or {})
