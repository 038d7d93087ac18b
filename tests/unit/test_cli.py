"""The `ocrfleet` command: what it says and its exit status, where neither Redis nor a store is needed."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from config.settings import environment_for
from jobs.contract import PIPELINE_VERSION
from jobs.errors import LedgerUnavailable, OcrFleetError, StoreUnavailable, UsageError
from producer import cli
from producer.commands.option import status_of
from producer.terminal.console import STATUSES, Status, show
from workers.cli import app as worker_app


@pytest.fixture
def ocrfleet(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OCRFLEET_REDIS_URL", "redis://:secret@127.0.0.1:1/0")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ocrfleet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


def test_the_producer_loads_no_ocr_and_no_llm_package():
    heavy = [
        "llama_cpp",
        "rapidocr",
        "onnxruntime",
        "openvino",
        "cv2",
        "numpy",
        "PIL",
        "pypdfium2",
        "celery",
        "kombu",
        "rich.progress",
    ]
    code = f"import producer.cli, sys; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["submit", "status", "batches", "results", "cancel", "retry", "delete"])
def test_every_command_tells_its_exit_statuses(ocrfleet, command):
    status, out, _ = ocrfleet(command, "--help")

    assert status == 0
    assert " ".join(out.split()).endswith(STATUSES)


@pytest.mark.parametrize(
    ("app", "group"), [(cli.app, []), (cli.app, ["dead"]), (worker_app, []), (worker_app, ["models"])]
)
def test_what_each_command_does_is_said_whole_in_80_columns(app, group):
    said = CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "80"})

    assert said.exit_code == 0
    assert [line for line in said.stdout.splitlines()[1:] if line.endswith("...")] == []


def test_the_statuses_in_the_help_are_those_that_are_used():
    documented = {int(word) for word in STATUSES.replace(";", " ").split() if word.isdigit()}

    assert documented == {int(status) for status in Status}


@pytest.mark.parametrize(
    ("error", "status"),
    [(UsageError("x"), 2), (StoreUnavailable(), 4), (LedgerUnavailable(), 4), (OcrFleetError("x"), 1)],
)
def test_an_error_has_the_exit_status_of_its_kind(error, status):
    assert status_of(error) == status


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit"],
        ["submit", "--again"],
        ["submit", "x", "--prompt", "nonsense"],
        ["submit", "x", "--prompt-text", "  "],
        ["submit", "x", "--prompt-text", os.fsdecode(b"Beh\xe4lter")],
        ["submit", "x", "--batch", "No Such Name"],
        ["submit", "x", "--mode", "wild"],
        ["status", "../x"],
        ["results", "x", "--format", "docx"],
        ["frobnicate"],
    ],
)
def test_wrong_usage_is_told_in_a_line_and_ends_with_status_2(ocrfleet, arguments):
    status, out, err = ocrfleet(*arguments)

    assert (status, out) == (2, "")
    assert "Traceback" not in err


def test_a_wrong_prompt_names_those_that_there_are(ocrfleet):
    _, _, err = ocrfleet("submit", "x", "--prompt", "nonsense")

    assert "finance, medical" in err


@pytest.mark.parametrize("arguments", [["status"], ["batches", "--json"], ["submit", "."], ["cancel", "x"]])
def test_a_redis_that_is_away_is_one_line_with_status_4_and_no_password(ocrfleet, arguments):
    status, out, err = ocrfleet(*arguments)

    assert (status, out) == (4, "")
    assert "OCRFLEET_REDIS_URL" in err.splitlines()[-1]
    assert "secret" not in err


def test_a_submit_that_redis_cut_off_says_in_the_same_line_how_to_go_on(ocrfleet):
    _, _, err = ocrfleet("submit", "a b.pdf", "--batch", "march")

    (line,) = err.splitlines()
    assert line.endswith("Then go on with: ocrfleet submit 'a b.pdf' --batch march")


def test_a_store_that_takes_nothing_is_one_line_with_status_4(ocrfleet, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("OCRFLEET_STORE_URL", str(tmp_path / "file" / "store"))

    status, _, err = ocrfleet("submit", ".")

    assert status == 4
    assert "OCRFLEET_STORE_URL" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEASE_S", "soon-secret"),
        ("REDIS_URL", "secret"),
        ("REDIS_URL", "redis://:secret/half@127.0.0.1:6379/0"),
        ("REDIS_URL", "rediss://:secret@127.0.0.1:6379/0?ssl_cert_reqs=none"),
        ("REDIS_URL", "redis://127.0.0.1:6379/secret"),
        ("STORE_URL", "ftp://secret"),
        ("STORE_URL", "memory://secret"),
        ("STORE_URL", "file://"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(ocrfleet, monkeypatch, name, value):
    monkeypatch.setenv(f"OCRFLEET_{name}", value)

    status, _, err = ocrfleet("status")

    assert status == 2
    assert f"OCRFLEET_{name}" in err
    assert "secret" not in err
    assert len(err.splitlines()) == 1


def test_deleting_without_a_terminal_needs_a_yes(ocrfleet, monkeypatch):
    monkeypatch.setattr("producer.commands.batch.open_fleet", _FleetOfOneBatch)

    status, _, err = ocrfleet("delete", "march")

    assert status == 2
    assert "--yes" in err


class _FleetOfOneBatch:
    """A ledger that knows of a batch; anything more would be a deletion."""

    @property
    def ledger(self):
        return self

    def batch(self, name):
        return type("Summary", (), {"documents": 3})


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Zoë 請求書.pdf", "Zoë 請求書.pdf"), ("a\nb", r"a\nb"), ("\x1b[31mred", r"\x1b[31mred"), ("[bold]x", "[bold]x")],
)
def test_no_name_moves_the_cursor(name, shown):
    assert show(name) == shown


@pytest.mark.parametrize(("app", "command"), [(cli.app, "ocrfleet"), (worker_app, "ocrfleet-worker")])
def test_each_command_tells_its_version(app, command):
    said = CliRunner().invoke(app, ["--version"])

    assert (said.exit_code, said.stdout) == (0, f"{command} {version('ocrfleet')} (pipeline {PIPELINE_VERSION})\n")


def test_help_needs_no_settings():
    done = subprocess.run(
        [sys.executable, "-m", "producer.cli", "--help"],
        env=environment_for({"lease_s": "nonsense"}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stderr == ""
