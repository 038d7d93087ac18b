"""The engine's answers are those of plain greedy decoding, whatever it drafts and whatever else is in flight."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from config.settings import Settings
from samples.stack import packaged_model
from workers.llm import Message
from workers.llm.client import EngineClient
from workers.llm.prompt import correction_chat, numbered
from workers.llm.service import EngineService
from workers.models import find_model

MAX_TOKENS = 48

PAGES = (
    ("MERIDIAN OFFlCE SUPPLY", "lnvoice No. 2O24-0117", "Total due 1,284.50"),
    ("Rechnung Nr. 88l2", "Zwischensumrne 1.284,50 €", "zzgl. 19 % MwSt. 244,06 €"),
)

#: Plain greedy decoding, one row at a time, and beside each token how far its logit was from the second best; and by
#: how much llama.cpp's own logits differ where it decodes many rows at once, and where the text lies elsewhere in its
#: cache.
PLAIN_GREEDY = """
import json, sys
from pathlib import Path
import numpy as np
from workers.llm import Message
from workers.llm.native import Context, Model
from workers.llm.row import Row

def decode(tokens, start=0, sequence=0, scored_from=0):
    rows = [Row(token, place, sequence, place >= scored_from) for place, token in enumerate(tokens, start)]
    return context.decode(rows).copy()

def steps(messages):
    context.forget(0)
    prompt = model.chat(tuple(Message(**message) for message in messages))
    logits, answer = list(decode(prompt, scored_from=len(prompt) - 1)), []
    while len(answer) < max_tokens and not model.ends(token := int(logits[-1].argmax())):
        answer.append(token)
        logits.extend(decode([token], len(prompt) + len(answer) - 1))
    rounding = 0.0
    for cells_before in (0, 1, 8):
        context.forget(0)
        context.forget(1)
        if cells_before:
            decode([1] * cells_before, sequence=1)
        among = decode([*prompt, *answer], scored_from=len(prompt) - 1)
        rounding = max(rounding, float(np.abs(among - np.array(logits)).max()))
    context.forget(1)
    for token, row in zip([*answer, None], logits):
        second, best = np.partition(row, -2)[-2:]
        piece = "" if token is None else model.piece(token).hex()
        yield {"piece": piece, "margin": float(best - second), "rounding": rounding}

model = Model(Path(sys.argv[1]), gpu_layers=0, cpu_extras=True, context_size=2048)
max_tokens = int(sys.argv[2])
context = Context(model, cells=2048, sequences=2, rows=1024, outputs=256, threads=1, gpu=False)
print(json.dumps([list(steps(messages)) for messages in json.loads(sys.argv[3])]))
"""
Steps = list[dict[str, Any]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineService]:
    settings = Settings(
        _env_file=None,
        file_model_path=packaged_model(),
        work_dir=tmp_path_factory.mktemp("engine"),
        engine_answers_kept=0,  # each answer is to be decoded
    )
    with closing(EngineService(find_model(settings), settings, None)) as service:
        service.start()
        yield service


@pytest.fixture(scope="module")
def greedy() -> list[Steps]:
    """How plain greedy decoding writes the answer to each page."""
    chats = json.dumps([[{"role": m.role, "content": m.content} for m in chat(page)] for page in PAGES])
    command = [sys.executable, "-c", PLAIN_GREEDY, str(packaged_model()), str(MAX_TOKENS), chats]
    return list(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def chat(page: tuple[str, ...]) -> tuple[Message, ...]:
    asked = "Correct the OCR errors in these numbered lines. Answer with the same lines and nothing else."
    return (Message("system", asked), Message("user", numbered(page)))


def ask(service: EngineService, page: tuple[str, ...], draft: str) -> str:
    with closing(EngineClient(service.socket_path, 120)) as client:
        return client.complete(chat(page), draft=draft, max_tokens=MAX_TOKENS).text


def greedy_text(steps: Steps) -> str:
    return b"".join(bytes.fromhex(step["piece"]) for step in steps).decode()


def assert_greedy(answer: str, steps: Steps) -> None:
    """An answer may leave plain greedy decoding only where its two best tokens are within llama.cpp's rounding."""
    written = b""
    for step in steps:
        piece = bytes.fromhex(step["piece"])
        if not answer.encode().startswith(written + piece) or (not piece and answer.encode() != written):
            assert step["margin"] <= 2 * step["rounding"], f"after {len(written)} bytes"
            return
        written += piece
    assert answer.encode() == written


@pytest.mark.parametrize("page", range(len(PAGES)))
def test_an_answer_is_that_of_plain_greedy(service: EngineService, greedy: list[Steps], page: int) -> None:
    assert_greedy(ask(service, PAGES[page], ""), greedy[page])


@pytest.mark.parametrize("page", range(len(PAGES)))
def test_drafts_good_and_bad_change_nothing(service: EngineService, greedy: list[Steps], page: int) -> None:
    right = greedy_text(greedy[page])
    for draft in (numbered(PAGES[page]), right, right[7:], numbered(PAGES[page - 1])):
        assert_greedy(ask(service, PAGES[page], draft), greedy[page])


def test_pages_in_flight_change_nothing_in_each_other(service: EngineService, greedy: list[Steps]) -> None:
    pages = [*range(len(PAGES)), *range(len(PAGES))]
    with ThreadPoolExecutor(len(pages)) as pool:
        answers = pool.map(lambda page: ask(service, PAGES[page], numbered(PAGES[page])), pages)
        for page, answer in zip(pages, answers, strict=True):
            assert_greedy(answer, greedy[page])


def test_a_draft_that_is_right_saves_decodes(service: EngineService, greedy: list[Steps]) -> None:
    def decodes_for(draft: str) -> float:
        with closing(EngineClient(service.socket_path, 120)) as client:
            before = client.info().tally["decodes"]
            ask(service, PAGES[0], draft)
            return client.info().tally["decodes"] - before

    assert decodes_for(greedy_text(greedy[0])) < 0.6 * decodes_for("")  # which is helped by what recurs


def test_pages_share_what_they_begin_with(service: EngineService) -> None:
    with closing(EngineClient(service.socket_path, 120)) as client:
        client.complete(correction_chat("Correct OCR errors.", PAGES[0]), draft="", max_tokens=1)
        before = client.info().tally
        client.complete(correction_chat("Correct OCR errors.", PAGES[1]), draft="", max_tokens=1)
        after = client.info().tally
    assert after["shared_tokens"] - before["shared_tokens"] > 0.7 * (after["prompt_tokens"] - before["prompt_tokens"])
