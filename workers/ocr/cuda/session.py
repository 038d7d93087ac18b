"""Sessions of onnxruntime on the GPU that this process is pinned to, all in one bounded arena."""

import onnxruntime as ort

from jobs.errors import OcrUnavailable

PROVIDER = "CUDAExecutionProvider"
#: onnxruntime keeps an arena's first chunk in an int. What is beyond is taken when it is needed.
MOST_CHUNK_BYTES = 2047 << 20
#: HEURISTIC is cuDNN's own guess of the fastest algorithm; DEFAULT is its fallback, 7 to 17 times slower (H100).
PROVIDER_OPTIONS = {
    "device_id": "0",  # the one GPU that this process can see
    "cudnn_conv_algo_search": "HEURISTIC",
    "use_tf32": "0",  # 10 bits of mantissa: texts would differ from the CPU's
    # One stream for a session. Else it keeps one for each thread that ran it, with a handle of cuBLAS and of cuDNN.
    "use_ep_level_unified_stream": "1",
}
_OUT_OF_MEMORY = ("Failed to allocate memory", "Available memory of", "out of memory", "ALLOC_FAILED")

NO_CUDA = (
    "onnxruntime can't load CUDA 13: libraries are missing (run: make setup CUDA=1), or the driver is older than 580 "
    "(nvidia-smi shows it)."
)


class OutOfMemory(Exception):
    """A network found no GPU memory."""


def open_session(content: bytes) -> ort.InferenceSession:
    """Open a network on the GPU, in the shared arena.

    Raises:
        OcrUnavailable: onnxruntime went back to the CPU; its log says why.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.use_env_allocators", "1")
    session = ort.InferenceSession(content, options, providers=[(PROVIDER, PROVIDER_OPTIONS), "CPUExecutionProvider"])
    if session.get_providers()[0] != PROVIDER:
        raise OcrUnavailable(NO_CUDA)
    return session


def lacks_memory(error: Exception) -> bool:
    """Whether onnxruntime says so; its own errors derive from nothing more telling."""
    return any(sign in str(error) for sign in _OUT_OF_MEMORY)


def share_arena(limit_bytes: int) -> None:
    """Take it at once: little grows later, and the engine, which sizes itself by what NVML calls free, counts it.

    Raises:
        OcrUnavailable: there is no CUDA here.
    """
    where = ort.OrtMemoryInfo("Cuda", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    first_bytes = min(limit_bytes, MOST_CHUNK_BYTES)
    arena = ort.OrtArenaCfg({"max_mem": limit_bytes, "initial_chunk_size_bytes": first_bytes})
    try:
        ort.create_and_register_allocator_v2(PROVIDER, where, {"device_id": "0"}, arena)
    except RuntimeError:  # what is missing stands in onnxruntime's own line, just before
        raise OcrUnavailable(NO_CUDA) from None
