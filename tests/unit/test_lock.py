"""The lock file answers for pyproject.toml: every direct dependency is pinned, with hashes."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_direct_dependency_is_pinned_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([a-z0-9._-]+)==\S+.*\\\n\s+--hash=sha256:", lock, flags=re.MULTILINE))

    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0].lower() for group in groups for each in group}
    named = {re.sub(r"[._]+", "-", name) for name in named}

    assert named <= pinned
