"""What Aspose.OCR needs is looked for before it is started, and named where it is missing."""

import platform
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.ocr.aspose import runtime
from workers.ocr.aspose.license import terms
from workers.ocr.aspose.lines import is_cut_off, read_lines
from workers.ocr.aspose.runtime import check_machine, environment, lend_openssl
from workers.ocr.aspose.wire import Line, Reading


def test_another_architecture_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(OcrUnavailable, match=r"x86_64, this is linux aarch64 .*--engine rapidocr"):
        check_machine()


def test_a_missing_wheel_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(runtime, "distribution", missing)
    with pytest.raises(OcrUnavailable, match="pip install -e"):
        check_machine()


def test_a_python_without_a_build_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "14", "0"))
    with pytest.raises(OcrUnavailable, match=r"no build for Python 3\.14.*3\.11 to 3\.13"):
        check_machine()


def test_a_machine_without_openssl_1_1_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailable, match="OCRFLEET_OPENSSL_1_1_PATH"):
        lend_openssl(tmp_path, tmp_path / "empty")


def test_a_wheel_s_openssl_gets_plain_names_and_keeps_the_one_it_is_asked_for_by(tmp_path: Path) -> None:
    lender, links = tmp_path / "lender", tmp_path / "links"
    for folder in (lender, links):
        folder.mkdir()
    for name in ("libssl-12ab.so.1.1.1k", "libcrypto-34cd.so.1.1.1k"):
        (lender / name).touch()
    lend_openssl(links, lender)
    assert {link.name: link.readlink().name for link in links.iterdir()} == {
        "libssl.so.1.1": "libssl-12ab.so.1.1.1k",
        "libcrypto.so.1.1": "libcrypto-34cd.so.1.1.1k",
        "libcrypto-34cd.so.1.1.1k": "libcrypto-34cd.so.1.1.1k",
    }


def test_the_process_gets_openssl_no_icu_and_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/own")
    monkeypatch.setenv("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "0")
    monkeypatch.setenv("OCRFLEET_REDIS_URL", "redis://:secret@host")
    given = environment(Path("/links"))
    assert given["LD_LIBRARY_PATH"] == "/links:/own"
    assert given["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] == "1"
    assert "OCRFLEET_REDIS_URL" not in given


def line(text: str, top: float) -> Line:
    return Line(text=text, left=10, top=top, width=100, height=20, confidence=0.5)


def test_characters_are_dealt_to_the_lines_that_they_spell() -> None:
    reading = Reading(
        lines=(line("ab", 50), line("?", 30), line("c", 10)), characters=(("a", ("o", "q")), ("b", ("6",)), ("c", ()))
    )
    assert [(each.text, each.alternatives) for each in read_lines(reading)] == [
        ("c", ((),)),
        ("?", ()),
        ("ab", ((("o", 0.0), ("q", 0.0)), (("6", 0.0),))),
    ]


def test_what_aspose_says_of_its_licence_is_no_line_of_the_page() -> None:
    lines = (line("Total", 10), line(" ***** Trial Licenses ***** ", 40), line(" ******* ", 70))
    reading = Reading(lines=lines, text="\n".join(each.text for each in lines))
    assert is_cut_off(reading)
    assert [each.text for each in read_lines(reading)] == ["Total"]


def test_an_invoice_for_a_trial_licence_is_whole_where_aspose_has_its_own() -> None:
    reading = Reading(lines=(line("Trial License, 1 month", 10),), text="Trial License, 1 month")
    assert not is_cut_off(reading)
    assert [each.text for each in read_lines(reading)] == ["Trial License, 1 month"]


LICENCE = (
    "<License><Data><LicenseExpiry>20271231</LicenseExpiry><SubscriptionExpiry>20270630</SubscriptionExpiry></Data>"
    "</License>"
)


def test_a_licence_s_last_days_are_read_from_file_or_text(tmp_path: Path) -> None:
    (tmp_path / "Aspose.lic").write_text(f"\ufeff{LICENCE}")
    for where in ({"aspose_license_path": tmp_path / "Aspose.lic"}, {"aspose_license_text": LICENCE}):
        assert list(map(str, terms(Settings(_env_file=None, **where)))) == ["2027-12-31", "2027-06-30"]


@pytest.mark.parametrize("text", ["no licence", "<License/>", LICENCE.replace("20", "soon"), "<!DOCTYPE a []><a/>"])
def test_a_licence_without_legible_days_has_none(text: str) -> None:
    assert terms(Settings(_env_file=None, aspose_license_text=text)) == (None, None)
    assert terms(Settings(_env_file=None)) == (None, None)


@pytest.mark.parametrize("half", ["aspose_metered_public_key", "aspose_metered_private_key"])
def test_half_of_a_metered_licence_is_refused_without_its_key(half: str) -> None:
    with pytest.raises(ValidationError, match="a metered licence is a pair") as error:
        Settings(_env_file=None, **{half: "topsecret"})
    assert "topsecret" not in str(error.value)
    pair = Settings(_env_file=None, aspose_metered_public_key="a", aspose_metered_private_key="b")
    assert pair.has_aspose_license
