"""Why a download failed, in words that a person can act on."""

import errno
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

from config.settings import Settings
from jobs.errors import ModelError
from workers.models.folder import by_hand, repo_directory
from workers.models.progress import mib

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Intercepted(OSError):
    """Something else than the hub answered."""

    def __init__(self, host: str, answer: str) -> None:
        super().__init__(f"{host}: {answer}")
        self.host, self.answer = host, answer


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Turn whatever a download raises into a ModelError that names the cause and the way out."""
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise ModelError(
            f"Can't get {settings.hugging_face_repo_id}: {_cause(error, settings)} {_kept(settings)}{by_hand(settings)}"
        ) from error


def _cause(error: Exception, settings: Settings) -> str:
    host = _host(error, settings)
    if isinstance(error, HfHubHTTPError):
        return _refusal(error, host, settings)
    if isinstance(error, Intercepted):
        return _firewall(error.host, error.answer)
    chain = list(_chain(error))
    for kind, text in _texts(host).items():
        if any(isinstance(each, kind) for each in chain):
            return text
    if isinstance(error, OSError):
        return _disk(error, settings)
    return f"the connection to {host} broke ({error})."


def _texts(host: str) -> dict[type[BaseException], str]:
    return {
        OfflineModeIsEnabled: "HF_HUB_OFFLINE is set, so the hub is not asked. Unset it to download.",
        HFValidationError: "that is no repository name; it must be OWNER/NAME.",
        json.JSONDecodeError: _firewall(host, "no JSON"),
        ssl.SSLCertVerificationError: (
            f"the TLS certificate of {host} is not trusted: a firewall that opens TLS, most likely. "
            "Set SSL_CERT_FILE to your organisation's CA bundle."
        ),
        socket.gaierror: f"the name {host} can't be resolved: no network, or DNS is closed. Check the connection.",
        ConnectionRefusedError: f"{host} refuses connections. Check OCRFLEET_HUGGING_FACE_ENDPOINT and HTTPS_PROXY.",
        httpx2.ProxyError: "the proxy refuses. Check HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT).",
        httpx2.TimeoutException: f"{host} does not answer: no network, or a firewall drops the packets.",
        httpx2.UnsupportedProtocol: "OCRFLEET_HUGGING_FACE_ENDPOINT must begin with https:// or http://.",
        httpx2.InvalidURL: "OCRFLEET_HUGGING_FACE_ENDPOINT is no URL.",
    }


def _refusal(error: HfHubHTTPError, host: str, settings: Settings) -> str:
    status = error.response.status_code
    page = f"https://huggingface.co/{settings.hugging_face_repo_id}"
    if isinstance(error, GatedRepoError):
        return f"the repository is gated. Accept its terms at {page} and set OCRFLEET_HUGGING_FACE_TOKEN."
    if status == HTTPStatus.UNAUTHORIZED:
        return "401: the repository is private or does not exist. Check its name, or set OCRFLEET_HUGGING_FACE_TOKEN."
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "407: the proxy wants a password. Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
    if "html" in error.response.headers.get("Content-Type", "") and status != HTTPStatus.NOT_FOUND:
        return _firewall(host, f"{status} and an HTML page")
    if status == HTTPStatus.NOT_FOUND:
        return f"404: {host} has no such repository or file. Check the name (--file and the repository) at {page}."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "429: too many requests from this address. Wait, or set OCRFLEET_HUGGING_FACE_TOKEN."
    if status == HTTPStatus.FORBIDDEN:
        return "403: the token may not read this repository, or a firewall forbids it. Check both."
    return f"{host} answered {status}. Try again later."


def _firewall(host: str, answer: str) -> str:
    return (
        f"{host} gave {answer} where the hub's answer was due: a firewall or proxy stands between. "
        "Ask for access to huggingface.co and *.hf.co, set HTTPS_PROXY, "
        "or name a mirror inside in OCRFLEET_HUGGING_FACE_ENDPOINT."
    )


def _disk(error: OSError, settings: Settings) -> str:
    where = error.filename or repo_directory(settings)
    if error.errno in _FULL:
        return f"the disk is full at {where}. Free some space, or set OCRFLEET_DIRECTORY_MODEL_PATH to another disk."
    if isinstance(error, PermissionError):
        return f"{where} can't be written. Give this user write access, or set OCRFLEET_DIRECTORY_MODEL_PATH."
    return f"the download broke off ({error.strerror or error})."


def _kept(settings: Settings) -> str:
    kept = sum(part.stat().st_size for part in repo_directory(settings).rglob("*.part"))
    return f"{mib(kept)} are kept: `ocrfleet-worker models pull` resumes there. " if kept else ""


def _host(error: Exception, settings: Settings) -> str:
    """The host that was asked: after a redirect it is another one than the hub's."""
    try:
        if isinstance(error, HfHubHTTPError | httpx2.RequestError):
            return str(error.request.url.host)
    except RuntimeError:  # httpx2: raised where no request was made yet
        pass
    return urlsplit(settings.hugging_face_endpoint or constants.ENDPOINT).hostname or "the hub"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
