"""Our top-level names are general; no dependency may ship one of them (docs/adr/0001)."""

from importlib.metadata import packages_distributions

import pytest


@pytest.mark.parametrize("name", ["config", "jobs", "producer", "workers", "samples", "bench"])
def test_no_dependency_ships_our_top_level_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"ocrfleet"}
