"""A batch says which script its documents are in; where it does not, the worker does."""

import contextlib
from pathlib import Path
from typing import get_args

import pytest

from config.settings import Engine, Script, Settings
from jobs.contract import Recipe
from producer.order import Wish
from tests.conftest import MakeSettings
from tests.worker_steps import worker
from workers.job import resources as resources_module
from workers.ocr import ENGINES, OcrEngine
from workers.ocr.null import NullEngine


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path | None]]:
    """Script and GPU of each engine that a child opened."""
    found: list[tuple[str, Path | None]] = []

    def open_engine(name: str, settings: Settings, gpu: Path | None) -> OcrEngine:
        found.append((settings.ocr_script, gpu))
        engine = NullEngine()
        engine.script = settings.ocr_script
        return engine

    monkeypatch.setattr(resources_module, "open_engine", open_engine)
    return found


@pytest.mark.parametrize("name", ENGINES)
def test_only_an_engine_that_heeds_the_script_is_opened_for_each(settings: MakeSettings, name: Engine) -> None:
    with contextlib.closing(worker(settings(engine=name, aspose_allow_trial=True))) as child:
        read_by = [child.tools(Recipe(mode="off", script=script)).ocr for script in (None, *get_args(Script))]
    if name == "rapidocr":
        assert [engine.script for engine in read_by] == ["latin", "latin", "any"]
        assert read_by[0] is read_by[1]
        assert read_by[1].name != read_by[2].name
    else:
        assert [engine.script for engine in read_by] == [None, None, None]
        assert read_by[0] is read_by[1] is read_by[2]


def test_a_document_that_is_pinned_to_what_auto_came_to_is_read_by_the_same_engine(settings: MakeSettings) -> None:
    with contextlib.closing(worker(settings(engine="auto"))) as child:
        own = child.tools(Recipe(mode="off"))
        pinned = child.pinned_tools(Recipe(mode="off"), own.pin)
    assert pinned is not None
    assert pinned.ocr is own.ocr


def test_a_child_holds_an_engine_for_each_script_and_reads_the_worker_s_own_on_the_gpu(
    settings: MakeSettings, opened: list[tuple[str, Path | None]]
) -> None:
    gpu = Path("/gpu")
    child = worker(settings())
    child._ocr_gpu = gpu
    try:
        for _ in range(2):
            for script in (None, *get_args(Script)):
                child.tools(Recipe(mode="off", script=script))
    finally:
        child.close()
    assert opened == [("latin", gpu), ("any", None)]


def test_the_script_is_part_of_the_order_and_stays_where_nothing_is_said() -> None:
    recipe = Wish(script="any").recipe(Recipe())
    assert recipe.script == "any"
    assert Wish(mode="off").recipe(recipe) == recipe.model_copy(update={"mode": "off"})
    assert Wish().recipe(Recipe()) == Recipe()
