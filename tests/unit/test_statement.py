"""The XML of a document is a witness for its figures, and no source of them."""

import pytest

from jobs.result import DocumentResult, LineResult, PageResult, Provenance, Statement
from jobs.verify import check_document
from tests.layered_pdf import invoice_xml
from workers.correction.line import finish
from workers.correction.settlement import settle
from workers.correction.statement import WITNESS
from workers.document.invoice_xml import read_statement
from workers.pipeline import assemble

STATEMENT = read_statement("factur-x.xml", invoice_xml())


def line(row: int, text: str, confidence: float = 0.97, exact: bool = False, seen: str = "") -> LineResult:
    """A line; `seen` is what the engine saw beside each glyph, a space where it saw nothing else."""
    box = (
        (20.0, 40.0 * row),
        (20 + 9.0 * len(text), 40.0 * row),
        (20 + 9.0 * len(text), 40.0 * row + 20),
        (20.0, 40.0 * row + 20),
    )
    readings = tuple(((char, 0.2),) if char != " " else () for char in seen.ljust(len(text))) if seen else ()
    return finish(text, box, confidence, readings=readings, exact=exact)


def document(*lines: LineResult, statement: Statement | None = STATEMENT, mode="constrained") -> DocumentResult:
    made_by = Provenance(
        pipeline_version=2, engine="e", model="", model_sha256="", mode=mode, prompt_name="finance", prompt=""
    )
    page = PageResult(page=1, width_px=700, height_px=900, dpi=150, lines=lines, provenance=made_by, seconds={})
    result = assemble("0" * 64, "f", (page,), statement)
    assert check_document(result) == []
    assert settle(result.pages, result.statement)[0] == result.pages
    return result


def figures(result: DocumentResult):
    return {figure.final: figure for page in result.pages for each in page.lines for figure in each.figures}


def test_figures_that_the_xml_states_are_confirmed_in_the_audit() -> None:
    result = document(
        line(0, "Rechnung RE-2026/4711"), line(1, "Datum 22.11.2026"), line(2, "Netto 210,00 €"),
        line(3, "MwSt. 39,90 €"), line(4, "Brutto 249,90 €"), line(5, "IBAN DE88 2008 0000 0970 3757 00"),
    )  # fmt: skip
    audit = figures(result)
    for final in ("RE-2026/4711", "22.11.2026", "DE88 2008 0000 0970 3757 00"):
        assert WITNESS in (audit[final].witness or ""), final
    assert audit["249,90 €"].witness == f"net + tax = gross; {WITNESS}"
    assert audit["DE88 2008 0000 0970 3757 00"].witness == f"iban mod 97; {WITNESS}"
    assert result.statement.missing == ()
    assert not any(figure.flag for figure in audit.values())


@pytest.mark.parametrize(
    ("read", "right", "confidence"),
    [
        ("Rechnungsdatum 28.11.2026", "Rechnungsdatum 22.11.2026", 0.6),  # 2 and 8 do not look alike
        ("Rechnungsdatum 22.17.2026", "Rechnungsdatum 22.11.2026", 0.97),  # no such day
        ("Position 126,00 €", "Position 120,00 €", 0.6),
        ("IBAN DE88 2008 0000 0970 3757 80", "IBAN DE88 2008 0000 0970 3757 00", 0.97),
        ("Nr. RE-2026/47ll", "Nr. RE-2026/4711", 0.6),
    ],
)
def test_a_figure_that_failed_becomes_what_the_xml_states_if_that_is_one_misreading_away(
    read, right, confidence
) -> None:
    totals = (line(7, "Netto 210,00 €"), line(8, "MwSt. 39,90 €"), line(9, "Brutto 249,90 €"))
    result = document(line(0, read, confidence), *totals)
    expected = read if "28.11" in read else right
    assert result.pages[0].lines[0].text == expected
    witnesses = {change.witness for change in result.pages[0].lines[0].changes}
    assert witnesses <= {WITNESS}
    assert bool(witnesses) == (expected == right)


def test_the_engines_own_other_reading_is_believed_where_the_xml_states_it() -> None:
    seen = document(line(0, "Position 126,00 €", seen="           0"))
    unseen = document(line(0, "Position 126,00 €"))
    assert seen.pages[0].lines[0].text == "Position 120,00 €"
    assert unseen.pages[0].lines[0].text == "Position 126,00 €"


def test_a_total_that_the_xml_states_otherwise_is_flagged_and_never_changed() -> None:
    forged = read_statement("factur-x.xml", invoice_xml(net="810.00", tax="39.90", gross="849.90"))
    lines = line(0, "Netto 210,00 €"), line(1, "MwSt. 39,90 €"), line(2, "Brutto 249,90 €")
    result = document(*lines, statement=forged)
    assert not any(each.changes for each in result.pages[0].lines)
    audit = figures(result)
    assert audit["249,90 €"].flag == f"{WITNESS} states 849.90 as gross"
    assert audit["210,00 €"].flag == f"{WITNESS} states 810.00 as net"
    assert audit["39,90 €"].flag is None
    assert set(result.statement.missing) == {"net", "gross", "due"}
    assert result.audit.to_review


def test_a_forged_xml_cannot_move_a_figure_that_was_read_surely() -> None:
    forged = read_statement("factur-x.xml", invoice_xml(gross="249.80"))
    for at, text in enumerate(("Zahlbetrag 249,90 €", "Bitte zahlen Sie 249,90 €")):
        result = document(line(at, text, 0.99), statement=forged)
        assert result.pages[0].lines[0].text == text


def test_exact_text_is_never_mended_by_the_xml() -> None:
    result = document(line(0, "Rechnungsdatum 22.17.2026", 1.0, exact=True))
    assert result.pages[0].lines[0].text == "Rechnungsdatum 22.17.2026"


def test_mode_off_is_audited_by_the_xml_and_changes_nothing() -> None:
    result = document(line(0, "Position 126,00 €", 0.6), line(1, "Brutto 249,90 €"), mode="off")
    assert not any(each.changes for each in result.pages[0].lines)
    assert WITNESS in figures(result)["249,90 €"].witness


def test_two_figures_that_could_both_be_the_stated_one_stay() -> None:
    result = document(line(0, "Position 126,00 €", 0.6), line(1, "Anteil 128,00 €", 0.6))
    assert not any(each.changes for each in result.pages[0].lines)


def test_a_stated_figure_that_a_page_shows_already_mends_no_other() -> None:
    result = document(line(0, "Position 126,00 €", 0.6), line(1, "Anteil 120,00 €", 0.99))
    assert result.pages[0].lines[0].text == "Position 126,00 €"


@pytest.mark.parametrize(
    "text",
    [
        "Menge 6",  # the XML has a 3.0000: too little to tell
        "Strecke 300km",  # a lost mark is for the sums to find
        "Anteil 126,00 €",  # 120.00 and 125.00 are both stated
    ],
)
def test_what_could_be_several_figures_or_any_stays(text: str) -> None:
    statement = STATEMENT.model_copy(update={"amounts": (*STATEMENT.amounts, "125.00", "0.00")})
    assert document(line(0, text, 0.6), statement=statement).pages[0].lines[0].text == text


def test_small_whole_numbers_are_confirmed_by_nothing() -> None:
    assert WITNESS not in (figures(document(line(0, "3 Stühle")))["3"].witness or "")


def test_the_checker_refuses_the_xml_as_witness_where_it_states_no_such_thing() -> None:
    mended = document(line(0, "Position 126,00 €", 0.6))
    assert mended.pages[0].lines[0].text == "Position 120,00 €"
    for statement in (None, STATEMENT.model_copy(update={"amounts": ("121.00",)})):
        rules = {violation.rule for violation in check_document(mended.model_copy(update={"statement": statement}))}
        assert rules == {f"the witness does not hold: {WITNESS}"}
    both = STATEMENT.model_copy(update={"amounts": ("120.00", "126.00")})
    assert check_document(mended.model_copy(update={"statement": both}))
