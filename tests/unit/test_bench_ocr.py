from bench.ocr import Score


def test_words_and_figures_found_are_counted_whatever_their_order() -> None:
    score = Score()
    score.add("Total 12,50 EUR 12,50", ["12,50 EUR", "Tota1"], cpu_s=2)
    report = score.report()
    assert report["word_recall"] == 0.5
    assert report["figure_recall"] == 0.5
    assert report["cpu_s_per_page"] == 2


def test_an_unread_word_costs_its_characters_and_an_invented_line_its_own() -> None:
    score = Score()
    score.add("abcd efgh", ["abcx", "zzzzzz"], cpu_s=0)
    assert score.errors == 1 + 4 + 6
    assert score.report()["character_error"] == round(11 / 8, 4)
