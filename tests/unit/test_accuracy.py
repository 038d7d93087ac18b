"""The measuring is measured: lines find their truth, and every kind of figure's fate is counted."""

from bench.match import match
from bench.tally import Tally, interval
from jobs.result import Change
from workers.correction.line import finish

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


def test_white_space_counts_only_where_it_is_said_to():
    report = counted(line("19 %"), "19%").report()
    assert report["cer_raw"] == 0
    assert report["cer_raw_spaces"] > 0


def test_an_interval_of_equal_pages_has_no_width():
    pages = [counted(line("Sunme"), "Summe") for _ in range(5)]
    assert interval(pages, "cer_raw") == (0.2, 0.2)
