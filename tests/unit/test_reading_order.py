"""Blocks, rows, columns: the order in which a page's lines are read."""

from jobs.result import Box
from workers.ocr.order import reading_order


def box(left: float, top: float, right: float, bottom: float) -> Box:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def prose(left: float, lines: int, *, top: float = 100, width: float = 400) -> list[Box]:
    """Running text: lines of about one width, the last of each paragraph shorter."""
    return [
        box(left, top + 30 * i, left + width - (150 if i % 5 == 4 else 7 * i % 20), top + 30 * i + 20)
        for i in range(lines)
    ]


def in_order(boxes: list[Box]) -> bool:
    return reading_order(boxes[::-1]) == list(range(len(boxes)))[::-1]


def test_rows_are_read_from_the_top_and_each_from_left_to_right() -> None:
    boxes = [box(300, 12, 400, 30), box(10, 50, 90, 70), box(10, 10, 90, 30), box(300, 48, 400, 71)]
    assert reading_order(boxes) == [2, 0, 1, 3]


def test_a_skewed_page_keeps_its_rows() -> None:
    def skewed(left: float, row: float) -> Box:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = box(left, row, left + 100, row + 20)
        return ((x0, y0 + 0.05 * x0), (x1, y1 + 0.05 * x1), (x2, y2 + 0.05 * x2), (x3, y3 + 0.05 * x3))

    boxes = [skewed(1000, 0), skewed(0, 25), skewed(0, 0), skewed(1000, 25)]
    assert reading_order(boxes) == [2, 0, 1, 3]


def test_a_tall_logo_does_not_swallow_the_rows_beside_it() -> None:
    boxes = [box(0, 0, 100, 100), box(200, 5, 300, 25), box(200, 40, 300, 60), box(200, 75, 300, 95)]
    assert [index for index in reading_order(boxes) if index] == [1, 2, 3]


def test_no_boxes_have_no_order() -> None:
    assert reading_order([]) == []


def test_two_columns_of_prose_are_read_one_after_the_other_below_their_heading() -> None:
    assert in_order([box(100, 20, 900, 50), *prose(50, 8), *prose(520, 8, top=112), box(50, 400, 920, 430)])


def test_what_runs_across_the_page_parts_the_columns_above_it_from_those_below() -> None:
    above = [*prose(50, 6), *prose(520, 6)]
    below = [*prose(50, 6, top=400), *prose(520, 6, top=400)]
    assert in_order([*above, box(60, 330, 900, 350), *below])


def test_three_columns_are_read_too() -> None:
    assert in_order([*prose(0, 6, width=300), *prose(350, 6, width=300), *prose(700, 6, width=300)])


def test_a_table_is_read_row_by_row_though_its_descriptions_are_long() -> None:
    cells = ((0, 40), (60, 300), (400, 60), (600, 60), (800, 80))
    assert in_order([box(x, 100 + 30 * row, x + w, 120 + 30 * row) for row in range(9) for x, w in cells])


def test_an_address_beside_dates_is_read_row_by_row() -> None:
    assert in_order([b for y in range(0, 180, 30) for b in (box(0, y, 150 + y / 3, y + 20), box(600, y, 800, y + 20))])


def test_a_page_of_very_many_lines_in_more_columns_than_are_looked_for_keeps_them_all() -> None:
    lines = [box(c * 420, 30 * r + c, c * 420 + 400 - 37 * r % 100, 30 * r + 20) for c in range(8) for r in range(100)]
    assert sorted(reading_order(lines)) == list(range(800))
