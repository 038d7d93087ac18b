"""The way from the hub to a checked file in the folder, against a server that speaks the hub's API."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session
from typer.testing import CliRunner

from config.settings import Settings
from jobs.errors import ModelError
from tests.hub_server import HTML, Hub, packaged_model, tiny_gguf
from workers.models import find_model
from workers.models.cli import app
from workers.models.hub import pull

SMOL = "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF"
QWEN = "Qwen/Qwen2.5-3B-Instruct-GGUF"
MIB = 1 << 20


@pytest.fixture(autouse=True)
def no_machine_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.chdir(tmp_path)
    close_session()
    yield
    close_session()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    served = tmp_path / "served"
    served.mkdir()
    for number in (1, 2):
        part = tiny_gguf(split__no=number - 1, split__count=2, split__tensors__count=2)
        (served / f"part{number}").write_bytes(part)
    smol = packaged_model()
    repos = {
        SMOL: {"README.md": served / "part1", "SmolLM2-135M-Instruct.Q4_1.gguf": smol},
        QWEN: {f"qwen2.5-3b-instruct-fp16-{number:05}-of-00002.gguf": served / f"part{number}" for number in (1, 2)},
    }
    with Hub(repos) as started:
        yield started


@pytest.fixture
def settings(hub: Hub, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        hugging_face_repo_id=SMOL,
        hugging_face_quantization="Q4-1",
        hugging_face_endpoint=hub.url,
        directory_model_path=tmp_path / "models",
    )


def but(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


def test_a_model_that_is_nowhere_is_fetched_whole_and_checked(settings: Settings, hub: Hub) -> None:
    told: list[tuple[str, int, int]] = []
    model = find_model(settings, lambda *figures: told.append(figures))

    assert model.path == settings.directory_model_path / SMOL / "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert model.sha256 == hashlib.sha256(packaged_model().read_bytes()).hexdigest()
    assert (model.size_bytes, model.license.name) == (packaged_model().stat().st_size, "Apache-2.0")
    assert told[-1][1] == told[-1][2] == model.size_bytes
    assert not list(model.path.parent.glob("*.part"))


def test_a_model_in_the_folder_asks_the_network_nothing(settings: Settings, hub: Hub) -> None:
    settings.directory_model_path.mkdir()
    shutil.copy(packaged_model(), settings.directory_model_path / "smollm2-135m-instruct-q4_1.GGUF")
    assert find_model(settings).name == "smollm2-135m-instruct-q4_1"
    assert hub.asked == []


def test_a_broken_download_is_resumed_where_it_broke(settings: Settings, hub: Hub) -> None:
    hub.break_after = 70 * MIB
    with pytest.raises(ModelError, match=r"MiB are kept: `ocrfleet-worker models pull` resumes there"):
        pull(settings)
    (part,) = (settings.directory_model_path / SMOL).glob("*.part")
    kept = part.stat().st_size
    assert kept >= 10 * MIB

    model = find_model(settings)
    assert hub.transfers[-1].headers["Range"] == f"bytes={kept}-"
    assert model.path.read_bytes() == packaged_model().read_bytes()


def test_every_part_of_a_split_model_is_fetched(settings: Settings, hub: Hub) -> None:
    model = find_model(but(settings, hugging_face_repo_id=QWEN, hugging_face_quantization="f16"))
    assert [part.name for part in model.parts] == [
        "qwen2.5-3b-instruct-fp16-00001-of-00002.gguf",
        "qwen2.5-3b-instruct-fp16-00002-of-00002.gguf",
    ]
    sums = [hashlib.sha256(part.read_bytes()).hexdigest() for part in model.parts]
    assert model.sha256 == hashlib.sha256("\n".join(sums).encode()).hexdigest()
    assert model.license.research_only


def test_a_missing_part_of_a_split_model_is_fetched_alone(settings: Settings, hub: Hub) -> None:
    wanted = but(settings, hugging_face_repo_id=QWEN, hugging_face_quantization="fp16")
    find_model(wanted).parts[1].unlink()
    find_model(wanted)
    assert len(hub.transfers) == 3


def test_workers_that_start_at_once_fetch_the_model_once(settings: Settings, hub: Hub) -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(find_model(settings))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 3
    assert len(hub.transfers) == 1


def test_a_damaged_download_is_deleted_and_named(settings: Settings, hub: Hub) -> None:
    hub.flip_byte_at = 50 * MIB
    with pytest.raises(ModelError, match="came damaged: its SHA-256 is"):
        find_model(settings)
    assert not list(settings.directory_model_path.rglob("*.gguf*.part"))
    hub.flip_byte_at = None
    assert find_model(settings).size_bytes == packaged_model().stat().st_size


def test_a_repository_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"Can't get Qwen/Qwen9-GGUF: 404: .* Check the name"):
        find_model(but(settings, hugging_face_repo_id="Qwen/Qwen9-GGUF"))


def test_a_wrong_quantization_lists_what_the_repository_has(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"has no file 'int8'. It has: q4_1"):
        find_model(but(settings, hugging_face_quantization="int8"))


def test_a_wrong_file_name_lists_what_the_repository_has(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"has no file 'model.gguf'. It has: q4_1"):
        find_model(but(settings, hugging_face_file_name="model.gguf"))


def test_a_private_repository_asks_for_the_token(settings: Settings, hub: Hub) -> None:
    hub.token = "hf_secret"
    with pytest.raises(ModelError, match=r"401: .* set OCRFLEET_HUGGING_FACE_TOKEN"):
        find_model(settings)


def test_the_token_opens_a_private_repository_and_stays_with_the_hub(settings: Settings, hub: Hub) -> None:
    hub.token = "hf_secret"
    allowed = Settings(_env_file=None, **{**settings.model_dump(), "hugging_face_token": "hf_secret"})
    assert find_model(allowed).size_bytes
    assert all("authorization" not in {name.lower() for name in each.headers} for each in hub.transfers)


def test_a_gated_repository_names_the_page_with_its_terms(settings: Settings, hub: Hub) -> None:
    hub.gated = True
    with pytest.raises(ModelError, match=f"gated. Accept its terms at https://huggingface.co/{SMOL}"):
        find_model(settings)


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_firewalls_page_is_named_for_what_it_is(settings: Settings, hub: Hub, status: int) -> None:
    hub.refusal = (status, "text/html", HTML)
    with pytest.raises(ModelError, match=r"a firewall or proxy stands between.*put it in"):
        find_model(settings)


def test_a_page_in_place_of_the_file_is_no_model(settings: Settings, hub: Hub) -> None:
    hub.page_for_file = HTML
    with pytest.raises(ModelError, match="localhost gave an HTML or XML page"):
        find_model(settings)
    assert not list(settings.directory_model_path.rglob("*.gguf*.part"))


def test_a_proxy_that_wants_a_password_is_named(settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", hub.url)
    with pytest.raises(ModelError, match=r"the proxy refuses. Check HTTPS_PROXY"):
        find_model(but(settings, hugging_face_endpoint="https://hub.invalid"))
    assert [each.method for each in hub.asked] == ["CONNECT"]


def test_no_network_says_what_to_put_where(settings: Settings) -> None:
    closed = but(settings, hugging_face_endpoint="http://127.0.0.1:1")
    with pytest.raises(ModelError, match=r"127.0.0.1 refuses connections") as raised:
        find_model(closed)
    assert "download SmolLM2-135M-Instruct-Q4_1.gguf" in str(raised.value)
    assert str(settings.directory_model_path) in str(raised.value)


def test_offline_mode_is_honoured(settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        find_model(settings)
    assert hub.asked == []


def test_a_disk_too_small_is_told_before_the_download(
    settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10 * MIB, 0, 10 * MIB))
    with pytest.raises(ModelError, match=r"\(98362432 bytes\) are needed, 10.0 MiB \(10485760 bytes\) are free"):
        find_model(settings)
    assert hub.transfers == []


def test_pull_says_that_the_default_model_is_for_research_only(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRFLEET_HUGGING_FACE_ENDPOINT", hub.url)
    monkeypatch.setenv("OCRFLEET_DIRECTORY_MODEL_PATH", str(tmp_path / "models"))
    done = CliRunner().invoke(app, ["pull", "--quantization", "fp16", "--json"])
    assert done.exit_code == 0, done.output
    assert "Qwen Research License" in done.stderr
    assert "Qwen/Qwen2.5-1.5B-Instruct-GGUF" in done.stderr
    assert json.loads(done.stdout)["name"] == "qwen2.5-3b-instruct-fp16"


def test_pull_of_another_repository_says_how_to_use_it(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRFLEET_HUGGING_FACE_ENDPOINT", hub.url)
    monkeypatch.setenv("OCRFLEET_DIRECTORY_MODEL_PATH", str(tmp_path / "models"))
    done = CliRunner().invoke(app, ["pull", SMOL, "--file", "SmolLM2-135M-Instruct.Q4_1.gguf"])
    assert done.exit_code == 0, done.output
    assert "SmolLM2-135M-Instruct.Q4_1.gguf: " in done.stderr
    assert f"OCRFLEET_FILE_MODEL_PATH={tmp_path}/models/{SMOL}/SmolLM2-135M-Instruct.Q4_1.gguf" in done.stdout
