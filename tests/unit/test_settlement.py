"""The whole document settles its figures: one decimal mark, sums and products that close."""

import pytest

from jobs.result import DocumentResult, PageResult, Provenance
from jobs.verify import check_document
from workers.correction.line import finish
from workers.correction.settlement import settle

COLUMNS = (20, 300, 420, 560)


def page(rows, number=1, confidence=0.97, readings=None, mode="constrained"):
    """A page of rows of cells, each cell a line of its own as an OCR engine gives them."""
    lines = []
    for y, row in enumerate(rows):
        for x, text in zip(COLUMNS, row, strict=False):
            if text:
                left, top, right, low = x, 40 * y, x + 8 * len(text), 40 * y + 20
                box = ((left, top), (right, top), (right, low), (left, low))
                lines.append(finish(text, box, confidence, readings=(readings or {}).get(text, ())))
    made_by = Provenance(
        pipeline_version=1, engine="e", model="", model_sha256="", mode=mode, prompt_name="finance", prompt=""
    )
    return PageResult(
        page=number, width_px=700, height_px=900, dpi=150, lines=tuple(lines), provenance=made_by, seconds={}
    )


INVOICE = [
    ["Toner", "3", "40,00 €", "120,00 €"],
    ["Papier", "20", "4,50 €", "90,00 €"],
    ["Zwischensumme", "", "", "210,00 €"],
    ["MwSt. 19%", "", "", "39,90 €"],
    ["Rechnungsbetrag", "", "", "249,90 €"],
]


def changed(old, new):
    return [[new if cell == old else cell for cell in row] for row in INVOICE]


def settled(*pages):
    result, arithmetic = settle(pages)
    document = DocumentResult(document="0" * 64, fingerprint="f", pages=result, arithmetic=arithmetic)
    assert check_document(document) == []
    return document


def test_an_invoice_that_closes_is_vouched_for_and_has_no_flag():
    document = settled(page(INVOICE, confidence=0.6))
    assert all(sum_.closes for sum_ in document.arithmetic)
    assert {sum_.rule for sum_ in document.arithmetic} == {
        "quantity x price = amount",
        "items = total",
        "net + tax = gross",
        "rate x net = tax",
    }
    figures = [figure for line in document.pages[0].lines for figure in line.figures]
    assert all(figure.witness and not figure.flag for figure in figures)


@pytest.mark.parametrize(
    ("right", "read", "witness"),
    [
        ("249,90 €", "279,90 €", None),  # 4 and 7 do not look alike: flagged, not mended
        ("249,90 €", "244,30 €", None),  # two misread digits
        ("4,50 €", "450 €", "quantity x price = amount"),
        ("249,90 €", "24990 €", "net + tax = gross"),
        ("210,00 €", "216,00 €", "items = total"),
        ("39,90 €", "38,90 €", "net + tax = gross"),
    ],
)
def test_a_misread_amount_is_mended_by_arithmetic_or_flagged(right, read, witness):
    document = settled(page(changed(right, read)))
    changes = [change for line in document.pages[0].lines for change in line.changes]
    flags = [figure.final for line in document.pages[0].lines for figure in line.figures if figure.flag]
    if witness:
        assert [(change.raw, change.final) for change in changes] == [(read, right)]
        assert witness in {sum_.rule for sum_ in document.arithmetic if right in sum_.terms}
    else:
        assert changes == []
        assert read in flags


def test_a_percent_sign_read_as_a_digit_is_settled_by_the_tax():
    rows = [[cell.replace("MwSt. 19%", "MwSt. 198") for cell in row] for row in INVOICE]
    line = settled(page(rows)).pages[0].lines[-4]
    assert (line.text, line.changes[0].witness) == ("MwSt. 19%", "rate x net = tax")
    other = [[cell.replace("MwSt. 19%", "MwSt. 178") for cell in row] for row in INVOICE]
    assert settled(page(other)).pages[0].lines[-4].text == "MwSt. 178"


def test_sums_span_pages():
    first, second = page(INVOICE[:2], 1), page([["Zwischensumme", "", "", "216,00 €"], *INVOICE[3:]], 2)
    document = settled(first, second)
    assert [line.text for line in document.pages[1].lines][1] == "210,00 €"


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("2.984 kWh", "0,2702 €", "806,28 €"), ("129 m3", "1,1722 €", "151,21 €"), ("10 Std", "57,50 €", "575,00 €")],
)
def test_a_quantity_with_its_unit_takes_part_in_products(quantity, price, amount):
    document = settled(page([*INVOICE[:2], ["Strom", quantity, price, amount]]))
    assert ("quantity x price = amount", (quantity, price, amount), True) in [
        (each.rule, each.terms, each.closes) for each in document.arithmetic
    ]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_item_whose_quantity_was_not_read_puts_no_blame_on_the_total(at):
    rows = [*INVOICE[:2], *[["MwSt. 19%", "", "", "59,85 €"], ["Rechnungsbetrag", "", "", "374,85 €"]]]
    rows.insert(2, ["Zwischensumme", "", "", "315,00 €"])
    rows.insert(at, ["Locher", "eins", "", "105,00 €"])
    assert "items = total" not in {each.rule for each in settled(page(rows)).arithmetic}
    rows[at] = ["Locher", "1", "105,00 €", "105,00 €"]
    assert "items = total" in {each.rule for each in settled(page(rows)).arithmetic}


def test_an_invoice_that_does_not_add_up_is_not_made_to():
    document = settled(page(changed("249,90 €", "259,90 €"), confidence=0.9999))
    assert all(not line.changes for line in document.pages[0].lines)


def seen(text, mark):
    return tuple(((mark, 0.2),) if char in ".," else () for char in text)


def test_a_point_in_a_document_of_commas_is_a_comma_where_the_engine_saw_one_too():
    rows = [["Summe", "340.96", "12,00", "13,00"], ["Kapital", "120 000.00 €", "14,00", "15,00"]]
    document = settled(page(rows, readings={"340.96": seen("340.96", ",")}))
    assert document.pages[0].lines[1].text == "340,96"
    assert document.pages[0].lines[1].changes[0].witness == "the document's decimal mark"
    company = document.pages[0].lines[5]
    assert (company.text, company.figures[0].flag) == ("120 000.00 €", "not the document's decimal mark")


def test_where_most_points_of_a_page_are_doubted_the_sure_ones_of_money_are_commas_too():
    rows = [
        ["1.10", "340.96", "12,00", "13,00"],
        ["a", "14.50", "15.75", "16.00 €"],
        ["b", "17,00", "18,00", "19.99 €"],
    ]
    doubted = {text: seen(text, ",") for text in ("340.96", "14.50", "15.75")}
    lines = [line.text for line in settled(page(rows, readings=doubted)).pages[0].lines]
    assert lines == [
        "1.10", "340,96", "12,00", "13,00", "a", "14,50", "15,75", "16,00 €", "b", "17,00", "18,00", "19,99 €"
    ]  # fmt: skip
    few = {text: seen(text, ",") for text in ("340.96", "14.50")}
    assert "16.00 €" in [line.text for line in settled(page(rows, readings=few)).pages[0].lines]


def test_a_position_that_the_engine_hardly_doubts_keeps_its_point():
    rows = [["1.10", "340,96", "12,00", "13,00"], ["1.20 €", "14,50", "15,75", "16,00"]]
    hardly = {"1.10": ((), ((",", 0.03),), (), ()), "1.20 €": ((), ((",", 0.03),), (), (), (), ())}
    lines = [line.text for line in settled(page(rows, readings=hardly)).pages[0].lines]
    assert (lines[0], lines[4]) == ("1.10", "1,20 €")


@pytest.mark.parametrize("date", ["06. 12.2018", "am 12.12. bis 24.12. einzeln", "12.2018"])
def test_the_point_of_a_date_is_no_decimal_mark(date):
    rows = [
        ["Netto", "340.96"],
        ["Fracht", "14.50"],
        ["Porto", "15.75"],
        ["Skonto", "12,00"],
        ["Rabatt", "11,00"],
        ["Rest", "13,00"],
        [date, ""],
    ]
    doubted = {text: seen(text, ",") for text in ("340.96", "14.50", "15.75")}
    lines = [line.text for line in settled(page(rows, readings=doubted)).pages[0].lines]
    assert "340,96" in "".join(lines)
    assert date in lines


def test_a_mark_vouches_for_no_digit():
    doubted = tuple(((",", 0.2),) if char == "." else ((("8", 0.4),) if char == "9" else ()) for char in "340.96")
    rows = [["Summe", "340.96", "12,00", "13,00"], ["a", "14,00", "15,00", "16,00"]]
    figure = settled(page(rows, readings={"340.96": doubted})).pages[0].lines[1].figures[0]
    assert (figure.final, figure.flag) == ("340,96", "read unsurely")


def test_another_currency_than_the_rest_is_flagged():
    rows = [["a", "£10.00", "£20.00", "£30.00"], ["b", "£11.00", "€21.00", "531.00"]]
    document = settled(page(rows))
    flags = {figure.final: figure.flag for line in document.pages[0].lines for figure in line.figures if figure.flag}
    assert flags == {"€21.00": "another currency than the document's"}


@pytest.mark.parametrize(("code", "flag"), [("EUR", "another currency than the document's"), ("USD", None), ("", None)])
def test_a_sign_of_another_currency_than_the_document_names_is_flagged(code, flag):
    rows = [["Währung", code], ["a", "14,00", "$29,87"], ["b", "16,00", "31,20"]]
    figures = [figure for line in settled(page(rows)).pages[0].lines for figure in line.figures]
    assert {figure.flag for figure in figures if figure.final == "$29,87"} == {flag}


def test_points_that_are_doubted_make_no_comma():
    rows = [["a", "$87.29", "$611.03", "$19.84"], ["b", "$163.73", "$144.10", "$15,00"], ["c", "12.50", "8.00", "9,10"]]
    unsure = {text: seen(text, ",") for text in ("$87.29", "$611.03", "$19.84", "$163.73", "$144.10", "12.50")}
    lines = [line.text for line in settled(page(rows, readings=unsure)).pages[0].lines]
    assert {"$87.29", "$611.03", "$19.84", "$163.73", "$144.10", "12.50"} <= set(lines)


def test_figures_that_are_read_badly_and_close_by_chance_vouch_for_nothing():
    def unsure(text, position, other, probability):
        return tuple(((other, probability),) if at == position else () for at in range(len(text)))

    amount = {"164,67 €": unsure("164,67 €", 1, "0", 0.2)}  # for 384,67
    hardly = amount | {"34,97 €": unsure("34,97 €", 0, "1", 0.03)}
    well = amount | {"34,97 €": unsure("34,97 €", 0, "1", 0.3)}
    rows = [INVOICE[0], ["Arbeit", "11", "34,97 €", "164,67 €"], INVOICE[1]]
    assert settled(page(rows, readings=hardly)).pages[0].lines[6].text == "34,97 €"
    assert settled(page(rows, readings=well)).pages[0].lines[6].text == "14,97 €"


def test_a_total_that_is_misread_twice_is_vouched_for_by_no_sum_with_a_nought():
    rows = [["Anzahlung", "", "0,00 €"], ["Zahlbetrag", "", "829,87 €"], ["Rechnungsbetrag", "", "829,87 €"]]
    figures = {
        figure.final: figure for line in settled(page(rows, confidence=0.7)).pages[0].lines for figure in line.figures
    }
    assert (figures["829,87 €"].witness, figures["829,87 €"].flag) == (None, "read unsurely")
    assert figures["0,00 €"].witness == "paid + due = gross"


def test_one_piece_at_its_price_vouches_for_no_price():
    lines = settled(page([["Toner", "1", "40,00 €", "40,00 €"]], confidence=0.7)).pages[0].lines
    assert [figure.flag for line in lines for figure in line.figures] == [None, "read unsurely", "read unsurely"]


def test_a_digit_of_money_that_the_engine_doubts_is_flagged_unless_a_sum_proves_it():
    doubted = {text: tuple(((other, 0.12),) if at == 0 else () for at in range(len(text)))
               for text, other in (("210,00 €", "3"), ("77,10 €", "1"), ("77 Stück", "1"))}  # fmt: skip
    lines = settled(page([*INVOICE, ["Rabatt", "77 Stück", "77,10 €"]], readings=doubted)).pages[0].lines
    flags = {figure.final: figure.flag for line in lines for figure in line.figures if figure.final[:2] in ("21", "77")}
    assert flags == {"210,00 €": None, "77": None, "77,10 €": "read unsurely"}


@pytest.mark.parametrize("text", ["029,90 €", "019,97", "01.044,66", "0.474,56 €"])
def test_no_amount_begins_with_a_nought(text):
    figures = [figure for line in settled(page([["Summe", text]])).pages[0].lines for figure in line.figures]
    assert {figure.flag for figure in figures if figure.final == text} == {"no amount is written so"}
    small = settled(page([["Summe", "0,00 €", "0,97", "10,05"]])).pages[0].lines
    assert not any(figure.flag for line in small for figure in line.figures)


@pytest.mark.parametrize("number", ["1.200.50", "12.2018", "05.07"])
def test_what_may_be_a_number_of_an_article_or_a_day_keeps_its_points(number):
    rows = [["a", "340,96", "12,00", "13,00"], ["b", "14,50", "15,75", number]]
    assert number in [line.text for line in settled(page(rows)).pages[0].lines]


def test_a_sign_that_stands_alone_among_amounts_may_be_a_digit():
    suffixed = [["a", "14,00 €", "31,20 €", "12,00 €"], ["b", "16,00 €", "$29,87", "12,50 €"]]
    bare = [["a", "14,00", "31,20", "12,00"], ["b", "16,00", "$29,87", "12,50"]]
    seen_too = [["a", "Total", "$29.87"]]
    readings = {"$29.87": ((("5", 0.04),), (), (), (), (), ())}
    for rows, more, flag in (
        (suffixed, {}, "another currency than the document's"),
        (bare, {}, "another currency than the document's"),
        (seen_too, {"readings": readings}, "its currency sign may be a digit"),
        (seen_too, {}, None),
    ):
        figures = [figure for line in settled(page(rows, **more)).pages[0].lines for figure in line.figures]
        assert {figure.flag for figure in figures if figure.final.startswith("$")} == {flag}


def test_a_sign_read_as_a_digit_is_mended_and_passes_the_checker():
    rows = [["a", "2", "$40.00", "$80.00"], ["b", "3", "$30.00", "590.00"], ["Subtotal", "", "", "$170.00"]]
    document = settled(page(rows))
    assert "$90.00" in [line.text for line in document.pages[0].lines]


def test_of_one_equation_alone_a_digit_that_the_engine_did_not_see_is_no_culprit():
    """Net was misread surely, and gross would close it by a digit that looks alike."""
    rows = [["Nettobetrag", "7.001,92 €"], ["MwSt", "10.009,61 €"], ["Rechnungsbetrag", "12.011,53 €"]]
    unsure = {"12.011,53 €": ((), (("7", 0.02),), *[()] * 9)}
    document = settled(page(rows, confidence=0.9999, readings=unsure))
    assert all(not line.changes for line in document.pages[0].lines)
    assert {figure.flag for line in document.pages[0].lines for figure in line.figures} == {
        None,
        "net + tax = gross does not close",
    }


def test_a_figure_in_two_equations_that_fail_is_a_likelier_culprit_than_one_that_would_close_the_second():
    seen = {"249,90 €": ((), (("7", 0.2),), *[()] * 6)}
    document = settled(page(changed("210,00 €", "240,00 €"), confidence=0.9999, readings=seen))
    assert all(not line.changes for line in document.pages[0].lines)


def test_settling_twice_changes_nothing():
    once, arithmetic = settle((page(changed("210,00 €", "216,00 €")),))
    assert settle(once) == (once, arithmetic)


def test_mode_off_audits_and_changes_nothing():
    document = settled(page(changed("210,00 €", "216,00 €"), mode="off"))
    assert all(line.raw == line.text for line in document.pages[0].lines)
    assert any(not sum_.closes for sum_ in document.arithmetic)
