"""Whether onnxruntime can use CUDA here, told without loading either: the worker's main process forks."""

import contextlib
import io
import logging
from importlib.util import find_spec
from pathlib import Path

log = logging.getLogger(__name__)

#: What brings it. onnxruntime, which knows the CPU only, brings the same module: one of them may be installed.
MEND = "Run: make setup CUDA=1 (it takes onnxruntime-gpu, in place of onnxruntime)"


def has_cuda_provider() -> bool:
    """Whether an onnxruntime is installed that has its CUDA provider: onnxruntime-gpu has."""
    found = find_spec("onnxruntime")
    if found is None or found.origin is None:
        return False
    return (Path(found.origin).parent / "capi" / "libonnxruntime_providers_cuda.so").is_file()


def load_libraries() -> None:
    """Load CUDA's and cuDNN's libraries where pip installed them; those of the system are found without."""
    import onnxruntime

    # It warns at each session that no *plugin* offers CUDA, as none need; errors go on being said.
    onnxruntime.set_default_logger_severity(3)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):  # it prints what it misses
        onnxruntime.preload_dlls()
    for line in filter(None, said.getvalue().splitlines()):
        log.warning("%s", line)
