"""An equation vouches for a figure only where it would not close had that figure been misread."""

import pytest

from jobs.result import Figure
from workers.correction.amount import parse
from workers.correction.claim import CHANGE, DISCOUNT, DUE, GROSS, ITEMS, PRODUCT, RATE, Claim
from workers.correction.table import Cell


def claim(rule, *texts):
    cells = []
    for at, text in enumerate(texts):
        figure = Figure(start=0, end=len(text), kind="amount", raw=text, final=text, confidence=0.9)
        cells.append(Cell((0, at, 0), figure, parse(text), at / 10))
    return Claim(rule, tuple(cells))


def proven(rule, *texts):
    each = claim(rule, *texts)
    assert each.closes()
    return [cell.figure.final for cell in each.cells if each.proves(cell)]


@pytest.mark.parametrize(
    ("rule", "terms"),
    [
        (GROSS, ["210,00", "39,90", "249,90"]),
        (DUE, ["49,90", "200,00", "249,90"]),
        (CHANGE, ["0,10", "249,90", "250,00"]),
        (PRODUCT, ["3", "40,00", "120,00"]),
        (PRODUCT, ["-3", "40,00", "-120,00"]),
        (DISCOUNT, ["2", "30,00", "10%", "54,00"]),
        (RATE, ["19%", "210,00", "39,90"]),
        (ITEMS, ["120,00", "90,00", "210,00"]),
        (ITEMS, ["120,00", "-20,00", "100,00"]),
        (ITEMS, ["60,00", "60,00", "120,00"]),
        (GROSS, ["-210,00", "-39,90", "-249,90"]),
    ],
)
def test_an_equation_that_a_misreading_would_break_vouches_for_all_its_figures(rule, terms):
    assert proven(rule, *terms) == terms


@pytest.mark.parametrize(
    ("rule", "terms", "rest"),
    [
        (DUE, ["0,00", "$29,87", "$29,87"], ["0,00"]),
        (GROSS, ["529,87", "0,00", "529,87"], ["0,00"]),
        (CHANGE, ["0,00", "249,90", "249,90"], ["0,00"]),
        (GROSS, ["0,00", "0,00", "0,00"], []),
        (PRODUCT, ["1", "529,87", "529,87"], ["1"]),
        (PRODUCT, ["529,87", "1,00", "529,87"], ["1,00"]),
        (PRODUCT, ["1", "1,00", "1,00"], []),
        (PRODUCT, ["0", "529,87", "0,00"], ["0", "0,00"]),
        (DISCOUNT, ["1", "54,00", "0%", "54,00"], ["1", "0%"]),
        (RATE, ["100%", "54,00", "54,00"], ["100%"]),
        (RATE, ["0%", "54,00", "0,00"], ["0%", "0,00"]),
        (ITEMS, ["54,00", "0,00", "54,00"], ["0,00"]),
        (ITEMS, ["54,00", "20,00", "-20,00", "54,00"], []),
    ],
)
def test_a_figure_that_an_equation_just_repeats_has_no_witness_in_it(rule, terms, rest):
    assert proven(rule, *terms) == rest


@pytest.mark.parametrize(
    ("rule", "terms", "rest"),
    [
        (RATE, ["7%", "210,00", "14,70"], ["7%", "14,70"]),  # 7 % of 210,06 are 14,70 too
        (RATE, ["19%", "0,03", "0,01"], ["0,01"]),
        (GROSS, ["210,00", "39,90", "249,91"], []),  # a cent aside: let pass, and no proof
        (PRODUCT, ["3", "-40,00", "120,00"], []),  # one minus is a speck, or one was lost
        (DUE, ["-49,90", "200,00", "249,90"], ["200,00", "249,90"]),  # printed with its minus or without
    ],
)
def test_a_figure_that_may_be_another_as_well_has_no_witness(rule, terms, rest):
    assert proven(rule, *terms) == rest


def test_a_reading_that_closes_an_equation_may_be_no_more_than_a_repetition():
    repeated, other = claim(DUE, "0,00", "529,87", "529,37"), claim(GROSS, "210,00", "39,90", "249,80")
    right, gross = parse("529,87").value, parse("249,90").value
    assert repeated.closes_with(repeated.cells[2], right)
    assert repeated.repeats(repeated.cells[2], right)
    assert other.closes_with(other.cells[2], gross)
    assert not other.repeats(other.cells[2], gross)


@pytest.mark.parametrize("total", ["400,00", "401,00"])
def test_thousands_of_items_of_one_price_take_no_time(total):
    each = claim(ITEMS, *["0,10"] * 4000, total)

    assert {each.proves(cell) for cell in each.cells} == {each.closes()}
    assert not any(each.repeats(cell, cell.amount.value) for cell in each.cells)


def test_items_that_cancel_each_other_out_vouch_for_neither():
    each = claim(ITEMS, "30,00", "30,00", "-30,00", "50,00", "80,00")

    assert [cell.figure.final for cell in each.cells if each.proves(cell)] == ["50,00", "80,00"]
