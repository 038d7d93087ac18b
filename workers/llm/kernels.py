"""llama.cpp's CPU kernels: those that suit this machine, and which models gain by AMX."""

import ctypes
from functools import cache
from pathlib import Path

import llama_cpp
from llama_cpp import llama_log_callback, llama_log_set, llama_print_system_info

from workers.models.gguf import read_header

LIBRARIES = Path(llama_cpp.__file__).parent / "lib"
#: `general.file_type` of F16 and of Q6_K (enum llama_ftype of llama.h): 64 rows of a decode take 1.4 and 1.5 times as
#: long with ggml's AMX kernels as without, those of Q8_0 and Q4_1 a third (docs/benchmarks.md).
LOSERS = (1, 18)

_SILENCE = llama_log_callback(lambda *_: None)


@cache
def load_kernels(libraries: Path = LIBRARIES) -> None:
    """Load the best kernels that this CPU can run, where llama.cpp was built with many, as in the image; once.

    Where it was built for one machine, they are a part of it. ggml would print which they are: its log is silent then.
    """
    if any(libraries.glob("libggml-cpu-*.so")):
        llama_log_set(_SILENCE, ctypes.c_void_p(0))
        llama = ctypes.CDLL(str(libraries / "libllama.so"))  # the one that is loaded; it brings its own ggml
        llama.ggml_backend_load_all_from_path(str(libraries).encode())


def has_amx_kernels() -> bool:
    """Whether llama.cpp's kernels make use of AMX. Where the operating system then refuses it, ggml does without."""
    load_kernels()
    return b"AMX_INT8 = 1" in llama_print_system_info()


def loses_by_amx(model: Path) -> bool:
    """Whether a GGUF model is slower with AMX, where llama.cpp makes use of it.

    Raises:
        ModelError: the file is no usable GGUF model.
    """
    return has_amx_kernels() and read_header(model).metadata.get("general.file_type") in LOSERS
