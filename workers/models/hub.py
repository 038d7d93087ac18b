"""Fetches a model from the hub with huggingface_hub: resumed, checked, and put in its place whole or not at all.

`hf_hub_download` of huggingface_hub 2.4 throws a broken download away (huggingface_hub pull request 4228), so the
partial file is ours and its `http_get` continues it: plain HTTP, never Xet, so one protocol to get past a firewall.
"""

import fcntl
import logging
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx2
from huggingface_hub import HfApi, get_hf_file_metadata, get_token, hf_hub_url
from huggingface_hub.file_download import http_get

from config.settings import Settings
from jobs.errors import ModelError
from workers.models.cause import Intercepted, explained
from workers.models.checksum import compute, remember
from workers.models.choice import choose, file_sets
from workers.models.folder import repo_directory
from workers.models.gguf import MAGIC, foreign_kind
from workers.models.progress import Progress, in_tenths, mib

log = logging.getLogger(__name__)
_TIMEOUT_S = 20
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file of the repository, and where it goes."""

    url: str
    host: str  # where the hub sends us for its bytes
    etag: str  # of a large file its SHA-256
    size_bytes: int
    target: Path

    @property
    def part(self) -> Path:
        # The etag keeps a part of an older version of the file from being continued with a newer one.
        return self.target.with_name(f"{self.target.name}.{self.etag[:12]}.part")

    @property
    def lacking_bytes(self) -> int:
        if self.target.exists():
            return 0
        return self.size_bytes - (self.part.stat().st_size if self.part.exists() else 0)


def pull(settings: Settings, progress: Progress | None = None) -> tuple[Path, ...]:
    """Fetch the model the settings name into the repository's folder; what is there already is not fetched again.

    Raises:
        ModelError: no network, firewall, wrong name, no access, full disk, broken or damaged download.
    """
    with explained(settings):
        files = _ask(settings)
        _require_room(files, repo_directory(settings))
        for file in files:
            _fetch(file, _token(settings), progress or in_tenths(log.info))
    return tuple(file.target for file in files)


def _token(settings: Settings) -> str | None:
    return settings.hugging_face_token.get_secret_value() if settings.hugging_face_token else get_token()


def _ask(settings: Settings) -> list[_Remote]:
    """What the hub has of the model that is wanted."""
    repo, endpoint = settings.hugging_face_repo_id, settings.hugging_face_endpoint
    info = HfApi(endpoint=endpoint, token=_token(settings)).model_info(repo, timeout=_TIMEOUT_S)
    names = [each.rfilename for each in info.siblings or () if ".." not in PurePosixPath(each.rfilename).parts]
    chosen = choose(file_sets(names), repo, settings.hugging_face_quantization, settings.hugging_face_file_name)
    return [_remote(settings, name, info.sha) for name in chosen.files]


def _remote(settings: Settings, name: str, revision: str | None) -> _Remote:
    endpoint = settings.hugging_face_endpoint
    url = hf_hub_url(settings.hugging_face_repo_id, name, revision=revision, endpoint=endpoint and endpoint.rstrip("/"))
    found = get_hf_file_metadata(url, token=_token(settings), timeout=_TIMEOUT_S, endpoint=endpoint)
    if found.etag is None or found.size is None or found.commit_hash is None:
        raise Intercepted(httpx2.URL(url).host, f"no facts about {name}")
    return _Remote(
        url, httpx2.URL(found.location).host, found.etag, found.size, repo_directory(settings) / name.lstrip("/")
    )


def _require_room(files: Sequence[_Remote], directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    needed, free = sum(file.lacking_bytes for file in files), shutil.disk_usage(directory).free
    if needed > free:
        raise ModelError(
            f"The disk of {directory} is too full: {mib(needed)} ({needed} bytes) are needed, "
            f"{mib(free)} ({free} bytes) are free. Free some space, choose a smaller quantization, "
            "or set OCRFLEET_DIRECTORY_MODEL_PATH to another disk."
        )


def _fetch(file: _Remote, token: str | None, progress: Progress) -> None:
    file.target.parent.mkdir(parents=True, exist_ok=True)
    with file.target.with_name(f".{file.target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of a machine share the folder: one fetches, the others wait
        if file.target.exists():
            return
        try:
            _continue(file, token, progress)
        finally:
            _require_gguf(file)
        sha256 = _verified(file, progress)
        file.part.replace(file.target)
        remember(file.target, sha256)


def _continue(file: _Remote, token: str | None, progress: Progress) -> None:
    with file.part.open("ab") as part:
        http_get(
            file.url,
            part,
            resume_size=part.tell(),
            headers=_headers(token),
            expected_size=file.size_bytes,
            displayed_filename=file.target.name,
            tqdm_class=_bar(file, progress),
        )


def _headers(token: str | None) -> dict[str, str]:
    # Ranges count stored bytes, so the file must not come compressed. httpx drops the token where a redirect leaves.
    headers = {"User-Agent": "ocrfleet", "Accept-Encoding": "identity"}
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _require_gguf(file: _Remote) -> None:
    """Throw away what is no model, so that it is never resumed."""
    with suppress(FileNotFoundError), file.part.open("rb") as part:
        head = part.read(512)
        if len(head) < len(MAGIC) or not (kind := foreign_kind(head)):
            return
        file.part.unlink()
        raise Intercepted(file.host, kind)


def _verified(file: _Remote, progress: Progress) -> str:
    sha256 = compute(file.part, progress)
    if len(file.etag) == _SHA256_DIGITS and sha256 != file.etag:
        file.part.unlink()
        raise ModelError(
            f"{file.target.name} came damaged: its SHA-256 is {sha256}, the hub's is {file.etag}. It was deleted; "
            "run `ocrfleet-worker models pull` again. If it stays damaged, a proxy alters it: download it elsewhere."
        )
    return sha256


def _bar(file: _Remote, progress: Progress) -> type:
    """A class with what `http_get` uses of tqdm's, which tells our progress instead."""

    class Bar:
        def __init__(self, *, initial: int = 0, **_: object) -> None:
            self.done = initial

        def update(self, size_bytes: int) -> None:
            self.done += size_bytes
            progress(file.target.name, self.done, file.size_bytes)

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            return None

    return Bar
