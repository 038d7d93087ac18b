"""The OCR process of a GPU with CUDA's part played by the CPU: `python -m tests.ocr_process_on_cpu PLAN`."""

import onnxruntime as ort

from workers.ocr.cuda import networks, process


def main() -> None:
    networks.PROVIDER = "CPUExecutionProvider"
    networks.PROVIDER_OPTIONS = {}
    networks._share_arena = lambda limit_bytes: None
    assert "CPUExecutionProvider" in ort.get_available_providers()
    process.main()


if __name__ == "__main__":
    main()
