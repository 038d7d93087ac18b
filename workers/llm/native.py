"""llama.cpp through llama-cpp-python's low-level API: the only file that calls it.

A `Context` belongs to one thread, its `Model` to all. An assertion in there ends the process; hence the keeper.
"""

import ctypes
import logging
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as api
import numpy as np
from jinja2 import TemplateError
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from numpy.typing import NDArray

from jobs.errors import ModelError
from workers.llm import Message
from workers.llm.kernels import load_kernels, loses_by_amx
from workers.llm.plan import EXIT_OUT_OF_MEMORY, CacheType
from workers.llm.row import Row

log = logging.getLogger(__name__)

Logits = NDArray[np.float32]

_LOG_ERROR = 4
_Q8_0 = 8  # enum ggml_type of ggml.h
FLASH_AUTO, FLASH_OFF, FLASH_ON = -1, 0, 1  # enum llama_flash_attn_type of llama.h
#: What llama.cpp and ggml say when a buffer could not be had, on any backend.
_MEMORY_WORDS = ("out of memory", "failed to allocate", "unable to allocate", "alloc failed")

#: Said right before ggml_cuda_error aborts the process: what lacked is known only here.
_LAST_WORDS = "CUDA error: out of memory"


class OutOfMemory(ModelError):
    """The model does not fit in memory."""


class TemplateFails(ModelError):
    """The model's chat template can't make a prompt of these messages."""


class NativeLog:
    """Keeps llama.cpp's last errors for our own messages, and lets none of its chatter through."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._callback = api.llama_log_callback(self._on_line)  # llama.cpp keeps only a pointer
        api.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _on_line(self, level: int, text: bytes, _: object) -> None:
        if level != _LOG_ERROR:
            return
        line = text.decode("utf-8", "replace").strip()
        if line == _LAST_WORDS:
            os._exit(EXIT_OUT_OF_MEMORY)
        self.errors = [*self.errors[-4:], line]

    def error(self, what: str) -> ModelError:
        """Make an error of what llama.cpp said last."""
        said = "; ".join(self.errors)
        kind = OutOfMemory if any(word in said.lower() for word in _MEMORY_WORDS) else ModelError
        return kind(f"{what}: {said or 'llama.cpp gives no reason'}.")


class Model:
    """A GGUF model: weights, vocabulary, chat template if it is asked for one.

    Raises:
        ModelError: the file can't be loaded.
        OutOfMemory: it does not fit.
    """

    def __init__(self, path: Path, *, gpu_layers: int, cpu_extras: bool, context_size: int) -> None:
        load_kernels()
        self.said = NativeLog()
        api.llama_backend_init()
        if gpu_layers and not api.llama_supports_gpu_offload():
            log.warning("this build of llama-cpp-python knows no GPU: the CPU does it all (make setup CUDA=1)")
        params = api.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.use_extra_bufts = cpu_extras and not loses_by_amx(path)
        self.handle = api.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            raise self.said.error(f"The model {path} can't be loaded. `ocrfleet-worker models verify` says more")
        self.vocab = api.llama_model_get_vocab(self.handle)
        self.vocabulary_size = int(api.llama_vocab_n_tokens(self.vocab))
        self.context_size = min(context_size, int(api.llama_model_n_ctx_train(self.handle)))
        self._path = path
        self._pieces: dict[int, bytes] = {}
        tokens = range(self.vocabulary_size)
        self._ends = frozenset(token for token in tokens if api.llama_vocab_is_eog(self.vocab, token))
        self._control = self._control_words()

    def chat(self, messages: tuple[Message, ...]) -> list[int]:
        """Render a chat by the model's own template, as tokens, up to where the answer begins.

        Raises:
            ModelError: the model has no template, or it fails.
        """
        try:
            text = self._render(messages)
        except TemplateFails:
            if messages[0].role != "system":
                raise
            system, first, *others = messages  # some templates (Gemma's) know no system message
            text = self._render((Message(first.role, f"{system.content}\n\n{first.content}"), *others))
        return self.tokenize(text, special=True)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Turn text into tokens. `special`: control tokens are read as such, which only our own template may do."""
        data = text.encode()
        tokens = (api.llama_token * (len(data) + 2))()
        count = api.llama_tokenize(self.vocab, data, len(data), tokens, len(tokens), False, special)
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of a token; a character can be spread over several."""
        if token not in self._pieces:
            buffer = ctypes.create_string_buffer(256)
            count = api.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
            self._pieces[token] = buffer.raw[: max(0, count)]
        return self._pieces[token]

    def ends(self, token: int) -> bool:
        """Whether the model ends its answer with this token."""
        return token in self._ends

    @property
    def first_token(self) -> list[int]:
        """The token that text begins with, where the model has one."""
        token = int(api.llama_vocab_bos(self.vocab))
        return [token] if token >= 0 else []

    @property
    def wants_first_token(self) -> bool:
        """Whether every text begins with it."""
        return bool(api.llama_vocab_get_add_bos(self.vocab))

    def _render(self, messages: tuple[Message, ...]) -> str:
        turns: list[Any] = [{"role": each.role, "content": self._defused(each.content)} for each in messages]
        formatter = self._formatter
        try:
            return str(formatter(messages=turns).prompt)
        except Exception as error:  # noqa: BLE001 - a template is a program of whoever made the model
            raise self._template_fails(error) from None

    def _template_fails(self, error: Exception) -> TemplateFails:
        """Its message may quote a page, ours never does."""
        return TemplateFails(
            f"The chat template of {self._path} fails ({type(error).__name__}). Choose another model, "
            "or the mode constrained, which needs none."
        )

    def _defused(self, content: str) -> str:
        """Break what a page may hold of control tokens: it must not end its own turn and begin another."""
        return self._control.sub(lambda word: f"{word[0][0]} {word[0][1:]}", content)

    def _control_words(self) -> re.Pattern[str]:
        tokens = (token for token in range(self.vocabulary_size) if api.llama_vocab_is_control(self.vocab, token))
        words = (self._text(token) for token in tokens)
        return re.compile("|".join(re.escape(word) for word in words if len(word) > 1) or r"(?!)")

    @cached_property
    def _formatter(self) -> Jinja2ChatFormatter:
        """The chat's form. Made when one is asked for: a base model has none, and weighs candidates all the same."""
        template = self._metadata("tokenizer.chat_template")
        if not template:
            raise ModelError(
                f"The model {self._path} has no chat template: it is no instruct model. Choose one that is, "
                "or the mode constrained, which needs none."
            )
        eos, bos = (self._text(int(get(self.vocab))) for get in (api.llama_vocab_eos, api.llama_vocab_bos))
        try:
            return Jinja2ChatFormatter(template=template, eos_token=eos, bos_token=bos)
        except TemplateError as error:
            raise self._template_fails(error) from None

    def _text(self, token: int) -> str:
        return str(api.llama_vocab_get_text(self.vocab, token).decode()) if token >= 0 else ""

    def _metadata(self, key: str) -> str:
        buffer = ctypes.create_string_buffer(1 << 18)
        count = api.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if count > 0 else ""


class Context:
    """The KV cache of a model, shared by several sequences, and its one batch of rows.

    Raises:
        OutOfMemory, ModelError: it can't be made.
    """

    def __init__(
        self,
        model: Model,
        *,
        cells: int,
        sequences: int,
        rows: int,
        outputs: int,
        threads: int,
        gpu: bool,
        cache_type: CacheType = "f16",
    ) -> None:
        self.model = model
        self.rows = rows
        params = api.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = cells, rows, rows
        params.n_seq_max, params.n_outputs_max = sequences, outputs
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True  # one pool of cells; a shared prefix is tagged, not copied
        params.swa_full = True  # rollback and sharing stay valid with sliding windows
        # On a CPU flash attention made batches of 1 to 33 rows 1.4 to 2.6 times dearer (docs/adr/0002).
        params.flash_attn_type = FLASH_AUTO if gpu else FLASH_OFF
        if cache_type == "q8_0":
            params.type_k = _Q8_0
            if gpu:  # llama.cpp reads such values by flash attention only
                params.type_v, params.flash_attn_type = _Q8_0, FLASH_ON
        params.no_perf = True
        self.handle = api.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise model.said.error(f"No context of {cells} tokens can be made (context_size)")
        self.memory = api.llama_get_memory(self.handle)
        self._batch = _Batch(rows)

    def decode(self, rows: list[Row]) -> Logits:
        """Run rows through the model; the logits of those that want them, in order, valid until the next call.

        Raises:
            OutOfMemory, ModelError: llama.cpp refused the batch.
        """
        status = api.llama_decode(self.handle, self._batch.filled(rows))
        if status:
            raise self.model.said.error(f"llama.cpp could not decode {len(rows)} rows (status {status})")
        wanted = sum(row.wants_logits for row in rows)
        if not wanted:
            return np.empty((0, self.model.vocabulary_size), dtype=np.float32)
        return np.ctypeslib.as_array(api.llama_get_logits(self.handle), (wanted, self.model.vocabulary_size))

    def share(self, source: int, target: int, length: int) -> None:
        """Let `target` begin with the first `length` tokens of `source`."""
        api.llama_memory_seq_cp(self.memory, source, target, 0, length)

    def forget(self, sequence: int, start: int = 0) -> None:
        """Drop a sequence's tokens from position `start` on."""
        api.llama_memory_seq_rm(self.memory, sequence, start, -1)


class _Batch:
    """The rows of a decode as llama.cpp takes them: a field at a time, since ctypes is slow at single numbers."""

    def __init__(self, rows: int) -> None:
        self._tokens, self._positions, self._sequences = np.zeros((3, rows), np.int32)
        self._counts, self._outputs = np.ones(rows, np.int32), np.zeros(rows, np.int8)
        numbers = ctypes.POINTER(ctypes.c_int32)
        first, size = self._sequences.ctypes.data, self._sequences.itemsize
        self._lists = (numbers * rows)(*(ctypes.cast(first + size * row, numbers) for row in range(rows)))
        self._native = api.llama_batch(
            token=self._tokens.ctypes.data_as(numbers),
            pos=self._positions.ctypes.data_as(numbers),
            n_seq_id=self._counts.ctypes.data_as(numbers),
            seq_id=ctypes.cast(self._lists, ctypes.POINTER(numbers)),
            logits=self._outputs.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    def filled(self, rows: list[Row]) -> Any:  # noqa: ANN401  # a ctypes structure
        """The batch with these rows."""
        count = self._native.n_tokens = len(rows)
        self._tokens[:count] = [row.token for row in rows]
        self._positions[:count] = [row.position for row in rows]
        self._sequences[:count] = [row.sequence for row in rows]
        self._outputs[:count] = [row.wants_logits for row in rows]
        return self._native
