"""A text that was cut off for want of a licence: marked, counted, left out of exports. By the real wheel in trial."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from jobs.batch import BatchRecord
from jobs.contract import Recipe, Source
from jobs.errors import OcrUnavailable
from jobs.store import Store
from producer.fleet import Fleet
from producer.results.export import Export, Exported, Format
from producer.terminal.status import sentence
from producer.terminal.tally import ExportTally
from tests.conftest import MakeSettings
from tests.drawn_page import LINES, draw
from tests.worker_steps import worker
from workers.job import attempt


def _png() -> bytes:
    image = io.BytesIO()
    Image.fromarray(draw(LINES * 2).pixels).save(image, "PNG")
    return image.getvalue()


DOCUMENT = _png()
CONTENT = hashlib.sha256(DOCUMENT).hexdigest()
ASPOSE = Recipe(engine="aspose", mode="off")


@pytest.fixture
def fleet(settings: MakeSettings) -> Fleet:
    fleet = Fleet.open(settings())
    fleet.store.put_document_bytes(CONTENT, DOCUMENT)
    fleet.store.put_batch("march", BatchRecord(batch="march", queue="backlog", recipe=ASPOSE, created_s=0))
    fleet.ledger.create_batch("march", ASPOSE, "backlog")
    fleet.ledger.add(
        "march", [Source(document=CONTENT, name="a.png", media_type="image/png", size_bytes=len(DOCUMENT))]
    )
    return fleet


def work(fleet: Fleet, settings: MakeSettings, **changes: object) -> str:
    """Attempt the one job as a worker's child would."""
    resources = worker(settings(**changes))
    (job,) = fleet.ledger.dispatch("backlog", 1)
    try:
        return attempt.run(job, resources)
    finally:
        resources.close()


def export(fleet: Fleet, out: Path, *, include_truncated: bool = False) -> Exported:
    formats = (Format.TXT, Format.JSON, Format.JSONL)
    (exported,) = Export(fleet, "march", out, formats, include_truncated=include_truncated).write()
    return exported


def test_a_batch_that_demands_aspose_waits_with_its_reason_where_no_licence_is(
    fleet: Fleet, settings: MakeSettings
) -> None:
    assert work(fleet, settings) == "waits"
    (entry,) = fleet.documents("march")
    assert entry.state == "queued"
    assert entry.reason.startswith("OcrUnavailable: Aspose.OCR's licence is not set")
    assert entry.attempts == 0


def test_a_trial_s_text_is_marked_counted_and_left_out_unless_wanted(
    fleet: Fleet, settings: MakeSettings, tmp_path: Path
) -> None:
    assert work(fleet, settings, aspose_allow_trial=True) == "done"

    (entry,) = fleet.documents("march")
    summary = fleet.ledger.batch("march")
    assert entry.truncated
    assert (summary.done, summary.truncated) == (1, 1)
    assert "1 truncated" in sentence(summary)
    outcome = Store(fleet.settings.store_url).get_outcome("march", CONTENT)
    assert outcome is not None and outcome.truncated

    left_out = export(fleet, tmp_path / "out")
    tally = ExportTally()
    tally.add(left_out)
    assert (left_out.written, tally.truncated, tally.missing) == (0, 1, 0)
    assert "--include-truncated" in left_out.reason
    assert (tmp_path / "out" / "march.jsonl").read_text() == ""
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["march.jsonl"]

    assert export(fleet, tmp_path / "all", include_truncated=True).written == 3
    written = json.loads((tmp_path / "all" / "a.png.json").read_text())
    assert written["truncated"]
    assert all(page["provenance"]["truncated"] for page in written["pages"])
    assert written["pages"][0]["provenance"]["engine"].endswith("trial")
    assert "Trial" not in (tmp_path / "all" / "a.png.txt").read_text()


def test_processed_anew_by_a_whole_engine_it_counts_no_more(
    fleet: Fleet, settings: MakeSettings, tmp_path: Path
) -> None:
    work(fleet, settings, aspose_allow_trial=True)
    fleet.ledger.again("march", Recipe(engine="rapidocr", mode="off"), [CONTENT])
    assert fleet.ledger.batch("march").truncated == 0
    assert work(fleet, settings, aspose_allow_trial=True) == "done"
    assert fleet.ledger.batch("march").truncated == 0
    assert export(fleet, tmp_path / "out").written == 3


def test_a_rebuilt_ledger_counts_it_again(fleet: Fleet, settings: MakeSettings) -> None:
    work(fleet, settings, aspose_allow_trial=True)
    outcome = fleet.store.get_outcome("march", CONTENT)
    assert outcome is not None
    fleet.ledger.create_batch("april", ASPOSE, "backlog")
    source = Source(document=CONTENT, name="a.png", media_type="image/png", size_bytes=1)
    fleet.ledger.add("april", [source], {CONTENT: outcome})
    assert fleet.ledger.batch("april").truncated == 1


def test_a_worker_told_to_use_an_engine_that_it_has_not_refuses_to_start(settings: MakeSettings) -> None:
    from workers.node.worker import NodeOptions, run_node

    with pytest.raises(OcrUnavailable, match="licence is not set"):
        run_node(settings(engine="aspose"), NodeOptions(gpu="cpu", concurrency=1, queues=("backlog",), name=None))
