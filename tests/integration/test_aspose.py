"""The real Aspose.OCR wheel, in trial: what it lacks is an error, what it dies of costs a page, its text is marked."""

import contextlib
import logging
import os
import random
import signal
from pathlib import Path

import psutil
import pytest

from config.settings import Settings
from jobs.errors import OcrFailed, OcrUnavailable
from tests.drawn_page import LINES, draw
from workers.ocr import open_engine
from workers.ocr.aspose import engine as engine_module
from workers.ocr.aspose.engine import AsposeEngine
from workers.ocr.aspose.wire import Line, Reading


def trial(**changes: object) -> Settings:
    return Settings(_env_file=None, **{"aspose_allow_trial": True, **changes})


PAGE = draw(LINES * 2)  # a trial reads 60 % of the lines, and of these 60 %


def test_without_a_licence_it_is_refused_with_what_to_set() -> None:
    with pytest.raises(OcrUnavailable, match=r"licence is not set.*OCRFLEET_ASPOSE_LICENSE_PATH.*--engine rapidocr"):
        open_engine("aspose", Settings(_env_file=None))


def test_a_licence_that_is_none_is_refused_with_its_reason() -> None:
    with pytest.raises(OcrUnavailable, match=r"licence does not hold: .*Cannot find"):
        open_engine("aspose", Settings(_env_file=None, aspose_license_path="/nowhere/Aspose.lic"))


def test_without_openssl_1_1_it_is_refused_and_this_process_lives(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailable, match=r"OpenSSL 1\.1"):
        open_engine("aspose", trial(openssl_1_1_path=tmp_path))


def test_an_abort_of_the_runtime_at_start_is_an_error_with_its_first_words(tmp_path: Path) -> None:
    for name in ("libssl.so.1.1", "libcrypto.so.1.1"):
        (tmp_path / name).write_text("no library")
    with pytest.raises(OcrUnavailable, match="SIGABRT as it started: No usable version of libssl"):
        open_engine("aspose", trial(openssl_1_1_path=tmp_path))


def test_a_mode_whose_resource_is_missing_is_refused_and_nothing_is_downloaded() -> None:
    with pytest.raises(OcrUnavailable, match=r"aspose-ocr-advanced-recognition-v1\.ocr"):
        open_engine("aspose", trial(aspose_mode="invoice"))


def test_a_language_that_it_has_not_is_refused() -> None:
    with pytest.raises(OcrUnavailable, match="KLINGON"):
        open_engine("aspose", trial(aspose_language="KLINGON"))


def test_auto_takes_rapidocr_where_the_licence_does_not_hold_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with contextlib.closing(open_engine("auto", trial(aspose_license_text="bm9uZQ=="))) as engine:
        assert engine.name.startswith("rapidocr")
        assert not engine.truncated
    assert "since Aspose.OCR's licence does not hold" in caplog.text


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsposeEngine:
    monkeypatch.setenv("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "0")  # as on a machine without ICU
    with contextlib.closing(open_engine("aspose", trial(work_dir=tmp_path))) as engine:
        assert isinstance(engine, AsposeEngine)
        yield engine


def test_an_abort_in_mid_page_costs_that_page_and_the_next_is_read(engine: AsposeEngine) -> None:
    assert engine._client is not None
    os.kill(engine._client.pid, signal.SIGABRT)
    with pytest.raises(OcrFailed, match="SIGABRT at the page"):
        engine.read(PAGE)
    assert engine.read(PAGE)[0].text.startswith("Invoice")
    assert "coreclr" not in Path("/proc/self/maps").read_text()


def test_after_so_many_pages_the_process_is_another(engine: AsposeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "MOST_PAGES", 1)
    assert engine._client is not None
    first = engine._client.pid
    assert engine.read(PAGE) == engine.read(PAGE) != ()
    assert not Path(f"/proc/{first}").exists()


@pytest.mark.prove
@pytest.mark.timeout(1800)  # 1.6 s a page
def test_over_hundreds_of_pages_its_memory_follows_the_largest_and_does_not_grow(
    engine: AsposeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "MOST_PAGES", 10_000)
    assert engine._client is not None
    process, dice = psutil.Process(engine._client.pid), random.Random(4711)

    def read(pages: int) -> int:
        for _ in range(pages):
            words = [f"{dice.randrange(10**6)} {line}" for line in LINES * dice.randint(1, 4)]
            assert engine.read(draw(words))
        return process.memory_info().rss >> 20

    warm_mib = read(60)  # the largest is among them
    grown_mib = read(240) - warm_mib
    assert process.is_running()
    assert grown_mib < 100, (warm_mib, grown_mib)


def test_a_process_that_was_killed_leaves_nothing_behind(engine: AsposeEngine, tmp_path: Path) -> None:
    assert engine._client is not None
    pid = engine._client.pid
    assert list(tmp_path.iterdir()) == []
    engine.close()
    assert [path.name for path in Path("/tmp").glob(f"*-{pid}-*")] == []


def test_a_licence_that_runs_out_in_mid_batch_lets_no_cut_text_through(
    engine: AsposeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.truncated = False  # as it was opened
    with pytest.raises(OcrUnavailable, match="holds no longer"):
        engine.read(PAGE)


def test_a_cut_text_is_known_by_the_warning_alone(engine: AsposeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = Reading(
        lines=(Line(text="Inv", left=1, top=1, width=9, height=9, confidence=0),),
        text="Inv",
        warnings=("Trial Licenses",),
    )
    engine.truncated = False
    monkeypatch.setattr(engine, "_ask", lambda *_: cut)
    with pytest.raises(OcrUnavailable, match="holds no longer"):
        engine.read(PAGE)
