"""An engine of several lanes, as on a GPU, with the packaged model on the CPU."""

import logging

import pytest

from samples.stack import packaged_model
from workers.llm import Choice
from workers.llm.engine import Engine
from workers.llm.plan import SLOTS_OF_LANE, EnginePlan
from workers.llm.wire import ScoreRequest

TIMEOUT_S = 120
#: What is likelier stands first, by many nats; texts of the model's own can hang on its rounding.
CHOICES = (
    Choice("The sky is", (" blue", " b1ue")),
    Choice("Invoice number:", (" 12345", " l2E4S")),
    Choice("Thank you for your", (" business", " buisness")),
    Choice("Monday, Tuesday,", (" Wednesday", " Wedncsday")),
    Choice("The total amount", (" due", " duc")),
    Choice("Best", (" regards", " rcgards")),
)
#: By which scores of the same candidate may differ: where its tokens lie in the cache changes the order of sums.
ROUNDING_NATS = 1.5


def plan(slots: int) -> EnginePlan:
    return EnginePlan(
        model_path=packaged_model(), model="", model_sha256="", gpu_layers=0, context_size=512, slots=slots,
        cache_type="f16", threads=1, idle_s=0, answers_kept=0, cpu_extras=True, listen_fd=-1, status_fd=-1,
        keeper_pid=0, log_level=logging.WARNING,
    )  # fmt: skip


def test_lanes_share_the_questions_out_and_each_answers_as_one_alone_would() -> None:
    told = []
    for slots in (1, 2 * SLOTS_OF_LANE):
        engine = Engine(plan(slots))
        lanes = engine.start()
        asked = [
            engine.submit(ScoreRequest(id=number, choices=(choice,), timeout_s=TIMEOUT_S))
            for number, choice in enumerate(CHOICES)
        ]
        told.append([each.result(TIMEOUT_S) for each in asked])
        assert not any(lane.done() for lane in lanes)
        assert all(lane.tally.requests for lane in engine.lanes)
        assert engine.tally.requests == len(CHOICES)
    assert len(engine.lanes) == 2
    for alone, beside in zip(*told, strict=True):
        assert beside == (pytest.approx(alone[0], abs=ROUNDING_NATS),)
        assert beside[0][0] > beside[0][1] + ROUNDING_NATS
