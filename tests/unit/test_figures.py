"""Figures are found in every usual notation, and mended only where their own form settles it."""

from decimal import Decimal

import pytest

from workers.correction.amount import parse
from workers.correction.confusion import Confusions
from workers.correction.figure import tokenize
from workers.correction.lexicon import Lexicon
from workers.correction.repair import repairs
from workers.vocabulary import load_confusions

WORDS = ("spin", "away", "again", "gemäß", "von", "stk", "frankfurt", "pfas", "ist", "haben", "datei")
LEXICON = Lexicon.of({"de": {word.casefold(): 5.0 for word in WORDS}})
CONFUSIONS: Confusions = load_confusions()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1'234.56", "1234.56"),
        ("-12,50", "-12.50"),
        ("(12.50)", "-12.50"),
        ("12,50-", "-12.50"),
        ("€ 12,50", "12.50"),
        ("12,50 €", "12.50"),
        ("R$ 1.234,56", "1234.56"),
        ("$1,234,567.89", "1234567.89"),
        ("12.50 CR", "12.50"),
        ("19 %", "19"),
        ("₹ 1,23,456.78", "123456.78"),
        ("1\u2009234,56 €", "1234.56"),
        ("CHF1'234.50", "1234.50"),
        ("٥٠٠,٠٠", "500"),
        ("１,２３４.５６", "1234.56"),
        ("₦1,500.00", "1500"),
    ],
)
def test_an_amount_in_any_usual_notation_is_one_figure_with_its_value(text, value):
    amount = parse(text)
    assert amount is not None
    assert amount.value == Decimal(value)
    assert len(tokenize(text)) == 1


@pytest.mark.parametrize(
    "text", ["1.23.4", "1O0", "1,2,3", "(12.50", "1.000.00", "1,23,456,78", "½", "1" + "0" * 5000 + ".00", ""]
)
def test_what_no_notation_allows_is_no_amount(text):
    assert parse(text) is None


def test_one_separator_before_three_digits_is_read_as_the_document_does():
    assert parse("1.234").value == 1234
    assert parse("1.234", ".").value == Decimal("1.234")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("DE88 2008 0000 0970 3757 00 BIC COBADEFF", ["iban", "bic"]),
        ("NIF: 501964843", ["nif"]),
        ("USt-ID: DE136695976", ["vat_id"]),
        ("FR11999999998", ["vat_id"]),
        ("CNPJ 12.345.678/0001-95", ["cnpj"]),
        ("19.05.2014 um 09:35", ["date", "time"]),
        ("Mo.-Fr. 8.00 - 20.00 Uhr, 12.50 EUR", ["time", "time", "amount"]),
        ("+33 4 50 44 68 99", ["phone"]),
        ("20,0% von 5 kg", ["percentage", "quantity"]),
        ("Nr. AV-2017-0005", ["code"]),
        ("4012345001235", ["gtin"]),
        ("EUR", ["currency"]),
    ],
)
def test_figures_are_told_apart(text, kinds):
    assert [token.kind for token in tokenize(text)] == kinds


def mended(text, **more):
    line = text
    for change in reversed(repairs(text, LEXICON, CONFUSIONS, **more)):
        line = line[: change.start] + change.final + line[change.end :]
    return line


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("Total: $1O0.00", "Total: $100.00"),
        ("2O23-07-15", "2023-07-15"),
        ("DE88 2008 0000 O970 3757 00", "DE88 2008 0000 0970 3757 00"),
        ("me Aga1n", "me Again"),
        ("Seite 1 v0n 4", "Seite 1 von 4"),
        ("auf 6.847,.24 €", "auf 6.847,24 €"),  # a speck beside the mark
    ],
)
def test_a_figure_that_its_own_form_settles_is_mended(read, right):
    assert mended(read) == right


@pytest.mark.parametrize(
    "text",
    [
        "12 × 1,0I PET",  # litres: the page says 1,0l
        "PFA5",  # an article, though PFAS is a word
        "1st 2nd H2O CO2 A4",
        "l2.50",  # a one, or a rule of the table before 2.50
        "12.5OS",
        "DE12 1234 5678 9012 3456 78",  # as printed: no engine reading speaks against it
        "31.02.2023",
        "20.,50",  # either mark may be the speck
        "1.00O€",  # a thousand, or one and a speck
        "Date1",
        "20 5tk",  # five of something, or Stk
        "1.00O",
        "siehe AGB S.12",
        "Hüfte Z96.64",  # a diagnosis
        "Raum 1B.25",
        "Z96.64 €12,00",  # the currency of the figure behind it
        "12,00 € Z96.64",
        "4O12345001235 EUR",
        "Seiten 12..50",
        "$0III0",
        "5pin Stecker",
        "2way 4way",
    ],
)
def test_a_figure_that_nothing_settles_stays_as_it_was_read(text):
    assert mended(text) == text


@pytest.mark.parametrize(
    ("read", "right", "at", "other"),
    [
        ("20 5tk", "20 Stk", 3, "S"),
        ("Rechnung gema8 Bestellung", "Rechnung gemäß Bestellung", 13, "ß"),
        ("1O.50", "10.50", 1, "0"),
    ],
)
def test_a_figure_that_could_be_something_else_is_mended_where_the_engine_saw_that_too(read, right, at, other):
    seen = [()] * len(read)
    assert mended(read, seen=seen) == read
    seen[at] = ((other, 0.2),)
    assert mended(read, seen=seen) == right


def test_a_square_metre_is_one_where_the_engine_saw_the_raised_digit_too():
    assert mended("3 m2", seen=[(), (), (), (("²", 0.04),)]) == "3 m²"
    assert mended("3 m2", seen=[(), (), (), ()]) == mended("3 m2") == "3 m2"


def test_a_vat_id_begins_with_letters_where_a_label_says_that_it_is_one():
    assert mended("G8123456789", context="USt.-Id.-Nr.:") == "GB123456789"
    assert mended("G8123456789", context="Artikel") == "G8123456789"


def test_an_iban_is_mended_by_what_the_engine_also_saw_if_that_makes_it_hold():
    read = "DE88 2008 0000 0970 3757 80"
    seen = [()] * len(read)
    assert mended(read, seen=seen) == read
    seen[-2] = (("0", 0.2), ("6", 0.1))
    assert mended(read, seen=seen) == "DE88 2008 0000 0970 3757 00"


NUMBER = "2018092011804"  # a document's number: 13 digits, and no check digit among them
SPACE_SEEN = [()] * 12 + [((" ", 0.2), ("1", 0.1))]


def test_a_long_number_is_no_gtin_and_is_left_alone():
    assert repairs(NUMBER, LEXICON, CONFUSIONS, context="Belegnummer", seen=SPACE_SEEN) == ()


def test_a_gtin_that_says_so_is_mended_by_its_check_digit_and_loses_no_digit():
    seen = [((" ", 0.3),), *[()] * 11, ((" ", 0.3), ("5", 0.2))]
    (change,) = repairs("4012345001236", LEXICON, CONFUSIONS, context="EAN", seen=seen)
    assert (change.final, change.witness) == ("4012345001235", "gtin check digit")
