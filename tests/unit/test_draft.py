"""The pointer into the source, the drafter, and how long a draft pays."""

import numpy as np
import pytest

from workers.llm.draft import Drafter, Habits, Pointer
from workers.llm.row_cost import LONGEST_DRAFT, RowCost

SOURCE = "1| lnvoice Nurnber: 20417\n2| Date: 03.02.2021\n3| Thank y0u for your buisness\n4| Total 1.284,50"


@pytest.mark.parametrize(
    ("written", "rest"),
    [
        ("1| lnvoice", " Nurnber: 20417"),
        ("1| Invoice", " Nurnber: 20417"),
        ("1| Invoice Number", ": 20417"),
        ("1| Invoice Number: 20417\n2| Date: 03.02.2021\n3| Thank you for your business\n4|", " Total 1.284,50"),
        (SOURCE[:61], SOURCE[61:]),  # a copy
        (SOURCE[:61] + "ou for your", " buisness"),
        ("1| Invoices Number:", " 20417"),
        ("1| Number: 20417\n2| Date", ": 03.02.2021"),  # a word was dropped; two words on, it is found again
    ],
)
def test_the_pointer_stands_where_the_answer_goes_on(written: str, rest: str) -> None:
    pointer = Pointer(SOURCE)
    pointer.follow(written)
    assert SOURCE[pointer.position :].startswith(rest)


def test_the_pointer_stays_in_the_source_whatever_is_written() -> None:
    pointer = Pointer("short")
    pointer.follow("something very much longer than the source, and entirely different from it")
    assert 0 <= pointer.position <= 5


def letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def drafter(source: str) -> Drafter:
    return Drafter(source, letters, lambda token: chr(token).encode(), Habits(copying=0.9))


def test_a_drafter_proposes_the_source_and_goes_on_after_a_correction() -> None:
    draft = drafter("lnvoice 17 and more")
    assert draft.propose(3) == letters("lnv")
    draft.observe(ord("I"))
    assert draft.propose(6) == letters("nvoice")


def test_agreement_rises_with_copies_and_falls_without() -> None:
    copied, invented = drafter("a" * 60), drafter("a" * 60)
    for letter in range(200, 240):
        copied.observe(ord("a"))
        invented.observe(letter)
    assert copied.agreement > 0.95
    assert invented.agreement < 0.7


def test_what_one_answer_shows_all_others_begin_with() -> None:
    habits = Habits(copying=0.7)
    first, second = (Drafter("a" * 60, letters, lambda token: chr(token).encode(), habits) for _ in range(2))
    assert second.agreement == pytest.approx(0.7)
    for _ in range(2):
        first.observe(ord("z"))
    assert second.agreement < 0.5
    for _ in range(40):
        second.observe(ord("a"))
    assert second.agreement > 0.95


def test_a_drafter_rests_where_the_model_does_not_copy() -> None:
    draft = drafter("a" * 200)
    proposals = 0
    for letter in range(200, 300):
        proposals += bool(draft.propose(1))
        draft.observe(letter)
    assert proposals < 20


def test_where_a_model_hardly_ever_copies_it_is_looked_up_where_it_does_after_all() -> None:
    drafter = Drafter(SOURCE, letters, lambda token: chr(token).encode(), Habits(copying=0.0))
    assert drafter.propose(4) == []
    for letter in letters("Something else:Date: 03.02"):
        drafter.observe(letter)
    assert drafter.propose(8) == []  # eleven characters alike are no copy yet
    drafter.observe(ord("."))
    assert drafter.propose(4) == letters("2021")


def test_where_the_model_does_not_copy_what_recurs_is_proposed() -> None:
    draft = Drafter(
        "x" * 200, letters, lambda token: chr(token).encode(), Habits(copying=0.9), prompt=letters("Harbour Ltd")
    )
    hits = 0
    for letter in letters("Harbour Ltd " * 4):
        hits += draft.propose(1) == [letter]
        draft.observe(letter)
    assert hits > 30


def test_an_empty_source_proposes_nothing() -> None:
    assert drafter("").propose(8) == []


def measured(per_row: float, fixed: float) -> RowCost:
    cost = RowCost()
    for rows in (1, 4, 9, 2, 17, 1, 5):
        cost.observe(rows, fixed + per_row * rows)
    return cost


def test_costs_between_and_beyond_those_seen_follow_their_line() -> None:
    seconds = measured(per_row=0.006, fixed=0.02).seconds(np.array((1, 3, 12, 100)))
    assert seconds == pytest.approx([0.026, 0.038, 0.092, 0.62])


def test_a_step_in_the_costs_bounds_the_draft_of_an_answer_that_half_agrees() -> None:
    cost = RowCost()
    for rows in (1, 2, 4, 8, 9, 16, 32):
        cost.observe(rows, 0.003 + 0.0002 * rows + 0.004 * (rows > 8))
    assert cost.draft_length(0.6, sequences=1) < 8
    assert cost.draft_length(0.99, sequences=1) == LONGEST_DRAFT


def test_drafts_are_long_where_rows_are_cheap_and_short_where_they_are_dear() -> None:
    cheap, dear = measured(per_row=0.00001, fixed=0.005), measured(per_row=0.006, fixed=0.016)
    assert cheap.draft_length(0.97, sequences=1) == LONGEST_DRAFT
    assert 5 < dear.draft_length(0.9, sequences=1) < 15
    assert dear.draft_length(0.9, sequences=8) < dear.draft_length(0.9, sequences=1)
    assert dear.draft_length(0.05, sequences=1) == 0


def test_noise_makes_no_row_gain_time() -> None:
    cost = RowCost()
    for rows, seconds in ((1, 0.03), (2, 0.01), (4, 0.02)):
        cost.observe(rows, seconds)
    assert list(cost.seconds(np.array((1, 2, 4)))) == [0.03, 0.03, 0.03]


def test_a_device_not_measured_yet_gets_careful_drafts() -> None:
    assert 0 < RowCost().draft_length(0.9, sequences=1) < LONGEST_DRAFT
    same = RowCost()
    for _ in range(10):
        same.observe(1, 0.02)
    assert same.draft_length(0.9, sequences=1) == RowCost().draft_length(0.9, sequences=1)
