"""What `ocrfleet submit` takes out of archives, and that no archive can do harm."""

import base64
import contextlib
import hashlib
import io
import random
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from producer.intake import archive
from producer.intake.found import Found
from producer.intake.identity import take_in
from producer.intake.walk import Skip, walk
from producer.naming import safe_path

PDF = b"%PDF-1.7\n"
TARS = {"a.tar": "w:", "a.tar.gz": "w:gz", "a.tar.bz2": "w:bz2", "a.tar.xz": "w:xz"}
KINDS = ("a.zip", *TARS)


def find(*paths: Path, max_file_bytes: int = 1 << 20) -> list[Found | Skip]:
    found = list(take_in(walk([str(path) for path in paths]), max_file_bytes))
    for file in found:
        if isinstance(file, Found):
            file.open().close()
    return found


def names(found: list[Found | Skip]) -> list[str]:
    return [file.source.name for file in found if isinstance(file, Found)]


def skips(found: list[Found | Skip]) -> dict[str, Skip]:
    return {Path(skip.path).name: skip for skip in found if isinstance(skip, Skip)}


def pack(path: Path, members: dict[str, bytes]) -> Path:
    """Make an archive of the kind that the name says."""
    if path.name not in TARS:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in members.items():
                packed.writestr(name, data)
        return path
    with tarfile.open(path, TARS[path.name]) as packed:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_each_document_in_an_archive_is_a_document_of_its_own(tmp_path: Path, kind: str) -> None:
    large = PDF + random.Random(1).randbytes(3 << 20)
    pack(tmp_path / kind, {"x/1.pdf": PDF + b"1", "notes.txt": b"no invoice", "2.pdf": large, "x/empty.pdf": b""})

    found = list(take_in(walk([str(tmp_path)]), 10 << 20))

    assert names(found) == [f"{kind}/x/1.pdf", f"{kind}/2.pdf"]
    for file, data in zip((file for file in found if isinstance(file, Found)), (PDF + b"1", large), strict=True):
        with file.open() as opened:
            assert opened.read() == data
        assert (file.source.document, file.source.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert "neither PDF" in skips(found)["notes.txt"].reason
    assert skips(found)["empty.pdf"].fault


def test_an_archive_is_told_by_its_content_and_may_be_called_anything(tmp_path: Path) -> None:
    pack(tmp_path / "a.tar.gz", {"1.pdf": PDF}).rename(tmp_path / "march.pdf")

    assert names(find(tmp_path)) == ["march.pdf/1.pdf"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["../../etc/a.pdf", "/etc/a.pdf", "C:\\etc\\a.pdf", "./etc//a.pdf", "etc/../../a.pdf", "..\\etc\\a.pdf"]
)
def test_no_name_in_an_archive_leads_out_of_it(tmp_path: Path, kind: str, name: str) -> None:
    (given,) = names(find(pack(tmp_path / kind, {name: PDF})))

    assert given == f"{kind}/etc/a.pdf"
    assert str(safe_path(given)) == given  # where an export puts it


@pytest.mark.parametrize("name", ["Rechnung für Zoë.pdf", "請求書.pdf"])
def test_a_name_in_utf_8_is_read_also_where_the_zip_does_not_say_so_as_on_a_mac(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / "a.zip", {name: PDF})
    assert names(find(path)) == [f"a.zip/{name}"]

    data = bytearray(path.read_bytes())
    data[7] &= ~8
    data[data.index(b"PK\x01\x02") + 9] &= ~8
    path.write_bytes(data)
    assert names(find(path)) == [f"a.zip/{name}"]


def test_hidden_files_and_what_a_mac_adds_are_passed_over_in_silence(tmp_path: Path) -> None:
    members = dict.fromkeys((".a.pdf", ".git/b.pdf", "__MACOSX/._c.pdf", "c.pdf"), PDF)

    found = find(pack(tmp_path / "a.zip", members))

    assert (names(found), skips(found)) == (["a.zip/c.pdf"], {})


def test_links_and_devices_in_a_tar_are_named_and_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(PDF + b"secret")
    with tarfile.open(tmp_path / "a.tar", "w") as packed:
        for name, kind in (("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("d", tarfile.CHRTYPE), ("f", b"6")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(tmp_path / "secret.pdf")
            packed.addfile(info)
        info = tarfile.TarInfo("a.pdf")
        info.size = len(PDF)
        packed.addfile(info, io.BytesIO(PDF))

    found = find(tmp_path / "a.tar")

    assert names(found) == ["a.tar/a.pdf"]
    assert {name: (skip.reason[:6], skip.fault) for name, skip in skips(found).items()} == dict.fromkeys(
        "shdf", ("a link", False)
    )


def test_a_link_in_a_zip_is_no_document_whatever_it_says(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.pdf")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(info, PDF)

    assert "a link" in skips(find(tmp_path))["a.pdf"].reason


def test_an_archive_in_an_archive_is_named_and_not_looked_into(tmp_path: Path) -> None:
    inner = pack(tmp_path / "a.tar.gz", {"1.pdf": PDF}).read_bytes()

    found = find(pack(tmp_path / "a.zip", {"inner.tgz": inner, "2.pdf": PDF}))

    assert names(found) == ["a.zip/2.pdf"]
    assert "archive in an archive" in skips(found)["inner.tgz"].reason


def test_an_office_document_in_an_archive_is_one_more_file_that_is_no_invoice(tmp_path: Path) -> None:
    letter = pack(tmp_path / "letter.docx", {"[Content_Types].xml": b"<x/>", "word/logo.png": b"\x89PNG\r\n\x1a\n"})

    found = find(pack(tmp_path / "a.zip", {"letter.docx": letter.read_bytes(), "1.pdf": PDF}))

    assert names(found) == ["a.zip/1.pdf"]
    assert not skips(found)["letter.docx"].fault


def test_an_encrypted_member_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"1.pdf": PDF, "2.pdf": PDF + b"2"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag of the first member, here and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    found = find(path)

    assert names(found) == ["a.zip/2.pdf"]
    assert skips(found)["1.pdf"].reason.startswith("encrypted")
    assert skips(found)["1.pdf"].fault


#: By Info-ZIP's `zip -P`: 1.pdf with the password `geheim ü`, 2.pdf with `other`, 3.pdf without.
ENCRYPTED = (
    "UEsDBAoACQAAABEDd12l3dCHGgAAAA4AAAAFAAAAMS5wZGb5RMZ2cB47B2u/gMOIV/PxPLef6Y5myB0r9lBLBwil3dCHGgAAAA4AAABQSwMECg"
    "AJAAAAEQN3Xc0sB1caAAAADgAAAAUAAAAyLnBkZvcYqMTUFAHjEblZdutzLGculxwjsJtSXtCKUEsHCM0sB1caAAAADgAAAFBLAwQKAAAAAAAR"
    "A3ddLJhtgQwAAAAMAAAABQAAADMucGRmJVBERi0xLjcKbWF5UEsBAh4DCgAJAAAAEQN3XaXd0IcaAAAADgAAAAUAAAAAAAAAAQAAAKSBAAAAAD"
    "EucGRmUEsBAh4DCgAJAAAAEQN3Xc0sB1caAAAADgAAAAUAAAAAAAAAAQAAAKSBTQAAADIucGRmUEsBAh4DCgAAAAAAEQN3XSyYbYEMAAAADAAA"
    "AAUAAAAAAAAAAQAAAKSBmgAAADMucGRmUEsFBgAAAAADAAMAmQAAAMkAAAAAAA=="
)


@pytest.fixture
def encrypted(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(base64.b64decode(ENCRYPTED))
    return path


def opened_with(path: Path, *passwords: str) -> list[Found | Skip]:
    found = list(take_in(walk([str(path)]), 1 << 20, [SecretStr(password) for password in passwords]))
    for file in found:
        if isinstance(file, Found):
            with file.open() as opened:
                assert opened.read().startswith(PDF)
    return found


def test_encrypted_members_are_opened_with_the_passwords_of_the_batch(encrypted: Path) -> None:
    assert names(opened_with(encrypted, "wrong", "other", "geheim ü")) == ["a.zip/1.pdf", "a.zip/2.pdf", "a.zip/3.pdf"]


def test_an_encrypted_member_that_no_password_opens_is_named_and_no_password_is(encrypted: Path) -> None:
    found = opened_with(encrypted, "s3cret", "other")

    assert names(found) == ["a.zip/2.pdf", "a.zip/3.pdf"]
    assert skips(found)["1.pdf"].reason == "encrypted, and none of the 2 passwords opens it"
    assert skips(found)["1.pdf"].fault


def test_a_wrong_password_that_passes_the_formats_own_test_is_told_by_the_content(encrypted: Path) -> None:
    passing = []
    with zipfile.ZipFile(encrypted) as archive:
        for number in range(10_000):
            with contextlib.suppress(RuntimeError):
                archive.open("1.pdf", pwd=b"%d" % number).close()
                passing.append(str(number))
    assert passing

    assert names(opened_with(encrypted, *passing[:5], "geheim ü")) == ["a.zip/1.pdf", "a.zip/3.pdf"]


def test_a_damaged_member_of_a_zip_costs_itself_alone(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"1.pdf": PDF + b"1" * 100, "2.pdf": PDF})
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF
    path.write_bytes(data)

    found = find(path)

    assert names(found) == ["a.zip/2.pdf"]
    assert "damaged" in skips(found)["1.pdf"].reason


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_is_cut_off_anywhere_is_a_fault_and_costs_nothing_else(tmp_path: Path, kind: str) -> None:
    pack(tmp_path / kind, {f"{number}.pdf": PDF + random.Random(number).randbytes(700) for number in range(5)})
    whole = (tmp_path / kind).read_bytes()
    (tmp_path / "b.pdf").write_bytes(PDF)
    least = 1024 if kind == "a.tar" else 6  # shorter ones are no archive
    end = len(whole) if kind != "a.tar" else 5 * 1536 + 1  # then comes the padding

    for length in range(least, end, 97):
        (tmp_path / kind).write_bytes(whole[:length])
        found = find(tmp_path)
        assert "b.pdf" in names(found)
        assert any(skip.fault for skip in skips(found).values()), length


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_to_an_archive_ends_a_submission(tmp_path: Path, kind: str) -> None:
    dice = random.Random(4711)
    pack(tmp_path / kind, {"a/1.pdf": PDF + dice.randbytes(900), "n" * 120 + ".pdf": PDF, "3.txt": b"x" * 5000})
    whole = (tmp_path / kind).read_bytes()
    (tmp_path / "b.pdf").write_bytes(PDF)

    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        (tmp_path / kind).write_bytes(data)
        assert "b.pdf" in names(find(tmp_path))


def test_office_documents_and_other_packed_files_are_no_archives_of_documents(tmp_path: Path) -> None:
    pack(tmp_path / "letter.docx", {"[Content_Types].xml": b"<x/>", "word/media/logo.png": b"\x89PNG\r\n\x1a\n"})
    (tmp_path / "old.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    (tmp_path / "new.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    (tmp_path / "log.gz").write_bytes(zlib.compress(b"lines" * 1000, wbits=31))

    found = find(tmp_path)

    assert names(found) == []
    assert {name: skip.fault for name, skip in skips(found).items()} == dict.fromkeys(
        ("letter.docx", "old.7z", "new.tar.zst", "log.gz"), False
    )
    assert "unpack it" in skips(found)["old.7z"].reason


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_with_nothing_in_it_is_said_to_have_nothing(tmp_path: Path, kind: str) -> None:
    found = find(pack(tmp_path / kind, {}))
    assert names(found) == []
    assert kind == "a.tar" or skips(found)[kind].reason == "an archive with nothing in it"


@pytest.mark.parametrize("kind", KINDS)
def test_more_members_than_the_bound_end_an_archive(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)

    found = find(pack(tmp_path / kind, {f"{number}.pdf": PDF for number in range(5)}))

    assert len(names(found)) == 3
    assert "more than 3 members" in skips(found)[kind].reason
    assert skips(found)[kind].fault


def test_a_member_over_the_bound_of_a_file_is_passed_over(tmp_path: Path) -> None:
    found = find(pack(tmp_path / "a.tar.gz", {"large.pdf": PDF + bytes(5000), "1.pdf": PDF}), max_file_bytes=5000)

    assert names(found) == ["a.tar.gz/1.pdf"]
    assert "OCRFLEET_MAX_FILE_BYTES" in skips(found)["large.pdf"].reason


def bomb_of_zeros(path: Path) -> None:
    """What is no document counts, too."""
    pack(path, {f"{number}.bin": bytes(1 << 20) for number in range(100)})


def bomb_of_documents(path: Path) -> None:
    pack(path, {f"{number}.pdf": PDF + bytes(1 << 20) for number in range(100)})


def bomb_that_overlaps(path: Path) -> None:
    """One megabyte that the directory names ten thousand times."""
    pack(path, {"1.pdf": PDF + bytes((1 << 20) - 20)})
    data = path.read_bytes()
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry, tail = data[at:end], bytearray(data[end:])
    tail[8:12] = (10_000).to_bytes(2, "little") * 2
    tail[12:16] = (10_000 * len(entry)).to_bytes(4, "little")
    path.write_bytes(data[:at] + entry * 10_000 + tail)


def bomb_of_entries(path: Path) -> None:
    """A directory of a million members, each 50 bytes."""
    pack(path, {"1": b""})
    data = path.read_bytes()
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry, tail = data[at:end], bytearray(data[end:])
    tail[12:16] = (1_000_000 * len(entry)).to_bytes(4, "little")
    path.write_bytes(data[:at] + entry * 1_000_000 + tail)


def bomb_of_a_header(path: Path) -> None:
    """A name of 100 MiB."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 100 << 20
    with tarfile.open(path, TARS[path.name]) as packed:
        packed.addfile(info)
        for _ in range(100):
            packed.fileobj.write(bytes(1 << 20))


def bomb_of_a_dictionary(path: Path) -> None:
    """An xz file that asks for 1.5 GiB before it gives a byte."""
    bomb_of_zeros(path)
    data = bytearray(path.read_bytes())
    length = (data[12] + 1) * 4
    at = data.index(b"\x21\x01", 12)
    data[at + 2] = 37
    data[12 + length - 4 : 12 + length] = zlib.crc32(data[12 : 12 + length - 4]).to_bytes(4, "little")
    path.write_bytes(data)


BOMBS: list[tuple[str, Callable[[Path], None]]] = [
    *((kind, bomb_of_zeros) for kind in TARS if kind != "a.tar"),
    *((kind, bomb_of_documents) for kind in ("a.zip", "a.tar.bz2")),
    ("a.zip", bomb_that_overlaps),
    ("a.zip", bomb_of_entries),
    ("a.tar.gz", bomb_of_a_header),
    ("a.tar.xz", bomb_of_a_dictionary),
]
#: Takes in one archive and prints the memory that this took on top, in MiB, and what the archive was refused for.
TAKE_IN = """
import sys
from pathlib import Path
from producer.intake.identity import take_in
from producer.intake.walk import Skip, walk
def most():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10
before = most()
for found in take_in(walk(sys.argv[1:]), 256 << 20):
    found.open().close() if not isinstance(found, Skip) else None
print(most() - before, found.fault, found.reason, sep="|")
"""


@pytest.mark.parametrize(("kind", "bomb"), BOMBS, ids=lambda value: getattr(value, "__name__", value))
def test_no_bomb_fills_memory_or_goes_off(tmp_path: Path, kind: str, bomb: Callable[[Path], None]) -> None:
    bomb(tmp_path / kind)

    command = [sys.executable, "-c", TAKE_IN, str(tmp_path / kind)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    memory_mib, fault, reason = said.split("|")

    assert fault == "True"
    assert any(word in reason for word in ("zip bomb", "too long", "damaged")), reason
    assert int(memory_mib) < 32, said
