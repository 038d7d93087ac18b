"""What is asked of the model again, and what is not."""

import asyncio

from workers.llm import Choice, Completion, Message
from workers.llm.cache import AnswerCache, Scores
from workers.llm.wire import CompleteRequest, ScoreRequest

TOTAL, NET = Choice("Invoice\n", ("Total", "Tota1")), Choice("Invoice\n", ("Net", "Nct"))


class Model:
    """Answers with the length of what it is asked, and remembers what that was."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def complete(self, request: CompleteRequest) -> Completion:
        self.asked.append(request.messages)
        return Completion(request.messages[0].content.upper(), finished=True, prompt_tokens=1, output_tokens=1)

    async def score(self, request: ScoreRequest) -> tuple[Scores, ...]:
        self.asked.append(request.choices)
        return tuple(tuple(float(len(choice.context + each)) for each in choice.candidates)
                     for choice in request.choices)  # fmt: skip


def score(cache: AnswerCache, model: Model, *choices: Choice) -> tuple[Scores, ...]:
    return asyncio.run(cache.score(ScoreRequest(id=1, choices=choices, timeout_s=1), model.score))


def complete(cache: AnswerCache, model: Model, text: str, draft: str = "", max_tokens: int = 9) -> str:
    request = CompleteRequest(id=1, messages=(Message("user", text),), draft=draft, max_tokens=max_tokens, timeout_s=1)
    return asyncio.run(cache.complete(request, model.complete)).text


def test_only_the_choices_that_are_not_known_are_asked() -> None:
    cache, model = AnswerCache(10), Model()
    total, net = score(AnswerCache(0), Model(), TOTAL, NET)
    assert score(cache, model, TOTAL) == (total,)
    assert score(cache, model, NET, TOTAL, NET) == (net, total, net)
    assert model.asked == [(TOTAL,), (NET,)]


def test_a_choice_in_another_context_is_another_choice() -> None:
    cache, model = AnswerCache(10), Model()
    score(cache, model, TOTAL)
    score(cache, model, Choice("Receipt\n", TOTAL.candidates))
    assert len(model.asked) == 2


def test_a_chat_is_asked_once_whatever_its_draft_and_again_with_another_bound() -> None:
    cache, model = AnswerCache(10), Model()
    assert {complete(cache, model, "a", draft) for draft in ("", "b")} == {"A"}
    assert complete(cache, model, "a", max_tokens=3) == "A"
    assert len(model.asked) == 2


def test_no_more_is_kept_than_asked_for_and_what_was_used_last_stays() -> None:
    cache, model = AnswerCache(2), Model()
    for text in ("a", "b", "a", "c", "a", "b"):
        complete(cache, model, text)
    assert [messages[0].content for messages in model.asked] == ["a", "b", "c", "b"]


def test_turned_off_it_keeps_nothing() -> None:
    cache, model = AnswerCache(0), Model()
    for _ in range(3):
        score(cache, model, TOTAL)
    assert len(model.asked) == 3
    assert cache.counts == {"questions": 3, "known_questions": 0}
