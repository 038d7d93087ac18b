"""Lines that hold figures get a second look, and what either look saw stays among the readings."""

from workers.ocr.ctc import Decoded, Readings
from workers.ocr.second_look import hold_figures, settle


def decoded(text: str, others: dict[int, Readings] | None = None) -> Decoded:
    return Decoded(text, 0.9, tuple((others or {}).get(at, ()) for at in range(len(text))), (0.5,) * len(text))


def test_lines_with_a_digit_are_looked_at_twice() -> None:
    assert hold_figures([decoded("Summe"), decoded("19 %"), decoded(""), decoded("Nr. 4")]) == [1, 3]


def test_what_the_first_look_saw_otherwise_is_among_the_readings_behind_what_the_second_is_surer_of() -> None:
    settled = settle(decoded("1.284,56"), decoded("1.234,56", {3: (("8", 0.2),), 4: (("1", 0.1),)}))
    assert settled.text == "1.234,56"
    assert settled.alternatives[3] == (("8", 0.2),)
    settled = settle(decoded("1.234.56"), decoded("1.234,56", {5: ((";", 0.1),)}))
    assert settled.alternatives[5] == ((";", 0.1), (".", 0.0))
    assert all(not others for at, others in enumerate(settled.alternatives) if at != 5)


def test_looks_of_different_length_are_not_laid_on_one_another() -> None:
    second = decoded("12,50 EUR", {0: (("7", 0.3),)})
    assert settle(decoded("12,5O0 EUR"), second) is second


def test_a_space_is_no_reading_of_a_figure() -> None:
    assert settle(decoded("1 234"), decoded("1.234")).alternatives == ((),) * 5


def test_a_figure_that_the_second_look_does_not_see_stays() -> None:
    first = decoded("Seite 1")
    assert settle(first, decoded("Seitel")) is first
