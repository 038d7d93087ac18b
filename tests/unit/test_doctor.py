"""What the doctor says of machines that are not at hand: with GPUs, without memory, with a Redis of another time."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from config.settings import Settings
from jobs.errors import OcrNotInstalled
from jobs.health import RedisHealth
from workers.doctor import machine, ocr, places
from workers.doctor.finding import Finding
from workers.machine.gpu import Gpu

HEALTH = RedisHealth(
    version="8.2.1", append_only=True, policy="noeviction", used_bytes=1, limit_bytes=0, clock_difference_s=0.1
)


def by_topic(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {each.topic: each for each in findings}


def look_at_machine() -> dict[str, Finding]:
    return by_topic(machine.examine_machine())


def look_at_places(monkeypatch: pytest.MonkeyPatch, store: Path, **changes: object) -> dict[str, Finding]:
    monkeypatch.setattr(places, "examine_redis", lambda _: HEALTH.model_copy(update=changes))
    return by_topic(places.examine_places(Settings(_env_file=None, store_url=str(store))))


def test_a_gpu_is_named_with_its_memory_and_its_driver_and_a_build_without_cuda_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "list_gpus", lambda: (Gpu(0, "GPU-1", "NVIDIA H100"),))
    monkeypatch.setattr(machine, "memory_figures", lambda _: "80000 of 81559 MiB free")
    monkeypatch.setattr(machine, "driver_version", lambda: "580.65")
    monkeypatch.setattr("llama_cpp.llama_supports_gpu_offload", lambda: False)
    found = look_at_machine()
    assert found["gpu"].text == "0 NVIDIA H100 (80000 of 81559 MiB free); driver 580.65"
    assert (found["llama.cpp"].level, found["llama.cpp"].mend) == ("warning", "Run: make setup CUDA=1")
    monkeypatch.setattr("llama_cpp.llama_supports_gpu_offload", lambda: True)
    assert "built for GPUs" in look_at_machine()["llama.cpp"].text


@pytest.mark.parametrize(
    ("built", "has", "level"), [(True, True, "ok"), (True, False, "ok"), (False, True, "warning"), (False, False, "ok")]
)
def test_a_build_without_the_amx_that_the_cpu_has_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, built: bool, has: bool, level: str
) -> None:
    monkeypatch.setattr("workers.llm.kernels.has_amx_kernels", lambda: built)
    monkeypatch.setattr("workers.doctor.machine.has_amx", lambda: has)
    found = look_at_machine()["llama.cpp"]
    assert (found.level, "with AMX" in found.text) == (level, built and has)


def test_little_memory_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "MiB free" in look_at_machine()["memory"].text
    monkeypatch.setattr(machine, "LEAST_MEMORY_MIB", 1 << 40)
    assert look_at_machine()["memory"].level == "warning"


def test_in_a_container_the_memory_is_what_its_limit_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory_left_bytes", lambda: 100 << 20)
    memory = look_at_machine()["memory"]
    assert (memory.level, memory.text) == ("warning", "100 MiB free until its container's limit")


def test_a_python_that_is_too_new_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.sys, "version_info", (3, 14, 0))
    assert look_at_machine()["python"].level == "error"


def test_a_node_without_flower_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_machine()["flower"].text[0].isdigit()
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    assert (look_at_machine()["flower"].level, "monitor" in look_at_machine()["flower"].text) == ("ok", True)


def test_a_redis_that_is_too_old_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = look_at_places(monkeypatch, tmp_path, version="6.0.16")
    assert (found["redis"].level, found["redis"].mend) == ("error", "Run Redis 6.2 or later.")
    assert look_at_places(monkeypatch, tmp_path)["redis"].level == "ok"


def test_a_redis_that_is_nearly_full_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert look_at_places(monkeypatch, tmp_path, used_bytes=89, limit_bytes=100)["redis memory"].level == "ok"
    memory = look_at_places(monkeypatch, tmp_path, used_bytes=91, limit_bytes=100)["redis memory"]
    assert (memory.level, "ocrfleet delete" in memory.mend) == ("warning", True)


@pytest.mark.parametrize("difference_s", [-7.0, 7.0])
def test_a_clock_that_goes_wrong_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, difference_s: float
) -> None:
    clock = look_at_places(monkeypatch, tmp_path, clock_difference_s=difference_s)["clock"]
    assert (clock.level, clock.text) == ("warning", "7.0 s from Redis' clock")


def test_a_store_without_room_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert look_at_places(monkeypatch, tmp_path)["store space"].level == "ok"
    monkeypatch.setattr(places, "LEAST_STORE_MIB", 1 << 40)
    assert look_at_places(monkeypatch, tmp_path)["store space"].level == "warning"


def engines(monkeypatch: pytest.MonkeyPatch, **settings: object) -> dict[str, Finding]:
    """What the doctor says where Aspose.OCR is licensed and Tesseract is not installed."""

    def check(name: str, _: Settings) -> str:
        if name == "tesseract":
            raise OcrNotInstalled
        return f"{name} 1.0"

    monkeypatch.setattr(ocr, "check_engine", check)
    return by_topic(ocr.examine_engines(Settings(_env_file=None, **settings)))


def test_an_extra_that_is_not_installed_is_well_unless_it_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines(monkeypatch)["ocr tesseract"].level == "ok"
    assert engines(monkeypatch, engine="tesseract")["ocr tesseract"].level == "error"


@pytest.mark.parametrize(("days", "level"), [(400, "ok"), (10, "warning")])
def test_a_licence_is_shown_with_its_last_days_and_warns_before_the_end(
    monkeypatch: pytest.MonkeyPatch, days: int, level: str
) -> None:
    end = date.today() + timedelta(days)
    dates = f"<LicenseExpiry>{end:%Y%m%d}</LicenseExpiry><SubscriptionExpiry>20291231</SubscriptionExpiry>"
    licence = engines(monkeypatch, aspose_license_text=f"<License>{dates}</License>")["aspose licence"]
    assert (licence.level, licence.text) == (level, f"holds, until {end}, for releases until 2029-12-31")
