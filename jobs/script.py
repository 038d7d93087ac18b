"""The ledger's Lua scripts, run on one Redis; what can go wrong with Redis becomes an error of ours."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from config.keepalive import KEEPALIVE
from jobs.dialect import speaks_plain, speaks_tls
from jobs.errors import LeaseLost, LedgerReadOnly, LedgerShut, LedgerUnavailable, OcrFleetError, UsageError

#: What redis takes as it is.
Argument = str | bytes | int

LUA = Path(__file__).parent / "lua"
#: Longest wait for an answer. Scripts take milliseconds; a Redis that forks to save may stall for seconds.
ANSWER_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
#: A connection idle for longer is tried before it is used: firewalls drop idle ones in silence.
IDLE_CHECK_S = 30

#: What Redis says while it takes no writes, and what to do about it.
READ_ONLY = {
    "OOM": "is out of memory and takes no more jobs. Delete batches (ocrfleet delete BATCH), or raise its maxmemory "
    "(redis-cli config set maxmemory 4gb, and in its configuration)",
    "READONLY": "is a replica that takes no writes. Point OCRFLEET_REDIS_URL at the primary",
    "MISCONF": "can't save to its disk and takes no writes. Look at the disk and at Redis' log",
}
#: ... and doesn't let us in.
SHUT = {
    "DB index is out of range": "has no database of that number. Correct the end of OCRFLEET_REDIS_URL (/0)",
    "non local key": "is a cluster, where no script of ours can run. Point OCRFLEET_REDIS_URL at a Redis that is none",
    "CERTIFICATE_VERIFY_FAILED": "has a certificate we don't trust. Check OCRFLEET_REDIS_CA_PATH and the host's name",
}
#: ... and may be back by itself.
AWAY = {
    "max number of clients": "has no connection left. Raise its maxclients",
    "LOADING": "is loading its data. Wait, it comes back by itself",
    "BUSY": "is held up by a script. Look at: redis-cli slowlog get",
}
REMEDIES = {LedgerReadOnly: READ_ONLY, LedgerShut: SHUT, LedgerUnavailable: AWAY}


class Scripts:
    """Runs the scripts of `jobs/lua` on one Redis, under one prefix. Connects at the first call; safe to fork.

    A call whose answer was lost is made again: the scripts are written so that this changes nothing.
    """

    def __init__(self, redis_url: str, prefix: str, tls: Mapping[str, str] | None = None) -> None:
        self._prefix = prefix
        self._redis = redis.Redis.from_url(
            redis_url,
            **(tls or {}),
            socket_timeout=ANSWER_TIMEOUT_S,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_keepalive=True,
            socket_keepalive_options=KEEPALIVE,
            health_check_interval=IDLE_CHECK_S,
            retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=3),
        )
        self._address = _address(redis_url)
        self._host, self._port = _endpoint(redis_url)
        self._secured = bool(tls)
        self._answers_tls = False
        # Which of TLS 1.3's alert and the closed connection is seen first is chance.
        self._unnamed = bool(tls) and "ssl_certfile" not in (tls or {})
        self._scripts: dict[str, Any] = {}

    def run(self, name: str, *arguments: Argument) -> Any:  # noqa: ANN401 - as many shapes as scripts
        """Run one script.

        Raises:
            LedgerUnavailable: Redis does not answer or does not let us; the message says what to look at.
            LeaseLost: the script was fenced off.
            UsageError: there is no such batch.
        """
        if name not in self._scripts:
            self._scripts[name] = self._redis.register_script(_source(name))
        with self.connection():
            return self._scripts[name](args=(self._prefix, *arguments))

    @contextmanager
    def connection(self) -> "Iterator[redis.Redis]":
        """Use Redis itself; its errors become ours."""
        self._check_dialect()
        try:
            yield self._redis
        except RedisError as error:
            raise self._translate(error) from None

    def _check_dialect(self) -> None:
        """A plain Redis is silent where it is asked for TLS, and redis-py waits for it for 40 s."""
        if self._secured and not self._answers_tls:
            if speaks_plain(self._host, self._port):
                raise LedgerShut(
                    f"Redis at {self._address} speaks no TLS. Say redis:// in OCRFLEET_REDIS_URL, or turn TLS on there "
                    "(docs/operations.md)."
                )
            self._answers_tls = True

    def _translate(self, error: RedisError) -> Exception:
        said = str(error)
        if "LEASELOST" in said:
            return LeaseLost()
        if "NOBATCH" in said:
            return UsageError("There is no such batch. See: ocrfleet batches")
        return self._unavailable(error, said)

    def _unavailable(self, error: RedisError, said: str) -> Exception:
        if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError):
            remedy = "refuses our user or password. Check OCRFLEET_REDIS_URL and the user's ACL"
            return LedgerShut(f"Redis at {self._address} {remedy}.")
        for kind, remedies in REMEDIES.items():
            for word in filter(said.__contains__, remedies):
                return kind(f"Redis at {self._address} {remedies[word]}.")
        if isinstance(error, ResponseError):
            return OcrFleetError(
                f"Redis at {self._address} can't run a script of ours (6.2 or later is needed): {said}"
            )
        if isinstance(error, redis.ConnectionError) and not self._secured and speaks_tls(self._host, self._port):
            return LedgerShut(f"Redis at {self._address} speaks TLS only. Say rediss:// in OCRFLEET_REDIS_URL.")
        return LedgerUnavailable(
            f"Redis at {self._address} does not answer ({type(error).__name__}). "
            "Is it running, and is OCRFLEET_REDIS_URL right?"
            + (" If it wants a certificate of ours, set OCRFLEET_REDIS_CERT_PATH." if self._unnamed else "")
        )


@cache
def _source(name: str) -> str:
    return f"{(LUA / '_ledger.lua').read_text()}\n{(LUA / f'{name}.lua').read_text()}"


def _address(redis_url: str) -> str:
    """Where Redis is, without user and password."""
    host, port = _endpoint(redis_url)
    return f"{host}:{port}{urlsplit(redis_url).path}"


def _endpoint(redis_url: str) -> tuple[str, int]:
    url = urlsplit(redis_url)
    return url.hostname or "localhost", url.port or 6379
