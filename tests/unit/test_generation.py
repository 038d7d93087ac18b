"""Answers and weighings, driven by a model that is a plain function of the tokens before."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workers.llm.draft import Drafter, Habits
from workers.llm.generation import Generation
from workers.llm.row import Room, Row
from workers.llm.weighing import Weighing

VOCABULARY, END = 12, 0
PROMPT = [3, 1, 4, 1, 5, 9, 2, 6, 5]
Tokens = st.lists(st.integers(1, VOCABULARY - 1), max_size=40)


class Oracle:
    """A cache of sequences, and logits that depend on every token of the sequence before."""

    def __init__(self, copies: list[int]) -> None:
        self.copies = copies
        self.cache: dict[int, list[int]] = {}

    def logits_after(self, tokens: list[int]) -> NDArray[np.float32]:
        noise = np.random.default_rng([len(tokens), *tokens]).normal(size=VOCABULARY)
        written = len(tokens) - len(PROMPT)
        if 0 <= written < len(self.copies) and sum(tokens) % 7:  # copies, but now and then does not
            noise[self.copies[written]] += 8
        return noise.astype(np.float32)

    def decode(self, rows: list[Row]) -> NDArray[np.float32]:
        wanted = []
        for row in rows:
            tokens = self.cache.setdefault(row.sequence, [])
            assert row.position == len(tokens), "positions follow one another"
            tokens.append(row.token)
            if row.wants_logits:
                wanted.append(self.logits_after(tokens))
        return np.array(wanted, dtype=np.float32).reshape(-1, VOCABULARY)


def room(rows: int, outputs: int, draft_length: int = 0) -> Room:
    return Room(sequence=0, rows=rows, outputs=outputs, branches=range(1, 3), draft_length=draft_length)


def plain_greedy(oracle: Oracle, max_tokens: int) -> list[int]:
    tokens = list(PROMPT)
    while len(tokens) < len(PROMPT) + max_tokens:
        token = int(oracle.logits_after(tokens).argmax())
        if token == END:
            break
        tokens.append(token)
    return tokens[len(PROMPT) :]


@given(copies=Tokens, draft=Tokens, rows=st.integers(1, 9), draft_length=st.integers(0, 8), most=st.integers(1, 30))
def test_drafts_never_change_an_answer(
    copies: list[int], draft: list[int], rows: int, draft_length: int, most: int
) -> None:
    oracle = Oracle(copies)
    source = "".join(chr(96 + token) for token in draft)
    drafter = Drafter(
        source, lambda text: [ord(c) - 96 for c in text], lambda token: chr(96 + token).encode(), Habits()
    )
    generation = Generation(PROMPT, most, drafter, lambda token: token == END)
    while not generation.done:
        part = generation.rows(room(rows, rows, draft_length))
        assert 0 < len(part) <= rows
        logits = oracle.decode(part)
        generation.take(len(part), logits, Generation.look(logits))
        del oracle.cache[0][generation.fed :]
    assert generation.answer == plain_greedy(oracle, most)
    assert generation.finished == (len(generation.answer) < most)


Candidates = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=6), min_size=1, max_size=6)


@given(context=st.lists(st.integers(1, 3), min_size=1, max_size=8), candidates=Candidates, rows=st.integers(6, 20))
def test_shared_weighing_gives_what_weighing_alone_gives(
    context: list[int], candidates: list[list[int]], rows: int
) -> None:
    oracle = Oracle([])
    together = [context + candidate for candidate in candidates]
    weighing = Weighing(context, together)
    while not weighing.done:
        part = weighing.rows(room(rows, rows))
        for branch in {row.sequence for row in part} - {0}:
            oracle.cache[branch] = list(oracle.cache.get(0, []))
        logits = oracle.decode(part)
        weighing.take(len(part), logits, Weighing.look(logits))
    for score, tokens in zip(weighing.scores, together, strict=True):
        places = range(len(context), len(tokens))
        alone = sum(log_likelihood(oracle.logits_after(tokens[:place]), tokens[place]) for place in places)
        assert abs(score - alone) < 1e-5


def test_a_choice_without_candidates_is_done_at_once() -> None:
    assert Weighing([1, 2], []).done


def log_likelihood(logits: NDArray[np.float32], token: int) -> float:
    exact = logits.astype(np.float64)
    return float(exact[token] - np.log(np.exp(exact).sum()))


def test_the_likelihoods_of_a_row_sum_to_one() -> None:
    rows = np.array([[0.5, -2.0, 3.0], [90.0, 89.0, -500.0]], dtype=np.float32)
    assert np.exp(rows - Weighing.look(rows)[:, None]).sum(axis=1) == pytest.approx([1, 1], abs=1e-6)
