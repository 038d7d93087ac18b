"""Choosing, checking, naming a model: by names, headers and folders, without a network."""

import ctypes
import errno
import json
import os
import socket
import ssl
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest

from config.settings import Settings
from jobs.errors import ModelError
from tests.hub_server import packaged_model, tiny_gguf
from workers.cli import main
from workers.models import find_model
from workers.models.cause import explained
from workers.models.checksum import recall, sha256_of
from workers.models.choice import choose, file_sets
from workers.models.gguf import BLOCKS, read_header
from workers.models.license import license_of

QWEN = "Qwen/Qwen2.5-3B-Instruct-GGUF"
REPOSITORY = (
    "README.md",
    "qwen2.5-3b-instruct-fp16-00001-of-00002.gguf",
    "qwen2.5-3b-instruct-fp16-00002-of-00002.gguf",
    "qwen2.5-3b-instruct-q4_0.gguf",
    "qwen2.5-3b-instruct-q4_k_m.gguf",
    "qwen2.5-3b-instruct-q8_0.gguf",
    "mmproj-qwen2.5-3b-f16.gguf",
)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def offline(directory: Path, **changes: object) -> Settings:
    return Settings(_env_file=None, allow_auto_download=False, directory_model_path=directory, **changes)


def put(path: Path, data: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tiny_gguf() if data is None else data)
    return path


# Choosing


@pytest.mark.parametrize(
    ("quantization", "file"),
    [
        ("int8", "qwen2.5-3b-instruct-q8_0.gguf"),
        ("Q8-0", "qwen2.5-3b-instruct-q8_0.gguf"),
        ("q4_k_m", "qwen2.5-3b-instruct-q4_k_m.gguf"),
        ("Q4_0", "qwen2.5-3b-instruct-q4_0.gguf"),
        ("fp16", "qwen2.5-3b-instruct-fp16-00001-of-00002.gguf"),
        ("F16", "qwen2.5-3b-instruct-fp16-00001-of-00002.gguf"),
    ],
)
def test_the_quantization_names_the_file(quantization: str, file: str) -> None:
    assert choose(file_sets(REPOSITORY), QWEN, quantization, None).files[0] == file


@pytest.mark.parametrize(
    "name", ["Qwen3-4B-UD-Q4_K_XL.gguf", "tiny.Q4_K_XL.gguf", "Q4_K_XL/Model-q4-k-xl-00001-of-00001.gguf"]
)
def test_other_repositories_ways_of_naming_are_understood(name: str) -> None:
    assert choose(file_sets([name]), "x/y-GGUF", "q4_k_xl", None).files == (name,)


def test_a_whole_file_is_taken_before_a_split_one() -> None:
    both = ["m-q8_0-00001-of-00002.gguf", "m-q8_0-00002-of-00002.gguf", "m-q8_0.gguf"]
    assert choose(file_sets(both), "x/m-GGUF", "int8", None).files == ("m-q8_0.gguf",)


def test_a_wrong_quantization_is_told_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"no file 'q5_k_m'. It has: f16, q4_0, q4_k_m, q8_0"):
        choose(file_sets(REPOSITORY), QWEN, "q5_k_m", None)


def test_several_models_of_one_quantization_are_told_apart_by_file_name() -> None:
    sets = file_sets(["a-q8_0.gguf", "b-q8_0.gguf"])
    with pytest.raises(ModelError, match=r"several models in int8: a-q8_0.gguf, b-q8_0.gguf"):
        choose(sets, "x/y-GGUF", "int8", None)
    assert choose(sets, "x/y-GGUF", "int8", "B-Q8_0.gguf").files == ("b-q8_0.gguf",)


def test_a_repository_without_gguf_files_is_told() -> None:
    with pytest.raises(ModelError, match="has no GGUF files"):
        choose(file_sets(["model.safetensors"]), "Qwen/Qwen2.5-3B-Instruct", "int8", None)


# The folder


@pytest.mark.parametrize(
    "place",
    [
        "qwen2.5-3b-instruct-q8_0.gguf",
        "Qwen2.5-3B-Instruct-Q8_0.gguf",
        f"{QWEN}/any-q8_0.gguf",
        "a/b/QWEN2.5_3B_INSTRUCT.q8-0.GGUF",
    ],
)
def test_a_model_put_by_hand_is_found_under_its_usual_names(tmp_path: Path, place: str) -> None:
    put(tmp_path / "qwen2.5-3b-instruct-q4_0.gguf")
    path = put(tmp_path / place)
    assert find_model(offline(tmp_path)).path == path


def test_another_model_in_the_folder_is_not_taken_in_silence(tmp_path: Path) -> None:
    put(tmp_path / "smollm2-135m-instruct-q8_0.gguf")
    with pytest.raises(ModelError) as raised:
        find_model(offline(tmp_path))
    assert "download Qwen2.5-3B-Instruct-Q8_0.gguf" in str(raised.value)
    assert f"put it in {tmp_path}" in str(raised.value)


def test_a_file_name_is_found_anywhere_in_the_folder(tmp_path: Path) -> None:
    path = put(tmp_path / "deep" / "other-q2_k.gguf")
    assert find_model(offline(tmp_path, hugging_face_file_name="Other-Q2_K.gguf")).path == path


def test_a_named_file_is_used_as_it_is(tmp_path: Path) -> None:
    path = put(tmp_path / "weights.bin")
    assert find_model(offline(tmp_path, file_model_path=path)).parts == (path,)


def test_a_named_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no file .*gone.gguf. Correct OCRFLEET_FILE_MODEL_PATH"):
        find_model(offline(tmp_path, file_model_path=tmp_path / "gone.gguf"))


def test_a_split_model_is_taken_only_whole(tmp_path: Path) -> None:
    first = put(tmp_path / "m-00001-of-00002.gguf", tiny_gguf(split__count=2))
    with pytest.raises(ModelError, match=r"lacks its parts \(2,\)"):
        find_model(offline(tmp_path, file_model_path=first))
    second = put(tmp_path / "m-00002-of-00002.gguf", tiny_gguf(split__count=2))
    model = find_model(offline(tmp_path, file_model_path=second))
    assert model.parts == (first, second)
    assert model.size_bytes == first.stat().st_size * 2


def test_a_part_that_was_renamed_is_no_whole_model(tmp_path: Path) -> None:
    path = put(tmp_path / "model.gguf", tiny_gguf(split__count=2))
    with pytest.raises(ModelError, match="is one of 2 parts"):
        find_model(offline(tmp_path, file_model_path=path))


# The header


def test_the_header_of_a_real_model_says_how_long_the_file_is() -> None:
    header = read_header(packaged_model())
    assert header.needed_bytes == packaged_model().stat().st_size
    assert (header.tensors, header.metadata["general.architecture"]) == (272, "llama")
    assert header.metadata["general.license"] == "apache-2.0"


def test_the_block_sizes_are_llama_cpps() -> None:
    spec = find_spec("llama_cpp")
    assert spec and spec.origin, "llama-cpp-python is not installed: run `make setup`"
    ggml = ctypes.CDLL(str(next((Path(spec.origin).parent / "lib").glob("libggml-base.so"))))
    ggml.ggml_blck_size.restype, ggml.ggml_type_size.restype = ctypes.c_int64, ctypes.c_size_t
    assert {kind: (ggml.ggml_blck_size(kind), ggml.ggml_type_size(kind)) for kind in BLOCKS} == BLOCKS


@pytest.mark.parametrize("kept", [5, 40, 100, 200, -1])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, kept: int) -> None:
    path = put(tmp_path / "m.gguf", tiny_gguf()[:kept])
    with pytest.raises(ModelError, match=r"cut off or damaged|is truncated"):
        read_header(path)


def test_a_real_model_without_its_last_byte_is_truncated(tmp_path: Path) -> None:
    path = put(tmp_path / "m.gguf", packaged_model().read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"is truncated: 93.8 MiB of at least 93.8 MiB"):
        read_header(path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n <!doctype html><html>", "an HTML or XML page"),
        ((64).to_bytes(8, "little") + b'{"__metadata__":{}}', "a safetensors file"),
        (b"PK\x03\x04....", "a zip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b'{"error":"not found"}', "JSON"),
        (b"tjgg....", "a GGML model from before GGUF"),
        (b"\x00" * 32, "of an unknown kind"),
    ],
)
def test_a_foreign_file_is_named_for_what_it_is(tmp_path: Path, head: bytes, kind: str) -> None:
    path = put(tmp_path / "m.gguf", head)
    with pytest.raises(ModelError, match=f"is {kind}.*, not a GGUF model"):
        read_header(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GGUF" + (1).to_bytes(4, "little") + bytes(64), "of GGUF version 1"),
        (b"GGUF" + (3).to_bytes(4, "big") + bytes(64), "made for a big-endian machine"),
        (b"GGUF" + (3).to_bytes(4, "little") + b"\xff" * 16, "cut off or damaged"),
    ],
)
def test_an_unreadable_header_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        read_header(put(tmp_path / "m.gguf", data))


@pytest.mark.parametrize("metadata", [{"general__architecture": "clip"}, {"general__type": "adapter"}])
def test_a_file_that_writes_no_text_is_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = put(tmp_path / "m.gguf", tiny_gguf(**metadata))
    with pytest.raises(ModelError, match="holds no language model"):
        find_model(offline(tmp_path, file_model_path=path))


# The checksum


def test_the_checksum_is_computed_once_while_the_file_is_unchanged(tmp_path: Path) -> None:
    path = put(tmp_path / "m.gguf")
    read: list[str] = []
    first = sha256_of(path, lambda what, *_: read.append(what))
    assert sha256_of(path, lambda what, *_: read.append(what)) == first == recall(path)
    assert read == ["checking m.gguf"]
    os.utime(path, ns=(0, 0))
    assert recall(path) is None


def test_a_spoilt_record_of_the_checksum_is_replaced(tmp_path: Path) -> None:
    path = put(tmp_path / "m.gguf")
    first = sha256_of(path)
    (tmp_path / ".m.gguf.sha256.json").write_text("{")
    assert sha256_of(path) == first == recall(path)


# The licence


@pytest.mark.parametrize(
    ("name", "metadata", "license", "research_only"),
    [
        (QWEN, {}, "Qwen Research License", True),
        ("x/my-tuned-Qwen2.5-3B", {"general.license": "apache-2.0"}, "Qwen Research License", True),
        ("model.gguf", {"general.name": "Qwen2.5 3B Instruct"}, "Qwen Research License", True),
        ("m", {"general.license": "other", "general.license.name": "qwen-research"}, "qwen-research", True),
        ("Qwen/Qwen2.5-1.5B-Instruct-GGUF", {}, "Apache-2.0", False),
        ("Qwen/Qwen2.5-7B-Instruct-GGUF", {}, "Apache-2.0", False),
        ("Qwen/Qwen3-4B-GGUF", {}, "Apache-2.0", False),
        ("model.gguf", {"general.license": "mit"}, "mit", False),
        ("model.gguf", {}, "unknown", False),
    ],
)
def test_the_licence_is_told(name: str, metadata: dict[str, str], license: str, research_only: bool) -> None:
    told = license_of(name, metadata)
    assert (told.name, told.research_only, told.notice is not None) == (license, research_only, research_only)


# Why a download failed: what no server here can do


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (caused(httpx2.ConnectError("?"), ssl.SSLCertVerificationError("self-signed")), "SSL_CERT_FILE"),
        (caused(httpx2.ConnectError("?"), socket.gaierror(-2, "Name or service not known")), "can't be resolved"),
        (httpx2.ConnectTimeout("timed out"), "a firewall drops the packets"),
        (httpx2.UnsupportedProtocol("no scheme"), "must begin with https://"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/models"), "/models can't be written"),
        (OSError("Consistency check failed"), "the download broke off"),
        (httpx2.ReadError("reset"), "the connection to hub.example broke"),
    ],
)
def test_each_cause_is_named_with_its_way_out(tmp_path: Path, error: Exception, cause: str) -> None:
    settings = offline(tmp_path, hugging_face_endpoint="https://hub.example")
    with pytest.raises(ModelError) as raised, explained(settings):
        raise error
    assert cause in str(raised.value)
    assert f"put it in {tmp_path}" in str(raised.value)


# The commands

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCRFLEET_DIRECTORY_MODEL_PATH", str(tmp_path))
    monkeypatch.setenv("OCRFLEET_HUGGING_FACE_ENDPOINT", "http://127.0.0.1:1")
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `ocrfleet-worker models` as a user would, in this process: status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ocrfleet-worker", "models", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def test_list_says_which_model_is_chosen_and_which_is_broken(shelf: Path, run: Run) -> None:
    put(shelf / "qwen2.5-3b-instruct-q8_0.gguf")
    put(shelf / "broken-q8_0.gguf", b"<html>")
    status, out, _ = run("list", "--json")
    broken, chosen = json.loads(out)["models"]
    assert status == 0
    assert chosen["chosen"] == f"the settings ask for {QWEN}, int8"
    assert chosen["license"] == {"name": "Qwen Research License", "research_only": True}
    assert chosen["sha256"] is None
    assert (broken["chosen"], "an HTML or XML page" in broken["problem"]) == (None, True)


def test_list_says_how_to_get_a_model_when_none_is_there(shelf: Path, run: Run) -> None:
    status, out, _ = run("list")
    assert status == 0
    assert "`ocrfleet-worker models pull` fetches that" in out


def test_pull_fetches_nothing_that_is_there(shelf: Path, run: Run) -> None:
    path = put(shelf / "qwen2.5-3b-instruct-q8_0.gguf")
    status, out, err = run("pull")
    assert (status, str(path) in out, "for research and evaluation only" in err) == (0, True, True)


def test_pull_without_a_network_ends_as_any_command_does_that_lacks_a_model(shelf: Path, run: Run) -> None:
    status, out, err = run("pull", "--json")
    assert (status, out) == (4, "")
    assert err.splitlines()[-1].startswith("ocrfleet-worker: Can't get")


def test_verify_finds_bytes_that_changed_behind_the_modification_time(shelf: Path, run: Run) -> None:
    path = put(shelf / "qwen2.5-3b-instruct-q8_0.gguf")
    assert "checksum kept from now on" in run("verify")[1]
    assert "unchanged" in run("verify")[1]
    before = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes()[:-1] + b"\x02")
    os.utime(path, ns=(before, before))
    status, _, err = run("verify")
    assert (status, "has changed on disk" in err) == (4, True)


def test_wrong_usage_and_wrong_settings_end_with_status_2(
    shelf: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("pull", "--quantisation", "int8")[0] == 2
    monkeypatch.setenv("OCRFLEET_CONTEXT_SIZE", "many")
    status, _, err = run("list")
    assert (status, "OCRFLEET_CONTEXT_SIZE" in err) == (2, True)
