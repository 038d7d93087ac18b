"""What Aspose.OCR's .NET runtime asks of a machine. Looked for before it is loaded: a lack aborts the process.

It opens `libssl.so.1.1` by that name. OpenSSL 1.1 is out of support and gone from Debian 12 and Ubuntu 22.04, so it is
lent to Aspose's own process alone: a folder of links, named in that process' LD_LIBRARY_PATH and nowhere else.
"""

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from config.settings import environment_for
from jobs.errors import OcrNotInstalled, OcrUnavailable

PACKAGE = "aspose-ocr-python-net"
SYSTEM_FOLDERS = tuple(map(Path, ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/lib64", "/usr/local/lib")))
#: A dependency of ours whose wheel has OpenSSL 1.1 inside, under names of its own: 1.1.1k in 5.0.0.93.
LENDER = "opencv-python-headless"
ELSE = "or read with another engine: --engine rapidocr"


def check_machine() -> None:
    """Look for the wheel, its build for this Python, and the system it is for.

    Raises:
        OcrNotInstalled: there is no wheel.
        OcrUnavailable: what else is missing, and what mends it.
    """
    machine = (sys.platform, platform.machine(), platform.libc_ver()[0])
    if machine != ("linux", "x86_64", "glibc"):
        raise OcrUnavailable(
            f"Aspose.OCR is built for Linux with glibc on x86_64, this is {' '.join(machine)}: {ELSE}."
        )
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        raise OcrNotInstalled(
            f"Aspose.OCR is not installed. Run: pip install -e '.[worker,aspose]' in ocrfleet's folder, {ELSE}."
        ) from None
    major, minor, _ = platform.python_version_tuple()
    if not any(f"cpython-{major}{minor}-" in file.name for file in files):
        cause = f"{PACKAGE} has no build for Python {major}.{minor}"
        raise OcrUnavailable(f"{cause}. Run ocrfleet on Python 3.11 to 3.13, {ELSE}.")


def lend_openssl(links: Path, chosen: Path | None) -> None:
    """Fill the folder `links` with OpenSSL 1.1 under its plain names. `chosen`: the operator's folder, where set.

    Raises:
        OcrUnavailable: there is none.
    """
    for ssl, crypto in _pairs(chosen):
        (links / "libssl.so.1.1").symlink_to(ssl)
        (links / "libcrypto.so.1.1").symlink_to(crypto)
        if crypto.name != "libcrypto.so.1.1":  # the name under which a wheel's libssl asks for it
            (links / crypto.name).symlink_to(crypto)
        return
    raise OcrUnavailable(
        "Aspose.OCR needs OpenSSL 1.1, and there is none here. Put libssl.so.1.1 and libcrypto.so.1.1 in a folder and "
        f"name it in OCRFLEET_OPENSSL_1_1_PATH, use an image on Debian 11, {ELSE}."
    )


def environment(links: Path) -> dict[str, str]:
    """Build the environment of Aspose's process: this one's, less our settings, with OpenSSL 1.1 and without ICU.

    Its .NET Core 3.1 aborts beside Debian 12's ICU 72 as if there were none: so it is told to need none. Its
    diagnostics leave a socket and two pipes in /tmp when the process is killed, which is how it ends.
    """
    own = environment_for({})
    path = ":".join(filter(None, (str(links), own.get("LD_LIBRARY_PATH", ""))))
    switches = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "COMPlus_EnableDiagnostics": "0"}
    return own | {"LD_LIBRARY_PATH": path} | switches


def _pairs(chosen: Path | None) -> Iterator[tuple[Path, Path]]:
    """Every libssl of OpenSSL 1.1 with its libcrypto: the operator's alone, or the system's, then the lender's."""
    folders = [chosen] if chosen else [*SYSTEM_FOLDERS, *_lender()]
    for folder in folders:
        ssl, crypto = (next(folder.glob(f"lib{name}*.so.1.1*"), None) for name in ("ssl", "crypto"))
        if ssl and crypto:
            yield ssl.resolve(), crypto.resolve()


def _lender() -> Iterator[Path]:
    try:
        files = distribution(LENDER).files or []
    except PackageNotFoundError:
        return
    yield from {Path(str(file.locate())).parent for file in files if file.name.startswith("libssl")}
