"""Bare Celery for bench.queue to compare with: its defaults, no ledger, and two tasks, as `python -m bench.bare` runs.

`nothing` does nothing. `read` does what ocrfleet's worker does with a page, and keeps the same files: but without a
lease, an attempt, an outcome or a state, so a crash loses it.
"""

import sys

from celery import Celery

from config.settings import Settings
from jobs.contract import Recipe
from jobs.store import Store
from workers.document.bounds import Bounds
from workers.document.pages import encode_jpeg, open_document
from workers.ocr.null import NullEngine
from workers.pipeline import Tools, assemble, read_page

QUEUE = "bare"


def make_bare(settings: Settings) -> Celery:
    """Make the application with its tasks."""
    app = Celery("bare", broker=settings.redis_url.get_secret_value(), set_as_current=False)
    app.conf.update(task_default_queue=QUEUE, task_ignore_result=True, worker_hijack_root_logger=False)
    store, bounds = Store(settings.store_url), Bounds.of(settings)
    tools = Tools(ocr=NullEngine(), model=None, recipe=Recipe(engine="null", mode="off"))

    @app.task(name="bare.nothing")  # type: ignore[untyped-decorator]  # celery has no types
    def nothing(content: str) -> None:
        return

    @app.task(name="bare.read")  # type: ignore[untyped-decorator]
    def read(content: str) -> None:
        with open_document(store.read_document(content), "image/png", bounds) as document:
            page, image = read_page(document, 1, tools, dpi=settings.raster_dpi)
        store.put_image(content, tools.fingerprint, 1, encode_jpeg(image))
        store.put_result(assemble(content, tools.fingerprint, (page,)))

    return app


if __name__ == "__main__":
    make_bare(Settings()).worker_main(["worker", f"--concurrency={sys.argv[1]}", "--loglevel=INFO"])
