"""Words that recur across a batch: listed from its results, given with a recipe, known to the correction."""

from pathlib import Path

import pytest

from jobs.contract import Recipe
from jobs.errors import UsageError
from jobs.words import MAX_WORDS_BYTES, as_recipe, read_words
from producer.fleet import Fleet
from producer.order import Wish
from producer.results.words import recurring
from tests.conftest import MakeSettings
from tests.producer_steps import finish, submit, write
from workers.corrector import correct_page
from workers.ocr import OcrLine

BOX = ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0))


def test_what_several_documents_read_surely_is_listed_and_no_figure(settings: MakeSettings, tmp_path: Path) -> None:
    fleet = Fleet.open(settings())
    write(tmp_path / "in", "one.pdf", "other.pdf")
    submit(fleet, tmp_path / "in")
    finish(fleet)
    assert recurring(fleet, "march") == []  # read at 0.9
    sure = [fleet.store.get_result(entry.document, entry.fingerprint) for entry in fleet.documents("march")]
    for result in sure:
        assert result is not None
        lines = tuple(line.model_copy(update={"confidence": 0.995}) for line in result.pages[0].lines)
        page = result.pages[0].model_copy(update={"lines": lines})
        fleet.store.put_result(result.model_copy(update={"pages": (page,)}))
    assert recurring(fleet, "march") == ["Total", "lnvoice"]
    assert recurring(fleet, "march", least=3) == []


def test_words_are_part_of_the_recipe(settings: MakeSettings, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("Quillfeather\nZelenko 4711 Quillfeather\nab\n", encoding="utf-8")
    words = read_words(file)
    assert words == "Quillfeather Zelenko"
    recipe = Wish(words=words).recipe(Recipe())
    names = {each.fingerprint(engine="e", model_sha256="") for each in (recipe, Recipe())}
    assert len(names) == 2
    fleet = Fleet.open(settings())
    write(tmp_path / "in", "one.pdf")
    submit(fleet, tmp_path / "in", wish=Wish(words=words))
    assert fleet.ledger.batch("march").recipe.words == words


def test_a_page_is_corrected_towards_its_batch_s_words() -> None:
    lines = tuple(OcrLine(text, BOX, 0.97) for text in ("Wir danken für Ihren Auftrag", "Firma Quillfeatber", "4712"))
    corrected = correct_page(lines, Recipe(words="Quillfeather"), None)
    assert [line.text for line in corrected][1:] == ["Firma Quillfeather", "4712"]
    assert correct_page(lines, Recipe(), None)[1].changes == ()


MANY = [f"wort{chr(97 + at // 676)}{chr(97 + at // 26 % 26)}{chr(97 + at % 26)}" for at in range(9000)]


@pytest.mark.parametrize("content", [b"", b"12 34 a", b"\xff\xfe\x00", "\n".join(MANY).encode()])
def test_words_that_cannot_be_used_say_why(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"words\.txt"):
        read_words(file)


def test_a_recipe_holds_no_more_words_than_it_has_room_for() -> None:
    assert len(as_recipe(MANY).encode()) <= MAX_WORDS_BYTES
