"""Lines that recur on the pages of a document: the surest one mends the others' words, and no figure."""

import pytest

from jobs.result import DocumentResult, PageResult, Provenance
from jobs.verify import check_document
from workers.correction.line import finish
from workers.correction.settlement import settle

HEAD = "Beispiel-Rechnungen für ZUGFeRD 2.2, Stand 2022"


def page(number, text, confidence, y=40.0, mode="constrained", x=20.0):
    box = ((x, y), (x + 400, y), (x + 400, y + 20), (x, y + 20))
    made_by = Provenance(
        pipeline_version=1, engine="e", model="", model_sha256="", mode=mode, prompt_name="finance", prompt=""
    )
    lines = (finish(text, box, confidence),)
    return PageResult(page=number, width_px=700, height_px=900, dpi=150, lines=lines, provenance=made_by, seconds={})


def mended(*pages):
    settled, arithmetic = settle(pages)
    assert (
        check_document(DocumentResult(document="0" * 64, fingerprint="f", pages=settled, arithmetic=arithmetic)) == []
    )
    assert settle(settled)[0] == settled
    return settled[-1].lines[0]


def test_a_running_head_is_mended_by_the_page_that_reads_it_surely():
    line = mended(page(1, HEAD, 0.99), page(2, "Bempiel Rechvungm jür ZUGFeRD 2.2. Stand 2022", 0.73))
    assert line.text == "Beispiel Rechnungen für ZUGFeRD 2.2. Stand 2022"
    assert {(change.source, change.witness) for change in line.changes} == {("rule", "recurs on page 1")}


def test_its_figures_stay_as_they_were_read():
    line = mended(page(1, HEAD, 0.99), page(2, "Beispiel-Rechnungen für ZUGFe8D 2.3, Stnad 2023", 0.73))
    assert line.text == "Beispiel-Rechnungen für ZUGFe8D 2.3, Stand 2023"
    assert [figure.final for figure in line.figures] == ["ZUGFe8D", "2.3", "2023"]


@pytest.mark.parametrize(
    "other",
    [
        page(2, "Bempiel Rechvungm jür ZUGFeRD", 0.99),  # read surely
        page(2, "Bempiel Rechvungm jür ZUGFeRD", 0.73, y=300.0),  # elsewhere
        page(2, "Bempiel Rechvungm jür ZUGFeRD", 0.73, x=200.0),
        page(2, "Zahlbar innerhalb von dreissig Tagen", 0.73),  # another line
    ],
)
def test_what_is_no_running_head_stays(other):
    assert mended(page(1, HEAD, 0.99), other).changes == ()


def test_mode_off_leaves_it():
    assert (
        mended(page(1, HEAD, 0.99, mode="off"), page(2, "Bempiel Rechvungm jür ZUGFeRD", 0.7, mode="off")).changes == ()
    )


@pytest.mark.parametrize(
    ("read", "sure"),
    [
        ("Debit Februar Übertrag", "Credit Januar Übertrag"),
        ("Nettobetrag Juni", "Bruttobetrag Juli"),
        ("发票号码第二页共三页", "发票号码第一页共三页"),
        ("Lagerfläche m² gesamt", "Lagerfläche mm gesamt"),
    ],
)
def test_a_word_that_is_as_good_as_a_figure_is_not_taken_from_another_page(read, sure):
    assert mended(page(1, sure, 0.99), page(2, read, 0.8)).text == read
