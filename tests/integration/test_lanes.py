"""An engine of several lanes, as on a GPU, with the packaged model on the CPU."""

import logging
from concurrent.futures import wait

from samples.stack import packaged_model
from workers.llm import Completion, Message
from workers.llm.engine import Engine
from workers.llm.plan import SLOTS_OF_LANE, EnginePlan
from workers.llm.wire import CompleteRequest

NAMES = ("Anna Maria Schneider", "Pierre Dubois", "John Smith", "Paula Gonzalez", "Emil Jensen", "Marta Kowalska")


def plan(slots: int) -> EnginePlan:
    return EnginePlan(
        model_path=packaged_model(), model="", model_sha256="", gpu_layers=0, context_size=512, slots=slots,
        cache_type="f16", threads=1, idle_s=0, answers_kept=0, cpu_extras=True, listen_fd=-1, status_fd=-1,
        keeper_pid=0, log_level=logging.WARNING,
    )  # fmt: skip


def test_lanes_share_the_questions_out_and_each_answers_as_one_alone_would() -> None:
    told: list[list[str]] = []
    for slots in (1, 2 * SLOTS_OF_LANE):
        engine = Engine(plan(slots))
        lanes = engine.start()
        asked = [
            engine.submit(
                CompleteRequest(
                    id=number,
                    messages=(Message("user", f"Repeat this name and nothing else: {name}"),),
                    draft=name,
                    max_tokens=4,
                    timeout_s=120,
                )
            )
            for number, name in enumerate(NAMES)
        ]
        assert not wait(asked, 120).not_done
        told.append([each.result().text for each in asked if isinstance(each.result(), Completion)])  # type: ignore[union-attr]
        assert not any(lane.done() for lane in lanes)
        assert all(lane.tally.requests for lane in engine.lanes)
        assert engine.tally.requests == len(NAMES)
    assert len(engine.lanes) == 2
    assert told[0] == told[1]
    assert len(told[0]) == len(NAMES)
