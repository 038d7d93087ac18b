"""How the environment becomes settings."""

import re
from pathlib import Path

import pytest

from config.settings import COMPOSE, Settings, WrongSettings, read_settings, unknown_names
from workers.doctor.names import examine_names

ROOT = Path(__file__).parents[2]


def test_an_empty_setting_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings(_env_file=None)
    for name in Settings.model_fields:
        monkeypatch.setenv(f"OCRFLEET_{name.upper()}", "")
    assert Settings(_env_file=None) == default


def test_a_misspelt_setting_is_named_with_the_one_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("OCRFLEET_LEASES=5\nOCRFLEET_REDIS_PASSWORD=secret\nOCRFLEET_LEASE_S=5\nOTHER=1\n")
    monkeypatch.setenv("OCRFLEET_STOREURL", "/secret")
    monkeypatch.setenv("OCRFLEET_COLOUR", "secret")

    assert unknown_names() == [
        "OCRFLEET_COLOUR is no setting.",
        "OCRFLEET_LEASES is no setting. Is OCRFLEET_LEASE_S meant?",
        "OCRFLEET_STOREURL is no setting. Is OCRFLEET_STORE_URL meant?",
    ]
    assert examine_names().level == "warning"


def test_a_tilde_in_a_path_is_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OCRFLEET_STORE_URL", "~/store")
    monkeypatch.setenv("OCRFLEET_FILE_MODEL_PATH", "~/model.gguf")
    settings = Settings(_env_file=None)
    assert (settings.store_url, settings.file_model_path) == (f"{tmp_path}/store", tmp_path / "model.gguf")


def test_a_certificate_that_is_not_there_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRFLEET_REDIS_CA_PATH", "/nowhere/ca.pem")
    with pytest.raises(WrongSettings, match="OCRFLEET_REDIS_CA_PATH: Path does not point to a file"):
        read_settings()


@pytest.mark.parametrize(("line", "said"), [("MODE=\xe4", "is no UTF-8 text"), ("LEASE_S=soon", "OCRFLEET_LEASE_S: ")])
def test_settings_that_can_t_be_read_are_one_error_without_their_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes(f"OCRFLEET_{line}\n".encode("latin-1"))
    with pytest.raises(WrongSettings, match=said) as raised:
        read_settings()
    assert "soon" not in str(raised.value)


def test_names_that_compose_reads_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    files = "".join(path.read_text() for path in ROOT.glob("docker-compose*.yml"))
    read = set(re.findall(r"OCRFLEET_[A-Z_]+", files)) - {f"OCRFLEET_{name.upper()}" for name in Settings.model_fields}
    assert read == COMPOSE
    for name in read:
        monkeypatch.setenv(name, "1")
    assert unknown_names() == []
    assert examine_names().level == "ok"
