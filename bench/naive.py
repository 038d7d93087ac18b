"""As most people do it: `Llama.create_chat_completion`, one question after the other."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from llama_cpp import Llama, LogitsProcessorList
from numpy.typing import NDArray

from bench.contender import Run, Setting
from bench.question import Question

Logits = NDArray[np.float32]
LONGEST_ANSWER = 2048


class Naive:
    """llama-cpp-python's own class, with its defaults."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._llama = Llama(
            str(setting.model_path),
            n_ctx=setting.context_size,
            n_threads=setting.threads,
            n_threads_batch=setting.threads,
            n_gpu_layers=setting.gpu_layers,
            flash_attn=setting.gpu_layers > 0,
            verbose=False,
        )

    def run(self, questions: Sequence[Question], *, forced: bool) -> Run:
        """Answer one after the other; the object keeps the beginning that two in a row share."""
        self._ask(questions[-1], forced=False, max_tokens=1)
        wall, cpu = time.perf_counter(), time.process_time()
        answers = [
            self._ask(each, forced=forced, max_tokens=LONGEST_ANSWER if forced else self._setting.max_tokens)
            for each in questions
        ]
        texts, counts = zip(*answers, strict=True)
        return Run(time.perf_counter() - wall, time.process_time() - cpu, sum(counts), texts)

    def _ask(self, question: Question, *, forced: bool, max_tokens: int) -> tuple[str, int]:
        answer = self._llama.create_chat_completion(
            [{"role": each.role, "content": each.content} for each in question.messages],
            temperature=0,
            max_tokens=max_tokens,
            logits_processor=LogitsProcessorList([self._forcing(question.truth)]) if forced else None,
        )
        return answer["choices"][0]["message"]["content"], answer["usage"]["completion_tokens"]

    def _forcing(self, text: str) -> Callable[[object, Logits], Logits]:
        """Leave the model one token at a time; cheaper than a grammar is, which the server has to be held by."""
        tokens = iter([*self._llama.tokenize(text.encode(), add_bos=False), self._llama.token_eos()])

        def process(_: object, scores: Logits) -> Logits:
            chosen = np.full_like(scores, -np.inf)
            chosen[next(tokens)] = 0
            return chosen

        return process
