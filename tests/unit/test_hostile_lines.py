"""No single edit of a model reaches a figure, nor its sign, mark, currency, side or month: on hostile lines."""

import unicodedata
from collections.abc import Iterator

import pytest

from workers.correction.edit import apply
from workers.correction.figure import tokenize
from workers.correction.figure_word import swaps_figure_words
from workers.correction.guard import judge_answer
from workers.correction.lexicon import Lexicon
from workers.correction.suspect import suspects
from workers.vocabulary import load_confusions

#: Every word that an attack could want to pass for known.
WORDS = """
summe menge betrag worten total invoice due saldo gutschrift rabatt anzahlung zahlung stück netto brutto juni juli june
july januar februar may march märz mai zwei drei sechzig siebzig two ten soll haben debit credit mio mrd plus minus mehr
weniger pen dr cr mad euro dollar pfund zloty kr tag
"""
KNOWN = dict.fromkeys(WORDS.split(), 5.0)
LEXICON = Lexicon.of({"en": KNOWN, "de": KNOWN}, KNOWN)
LINES = [
    "- 100,00", "100,00 -", "100,00-", "( 100,00 )", "(100,00)", "100 CR", "12.50 DR", "12.50 S", "12.50 H",
    "KRW 100", "50 zł", "50 Kč", "100 kr", "１００ 円", "EUR100", "EUR - 100", "€ - 5,00", "-€5", "$ 1.00", "5 ¢",
    "₦ 50", "19  %", "19 ‰", "1 1/2", "½ Tag", "50 m²", "2 ^ 3", "x²", "1.234", "1,234", "1'234.50", "1 234,56",
    "1\u202f234,56", "1,23,456.78", "١٢٣ ريال", "१२३", "一二三", "Menge 2 -5,00", "100 ,50", "1234 56", "100 : 2",
    "5 / 6", "3 * 4 = 12", "~ 100", "< 100", "DE88 2008 0000 0970 3757 00", "DE136695976", "2023-07-15", "3. Juni",
    "July 3", "Jum 2023", "zwei Stück", "Worten: sechzig", "Soll 100", "Netto 100", "5 Mio EUR", "Debit 100",
    "- Rabatt 10 %",
]  # fmt: skip
ALPHABET = "aeilrsu05-+., %$€~²)"


def mutants(line: str) -> Iterator[str]:
    for at in range(len(line) + 1):
        for char in ALPHABET:
            yield line[:at] + char + line[at:]
            yield line[:at] + char + line[at + 1 :]
        yield line[:at] + line[at + 1 :]


def sacred(text: str) -> list[str]:
    """Its figures as they stand, and everything else in it that has a value or belongs to one."""
    marks = [char for char in text if char.isnumeric() or unicodedata.category(char) == "Sc" or char in "-+()%‰~<^²*=/"]
    return [token.text for token in tokenize(text)] + marks


def letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char not in " .,:;'")


@pytest.mark.parametrize("line", LINES)
def test_no_edit_of_a_model_reaches_a_figure_or_what_belongs_to_it(line):
    for proposed in mutants(line):
        changes, _ = judge_answer(line, proposed, (), LEXICON)
        after = apply(line, changes)
        assert sacred(after) == sacred(line), proposed
        assert letters(after) == letters(line), proposed


def test_a_mark_that_reorders_what_a_person_sees_is_never_written():
    for mark in "\u202e\u2066\u200b\u0336\u2028\x00":
        for at, proposed in enumerate(f"Summe: 100{mark}"[:at] + mark + "Summe: 100"[at:] for at in range(11)):
            changes, _ = judge_answer("Summe: 100", proposed, (), LEXICON)
            assert apply("Summe: 100", changes) == "Summe: 100", (at, hex(ord(mark)))


@pytest.mark.parametrize(
    ("raw", "final"),
    [("Juni", "Juli"), ("Jum", "Juni"), ("Mai", "Mar"), ("Debit", "Credit"), ("zwei", "drei"), ("CR", "DR"),
     ("Nettobetrag", "Bruttobetrag"), ("Mio", "Mrd"), ("sechzehn", "siebzehn"), ("Januar", "Februar"),
     ("abzgl", "zzgl"), ("inkl", "exkl")],
)  # fmt: skip
def test_no_guess_swaps_words_that_are_as_good_as_figures(raw, final):
    assert swaps_figure_words(raw, final)
    texts = [choice.text for each in suspects(raw + " 3", LEXICON, load_confusions()) for choice in each.candidates]
    assert final not in texts
    changes, _ = judge_answer(raw, final, (), LEXICON)
    assert changes == ()


@pytest.mark.parametrize(("raw", "final"), [("Februor", "Februar"), ("JUNI", "Juni"), ("Bruttobetrog", "Bruttobetrag")])
def test_such_a_word_is_mended_where_it_can_be_no_other(raw, final):
    assert not swaps_figure_words(raw, final)
