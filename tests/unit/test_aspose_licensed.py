"""Aspose.OCR with a licence, which no test can have: its process and its package are played here."""

import contextlib
import io
import logging
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.ocr import PageImage, open_engine
from workers.ocr.aspose import engine as engine_module
from workers.ocr.aspose import process
from workers.ocr.aspose.client import _plan
from workers.ocr.aspose.wire import Hello, Line, Plan, Reading

LICENSED = {"aspose_license_text": "<License/>"}
PAGE = PageImage(np.full((100, 300, 3), 255, np.uint8), dpi=150)
WHOLE = Reading(lines=(Line(text="Total 450.00", left=1, top=1, width=99, height=9, confidence=0.9),), text="Total")


class Process:
    """Aspose's process, as far as the engine sees it."""

    pid = 4711

    def __init__(self, settings: Settings) -> None:
        self.hello = Hello(version="26.10.0", licensed=True)
        self.reading = WHOLE

    def read(self, image: bytes) -> Reading:
        return self.reading

    def close(self) -> None:
        pass


@pytest.fixture
def licensed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "Client", Process)


@pytest.mark.usefixtures("licensed")
def test_auto_takes_aspose_where_its_licence_holds_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with contextlib.closing(open_engine("auto", Settings(_env_file=None, **LICENSED))) as engine:
        assert (engine.name, engine.truncated) == ("aspose 26.10.0 LATIN page", False)
        assert [line.text for line in engine.read(PAGE)] == ["Total 450.00"]
    assert "aspose 26.10.0 LATIN page, since it is installed and licensed" in caplog.text


@pytest.mark.usefixtures("licensed")
def test_a_licence_that_runs_out_in_mid_batch_is_known_by_warning_or_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(open_engine("aspose", Settings(_env_file=None, **LICENSED))) as engine:
        for cut in ({"warnings": ("Trial Licenses",)}, {"text": "Tot\n****** Trial Licenses ******"}):
            monkeypatch.setattr(engine._client, "reading", WHOLE.model_copy(update=cut))
            with pytest.raises(OcrUnavailable, match="holds no longer"):
                engine.read(PAGE)


class Package:
    """The package `aspose.ocr`, as far as its process uses it; keeps what it was told."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.Language = SimpleNamespace(DEU="German")
        self.InputType = SimpleNamespace(SINGLE_IMAGE=1)
        self.Resources = SimpleNamespace(
            allow_automatic_downloads=lambda allowed: self.told.update(downloads=allowed),
            set_local_path=lambda path: self.told.update(resources=path),
        )
        self.OnnxRuntimeSessionOptions = SimpleNamespace(
            set_intra_op_num_threads=lambda threads: self.told.update(onnx_threads=threads)
        )

    class _Kind(SimpleNamespace):
        pass

    RecognitionSettings = type("RecognitionSettings", (_Kind,), {})
    InvoiceRecognitionSettings = type("InvoiceRecognitionSettings", (_Kind,), {})
    ReceiptRecognitionSettings = type("ReceiptRecognitionSettings", (_Kind,), {})

    def License(self) -> SimpleNamespace:
        return SimpleNamespace(set_license=self._license, is_licensed="licence" in self.told)

    @property
    def Metered(self) -> Any:
        class Metered:
            is_metered_licensed = staticmethod(lambda: "metered" in self.told)
            set_metered_key = staticmethod(lambda *pair: self.told.update(metered=pair))

        return Metered

    def AsposeOcr(self) -> SimpleNamespace:
        return SimpleNamespace(recognize="page", recognize_invoice="invoice", recognize_receipt="receipt")

    def _license(self, given: str | io.BytesIO) -> None:
        self.told["licence"] = given if isinstance(given, str) else given.read().decode()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Package:
    package = Package()
    monkeypatch.setattr(process, "import_module", lambda name: {"aspose.ocr": package}[name])
    return package


@pytest.mark.parametrize("mode", ["page", "invoice", "receipt"])
def test_language_mode_threads_and_resources_reach_aspose_and_no_download_is_allowed(
    package: Package, mode: str
) -> None:
    reader = process.Reader(Plan(language="DEU", mode=mode, threads=3, resources_path="/resources"))
    kinds = {"page": "RecognitionSettings"}
    assert reader._recognise == mode
    assert type(reader._settings).__name__ == kinds.get(mode, f"{mode.title()}RecognitionSettings")
    assert (reader._settings.language, reader._settings.threads_count) == ("German", 3)
    assert package.told == {"downloads": False, "resources": "/resources", "onnx_threads": 3}
    assert not reader.licensed


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ({"license_path": "/Aspose.lic"}, {"licence": "/Aspose.lic"}),
        ({"license_text": "<License/>"}, {"licence": "<License/>"}),
        ({"metered_keys": ("public", "private")}, {"metered": ("public", "private")}),
    ],
)
def test_a_licence_reaches_aspose_as_file_as_text_and_as_metered_pair(
    package: Package, licence: dict[str, Any], told: dict[str, Any]
) -> None:
    reader = process.Reader(Plan(language="DEU", mode="page", threads=1, **licence))
    assert {name: package.told[name] for name in told} == told
    assert reader.licensed
    assert reader.license_error == ""


def test_settings_make_the_plan_that_aspose_s_process_gets() -> None:
    pair = {"aspose_metered_public_key": "public", "aspose_metered_private_key": "private"}
    chosen = {"aspose_language": "DEU", "aspose_mode": "receipt", "ocr_threads": 3, "aspose_resources_path": "/r"}
    plan = _plan(Settings(_env_file=None, **pair, **chosen, aspose_license_text="<a/>", aspose_license_path="/b.lic"))
    assert plan == Plan(
        license_path="/b.lic",
        license_text="<a/>",
        metered_keys=("public", "private"),
        language="DEU",
        mode="receipt",
        resources_path="/r",
        threads=3,
    )
