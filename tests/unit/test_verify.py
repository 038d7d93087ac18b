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


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (LineResult(raw="1,00", text="2,00", box=BOX, confidence=0.9), "a figure differs without a recorded change"),
        (changed("Sum 100", 4, 7, "900", source="model"), "a figure changed without a witness"),
        (changed("Sum 100", 4, 7, "900"), "the witness does not hold: amount format"),
        (changed("Sum 100", 4, 7, "987654"), "a figure changed by more than a misreading"),
        (changed("Sum 1O0", 4, 7, "100", text="Sum 200"), "the changes do not lead from the raw text to the final one"),
        (changed("5 €", 2, 3, "$", source="model"), "a figure changed without a witness"),
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
