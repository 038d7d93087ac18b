"""The OCR process of a GPU with CUDA's part played by the CPU: `python -m tests.ocr_process_on_cpu PLAN`."""

import onnxruntime as ort

from workers.ocr.cuda import networks, process, session


def main() -> None:
    session.PROVIDER = "CPUExecutionProvider"
    session.PROVIDER_OPTIONS = {}
    networks.share_arena = lambda limit_bytes: None
    networks.AT_START = (("classify", (1, 3, 48, 192)), ("recognise", (1, 3, 48, 320)))
    networks.SOON = (("recognise coarse", (1, 3, 48, 320)),)
    assert "CPUExecutionProvider" in ort.get_available_providers()
    process.main()


if __name__ == "__main__":
    main()
