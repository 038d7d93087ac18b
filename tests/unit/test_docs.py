"""What the documentation names is there: files, modules, settings, targets of make and commands."""

import re
from pathlib import Path

import pytest

import producer.cli
import workers.cli
from config.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "training/README.md", *sorted(ROOT.glob("docs/**/*.md"))]
ROOMS = "bench|config|docs|jobs|producer|samples|tests|training|workers"
#: Set for Compose alone, in .env.
COMPOSE = (ROOT / "docker-compose.yml").read_text() + (ROOT / "docker-compose.tls.yml").read_text()

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_files_are_there(page: Path) -> None:
    named = set(re.findall(rf"`((?:{ROOMS})/[\w./*-]+)`", page.read_text())) - {"config/prompts/NAME.txt"}
    assert [path for path in sorted(named) if not list(ROOT.glob(path.rstrip("/")))] == []


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())}
    local = sorted(target for target in targets if target and not target.startswith("http"))
    assert [target for target in local if not (page.parent / target).exists()] == []


@each_page
def test_modules_are_there(page: Path) -> None:
    modules = [name.replace(".", "/") for name in re.findall(rf"python -m ((?:{ROOMS})(?:\.\w+)+)", page.read_text())]
    assert [
        name for name in modules if not any(ROOT.glob(f"{name}.py")) and not any(ROOT.glob(f"{name}/__main__.py"))
    ] == []


@each_page
def test_settings_are_there(page: Path) -> None:
    named = set(re.findall(r"OCRFLEET_[A-Z0-9_]*[A-Z0-9]", page.read_text()))
    known = {f"OCRFLEET_{name.upper()}" for name in Settings.model_fields}
    assert [name for name in sorted(named - known) if name not in COMPOSE] == []


@each_page
def test_targets_of_make_are_there(page: Path) -> None:
    targets = set(re.findall(r"(?:`|^    )make ([a-z]+)", page.read_text(), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert [target for target in sorted(targets) if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


@each_page
def test_commands_are_there(page: Path) -> None:
    for name, app in {"ocrfleet": producer.cli.app, "ocrfleet-worker": workers.cli.app}.items():
        known = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback}
        known |= {group.name for group in app.registered_groups if group.name}
        named = set(re.findall(rf"(?:`|^    ){name} ([a-z]+)", page.read_text(), re.MULTILINE))
        assert sorted(named - known) == [], name
