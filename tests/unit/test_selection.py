"""Which pages `--pages` names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.contract import Recipe
from jobs.errors import NoPages
from jobs.selection import checked, select


@pytest.mark.parametrize(
    ("selection", "pages"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("1-3,7,-1", [1, 2, 3, 7, 9]),
        ("7-", [7, 8, 9]),
        ("z", [9]),
        ("r2", [8]),
        ("-2", [8]),
        ("r3-z", [7, 8, 9]),
        ("3-r3", [3, 4, 5, 6, 7]),
        (" 5 , 2 ,5", [2, 5]),  # each once, in the document's order
        ("8-12", [8, 9]),  # what lies beyond the end is left out
        ("1,4711", [1]),
        ("r12-2", [1, 2]),
    ],
)
def test_a_selection_names_pages(selection: str, pages: list[int]) -> None:
    assert list(select(checked(selection), 9)) == pages


@pytest.mark.parametrize("selection", ["10", "10-12", "10-", "r10", "-10", "z-3", "r2-r3"])
def test_a_selection_that_leaves_nothing_is_a_failure_that_says_how_long_the_document_is(selection: str) -> None:
    with pytest.raises(NoPages, match=r"it has 9\..*--pages"):
        select(checked(selection), 9)


@pytest.mark.parametrize(
    "wrong", ["0", "x", "1-2-3", "1;2", "3-1", "1,,2", ",", "1 2", "--1", "1.5", "r0", "01", "9" * 9]
)
def test_what_is_no_selection_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"Write 7, 2-5"):
        checked(wrong)


def test_a_selection_of_unbearable_length_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than"):
        checked(",".join(["1"] * 1000))


place = st.one_of(st.integers(1, 30).map(str), st.integers(1, 30).map(lambda n: f"r{n}"), st.just("z"))
part = st.one_of(place, st.tuples(place, place).map("-".join), place.map(lambda p: f"{p}-"))


@given(parts=st.lists(part, min_size=1, max_size=5), pages=st.integers(1, 40))
def test_whatever_is_accepted_names_pages_of_the_document_or_none(parts: list[str], pages: int) -> None:
    try:
        selection = checked(",".join(parts))
    except ValueError:
        return
    assert checked(selection) == selection
    try:
        chosen = select(selection, pages)
    except NoPages:
        return
    assert list(chosen) == sorted(set(chosen))
    assert set(chosen) <= set(range(1, pages + 1))


def test_another_selection_is_another_result() -> None:
    recipes = [Recipe(), Recipe(pages="1"), Recipe(pages="1-2")]
    assert len({recipe.fingerprint(engine="null 1", model_sha256="") for recipe in recipes}) == 3
    assert Recipe(pages=" 1, -1 ") == Recipe(pages="1,r1")
