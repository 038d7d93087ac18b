"""How bench.ocr counts, and that it runs each reader apart."""

import json
from pathlib import Path

import pytest
import typer
from PIL import Image

from bench.ocr import Score, main
from tests.drawn_page import LINES, draw


def test_words_and_figures_found_are_counted_whatever_their_order() -> None:
    score = Score()
    score.add("Total 12,50 EUR 12,50", ["12,50 EUR", "Tota1"], cpu_s=2)
    figures = score.report()
    assert figures["word_recall"] == 0.5
    assert figures["word_precision"] == round(2 / 3, 4)
    assert figures["figure_recall"] == 0.5
    assert figures["cpu_s_per_page"] == 2


def test_an_unread_word_costs_its_characters_and_an_invented_line_its_own() -> None:
    score = Score()
    score.add("abcd efgh", ["abcx", "zzzzzz"], cpu_s=0)
    assert score.errors == 1 + 4 + 6
    assert score.report()["character_error"] == round(11 / 8, 4)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    Image.fromarray(draw(LINES).pixels).save(folder / "drawn.png")
    (folder / "drawn.txt").write_text("\n".join(LINES))
    (tmp_path / "index.json").write_text(json.dumps([{"scan": "drawn.png", "level": "light"}]))
    return folder


def test_the_last_line_is_one_object_with_each_reader_s_figures_and_what_was_read_is_kept(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(scans, reader=["tesseract"], keep=tmp_path / "kept", as_json=True)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["readers"]["tesseract"]
    assert told["levels"]["light"]["word_recall"] == 1.0
    assert told["levels"]["light"]["cpu_s_per_page"] > 0
    assert told["peak_mib"] > 50
    kept = json.loads((tmp_path / "kept" / "tesseract.json").read_text())
    assert kept["lines"] == {"drawn.png": LINES}


def test_a_reader_that_cannot_run_says_why(
    scans: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    main(scans, reader=["ocrmypdf"], as_json=True)
    assert "apt-get install" in json.loads(capsys.readouterr().out.splitlines()[-1])["readers"]["ocrmypdf"]["not_run"]


def test_an_unknown_reader_is_refused_with_the_known_ones(scans: Path) -> None:
    with pytest.raises(typer.BadParameter, match="bare rapidocr"):
        main(scans, reader=["papyrus"])
