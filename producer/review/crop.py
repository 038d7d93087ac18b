"""The piece of a page's scan on which a figure stands, with a little around it."""

from jobs.result import LineResult

#: Around the figure, in heights of its line: enough for the words beside it, by which a person finds it on paper.
_BESIDE, _ABOVE = 4.0, 0.4


def view_box(line: LineResult, start: int, end: int) -> str:
    """The `viewBox` of an SVG that shows the code points `start` to `end` of a line: left, top, width, height (px).

    Their place is told by their share of the line's characters, which is right to a letter or two.
    """
    left, right = min(x for x, _ in line.box), max(x for x, _ in line.box)
    top, bottom = min(y for _, y in line.box), max(y for _, y in line.box)
    height, letter = bottom - top, (right - left) / max(len(line.text), 1)
    begin = max(left + start * letter, left) - _BESIDE * height
    width = (end - start) * letter + 2 * _BESIDE * height
    return f"{begin:.0f} {top - _ABOVE * height:.0f} {width:.0f} {height * (1 + 2 * _ABOVE):.0f}"
