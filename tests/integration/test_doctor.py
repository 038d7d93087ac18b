"""The doctor on a real Redis, a real store and the real engines: what is wrong is a finding with its mend."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
import redis
from typer.testing import CliRunner

from config.settings import Settings
from samples.stack import packaged_model
from tests.conftest import MakeSettings
from workers.cli import app
from workers.doctor import examine, print_findings
from workers.doctor.finding import Finding, ok
from workers.doctor.model import examine_model
from workers.doctor.ocr import examine_engines
from workers.doctor.places import examine_places


def by_topic(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {each.topic: each for each in findings}


def test_a_node_that_is_set_up_has_no_error_and_what_is_not_well_has_its_mend(settings: MakeSettings) -> None:
    with redis.Redis.from_url(settings().redis_url.get_secret_value()) as client:
        client.config_set("maxmemory-policy", "noeviction")
    findings = list(examine(settings(file_model_path=packaged_model())))
    assert [each for each in findings if each.level == "error"] == []
    assert all(each.mend for each in findings if each.level != "ok")
    topics = by_topic(findings)
    assert topics["model licence"].text == "Apache-2.0"
    assert topics["ocr rapidocr"].text.startswith("rapidocr ")
    assert topics["ocr tesseract"].text.startswith("tesseract ")
    assert topics["ocr aspose"].text.endswith(" trial")
    assert topics["aspose licence"].level == "warning"


def test_a_redis_that_throws_jobs_away_is_an_error_and_one_without_a_log_a_warning(
    settings: MakeSettings, redis_url: str
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = by_topic(examine_places(settings()))
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert found["redis"].level == "ok"
    assert (found["redis memory"].level, found["redis disk"].level) == ("error", "warning")
    assert found["clock"].level == "ok"
    assert found["store"].level == "ok"


def test_a_redis_that_does_not_answer_is_an_error_without_its_password(settings: MakeSettings) -> None:
    found = by_topic(examine_places(settings(redis_url="redis://:topsecret@127.0.0.1:1/0")))
    assert found["redis"].level == "error"
    assert "127.0.0.1:1" in found["redis"].text
    assert "topsecret" not in str(found)


@pytest.mark.parametrize("where", ["file", "/proc/nothing"])
def test_a_store_that_can_t_be_written_is_an_error(settings: MakeSettings, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    assert by_topic(examine_places(settings(store_url=str(tmp_path / where))))["store"].level == "error"


def test_a_work_dir_that_can_t_be_written_is_an_error_and_the_engines_are_left_alone(
    settings: MakeSettings, tmp_path: Path
) -> None:
    findings = list(examine(settings(work_dir=tmp_path / "none")))
    assert findings[-1].topic == "work dir"
    assert (findings[-1].level, "none, which OCRFLEET_WORK_DIR names" in findings[-1].text) == ("error", True)


def test_a_model_that_is_not_here_is_an_error_where_none_may_be_fetched(tmp_path: Path) -> None:
    def levels(**changes: object) -> list[str]:
        return [
            each.level for each in examine_model(Settings(_env_file=None, directory_model_path=tmp_path, **changes))
        ]

    assert levels(allow_auto_download=True) == ["warning"]
    assert levels(allow_auto_download=False) == ["error"]
    (tmp_path / "broken.gguf").write_bytes(b"no model")
    assert levels(file_model_path=tmp_path / "broken.gguf") == ["error"]


def test_an_engine_that_was_chosen_and_lacks_something_is_an_error(tmp_path: Path) -> None:
    chosen = Settings(_env_file=None, engine="aspose", openssl_1_1_path=tmp_path, tessdata_path=tmp_path)
    found = by_topic(examine_engines(chosen))
    assert (found["ocr aspose"].level, found["ocr tesseract"].level) == ("error", "warning")
    assert "OpenSSL 1.1" in found["ocr aspose"].text
    assert "deu.traineddata" in found["ocr tesseract"].text


def test_a_licence_that_does_not_hold_is_an_error() -> None:
    found = by_topic(examine_engines(Settings(_env_file=None, aspose_license_text="bm9uZQ==")))
    assert found["aspose licence"].level == "error"
    assert found["aspose licence"].text.startswith("Aspose.OCR's licence does not hold: ")
    assert "Proxy error" not in found["aspose licence"].text


@pytest.mark.parametrize(("level", "status"), [("ok", 0), ("warning", 0), ("error", 1)])
def test_the_exit_status_tells_errors_alone(level: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    findings = [ok("python", "3.11"), Finding("gpu", level, "x", "mend it")]
    assert print_findings(findings, as_json=True) == status
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (status == 0)
    assert told["findings"][1] == {"topic": "gpu", "level": level, "text": "x", "mend": "mend it"}
    assert print_findings(findings, as_json=False) == status
    assert "-> mend it" in capsys.readouterr().out


def test_the_command_prints_json_and_ends_with_its_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OCRFLEET_REDIS_URL", "redis://127.0.0.1:1/0")
    ended = CliRunner().invoke(app, ["doctor", "--json"])
    assert ended.exit_code == 1
    assert not json.loads(ended.stdout)["ok"]


def test_that_our_weights_for_coarse_pages_are_for_another_recogniser_is_said(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.doctor.ocr.check_engine", lambda name, settings: f"{name} 9 no-coarse")
    found = by_topic(examine_engines(settings()))["ocr coarse pages"]
    assert (found.level, bool(found.mend)) == ("warning", True)
    named = settings(rapidocr_recogniser_path=Path("own.onnx"))
    assert by_topic(examine_engines(named))["ocr coarse pages"].level == "ok"
    meant = settings(rapidocr_coarse=False)
    assert "ocr coarse pages" not in by_topic(examine_engines(meant))


@pytest.mark.parametrize(
    ("precision", "amx", "level", "said"),
    [
        ("bfloat16", True, "ok", "bfloat16"),
        ("bfloat16", False, "warning", "has no AMX"),
        ("float32", True, "ok", "OCRFLEET_OCR_PRECISION=bfloat16 takes half the time"),
        ("float32", False, "ok", "float32"),
    ],
)
def test_the_precision_that_is_faster_on_this_cpu_is_named(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, precision: str, amx: bool, level: str, said: str
) -> None:
    monkeypatch.setattr("workers.doctor.ocr.check_engine", lambda name, settings: f"{name} 9")
    monkeypatch.setattr("workers.doctor.ocr.has_amx", lambda: amx)
    found = by_topic(examine_engines(settings(ocr_precision=precision)))["ocr precision"]
    assert found.level == level
    assert said in found.text
