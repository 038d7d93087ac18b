"""The doctor of a node: looks everything over that a worker stands on, and says what mends what is wrong."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import typer

from config.settings import Settings
from workers.doctor.finding import Finding, Level
from workers.doctor.machine import examine_machine
from workers.doctor.model import examine_model
from workers.doctor.names import examine_names
from workers.doctor.ocr import examine_device, examine_engines
from workers.doctor.places import examine_places, examine_work_dir

COLOURS: dict[Level, str] = {"ok": "green", "warning": "yellow", "error": "red"}


def examine(settings: Settings) -> Iterator[Finding]:
    """Look everything over, the quick things first. Nothing that is wrong raises: it is a finding."""
    yield from examine_machine()
    yield examine_names()
    yield from examine_places(settings)
    yield from examine_model(settings)
    yield examine_device(settings)
    yield (work_dir := examine_work_dir(settings))
    if work_dir.level == "ok":  # the engines write there
        yield from examine_engines(settings)


def print_findings(findings: Iterable[Finding], *, as_json: bool) -> int:
    """Print each as it is found, or all as one JSON object. Returns the exit status: 1 if there is an error."""
    kept: list[Finding] = []
    for finding in findings:
        kept.append(finding)
        if not as_json:
            _print(finding)
    failed = any(each.level == "error" for each in kept)
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "findings": [asdict(each) for each in kept]}, indent=2))
    return int(failed)


def _print(finding: Finding) -> None:
    level = typer.style(f"{finding.level:8}", fg=COLOURS[finding.level])
    typer.echo(f"{level} {finding.topic:16} {finding.text}")
    if finding.mend:
        typer.echo(f"{'':25} -> {finding.mend}")
