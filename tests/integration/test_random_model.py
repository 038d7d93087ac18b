"""A model of random weights is one that the engine loads."""

from contextlib import closing
from pathlib import Path

import pytest

from bench.random_model import SHAPES, WEIGHTS, write
from config.settings import Settings
from samples.stack import packaged_model
from workers.llm import Message
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.machine.gpu import model_shape
from workers.models import find_model


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_model_of_random_weights_has_its_shape_and_answers(tmp_path: Path, weights: str) -> None:
    path = tmp_path / "random.gguf"
    write(path, SHAPES["tiny"], packaged_model(), WEIGHTS[weights])
    shape = model_shape(path)
    assert (shape.blocks, shape.cache_bytes_per_cell) == (2, 128)

    settings = Settings(_env_file=None, file_model_path=path, work_dir=tmp_path)
    with (
        closing(EngineService(find_model(settings), settings, None)) as service,
        closing(EngineClient(service.start(), 60)) as client,
    ):
        assert client.complete((Message("user", "Total"),), draft="", max_tokens=4).prompt_tokens > 4
