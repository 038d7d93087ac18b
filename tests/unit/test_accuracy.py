"""The measuring is measured: lines find their truth, and every kind of figure's fate is counted."""

from collections import Counter

from PIL import Image

from bench.confusions import misreadings, table
from bench.match import match
from bench.scan import documents, read
from bench.tally import Tally, interval
from jobs.result import Change
from workers.correction.line import finish
from workers.ocr.null import NullEngine

BOX = ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0))


def line(raw, *changes, readings=()):
    made = [Change(start=s, end=e, raw=raw[s:e], final=f, source="figure", witness="w") for s, e, f in changes]
    return finish(raw, BOX, 0.9, changes=made, readings=readings)


def counted(result, truth):
    tally = Tally()
    tally.add(result, truth)
    return tally


def test_lines_find_their_words_in_any_reading_order():
    truth = "Rechnung Nr. 471102\nNettopreis Menge\n19 % 198,00 Stk"
    found = match(["Menge", "Nettopre1s", "198,00", "19%", "Rechnung Nr.471102", "xqzw"], truth)
    assert found.truths == ("Menge", "Nettopreis", "198,00", "19 %", "Rechnung Nr. 471102", None)
    assert found.unread == ("Stk",)


def test_a_line_that_lost_its_first_letter_is_held_against_the_whole_word():
    assert match(["eispiel-Rechnungen"], "Beispiel-Rechnungen").truths == ("Beispiel-Rechnungen",)


def test_no_word_is_taken_twice():
    assert match(["0,00", "0,00", "0,00"], "0,00 0,00").truths.count("0,00") == 2


def test_a_broken_figure_is_counted_as_broken_and_invented():
    tally = counted(line("Summe 100,00", (6, 12, "900,00")), "Summe 100,00")
    assert (tally.figures, tally.figures_right_raw, tally.figures_broken, tally.figures_invented) == (1, 1, 1, 1)
    assert (tally.lines_harmed, tally.lines_mended) == (1, 0)


def test_a_mended_figure_is_counted_as_mended():
    tally = counted(line("Summe 100.00", (6, 12, "100,00")), "Summe 100,00")
    assert (tally.figures_mended, tally.figures_broken, tally.figures_invented, tally.lines_mended) == (1, 0, 0, 1)
    assert tally.report()["cer_corrected"] == 0


def test_wrong_figures_are_counted_by_whether_a_flag_shows_them():
    sure, unsure = [()] * 12, [*[()] * 6, (("7", 0.45),), *[()] * 5]
    assert counted(line("Summe 100,00", readings=sure), "Summe 700,00").figures_wrong_unflagged == 1
    assert counted(line("Summe 100,00", readings=unsure), "Summe 700,00").figures_wrong_unflagged == 0
    assert counted(line("Summe 100,00", readings=unsure), "Summe 100,00").right_figures_flagged == 1


def test_a_misread_figure_counts_as_settleable_where_a_witness_could_settle_it():
    for raw, vouched, expected in (
        ("Summe 100.00", frozenset(), 1),  # the document's mark
        ("Summe 1O0,00", frozenset(), 1),  # its form
        ("Summe 700,00", frozenset({"10000"}), 1),  # a sum
        ("Summe 700,00", frozenset(), 0),
    ):
        tally = Tally()
        tally.add(line(raw), "Summe 100,00", vouched)
        assert (tally.figures_settleable, tally.figures_settleable_mended) == (expected, 0)


def test_pages_are_told_apart_from_documents_and_what_was_read_is_kept(tmp_path):
    for name in ("a-p1", "a-p2", "b"):
        Image.new("RGB", (40, 20), "white").save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text("truth")
    Image.new("RGB", (40, 20)).save(tmp_path / "untold.png")
    found = documents(tmp_path, None)
    assert [[scan.name for scan in pages] for pages in found] == [["a-p1.png", "a-p2.png"], ["b.png"]]
    first = read(found[0][0], NullEngine(), tmp_path / "kept")
    assert read(found[0][0], None, tmp_path / "kept") == first
    assert first.lines


def test_a_stray_digit_beside_an_amount_makes_no_other_figure_of_it():
    tally = counted(line("138,97 6", (0, 6, "136,97")), "136,97 €")
    assert (tally.figures_mended, tally.figures_invented) == (0, 0)
    assert counted(line("1 234,56"), "1234,56").figures_right_raw == 1


def test_what_is_misread_is_learned_from_lines_and_no_figure_with_it():
    assert list(misreadings("GesarntbetragS0,00", "Gesamtbetrag50,00")) == [("rn", "m")]
    assert list(misreadings("xqzw", "Summe")) == []
    seen = Counter({("rn", "m"): 9, ("y", "ÿ"): 8, ("w", "ŵ"): 3, ("k", "ķ"): 1})
    assert table(seen, 2).splitlines() == ["[likely]", "[possible]", '"w" = "ŵ"  # ŵ 3', '"y" = "ÿ"  # ÿ 8']


def test_white_space_counts_only_where_it_is_said_to():
    report = counted(line("19 %"), "19%").report()
    assert report["cer_raw"] == 0
    assert report["cer_raw_spaces"] > 0


def test_an_interval_of_equal_pages_has_no_width():
    pages = [counted(line("Sunme"), "Summe") for _ in range(5)]
    assert interval(pages, "cer_raw") == (0.2, 0.2)
