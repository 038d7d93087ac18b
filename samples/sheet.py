"""The drawing surface of the layouts: draws a PDF and keeps the printed lines as the truth."""

from collections import defaultdict
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

A4 = (595.0, 842.0)


class Sheet:
    """Pages of one size in points, y measured from the top; fonts are PDF's built-in ones."""

    def __init__(self, width: float = A4[0], height: float = A4[1], font: str = "Helvetica") -> None:
        self.width, self.height, self.font = width, height, font
        self._buffer = BytesIO()
        # `invariant` leaves the time out of the file: the same invoice gives the same bytes.
        self._canvas = Canvas(self._buffer, pagesize=(width, height), invariant=1)
        self._pages: list[dict[float, list[tuple[float, str]]]] = [defaultdict(list)]

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9,
        *,
        bold: bool = False,
        align: str = "left",
        ink: str = "#111111",
    ) -> None:
        """Prints `text` on the baseline `y`; `align` says what of it stands at `x`: left, right or center."""
        font = self.bold if bold else self.font
        width = stringWidth(text, font, size)
        left = x - {"left": 0.0, "right": width, "center": width / 2}[align]
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(HexColor(ink))
        self._canvas.drawString(left, self.height - y, text)
        self._pages[-1][round(y, 1)].append((left, text))

    def block(
        self, x: float, y: float, lines: tuple[str, ...], size: float = 9, leading: float = 13, bold: bool = False
    ) -> float:
        """Prints lines under each other and returns the y below them."""
        for line in lines:
            self.text(x, y, line, size, bold=bold)
            y += leading
        return y

    def paragraph(self, x: float, y: float, text: str, width: float, size: float = 10) -> float:
        """Prints text wrapped to `width` and returns the y below it."""
        return self.block(x, y, tuple(simpleSplit(text, self.font, size, width)), size, leading=size * 1.4)

    def rule(
        self, x: float, y: float, to: float, weight: float = 0.6, ink: str = "#333333", dash: bool = False
    ) -> None:
        """Draws a level line from `x` to `to`."""
        self._canvas.setStrokeColor(HexColor(ink))
        self._canvas.setLineWidth(weight)
        self._canvas.setDash(*((2, 2) if dash else ()))
        self._canvas.line(x, self.height - y, to, self.height - y)

    def box(
        self, x: float, y: float, width: float, height: float, fill: str | None = None, ink: str | None = None
    ) -> None:
        """Draws a rectangle whose upper left corner is at `x`, `y`."""
        self._canvas.setDash()
        self._canvas.setLineWidth(0.6)
        self._canvas.setFillColor(HexColor(fill or "#ffffff"))
        self._canvas.setStrokeColor(HexColor(ink or "#333333"))
        self._canvas.rect(
            x, self.height - y - height, width, height, stroke=int(ink is not None), fill=int(fill is not None)
        )

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Draws a filled circle, the stuff of logos."""
        self._canvas.setFillColor(HexColor(fill))
        self._canvas.circle(x, self.height - y, radius, stroke=0, fill=1)

    @property
    def bold(self) -> str:
        """The bold cut of the sheet's font."""
        return self.font.replace("-Roman", "") + "-Bold"

    def next_page(self) -> None:
        """Goes on to an empty page."""
        self._canvas.showPage()
        self._pages.append(defaultdict(list))

    def finish(self) -> tuple[bytes, str]:
        """The PDF and its text: one printed line a row, pages parted by a form feed."""
        self._canvas.save()
        return self._buffer.getvalue(), "\f".join(_rows(page) for page in self._pages)


def _rows(page: dict[float, list[tuple[float, str]]]) -> str:
    rows = (" ".join(text for _, text in sorted(page[y])) for y in sorted(page))
    return "".join(f"{row}\n" for row in rows)
