"""`ocrfleet review`: pages for a browser, from a real ledger and a real store."""

import re
from html.parser import HTMLParser

import pytest

from jobs.errors import UsageError
from jobs.result import Arithmetic, Change, Figure, LineResult, Statement
from producer.review import Review, folder, span
from tests.producer_steps import finish, submit, write

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
        Figure(start=25, end=29, kind="amount", raw="7.42", final="7.42", confidence=0.4, flag="read unsurely"),
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
    (image,) = tags.named("image")
    assert (out / "documents" / image["href"]).read_bytes() == b"the scan"
    assert {mark["title"] for mark in tags.named("mark")} == {
        "written as 'I'",
        "written as '100,00'",
        "read as 'l'; vouched for by model and lexicon",
        "read as '1O0,00'; vouched for by format",
        "read unsurely",
    }
    assert [polygon["class"] for polygon in tags.named("polygon")] == ["flagged"]
    assert "does not close: net + tax = gross" in html
    assert (row.figures, row.changed, row.flagged, row.open_sums) == (2, 2, 1, 1)


def test_a_total_that_only_the_xml_of_a_document_states_is_shown(fleet, tmp_path):
    stated = Statement(source="factur-x.xml", totals={"net": "100.00", "gross": "849.90"}, missing=("gross",))
    (row,), out = reviewed(fleet, tmp_path, lambda _: (line("Total", "Total"),), "a.pdf", statement=stated)

    html = (out / "documents" / f"{row.document}.html").read_text()
    assert "849.90" in html and "no page shows what it states as gross" in html
    assert "100.00" not in html


def test_every_link_leads_somewhere(fleet, tmp_path):
    rows, out = reviewed(fleet, tmp_path, lambda _: (TOTAL, TOTAL), "a.pdf", "b/c d#e?.pdf")

    pages = [out / "index.html", *(out / "documents" / f"{row.document}.html" for row in rows)]
    links = [(page, each["href"]) for page in pages for each in Tags(page.read_text()).named("a", "image")]
    assert len(links) > 10
    for page, link in links:
        place, _, anchor = link.partition("#")
        target = (page.parent / place) if place else page
        assert target.is_file()
        assert not anchor or f'id="{anchor}"' in target.read_text()


def test_what_needs_a_person_comes_first(fleet, tmp_path):
    sure = TOTAL.model_copy(update={"figures": ()})

    def lines_of(name):
        return (sure,) if name == "a.pdf" else (TOTAL,)

    _, out = reviewed(fleet, tmp_path, lines_of, "a.pdf", "b.pdf", "c.pdf", failing=["c.pdf"])

    shown = re.findall(r"\b([abc])\.pdf\b", (out / "index.html").read_text())
    assert shown == ["c", "b", "a"]
    assert "CorruptDocument: truncated" in (out / "index.html").read_text()


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
