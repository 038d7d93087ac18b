"""llama.cpp's own server (bench/llama_server.sh): slots, the prompts' beginning warm in each, n-gram speculation."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from bench.contender import Run, Setting
from bench.naive import LONGEST_ANSWER
from bench.question import Question
from samples.stack import free_port

BUILD = Path(__file__).with_name("llama_server.sh")
START_S = 120.0
#: Four slots were faster than one on two cores.
LEAST_SLOTS = 4
#: Of its n-gram speculations the best here (docs/benchmarks.md): what followed the last four tokens where they stood
#: before, sixteen tokens of it.
SPECULATION = ("--spec-type", "ngram-map-k", "--spec-ngram-map-k-size-n", "4", "--spec-ngram-map-k-size-m", "16")


class Peer:
    """The server as a process, and a client for each of its slots."""

    def __init__(self, setting: Setting, program: Path, arguments: tuple[str, ...]) -> None:
        self._setting = setting
        self._url = f"http://127.0.0.1:{(port := free_port())}"
        # Each sequence with a cache of its own was 1.8 times as fast as one for all, on a CPU without flash attention.
        self._slots = max(LEAST_SLOTS, setting.in_flight)
        cells = setting.context_size * self._slots
        fixed = f"-c {cells} -np {self._slots} --no-kv-unified --cache-ram 0 --no-warmup --offline --port {port}"
        device = f"-t {setting.threads} -tb {setting.threads} -ngl {setting.gpu_layers} --threads-http 4"
        flash = f"-fa {'on' if setting.gpu_layers else 'off'}"
        command = [str(program), "-m", str(setting.model_path), *f"{fixed} {device} {flash}".split(), *arguments]
        self._process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def run(self, questions: Sequence[Question], *, forced: bool) -> Run:
        """Answer all, as many at once as there are slots."""
        with ThreadPoolExecutor(self._slots) as clients:
            list(clients.map(lambda slot: self._ask(questions[-1], False, 1, slot), range(self._slots)))
            wall, cpu = time.perf_counter(), self._cpu_s()
            most = LONGEST_ANSWER if forced else self._setting.max_tokens
            answers = list(clients.map(lambda each: self._ask(each, forced, most), questions))
        facts: dict[str, float] = {}
        for answer in answers:
            for key in ("draft_n", "draft_n_accepted"):
                facts[key] = facts.get(key, 0) + answer["timings"].get(key, 0)
        texts = tuple(answer["choices"][0]["message"]["content"] for answer in answers)
        tokens = sum(answer["usage"]["completion_tokens"] for answer in answers)
        return Run(time.perf_counter() - wall, self._cpu_s() - cpu, tokens, texts, facts)

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()

    def _ask(self, question: Question, forced: bool, max_tokens: int, slot: int = -1) -> dict[str, Any]:
        asked = {
            "messages": [{"role": each.role, "content": each.content} for each in question.messages],
            "temperature": 0,
            "max_tokens": max_tokens,
            "id_slot": slot,
            **({"grammar": self._grammar(question.truth)} if forced else {}),
        }
        return self._post("/v1/chat/completions", asked)

    def _grammar(self, text: str) -> str:
        """A grammar of one text. It costs where the model would have written another token: see overruled_tokens."""
        tokens = self._post("/tokenize", {"content": text, "add_special": False})["tokens"]
        return "root ::= " + " ".join(f"<[{token}]>" for token in tokens)

    def _post(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._url + path, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return dict(json.load(answer))

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"{self._url}/health").close()
            except urllib.error.URLError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self._process.args} did not start") from None
                time.sleep(0.1)
            else:
                return


def build() -> Path:
    """Build the server, once per machine.

    Raises:
        CalledProcessError: it can't be built here.
    """
    built = subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.splitlines()[-1])
