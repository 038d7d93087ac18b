"""Where a worker's OCR runs: on its GPUs, a process on each, or in its children; and why."""

import logging
from pathlib import Path

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.machine.gpu import Gpu, free_mib
from workers.ocr import ON_GPU
from workers.ocr.cuda.provider import MEND, has_cuda_provider
from workers.ocr.cuda.service import CudaService

log = logging.getLogger(__name__)

#: CUDA's context, cuDNN's kernels, and handles of both libraries for each session, beside what OCR may take:
#: 895 MiB with 21 sessions (H100).
CONTEXT_MIB = 1280


class OcrProcesses:
    """The OCR processes of one worker, all or none. Children are spread over them as over the engines."""

    def __init__(self, settings: Settings, gpus: tuple[Gpu | None, ...]) -> None:
        self._settings = settings
        self._gpus = gpus
        self._services: tuple[CudaService, ...] = ()
        self.why_on_cpu = "not started"

    @property
    def come_first(self) -> bool:
        """Whether OCR takes its share of the memory before the engine does: where it was asked for."""
        return self._settings.ocr_device == "gpu"

    def start(self) -> None:
        """Start them, where the settings and the machine allow it. From the main thread; see CudaService.start.

        Raises:
            OcrUnavailable: a GPU was asked for, and can't be used; the message says what mends it.
        """
        self.why_on_cpu = why_on_cpu(self._settings, self._gpus) or self._try_to_start()
        if self.why_on_cpu and self.come_first:
            raise OcrUnavailable(f"OCRFLEET_OCR_DEVICE=gpu can't be: {self.why_on_cpu}")
        device = f"the CPU, since {self.why_on_cpu}" if self.why_on_cpu else "the GPU"
        log.info("RapidOCR runs on %s", device, extra={"event": "ocr.device"})

    def socket_path(self, child: int) -> Path | None:
        """Where a child connects, by its place in the pool; None: it reads on the CPU."""
        return self._services[child % len(self._services)].socket_path if self._services else None

    def revive(self) -> None:
        """Start again what was freed or has ended, where a page waits. Idempotent; for the worker's timer."""
        for service in self._services:
            service.revive()

    def free(self) -> dict[str, str]:
        """Give all GPU memory back until the next page. Idempotent."""
        return {
            f"OCR on {service.device}, {when}": said
            for service in self._services
            for when, said in service.free().items()
        }

    def facts(self) -> dict[str, dict[str, object]]:
        """Where OCR runs and why, and what each process has done."""
        if not self._services:
            return {"OCR on the CPU": {"since": self.why_on_cpu}}
        return {f"OCR on {service.device}": service.facts() for service in self._services}

    def stop(self) -> None:
        """End all for good. Idempotent."""
        for service in self._services:
            service.stop()

    close = stop

    def _try_to_start(self) -> str:
        """Returns why it was not to be."""
        self._services = tuple(CudaService(self._settings, gpu) for gpu in self._gpus if gpu)
        try:
            for service in self._services:
                service.start()
        except OcrUnavailable as error:
            self.stop()
            self._services = ()
            return str(error)
        return ""


def why_on_cpu(settings: Settings, gpus: tuple[Gpu | None, ...]) -> str:
    """Say why OCR can't run on these GPUs, or shall not; empty: nothing is known against it."""
    if settings.ocr_device == "cpu":
        return "OCRFLEET_OCR_DEVICE=cpu"
    if settings.engine not in ("auto", *ON_GPU):
        return f"the engine {settings.engine} knows no GPU; RapidOCR does (OCRFLEET_ENGINE=rapidocr)."
    if not any(gpus):
        return "this worker has no GPU. nvidia-smi shows what there is; --gpu chooses."
    if not has_cuda_provider():
        return f"no onnxruntime that knows GPUs is installed. {MEND}"
    needed_mib = settings.ocr_gpu_mib + CONTEXT_MIB
    short = [gpu for gpu in gpus if gpu and free_mib(gpu.uuid) < needed_mib]
    return "; ".join(
        f"GPU {gpu.index} has {free_mib(gpu.uuid)} MiB free, and OCR takes {needed_mib}. Lower OCRFLEET_OCR_GPU_MIB."
        for gpu in short
    )
