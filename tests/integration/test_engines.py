"""Several engines in one worker, as with `--gpu all`: here two on the CPU."""

from contextlib import closing
from pathlib import Path

import psutil

from config.settings import Settings
from samples.stack import packaged_model
from workers.llm import Choice
from workers.llm.client import EngineClient
from workers.llm.engines import Engines
from workers.llm.service import EngineService
from workers.models import find_model

QUESTION = (Choice("The sky is", (" blue", " b1ue")),)


def test_children_are_spread_over_engines_that_are_freed_and_stopped_together(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, file_model_path=packaged_model(), work_dir=tmp_path, kv_cache_type="q8_0")
    model = find_model(settings)
    with closing(Engines(tuple(EngineService(model, settings, None) for _ in range(2)))) as engines:
        engines.launch()
        engines.warm_up()
        pids = []
        for child in range(4):
            with closing(EngineClient(engines.socket_path(child), 60)) as client:
                assert client.score(QUESTION)
                pids.append(client.info().pid)
        assert pids == pids[:2] * 2
        assert pids[0] != pids[1]

        engines.free()
        assert [service.facts()["state"] for service in engines] == ["freed", "freed"]
        assert not any(map(psutil.pid_exists, pids))
    assert not any(service.keeper_pid for service in engines)


def test_an_engine_tells_what_it_has_done(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, file_model_path=packaged_model(), work_dir=tmp_path)
    with closing(Engines((EngineService(find_model(settings), settings, None),))) as engines:
        engines.launch()
        engines.warm_up()
        with closing(EngineClient(engines.socket_path(0), 60)) as client:
            client.score(QUESTION)
            client.score(QUESTION)
        facts = engines.facts()["the CPU"]
    assert (facts["state"], facts["in_flight"], facts["slots"]) == ("warm", 0, 1)
    assert (facts["questions"], facts["known_questions"], facts["weighed_candidates"]) == (2, 1, 2)
    assert "MiB resident" in str(facts["memory"])
