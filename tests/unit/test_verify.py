"""The independent checker finds what a broken correction would do."""

import pytest

from jobs.result import Arithmetic, Change, DocumentResult, Figure, LineResult, PageResult, Provenance
from jobs.verify import check_document

BOX = ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0))


def document(line, mode="guarded", arithmetic=()):
    made_by = Provenance(
        pipeline_version=1, engine="e", model="", model_sha256="", mode=mode, prompt_name="finance", prompt=""
    )
    page = PageResult(page=1, width_px=9, height_px=9, dpi=150, lines=(line,), provenance=made_by, seconds={})
    return DocumentResult(document="0" * 64, fingerprint="f", pages=(page,), arithmetic=arithmetic)


def changed(raw, start, end, final, source="figure", witness="amount format", text=None):
    change = Change(start=start, end=end, raw=raw[start:end], final=final, source=source, witness=witness)
    text = raw[:start] + final + raw[end:] if text is None else text
    return LineResult(raw=raw, text=text, box=BOX, confidence=0.9, changes=(change,))


def rules(line, **more):
    return [violation.rule for violation in check_document(document(line, **more))]


def test_an_honest_repair_passes():
    assert rules(changed("Total: $1O0.00", 8, 14, "100.00")) == []
    assert rules(changed("6.847,.24", 0, 9, "6.847,24")) == []
    assert rules(changed("gema8", 0, 5, "gemäß", witness="word")) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (LineResult(raw="1,00", text="2,00", box=BOX, confidence=0.9), "a figure differs without a recorded change"),
        (changed("Sum 100", 4, 7, "900", source="model"), "a figure changed without a witness"),
        (changed("Sum 100", 4, 7, "900"), "the witness does not hold: amount format"),
        (changed("Sum 1O0.00", 4, 10, "108.00"), "the witness does not hold: amount format"),
        (changed("6.847,.24", 0, 9, "6.847,25"), "the witness does not hold: amount format"),
        (changed("v0n", 0, 3, "von Hof", witness="word"), "the witness does not hold: word"),
        (changed("Sum 100", 4, 7, "987654"), "a figure changed by more than a misreading"),
        (changed("Sum 1O0", 4, 7, "100", text="Sum 200"), "the changes do not lead from the raw text to the final one"),
        (changed("5 €", 2, 3, "$", source="model"), "a figure changed without a witness"),
        (changed("5 ₦", 2, 3, "₱", source="model"), "a figure changed without a witness"),
        (changed("½ Tag", 0, 1, "¼", source="model"), "a figure changed without a witness"),
        (changed("- 1O0,00", 2, 8, "100,00", text="+ 100,00"), "a figure differs without a recorded change"),
        (changed("- 100,00", 0, 1, "+", source="model"), "a figure differs without a recorded change"),
        (changed("( 100,00 )", 9, 10, "", source="rule"), "a figure differs without a recorded change"),
        (changed("-1O0,00", 0, 7, "100,00"), "a figure's sign changed"),
        (changed("$1.00", 0, 5, "1.00"), "a figure lost a digit"),
        (
            changed("DE88200800000970375790", 0, 22, "DE88200800000970375780", witness="iban mod 97"),
            "the witness does not hold: iban mod 97",
        ),
    ],
)
def test_a_dishonest_change_is_found(line, rule):
    assert rule in rules(line)


def test_a_mark_changes_to_that_of_the_document_and_no_digit_with_it():
    mark = "the document's decimal mark"

    def figure(text, start=0):
        return Figure(start=start, end=start + 4, kind="amount", raw=text, final=text, confidence=1)

    def broken(raw, final):
        line = changed(raw, 0, len(raw), final, witness=mark)
        others = LineResult(
            raw="1,00 2,50", text="1,00 2,50", box=BOX, confidence=1, figures=(figure("1,00"), figure("2,50", 5))
        )
        result = document(line)
        page = result.pages[0].model_copy(update={"lines": (line, others)})
        return [violation.rule for violation in check_document(result.model_copy(update={"pages": (page,)}))]

    assert broken("340.96", "340,96") == []
    assert broken("340,96", "340.96") == [f"the witness does not hold: {mark}"]
    assert broken("340.96", "341,96") == [f"the witness does not hold: {mark}"]


def test_an_equation_is_recomputed():
    line = changed("216,00", 0, 6, "210,00", witness="net + tax = gross")
    closes = Arithmetic(rule="net + tax = gross", terms=("210,00", "39,90", "249,90"), closes=True)
    claims = Arithmetic(rule="net + tax = gross", terms=("210,00", "39,90", "259,90"), closes=True)
    assert rules(line, arithmetic=(closes,)) == []
    assert rules(line, arithmetic=(claims,)) == ["the witness does not hold: net + tax = gross"]
    assert rules(line) == ["the witness does not hold: net + tax = gross"]


@pytest.mark.parametrize(
    ("rule", "terms", "holds"),
    [
        ("paid + due = gross", ("0,00", "210,00", "210,00"), False),
        ("quantity x price = amount", ("1", "210,00", "210,00"), False),
        ("items = total", ("210,00", "39,90", "-39,90", "210,00"), False),
        ("quantity x price = amount", ("3", "70,00", "210,00"), True),
        ("items = total", ("105,00", "105,00", "210,00"), True),
        ("quantity x price = amount", ("105 m3", "2,00", "210,00"), True),
        ("quantity x price - discount = amount", ("3", "100,00", "-30%", "210,00"), True),
    ],
)
def test_an_equation_that_repeats_a_figure_is_no_witness_of_it(rule, terms, holds):
    line = changed("216,00", 0, 6, "210,00", witness=rule)
    broken = rules(line, arithmetic=(Arithmetic(rule=rule, terms=terms, closes=True),))
    assert broken == ([] if holds else [f"the witness does not hold: {rule}"])


def test_a_digit_that_becomes_a_sign_is_one_glyph_and_not_lost():
    line = changed("57.988.11", 0, 9, "$7,988.11", witness="items = total")
    closes = Arithmetic(rule="items = total", terms=("$7,000.00", "$988.11", "$7,988.11"), closes=True)
    assert rules(line, arithmetic=(closes,)) == []


@pytest.mark.parametrize(
    ("witness", "raw", "final", "holds"),
    [
        ("vat id check digit", "DE136695978", "DE136695976", True),
        ("vat id check digit", "DE136695976", "DE136695978", False),
        ("vat id check digit", "ATU1O345678", "ATU10345678", True),  # not recomputed: taken at its word
        ("vat id check digit", "FR11999999993", "FR11999999998", True),
        ("nif check digit", "501964848", "501964843", True),
        ("nif check digit", "501964843", "501964848", False),
        ("cnpj check digits", "11.222.333/0001-87", "11.222.333/0001-81", True),
        ("cpf check digits", "529.982.247-26", "529.982.247-25", True),
        ("cpf check digits", "529.982.247-25", "529.982.247-26", False),
        ("no such check", "1", "2", False),
        ("unit format", "3 m2", "3 m²", True),
        ("unit format", "3 m2", "3 m³", False),
        ("unit format", "", "3", False),
    ],
)
def test_every_checksum_is_recomputed(witness, raw, final, holds):
    broken = rules(changed(raw, 0, len(raw), final, witness=witness))
    assert (f"the witness does not hold: {witness}" not in broken) is holds


def test_mode_off_may_change_nothing():
    assert "mode off changes nothing" in rules(changed("Invoic", 0, 6, "Invoice", source="model"), mode="off")
