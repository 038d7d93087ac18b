"""Encrypted PDFs of a batch, from the file of passwords to the result; and where the passwords are not."""

import logging
import stat
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import redis
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from jobs.errors import EncryptedDocument, UsageError
from jobs.password import read_passwords
from jobs.result import DocumentResult
from producer.batch import delete, retry
from producer.fleet import Fleet
from producer.order import Wish
from producer.recover import recover
from producer.results.export import Export, Format
from tests.conftest import MakeSettings
from tests.producer_steps import submit
from tests.worker_steps import result_of, work, worker
from workers.reading import read_file

SECRET = "correct horse"


def encrypted(folder: Path, name: str = "a.pdf") -> Path:
    file = BytesIO()
    canvas = Canvas(file, pagesize=(200, 100), encrypt=StandardEncryption(SECRET, "owner", canPrint=0, strength=128))
    canvas.drawString(10, 10, name)
    canvas.showPage()
    canvas.save()
    (folder / name).write_bytes(file.getvalue())
    return folder / name


def passwords(folder: Path, *lines: str) -> Wish:
    (folder / "passwords").write_text("\n".join(lines))
    return Wish(engine="null", mode="off", passwords=read_passwords(folder / "passwords"))


def test_a_batch_with_the_password_is_read_and_shows_it_nowhere(
    settings: MakeSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = settings()
    fleet = Fleet.open(made)
    with caplog.at_level(logging.DEBUG):
        submit(fleet, encrypted(tmp_path), wish=passwords(tmp_path, "wrong", SECRET))
        assert work(fleet, worker(made)).done == 1

    list(Export(fleet, "march", tmp_path / "out", list(Format)).write())
    store, out = Path(made.store_url), tmp_path / "out"
    holding = [path for root in (store, out) for path in root.rglob("*") if path.is_file() and holds(path.read_bytes())]
    assert [path.parent for path in holding] == [store / "batches" / "march"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600
    assert SECRET not in caplog.text
    with redis.Redis.from_url(made.redis_url.get_secret_value()) as client:
        assert not any(holds(client.dump(key) or b"") for key in client.scan_iter())

    list(delete(fleet, "march"))
    assert not any(path.is_file() for path in store.rglob("*"))


def holds(data: bytes) -> bool:
    return SECRET.encode() in data


def test_a_wrong_password_fails_for_good_and_retry_with_the_right_one_mends_it(
    settings: MakeSettings, tmp_path: Path
) -> None:
    made = settings()
    fleet = Fleet.open(made)
    submit(fleet, encrypted(tmp_path), wish=passwords(tmp_path, "wrong"))

    assert work(fleet, worker(made)).failed == 1
    (letter,) = fleet.ledger.dead_letters("march")
    assert letter.reason.startswith("EncryptedDocument: The PDF needs a password, and none of the 1 given opens it.")
    assert letter.reason.endswith("Give it with --password-file FILE (in a fleet: ocrfleet retry BATCH)")
    assert letter.attempts == 1

    assert retry(fleet, "march", passwords(tmp_path, SECRET).passwords) == 1
    assert work(fleet, worker(made)).done == 1


def test_the_passwords_outlive_a_loss_of_redis(settings: MakeSettings, tmp_path: Path) -> None:
    made = settings()
    fleet = Fleet.open(made)
    submit(fleet, encrypted(tmp_path), wish=passwords(tmp_path, SECRET))
    with redis.Redis.from_url(made.redis_url.get_secret_value()) as client:
        client.flushall()

    list(recover(fleet, "march"))

    assert work(fleet, worker(made)).done == 1
    assert result_of(fleet).pages[0].page == 1


def test_one_document_is_read_here_and_now_with_its_password_and_of_some_pages(
    settings: MakeSettings, tmp_path: Path
) -> None:
    def read(**options: Any) -> DocumentResult:
        made = settings(engine="null", redis_url="redis://127.0.0.1:1/0")
        return read_file(encrypted(tmp_path), made, prompt="finance", mode="off", gpu="cpu", **options)

    assert len(read(passwords=passwords(tmp_path, "wrong", SECRET).passwords, pages="-1").pages) == 1
    with pytest.raises(EncryptedDocument, match="none was given"):
        read()
    with pytest.raises(UsageError, match="--pages: 'x' is no page"):
        read(pages="x")


def test_passwords_of_later_submissions_are_added_once(settings: MakeSettings, tmp_path: Path) -> None:
    fleet = Fleet.open(settings())
    for lines in (("one",), ("one", "two"), ("two",)):
        submit(fleet, encrypted(tmp_path), wish=passwords(tmp_path, *lines))

    assert [password.get_secret_value() for password in fleet.store.passwords("march")] == ["one", "two"]
    assert fleet.store.passwords("april") == []


def test_a_document_that_can_t_be_read_costs_no_loading_of_a_model(settings: MakeSettings, tmp_path: Path) -> None:
    made = settings(file_model_path=tmp_path / "none.gguf")

    with pytest.raises(EncryptedDocument, match="--password-file FILE"):
        read_file(encrypted(tmp_path), made, prompt="finance", mode="constrained", gpu="cpu")
