import numpy as np
import pytest

from config.settings import Settings
from workers.ocr import PageImage, open_engine
from workers.ocr.alphabet import columns
from workers.ocr.ctc import decode
from workers.ocr.quad import from_where_text_begins
from workers.ocr.recogniser import WIDTHS_PX, Recogniser
from workers.ocr.script import belongs
from workers.ocr.upright import lies, turn, turn_back
from workers.ocr.word import word_extents

CHARACTERS = ["blank", "a", "b", "O", "0", " "]


def box(left: float, top: float, right: float, bottom: float) -> tuple:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def test_the_null_engine_names_the_page_s_size() -> None:
    engine = open_engine("null", Settings(_env_file=None))
    (line,) = engine.read(PageImage(np.zeros((40, 30, 3), np.uint8), dpi=100))
    assert line.text == "page 30x40"
    assert line.box[2] == (30, 40)


def test_repeats_and_blanks_collapse_and_confidence_is_the_characters_mean() -> None:
    steps = np.zeros((6, 6), np.float32)
    for step, (character, probability) in enumerate([(0, 1), (1, 0.9), (1, 0.8), (0, 1), (1, 0.7), (2, 0.8)]):
        steps[step, character] = probability
    decoded = decode(steps, CHARACTERS)
    assert decoded.text == "aab"
    assert round(decoded.confidence, 3) == 0.8


def test_other_readings_of_a_character_are_best_first_from_one_percent_on() -> None:
    steps = np.array([[0, 0.005, 0.02, 0.9, 0.07, 0]], np.float32)
    assert decode(steps, CHARACTERS).alternatives == ((("0", 0.07), ("b", 0.02)),)


def test_blanks_alone_are_no_text() -> None:
    assert decode(np.eye(6, dtype=np.float32)[[0, 0]], CHARACTERS).text == ""


def steps(*likeliest: tuple[int, float], space: float = 0.0) -> np.ndarray:
    """A step each: its likeliest character with its probability; blanks may nearly be spaces."""
    rows = np.zeros((len(likeliest), 6), np.float32)
    for row, (character, probability) in zip(rows, likeliest, strict=True):
        row[character] = probability
        row[5] = space if character == 0 else row[5]
    return rows


def test_a_space_that_the_blank_beat_narrowly_stands_and_does_not_pull_the_line_down() -> None:
    decoded = decode(steps((1, 0.9), (0, 0.8), (2, 0.9), space=0.15), CHARACTERS)
    assert (decoded.text, round(decoded.confidence, 2)) == ("a b", 0.9)
    assert len(decoded.alternatives) == len(decoded.places) == 3
    assert decode(steps((1, 0.9), (0, 0.9), (2, 0.9), space=0.05), CHARACTERS).text == "ab"


def test_spaces_stand_between_characters_only_and_once() -> None:
    read = decode(steps((5, 0.9), (1, 0.9), (5, 0.9), (0, 1), (5, 0.9), (2, 0.9), (5, 0.9)), CHARACTERS)
    assert read.text == "a b"
    assert decode(steps((5, 0.9), (0, 1)), CHARACTERS).text == ""


def test_words_are_placed_along_the_part_of_the_steps_that_the_line_covers() -> None:
    read = decode(steps((1, 1), (2, 1), (5, 1), (3, 1), (0, 1), (0, 1), (0, 1), (0, 1)), CHARACTERS, covered=0.5)
    assert word_extents(read.text, read.places) == ((0.0, 0.5), (0.75, 1.0))
    assert word_extents("", ()) == ()


# The geometry of lines


def quad(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array(box(left, top, right, bottom), np.float32)


def test_a_line_up_the_page_begins_where_its_text_does_but_a_narrow_digit_stays() -> None:
    lines = [quad(0, 0, 200, 20), quad(0, 40, 200, 60), quad(300, 0, 320, 200), quad(300, 240, 312, 262)]
    begun = from_where_text_begins(lines)
    assert [q[0].tolist() for q in begun] == [[0, 0], [0, 40], [320, 0], [300, 240]]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_quad_on_a_turned_page_is_found_again_on_the_page_as_given(quarters: int) -> None:
    page = np.zeros((60, 100, 3), np.uint8)
    page[10:20, 30:70] = 255
    ys, xs = np.nonzero(turn(page, quarters)[:, :, 0])
    back = turn_back(quad(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1), quarters, 100, 60)
    assert (back.min(axis=0).tolist(), back.max(axis=0).tolist()) == ([30, 10], [70, 20])


def test_a_page_lies_when_most_of_its_text_runs_up_or_down() -> None:
    rows = [quad(0, 30 * row, 200, 30 * row + 20) for row in range(5)]
    assert not lies(rows)
    assert lies([quad(30 * column, 0, 30 * column + 20, 200) for column in range(5)])
    assert not lies([])


# Scripts


def test_latin_holds_what_european_invoices_print_and_no_chinese() -> None:
    assert all(belongs(character, "latin") for character in "Straße Ñandú Łódź € £ R$ § ° ² – „“ • ☑ × ½ ‰ №")
    assert not any(belongs(character, "latin") for character in "合计金额あカ：１")
    assert belongs("合", "any")


def test_where_a_foreign_glyph_was_best_the_best_that_is_left_stands() -> None:
    def ask(lines: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(lines), 1, 4), np.float32)
        probabilities[:, 0] = (0.05, 0.3, 0.6, 0.05)
        return probabilities

    page = np.full((100, 300, 3), 255, np.uint8)
    for script, text, confidence in [("latin", "A", 0.3), ("any", "合", 0.6)]:
        alphabet = ["", "A", "合", " "]
        kept = columns(alphabet, script)
        recogniser = Recogniser(
            lambda lines, kept=kept: ask(lines)[:, :, kept], [alphabet[i] for i in kept], lambda _: 6
        )
        (decoded,) = recogniser.read(page, [quad(10, 10, 200, 40)])
        assert (decoded.text, round(decoded.confidence, 2)) == (text, confidence)


def test_lines_are_asked_in_a_few_widths_however_many_lie_beside_them() -> None:
    asked: list[tuple[int, ...]] = []

    def ask(lines: np.ndarray) -> np.ndarray:
        asked.append(lines.shape)
        return np.zeros((len(lines), 1, 2), np.float32)

    page = np.full((400, 6000, 3), 255, np.uint8)
    lines = [quad(0, 0, width, 48) for width in (30, 5000, 300, 330, 310, 321)]
    assert len(Recogniser(ask, ["", "A"], lambda _: 2).read(page, lines)) == len(lines)
    assert [(shape[0], shape[-1]) for shape in asked] == [(2, 320), (1, 320), (2, 480), (1, 4800)]
    assert WIDTHS_PX[0] == 320
