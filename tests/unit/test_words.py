"""Words: what they may be instead, and when one is put in another's place. The cases are real misreadings."""

import time

import pytest

from jobs.contract import Recipe
from jobs.result import Change, Refusal
from workers.correction.amount import has_currency
from workers.correction.candidate import Candidate, candidates
from workers.correction.choice import choose, variants
from workers.correction.edit import apply, edits
from workers.correction.guard import judge_answer
from workers.correction.misreading import Misreading
from workers.correction.suspect import Suspect, suspects
from workers.corrector import correct_page
from workers.llm import Completion, RequestTooLong
from workers.ocr import OcrLine
from workers.vocabulary import load_confusions, load_lexicon

BOX = ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0))
GERMAN = ["Wir erlauben uns folgende Positionen aus der Lieferung zu berechnen", "Rechnung wird an Sie gesandt"]
ENGLISH = ["Thank you for your business and please pay within thirty days", "The invoice was sent to your address"]


@pytest.fixture(scope="module")
def german():
    return load_lexicon().for_page(GERMAN, [])


@pytest.fixture(scope="module")
def french():
    return load_lexicon().for_page(["Conditions de paiement et adresse de livraison", "Nous vous remercions"], [])


@pytest.fixture(scope="module")
def english():
    return load_lexicon().for_page(ENGLISH, [])


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("eriauben", "erlauben"),
        ("Handeisregisternummer", "Handelsregisternummer"),
        ("Anzahiungen", "Anzahlungen"),
        ("Abschiage", "Abschläge"),
        ("Steverbetrag", "Steuerbetrag"),
        ("Bruttosumine", "Bruttosumme"),
        ("innergerneinschaftliche", "innergemeinschaftliche"),
        ("Deutschiand", "Deutschland"),
        ("Basitbetrag", "Basisbetrag"),
        ("Gmbn", "GmbH"),
    ],
)
def test_the_likeliest_word_is_the_one_that_stood_there(read, right, german):
    assert candidates(read, german, load_confusions())[0].text == right


@pytest.mark.parametrize("word", ["erlauben", "Umsatzsteuer", "Schweinesteak", "Rechnungsnr", "Hauptstr", "PFAS", "ab"])
def test_a_word_that_is_one_is_left_alone(word, german):
    assert candidates(word, german, load_confusions()) == ()


@pytest.mark.parametrize("name", ["Featherstonehaugh", "Szymborski", "ZUGFeRD", "Okonkwo", "Quillfeather", "amout"])
def test_a_name_or_error_of_its_own_that_the_engine_read_surely_is_left_alone(name, english):
    found = suspects(f"Ship to {name}", english, load_confusions(), [()] * 40)
    assert not any(isinstance(choose(suspect), Change) for suspect in found)


def test_a_letter_that_the_engine_lost_is_found_though_it_read_the_others_surely(english):
    (suspect,) = suspects("Invoic # 12345", english, load_confusions(), [()] * 14)
    assert choose(suspect).final == "Invoice"


def test_an_accent_is_restored_but_never_taken(french):
    assert candidates("Facturé", french, load_confusions()) == ()


def test_figures_and_addresses_are_never_suspects(german):
    text = "PO445 Ref AV-2017-0005 max,muster@musteriieferant.de www.musterieferant.de 1,0I C0BADEFF COBADEFFXXX"
    assert [suspect.raw for suspect in suspects(text, german, load_confusions()) if suspect.raw != "Ref"] == []


def test_what_the_engine_also_saw_is_evidence(english):
    unsure = [*[()] * 3, (("n", 0.4),), *[()] * 3]
    blind = candidates("invuice", english, load_confusions())[0].evidence
    assert candidates("invoire", english, load_confusions(), [*[()] * 5, (("c", 0.4),), ()])[0].evidence > blind
    assert unsure


@pytest.mark.parametrize(
    ("read", "truth", "seen", "cost"),
    [
        ("Subtotal", "subtotal", (), 0),
        ("Sabtotal", "subtotal", ((), (("u", 0.3),)), 0.5),  # the engine's own second reading
        ("Sabtotal", "subtotal", ((), (("u", 0.0),)), 3.5),  # named without a probability
        ("Surnme", "summe", (), 2.0),  # two letters for one
        ("Invoic", "invoice", (), 3.5),
        ("Falligket", "fälligkeit", (), 5.0),  # an accent, and a thin letter lost
    ],
)
def test_a_word_costs_what_its_cheapest_misreading_does(read, truth, seen, cost):
    readings = (*seen, *[()] * (len(read) - len(seen)))
    assert Misreading.of(read, readings, load_confusions()).cost(truth) == pytest.approx(cost)


def test_words_are_spelled_as_the_page_spells_them(german):
    page = german.for_page(GERMAN, ["Lieferantenstraße", "getLineTotal"])
    assert candidates("Leferantenstraße", page, load_confusions())[0].text == "Lieferantenstraße"
    assert candidates("getLimeTotol", page, load_confusions())[0].text == "getLineTotal"


def test_words_that_are_as_likely_come_in_the_same_order_whatever_order_they_were_found_in(german):
    known = [f"{letter}anthorelium" for letter in "RZYTWX"]
    for sure in (known, known[::-1]):
        found = candidates("Qanthorelium", german.for_page(GERMAN, sure), load_confusions())
        assert [candidate.text for candidate in found] == sorted(known)[:4]


@pytest.mark.parametrize("sure", [["JOHNDEERE", "JohnDeere"], ["JohnDeere", "JOHNDEERE"]])
def test_of_two_spellings_on_a_page_the_one_with_fewer_capitals_is_written_whichever_came_first(sure, german):
    page = german.for_page(GERMAN, sure)
    assert candidates("JohnDeare", page, load_confusions())[0].text == "JohnDeere"


SUSPECT = Suspect(0, 8, "Bestelit", (Candidate("Besteht", 5.2), Candidate("Bestellt", 5.1)))


def test_the_model_settles_what_the_lexicon_leaves_open():
    assert variants("Bestelit wurden", SUSPECT) == ("Bestelit wurden", "Besteht wurden", "Bestellt wurden")
    assert isinstance(choose(SUSPECT), Refusal)
    chosen = choose(SUSPECT, (0.0, 1.0, 6.0))
    assert isinstance(chosen, Change)
    assert (chosen.final, chosen.witness) == ("Bestellt", "model and lexicon")


def test_the_model_alone_is_no_evidence():
    weak = Suspect(0, 4, "Qoyx", (Candidate("Joy", -4.0),))
    assert choose(weak, (0.0, 100.0)) is None


def test_edits_lead_from_the_line_to_what_was_proposed():
    raw, proposed = "Gesarntbetrag der  Abschlage: 0,00", "Gesamtbetrag der Abschläge: 0,00"
    found = edits(raw, proposed)
    assert apply(raw, found) == proposed
    assert [(edit.raw, edit.final) for edit in found] == [
        ("Gesarntbetrag", "Gesamtbetrag"),
        ("  ", " "),
        ("Abschlage", "Abschläge"),
    ]


@pytest.mark.parametrize(
    ("read", "proposed", "reason"),
    [
        ("Total 100.00", "Total 900.00", "a figure would change without a witness"),
        ("Preis 5 EUR", "Preis 5 USD", "a currency would change"),
        ("Total 742", "Total 7 42", "a figure would change without a witness"),
        ("Thank you Invoic", "Thank you Invoice for your trust", "the line's length changes too much"),
        ("Please pay the invoice", "Please pay the invoices", "the word is right as it was read"),
        ("Hans Quillfeather", "Hans Quillfaether", "no such word is known"),
        ("Net amount dxe", "Net amount d", "the words change too much"),
        ("Register: H A", "Register: H-A", "marks would be added or lost"),
    ],
)
def test_an_edit_that_does_not_pass_is_named_with_its_reason(read, proposed, reason, english):
    changes, refusals = judge_answer(read, proposed, (), english)
    assert changes == ()
    assert reason in {refusal.reason for refusal in refusals}


def test_a_page_is_corrected_without_a_model_by_the_lexicon_alone():
    texts = [*GERMAN, "Erhaltene Anzahiungen", "Handeisregisternummer: H A 123"]
    lines = tuple(OcrLine(text, BOX, 0.97) for text in texts)
    corrected = correct_page(lines, Recipe(mode="constrained"), None)
    assert [line.text for line in corrected][2:] == ["Erhaltene Anzahlungen", "Handelsregisternummer: H A 123"]
    assert not any(line.asked for line in corrected)
    assert corrected[2].changes[0].witness == "lexicon"


class Narrow:
    """A model whose context holds nothing."""

    name, sha256 = "narrow", "0" * 64

    def complete(self, messages, *, draft, max_tokens):
        raise RequestTooLong

    def score(self, choices):
        raise RequestTooLong

    def close(self):
        """Nothing is held."""


@pytest.mark.parametrize("mode", ["guarded", "constrained"])
def test_lines_too_long_for_the_model_are_decided_without_it(mode):
    lines = tuple(OcrLine(text, BOX, 0.97) for text in [*GERMAN, "Erhaltene Anzahiungen", "$1O0.00"])
    corrected = correct_page(lines, Recipe(mode=mode), Narrow())
    assert corrected[-1].text == "$100.00"
    assert corrected[2].text == ("Erhaltene Anzahlungen" if mode == "constrained" else "Erhaltene Anzahiungen")


def test_a_word_never_becomes_a_currency(german):
    for read in ("EuR", "EVR", "GBp", "UsD", "EURO"):
        for suspect in suspects(f"Betrag {read}", german, load_confusions()):
            assert not any(has_currency(candidate.text) for candidate in suspect.candidates)


def test_a_hostile_page_takes_no_longer_than_a_page_does(german):
    start = time.perf_counter()
    for text in ("q" * 20_000, "ab" * 10_000, "1,2.3'4" * 3000, "rn" * 20 + " ", "Ü" * 39):
        suspects(text, german, load_confusions())
    assert time.perf_counter() - start < 5


def test_phrases_that_are_always_misread_so_are_mended_by_rule():
    lines = tuple(OcrLine(text, BOX, 0.97) for text in [*GERMAN, "USt.-ld.-Nr.: DE136695976", "USt-ldNr 5"])
    corrected = correct_page(lines, Recipe(mode="constrained"), None)
    assert [line.text for line in corrected[2:]] == ["USt.-Id.-Nr.: DE136695976", "USt-IdNr 5"]
    assert {change.source for line in corrected for change in line.changes} == {"rule"}


class Recording(Narrow):
    """A model that copies, and remembers what it was asked about."""

    def __init__(self):
        self.asked = []

    def complete(self, messages, *, draft, max_tokens):
        self.asked += draft.splitlines()
        return Completion(draft, finished=True, prompt_tokens=0, output_tokens=0)


def test_a_model_that_writes_is_asked_about_lines_in_doubt_alone():
    texts = [*GERMAN, "Erhaltene Anzahiungen", "19,00 1.234,56 €", "Rechnungsbetrag"]
    sure = [OcrLine(text, BOX, 0.99, ((),) * len(text)) for text in texts]
    doubted = OcrLine("Lieferung", BOX, 0.93, ((), (("l", 0.3),), *[()] * 7))
    model = Recording()
    corrected = correct_page((*sure, doubted), Recipe(mode="guarded"), model)
    assert model.asked == ["1| Erhaltene Anzahiungen", "2| Lieferung"]
    assert [line.asked for line in corrected] == [False, False, True, False, False, True]
