"""`ocrfleet review`: pages for a browser, from a real ledger and a real store."""

import re
from html.parser import HTMLParser

import pytest

from jobs.contract import Job, Recipe
from jobs.errors import UsageError
from jobs.result import Arithmetic, Change, Figure, LineResult, Outcome, Statement
from producer.review import Review, folder, sheet, span
from producer.review.crop import view_box
from tests.producer_steps import finish, result_of, submit, write

BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
HOSTILE = "<script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>\"'&"


def line(raw: str, text: str, **facts: object) -> LineResult:
    return LineResult(raw=raw, text=text, box=BOX, confidence=0.9, **facts)


TOTAL = line(
    "lnvoice Total: 1O0,00 or 7.42",
    "Invoice Total: 100,00 or 7.42",
    changes=(
        Change(start=0, end=1, raw="l", final="I", source="model", witness="model and lexicon"),
        Change(start=15, end=21, raw="1O0,00", final="100,00", source="figure", witness="format"),
    ),
    figures=(
        Figure(start=15, end=21, kind="amount", raw="1O0,00", final="100,00", confidence=0.9, witness="format"),
        Figure(
            start=25,
            end=29,
            kind="amount",
            raw="7.42",
            final="7.42",
            confidence=0.4,
            flag="read unsurely",
            readings=(("7.47", 0.3),),
        ),
    ),
)


class Tags(HTMLParser):
    """The tags of a page, with what they hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def reviewed(fleet, tmp_path, lines_of, *names, failing=(), **result_changes):
    """Submit, finish with these lines, and review. Returns the rows and the folder."""
    write(tmp_path / "scans", *names)
    submit(fleet, tmp_path / "scans")
    finish(fleet, failing=failing)
    for entry in fleet.documents("march", "done"):
        result = fleet.store.get_result(entry.document, entry.fingerprint)
        page = result.pages[0].model_copy(update={"lines": lines_of(entry.names[0])})
        fleet.store.put_page(entry.document, entry.fingerprint, page, b"the scan")
        fleet.store.put_result(result.model_copy(update={"pages": (page,), **result_changes}))
    out = tmp_path / "review"
    return list(Review(fleet, "march", out).write()), out


def test_a_line_is_shown_before_and_after_with_what_changed_and_what_is_flagged():
    assert [(piece.text, piece.kinds) for piece in span.before(TOTAL)] == [
        ("l", "changed"),
        ("nvoice Total: ", ""),
        ("1O0,00", "changed"),
        (" or 7.42", ""),
    ]
    assert [(piece.text, piece.kinds) for piece in span.after(TOTAL)] == [
        ("I", "changed"),
        ("nvoice Total: ", ""),
        ("100,00", "changed"),
        (" or ", ""),
        ("7.42", "flagged"),
    ]


def test_marks_follow_the_text_when_edits_change_its_length():
    longer = line(
        "Custmer Nr 12",
        "Customer Nr 12",
        changes=(Change(start=0, end=7, raw="Custmer", final="Customer", source="model", witness="lexicon"),),
        figures=(Figure(start=12, end=14, kind="number", raw="12", final="12", confidence=0.3, flag="read unsurely"),),
    )
    assert [(piece.text, piece.kinds) for piece in span.after(longer) if piece.kinds] == [
        ("Customer", "changed"),
        ("12", "flagged"),
    ]


def test_each_done_document_has_a_page_with_its_scan_its_lines_and_its_reasons(fleet, tmp_path):
    open_sum = Arithmetic(rule="net + tax = gross", terms=("10,00", "1,90", "12,00"), closes=False)
    (row,), out = reviewed(fleet, tmp_path, lambda _: (TOTAL,), "a.pdf", arithmetic=(open_sum,))

    html = (out / "documents" / f"{row.document}.html").read_text()
    tags = Tags(html)
    crop, scan = tags.named("image")  # the flagged figure's piece of the page, and the page
    assert crop["href"] == scan["href"]
    assert (out / "documents" / scan["href"]).read_bytes() == b"the scan"
    assert {mark["title"] for mark in tags.named("mark")} == {
        "written as 'I'",
        "written as '100,00'",
        "read as 'l'; vouched for by model and lexicon",
        "read as '1O0,00'; vouched for by format",
        "read unsurely",
    }
    assert [polygon["class"] for polygon in tags.named("polygon")] == ["flagged"]
    assert "net + tax = gross does not close" in html
    assert re.findall(r"or (\S+)</span>", html) == ["7.47"]
    assert (row.figures, row.changed, row.flagged, row.open_sums) == (2, 2, 1, 1)


def test_a_total_that_only_the_xml_of_a_document_states_is_shown(fleet, tmp_path):
    stated = Statement(source="factur-x.xml", totals={"net": "100.00", "gross": "849.90"}, missing=("gross",))
    (row,), out = reviewed(fleet, tmp_path, lambda _: (line("Total", "Total"),), "a.pdf", statement=stated)

    html = (out / "documents" / f"{row.document}.html").read_text()
    assert "849.90" in html and "no page shows what the XML states as gross" in html
    assert "100.00" not in html


def test_every_link_leads_somewhere(fleet, tmp_path):
    rows, out = reviewed(fleet, tmp_path, lambda _: (TOTAL, TOTAL), "a.pdf", "b/c d#e?.pdf")

    pages = [out / "index.html", out / "all.html", *(out / "documents" / f"{row.document}.html" for row in rows)]
    links = [(page, each["href"]) for page in pages for each in Tags(page.read_text()).named("a", "image")]
    assert len(links) > 10
    for page, link in links:
        place, _, anchor = link.partition("#")
        target = (page.parent / place) if place else page
        assert target.is_file()
        assert not anchor or f'id="{anchor}"' in target.read_text()


def test_what_needs_a_person_has_a_list_of_its_own_what_has_no_page_first(fleet, tmp_path):
    sure = TOTAL.model_copy(update={"figures": ()})

    def lines_of(name):
        return (TOTAL,) if name == "b.pdf" else (sure,)

    _, out = reviewed(fleet, tmp_path, lines_of, "a.pdf", "b.pdf", "c.pdf", "d.pdf", failing=["c.pdf"], arithmetic=())

    index, every = ((out / name).read_text() for name in ("index.html", "all.html"))
    assert re.findall(r"\b([abcd])\.pdf\b", index) == ["c", "b"]
    assert re.findall(r"\b([abcd])\.pdf\b", every) == ["a", "b", "c", "d"]
    assert "CorruptDocument: truncated" in index
    assert ("All documents</a> 4" in index, "To review</a> 2" in every) == (True, True)


def test_a_batch_that_needs_nobody_says_so(fleet, tmp_path):
    sure = TOTAL.model_copy(update={"figures": ()})
    _, out = reviewed(fleet, tmp_path, lambda _: (sure,), "a.pdf", arithmetic=())

    assert "Nothing needs a person." in (out / "index.html").read_text()


def test_each_document_leads_to_the_next_one_and_to_the_next_to_review(fleet, tmp_path):
    names = [f"{letter}.pdf" for letter in "abcd"]
    write(tmp_path / "scans", *names)
    submit(fleet, tmp_path / "scans")
    finish(fleet, failing=["b.pdf"])
    ids = {entry.names[0]: entry.document for entry in fleet.documents("march")}
    process_anew_without_doubts(fleet, ids["c.pdf"])

    list(Review(fleet, "march", tmp_path / "review").write())

    def keys(name):
        html = (tmp_path / "review" / "documents" / f"{ids[name]}.html").read_text()
        return {each["accesskey"]: each["href"] for each in Tags(html).named("a") if "accesskey" in each}

    a, c, d = (f"{ids[name]}.html" for name in ("a.pdf", "c.pdf", "d.pdf"))
    assert keys("a.pdf") == {"l": "../index.html", "n": d, "j": c}
    assert keys("c.pdf") == {"l": "../index.html", "k": a, "j": d}
    assert keys("d.pdf") == {"l": "../index.html", "p": a, "k": c}


def process_anew_without_doubts(fleet, document):
    fleet.ledger.again("march", Recipe(), [document])
    lease = fleet.ledger.take(Job(batch="march", document=document), "node")
    result = result_of(document, "fine").model_copy(update={"arithmetic": ()})
    sure = result.pages[0].lines[1].model_copy(update={"figures": ()})
    page = result.pages[0].model_copy(update={"lines": (sure,)})
    fleet.store.put_result(result.model_copy(update={"pages": (page,)}))
    fleet.ledger.finish(lease, Outcome.done(result.model_copy(update={"pages": (page,)})))


def test_a_document_whose_result_is_gone_has_a_page_that_says_what_mends_it(fleet, tmp_path):
    write(tmp_path / "scans", "a.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet)
    (entry,) = fleet.documents("march")
    fleet.store.delete_all_results(entry.document)

    (row,) = Review(fleet, "march", tmp_path / "review").write()

    assert row.needs_a_person
    assert "submit --again" in (tmp_path / "review" / "documents" / f"{row.document}.html").read_text()


def test_a_long_document_is_cut_into_sheets_each_with_what_is_to_look_at_on_it(fleet, tmp_path, monkeypatch):
    monkeypatch.setattr(sheet, "SHEET_PAGES", 2)
    write(tmp_path / "scans", "a.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet)
    (entry,) = fleet.documents("march")
    result = fleet.store.get_result(entry.document, entry.fingerprint)
    pages = tuple(result.pages[0].model_copy(update={"page": number}) for number in range(1, 6))
    fleet.store.put_result(result.model_copy(update={"pages": pages}))

    (row,) = Review(fleet, "march", tmp_path / "review").write()

    files = [f"{row.document}{suffix}.html" for suffix in ("", "-2", "-3")]
    sheets = [(tmp_path / "review" / "documents" / name).read_text() for name in files]
    assert [re.findall(r"<h2>Page (\d)</h2>", html) for html in sheets] == [["1", "2"], ["3", "4"], ["5"]]
    assert [html.count("sum does not close") - html.count('title="sum') for html in sheets] == [2, 2, 1]
    assert ["net + tax = gross does not close" in html for html in sheets] == [True, False, False]
    links = {each["href"] for each in Tags(sheets[1]).named("a")}
    assert {files[0], files[2]} <= links
    assert (row.pages, row.flagged) == (5, 5)


def test_a_crop_shows_the_figure_and_what_stands_around_it():
    box = ((100.0, 50.0), (300.0, 50.0), (300.0, 70.0), (100.0, 70.0))
    twenty = line("x" * 20, "x" * 20).model_copy(update={"box": box})

    left, top, width, height = map(float, view_box(twenty, 10, 12).split())

    assert left < 200 and left + width > 220
    assert (top < 50, top + height > 70) == (True, True)
    assert width < 200


def test_text_of_a_document_is_never_markup(fleet, tmp_path):
    hostile = TOTAL.model_copy(update={"raw": HOSTILE, "text": HOSTILE, "changes": (), "figures": ()})
    (row,), out = reviewed(fleet, tmp_path, lambda _: (hostile,), "<b onclick=alert(1)>.pdf")

    for page in (out / "index.html", out / "documents" / f"{row.document}.html"):
        tags = Tags(page.read_text())
        assert tags.named("script", "img", "b", "iframe", "object", "link") == []
        assert all(not name.startswith("on") for _, attributes in tags.tags for name in attributes)
        policy = next(each["content"] for each in tags.named("meta") if "http-equiv" in each)
        assert "default-src 'none'" in policy


def test_a_long_list_is_cut_into_pages(fleet, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "ROWS", 2)
    rows, out = reviewed(fleet, tmp_path, lambda _: (TOTAL,), "a.pdf", "b.pdf", "c.pdf")

    lists = [Tags((out / name).read_text()) for name in ("index.html", "index-2.html")]
    listed = [link["href"] for tags in lists for link in tags.named("a") if link["href"].startswith("documents/")]
    assert sorted(listed) == sorted(f"documents/{row.document}.html" for row in rows)


def test_an_unwritable_folder_is_named(fleet, tmp_path):
    (tmp_path / "review").write_text("a file in the way")
    with pytest.raises(UsageError, match="Give another folder: --out DIR"):
        reviewed(fleet, tmp_path, lambda _: (TOTAL,), "a.pdf")
