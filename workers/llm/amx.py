"""AMX in llama.cpp: whether it is built for it, and which models gain by it."""

from pathlib import Path

from llama_cpp import llama_print_system_info

from workers.models.gguf import read_header

#: `general.file_type` of F16 and of Q6_K (enum llama_ftype of llama.h): 64 rows of a decode take 1.4 and 1.5 times as
#: long with ggml's AMX kernels as without, those of Q8_0 and Q4_1 a third (docs/benchmarks.md).
LOSERS = (1, 18)


def built_with_amx() -> bool:
    """Whether llama.cpp is built for a CPU that has it. Where the kernel then refuses it, ggml does without."""
    return b"AMX_INT8 = 1" in llama_print_system_info()


def loses_by_amx(model: Path) -> bool:
    """Whether a GGUF model is slower with AMX, where llama.cpp is built with it.

    Raises:
        ModelError: the file is no usable GGUF model.
    """
    return built_with_amx() and read_header(model).metadata.get("general.file_type") in LOSERS
