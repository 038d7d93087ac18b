"""What the user asked for, and the batch that this makes or joins."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from config.settings import Script
from jobs.batch import BatchRecord
from jobs.contract import Mode, Queue, Recipe, TextLayerUse
from jobs.errors import UsageError
from jobs.prompt import read_prompt
from producer.fleet import Fleet


@dataclass(frozen=True)
class Wish:
    """What the user asked for. None: as the batch has it, or the default of a new one."""

    queue: Queue | None = None
    engine: str | None = None
    mode: Mode | None = None
    prompt: tuple[str, str] | None = None  # name and text
    pages: str | None = None
    words: str | None = None  # as a recipe holds them (jobs/words.py)
    text_layer: TextLayerUse | None = None
    script: Script | None = None
    passwords: tuple[SecretStr, ...] = ()  # further ones of its documents
    keep_days: int | None = None
    again: bool = False

    def recipe(self, base: Recipe) -> Recipe:
        """Change what was asked for."""
        prompt_name, prompt = self.prompt or (None, None)
        asked = {
            "engine": self.engine,
            "mode": self.mode,
            "prompt_name": prompt_name,
            "prompt": prompt,
            "text_layer": self.text_layer,
            "script": self.script,
            "pages": self.pages,
            "words": self.words,
            "run": new_name() if self.again else None,
        }
        return base.model_copy(update={name: value for name, value in asked.items() if value is not None})


def new_name() -> str:
    """Make up a name for a batch or a run: the time, and letters so that two at once differ."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def open_batch(fleet: Fleet, batch: str, wish: Wish) -> BatchRecord:
    """Create the batch, or join it where it exists with the same recipe and queue.

    Raises:
        UsageError: it exists with another one, and `again` is not asked for.
    """
    existing = _existing(fleet, batch)
    base = existing or BatchRecord(batch=batch, queue="backlog", recipe=_default_recipe(), created_s=time.time())
    asked = {"queue": wish.queue or base.queue, "recipe": wish.recipe(base.recipe)}
    record = base.model_copy(update=asked | ({} if wish.keep_days is None else {"keep_days": wish.keep_days}))
    if existing and record.queue != existing.queue:
        raise UsageError(f"Batch {batch} waits in the queue {existing.queue}. Choose another --batch for {wish.queue}.")
    if existing and record.recipe != existing.recipe and not wish.again:
        raise UsageError(
            f"Batch {batch} exists with another prompt, mode, engine, text layer, script, pages or words. "
            "Process it anew with --again, or choose another --batch."
        )
    made = existing or record
    fleet.ledger.create_batch(batch, made.recipe, made.queue, made.created_s)
    fleet.store.put_batch(batch, record)
    fleet.store.add_passwords(batch, wish.passwords)
    return record


def _existing(fleet: Fleet, batch: str) -> BatchRecord | None:
    stored = fleet.store.get_batch(batch)
    try:
        known = fleet.ledger.batch(batch)
    except UsageError:
        return stored  # the ledger may have been lost
    there = BatchRecord(batch=batch, queue=known.queue, recipe=known.recipe, created_s=known.created_s)
    return there.model_copy(update={"keep_days": stored.keep_days}) if stored else there


def _default_recipe() -> Recipe:
    name, text = read_prompt(Recipe().prompt_name)
    return Recipe(prompt_name=name, prompt=text)
