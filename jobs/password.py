"""Reads the passwords of a batch's documents from a file. They never stand on a command line."""

from pathlib import Path

from pydantic import SecretStr

from jobs.errors import UsageError

#: PDFium takes some milliseconds for each, and reads a large file anew.
MOST_PASSWORDS = 100
#: PDF takes 127 bytes of a password; with room for line ends and more than ASCII.
MOST_FILE_BYTES = 64 << 10


def read_passwords(path: Path) -> tuple[SecretStr, ...]:
    """Read a file of passwords, UTF-8, one a line; blank lines are left out, since the empty password is always tried.

    Raises:
        UsageError: it can't be read, or holds none or too many. The message shows none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_FILE_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"The passwords in {path} are not UTF-8 text. Save the file as UTF-8.") from None
    except OSError as error:
        raise UsageError(f"Can't read the passwords in {path}: {error.strerror}.") from None
    passwords = tuple(dict.fromkeys(password for line in text.split("\n") if (password := line.rstrip("\r"))))
    if not 1 <= len(passwords) <= MOST_PASSWORDS or len(text) > MOST_FILE_BYTES:
        raise UsageError(f"{path} does not hold 1 to {MOST_PASSWORDS} passwords. Write one on each line.")
    return tuple(map(SecretStr, passwords))
