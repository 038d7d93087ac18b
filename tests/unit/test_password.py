"""The file of passwords that `--password-file` names."""

from pathlib import Path

import pytest

from jobs.errors import UsageError
from jobs.password import MOST_PASSWORDS, read_passwords
from producer.order import Wish


def read(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return [password.get_secret_value() for password in read_passwords(path)]


def test_each_line_is_a_password_as_it_stands(tmp_path: Path) -> None:
    lines = "\ufeffone\r\n two words \n\nß\u2028x\none\n".encode()
    assert read(tmp_path / "p", lines) == ["one", " two words ", "ß\u2028x"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not hold 1 to"),
        (b"\n\n", "does not hold 1 to"),
        (b"topsecret\xff", "not UTF-8"),
        (b"\n".join(b"topsecret%d" % number for number in range(MOST_PASSWORDS + 1)), "does not hold 1 to"),
        (b"topsecret" * 10_000, "does not hold 1 to"),
    ],
)
def test_what_is_no_file_of_passwords_is_refused_without_showing_it(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        read(tmp_path / "p", data)
    assert "topsecret" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: No such file"):
        read_passwords(tmp_path / "nowhere")


def test_a_wish_does_not_show_its_passwords(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("topsecret")
    assert "topsecret" not in repr(Wish(passwords=read_passwords(tmp_path / "p")))
