"""Aspose's process as a worker's child holds it: start it, ask it, end it, and say what it died of."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from config.settings import Settings
from jobs.errors import OcrFailed, OcrUnavailable
from workers.ocr.aspose.runtime import ELSE, check_machine, environment, lend_openssl
from workers.ocr.aspose.wire import Hello, Plan, Reading

START_TIMEOUT_S = 120.0


class Client:
    """A running process of Aspose.OCR. `hello` is what it said when it had read an empty page.

    Raises, when opened:
        OcrUnavailable: it can't run here.
    """

    def __init__(self, settings: Settings) -> None:
        check_machine()
        self._timeout_s = settings.job_timeout_s
        # Once it has greeted, OpenSSL is loaded: the folder goes at once, so that none is left when all is killed.
        links = tempfile.TemporaryDirectory(prefix="ocrfleet-aspose-", dir=settings.work_dir)
        with links, contextlib.ExitStack() as opening:
            lend_openssl(Path(links.name), settings.openssl_1_1_path)
            self._said = opening.enter_context(tempfile.TemporaryFile())
            self._pipe = opening.enter_context(self._spawn(Path(links.name)))
            opening.callback(_end, self._process)
            self.hello = self._greet(_plan(settings))
            self._open = opening.pop_all()

    def read(self, image: bytes) -> Reading:
        """Have a page read. After an error the client is of no use but to be closed.

        Raises:
            OcrFailed: the process died of this page or did not end it in the time of a job.
        """
        try:
            self._pipe.send_bytes(image)
            if not self._pipe.poll(self._timeout_s):
                raise OcrFailed(f"Aspose.OCR had not read the page after {self._timeout_s} s.")
            return Reading.model_validate_json(self._pipe.recv_bytes())
        except (EOFError, ConnectionError):
            raise OcrFailed(f"Aspose.OCR {self._death()} at the page.") from None

    def close(self) -> None:
        """End the process. Idempotent."""
        self._open.close()

    @property
    def pid(self) -> int:
        """The process' id."""
        return self._process.pid

    def _spawn(self, links: Path) -> Connection:
        ours, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers.ocr.aspose.process", str(os.getpid()), str(theirs.fileno())],
                env=environment(links),
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C in a terminal must not end it in mid-page
            )
        return ours

    def _greet(self, plan: Plan) -> Hello:
        try:
            self._pipe.send_bytes(plan.to_json().encode())
            if not self._pipe.poll(START_TIMEOUT_S):
                raise OcrUnavailable(f"Aspose.OCR did not start within {START_TIMEOUT_S:.0f} s. Is the machine busy?")
            hello = Hello.model_validate_json(self._pipe.recv_bytes())
        except (EOFError, ConnectionError):
            cause = f"{self._death()} as it started: {self._first_words()}"
            raise OcrUnavailable(f"Aspose.OCR {cause} Run: ocrfleet-worker doctor, {ELSE}.") from None
        if hello.error:
            raise OcrUnavailable(f"Aspose.OCR can't run as OCRFLEET_ASPOSE_... say: {hello.error}")
        return hello

    def _death(self) -> str:
        status = self._process.wait(timeout=10)
        return f"ended with {signal.Signals(-status).name if status < 0 else f'status {status}'}"

    def _first_words(self) -> str:
        """What .NET says when it aborts. No page had been sent, so no page's text is in it."""
        self._said.seek(0)
        return self._said.read(200).decode(errors="replace").partition("\n")[0]


def _plan(settings: Settings) -> Plan:
    text, public, private = (
        secret.get_secret_value() if secret else ""
        for secret in (
            settings.aspose_license_text,
            settings.aspose_metered_public_key,
            settings.aspose_metered_private_key,
        )
    )
    return Plan(
        license_path=str(settings.aspose_license_path or ""),
        license_text=text,
        metered_keys=(public, private) if public and private else None,
        language=settings.aspose_language,
        mode=settings.aspose_mode,
        resources_path=str(settings.aspose_resources_path or ""),
        threads=settings.ocr_threads,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
