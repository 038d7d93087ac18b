"""Aspose.OCR in a process of its own: started by `client.py` with what it needs, and allowed to abort.

Its .NET runtime ends the process where something is amiss, holds native memory, and needs OpenSSL 1.1: none of it may
happen in a child that has other work in hand.
"""

import io
import json
import os
import re
import resource
import signal
import sys
from importlib import import_module
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from workers.machine.parent import die_with_parent
from workers.ocr.aspose.runtime import PACKAGE
from workers.ocr.aspose.wire import Hello, Line, Plan, Reading

#: A white bitmap of 32 x 32 pixels with 24 bits each: what is missing is missed at start, not at the first page.
_EMPTY_PAGE = (
    b"BM" + (54 + 3072).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    + (32).to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24) + b"\xff" * 3072
)  # fmt: skip


#: Unset, it takes one thread a core and 2.6 times the CPU; with one, 26.10 ends each line of EXT_LATIN with a `k`.
_FEWEST_THREADS = 2


class Reader:
    """Holds Aspose.OCR's API object and its settings."""

    def __init__(self, plan: Plan) -> None:
        self._aspose = import_module("aspose.ocr")
        self._aspose.Resources.allow_automatic_downloads(False)
        if plan.resources_path:
            self._aspose.Resources.set_local_path(plan.resources_path)
        self._aspose.OnnxRuntimeSessionOptions.set_intra_op_num_threads(max(_FEWEST_THREADS, plan.threads))
        self.license_error = self._take_license(plan)
        api = self._aspose.AsposeOcr()
        recognise, kind = {
            "page": (api.recognize, self._aspose.RecognitionSettings),
            "invoice": (api.recognize_invoice, self._aspose.InvoiceRecognitionSettings),
            "receipt": (api.recognize_receipt, self._aspose.ReceiptRecognitionSettings),
        }[plan.mode]
        self._recognise = recognise
        self._settings = kind()
        self._settings.language = getattr(self._aspose.Language, plan.language)
        self._settings.threads_count = plan.threads
        self._settings.retain_image_for_export = False

    @property
    def licensed(self) -> bool:
        """Whether Aspose.OCR gives its whole text."""
        return bool(self._aspose.License().is_licensed or self._aspose.Metered.is_metered_licensed())

    def read(self, image: bytes) -> Reading:
        """Read one page."""
        given = self._aspose.OcrInput(self._aspose.InputType.SINGLE_IMAGE)
        given.add(io.BytesIO(image))
        (result,) = self._recognise(given, self._settings)
        described = json.loads(result.get_json(True))
        characters = described.get("CharactersWithReplacements") or ()
        return Reading(
            lines=tuple(map(_line, result.recognition_lines_result)),
            text=result.recognition_text,
            warnings=tuple(result.warnings),
            characters=tuple((each["Character"], tuple(each["Replacements"] or ())) for each in characters),
            memory_mib=_memory_mib(),
        )

    def _take_license(self, plan: Plan) -> str:
        """Apply the licence; returns why it does not hold, where it doesn't."""
        try:
            if plan.metered_keys:
                self._aspose.Metered().set_metered_key(*plan.metered_keys)
            elif plan.license_text:
                self._aspose.License().set_license(io.BytesIO(plan.license_text.encode()))
            elif plan.license_path:
                self._aspose.License().set_license(plan.license_path)
        except RuntimeError as error:  # what every exception of .NET becomes
            return _said(error)
        return ""


def _line(line: Any) -> Line:  # noqa: ANN401 - Aspose's package has no types
    box = line.line
    confidence = min(max(line.confidence, 0.0), 1.0)
    return Line(
        text=line.text_in_line, left=box.x, top=box.y, width=box.width, height=box.height, confidence=confidence
    )


def _memory_mib() -> int:
    """What the process holds now. Not `ru_maxrss`: that begins with what the process held that started this one."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


def _said(error: Exception) -> str:
    """What an exception says, without the names of .NET around it."""
    return re.sub(r"^Proxy error\(\w*\): ", "", str(error)).split(" ---> ")[0][:300]


def main() -> None:
    """Take the plan, read pages until the pipe closes. Ends by `os._exit`: .NET's own shutdown can hang."""
    parent_pid, pipe = int(sys.argv[1]), Connection(int(sys.argv[2]))
    die_with_parent(parent_pid, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold pages
    try:
        _serve(pipe)
    except (EOFError, BrokenPipeError):  # the engine was closed
        os._exit(0)


def _serve(pipe: Connection) -> None:
    plan = Plan.model_validate_json(pipe.recv_bytes())
    try:
        reader = Reader(plan)
        reader.read(_EMPTY_PAGE)
    except (RuntimeError, ImportError, AttributeError) as error:
        pipe.send_bytes(Hello(error=_said(error)).to_json().encode())
        return
    hello = Hello(version=version(PACKAGE), licensed=reader.licensed, license_error=reader.license_error)
    pipe.send_bytes(hello.to_json().encode())
    while True:
        image = pipe.recv_bytes()
        try:
            reading = reader.read(image)
        except RuntimeError as error:
            reading = Reading(error=_said(error))
        pipe.send_bytes(reading.to_json().encode())


if __name__ == "__main__":
    main()
