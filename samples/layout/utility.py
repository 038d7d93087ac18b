"""The utility bill: a summary in a box, meter readings, a chart; the reckoning stands on the second page."""

from samples.invoice import Invoice
from samples.layout.part import facts, imprint, percent, sums
from samples.sheet import Sheet

LEFT, RIGHT = 55.0, 540.0
#: Shape of a year's consumption, a part of the highest month each.
YEAR = (0.95, 1.0, 0.82, 0.66, 0.5, 0.42, 0.4, 0.44, 0.55, 0.7, 0.84, 0.93)


def draw(invoice: Invoice) -> Sheet:
    """The invoice as a utility bill of two pages."""
    sheet = Sheet()
    _head(sheet, invoice)
    _summary(sheet, invoice)
    _meter(sheet, invoice)
    _chart(sheet, invoice)
    _foot(sheet, invoice, 1)
    sheet.next_page()
    _reckoning(sheet, invoice)
    _foot(sheet, invoice, 2)
    return sheet


def _head(sheet: Sheet, invoice: Invoice) -> None:
    name, *address = invoice.seller
    sheet.disc(LEFT + 16, 52, 16, invoice.accent)
    sheet.disc(LEFT + 22, 48, 9, "#ffffff")
    sheet.text(LEFT + 42, 52, name, 15, bold=True, ink=invoice.accent)
    sheet.text(LEFT + 42, 66, ", ".join(address), 9)
    sheet.block(LEFT, 130, invoice.buyer, 10.5, 15)
    for row, (label, value) in enumerate(facts(invoice)):
        sheet.text(360, 130 + 15 * row, label)
        sheet.text(RIGHT, 130 + 15 * row, value, align="right")


def _summary(sheet: Sheet, invoice: Invoice) -> None:
    country, words = invoice.country, invoice.country.words
    sheet.box(LEFT, 222, RIGHT - LEFT, 84, fill="#eef3f1", ink=invoice.accent)
    sheet.text(LEFT + 14, 244, words["summary"], 13, bold=True)
    period = f"{words['period']} {country.date(invoice.begin)} - {country.date(invoice.end)}"
    sheet.text(LEFT + 14, 264, period, 10)
    sheet.text(LEFT + 14, 290, words["total"], 13, bold=True)
    sheet.text(RIGHT - 14, 290, country.money(invoice.total), 16, bold=True, align="right")


def _meter(sheet: Sheet, invoice: Invoice) -> None:
    country, words = invoice.country, invoice.country.words
    used = invoice.items[0]
    present = invoice.reading + int(used.quantity)
    cells = {
        "meter": invoice.customer[::-1],
        "previous": f"{invoice.reading}",
        "present": f"{present}",
        "consumption": f"{country.number(used.quantity)} {used.unit}",
    }
    for column, (label, value) in enumerate(cells.items()):
        x = LEFT + 122 * column
        sheet.box(x, 330, 119, 46, ink="#888888")
        sheet.text(x + 8, 346, words[label], 8.5, ink="#333333")
        sheet.text(x + 8, 365, value, 12, bold=True)


def _chart(sheet: Sheet, invoice: Invoice) -> None:
    words = invoice.country.words
    sheet.text(LEFT, 412, words["chart"], 11, bold=True)
    for month, part in enumerate(YEAR):
        x = LEFT + 14 + 39 * month
        sheet.box(x, 580 - 140 * part, 24, 140 * part, fill=invoice.accent)
        sheet.text(x + 12, 594, words.months[month], 9, align="center")
    sheet.rule(LEFT, 580, RIGHT)
    sheet.text(LEFT, 632, words["explanation"], 11, bold=True)
    sheet.paragraph(LEFT, 650, words["explained"], RIGHT - LEFT, 9.5)


def _reckoning(sheet: Sheet, invoice: Invoice) -> None:
    country, words = invoice.country, invoice.country.words
    sheet.text(LEFT, 70, f"{words['invoice']} {invoice.number}", 13, bold=True)
    columns = {"quantity": 330.0, "price": 410.0, "rate": 455.0, "amount": RIGHT}
    sheet.text(LEFT, 106, words["description"], bold=True)
    for column, x in columns.items():
        sheet.text(x, 106, words[column], bold=True, align="right")
    sheet.rule(LEFT, 112, RIGHT, 1.0, invoice.accent)
    y = 130.0
    for item in invoice.items:
        sheet.text(LEFT, y, item.description)
        sheet.text(columns["quantity"], y, f"{country.number(item.quantity)} {item.unit}", align="right")
        sheet.text(columns["price"], y, country.money(item.price), align="right")
        sheet.text(columns["rate"], y, percent(country, item.rate), align="right")
        sheet.text(columns["amount"], y, country.money(item.amount), align="right")
        y += 18
    y = sums(sheet, invoice, 280, RIGHT, y + 14)
    sheet.paragraph(LEFT, y + 24, words["closing"], RIGHT - LEFT, 9.5)


def _foot(sheet: Sheet, invoice: Invoice, page: int) -> None:
    words = invoice.country.words
    sheet.rule(LEFT, 776, RIGHT, 0.5, invoice.accent)
    sheet.block(LEFT, 789, imprint(invoice), 8, 11)
    sheet.text(RIGHT, 811, f"{words['page']} {page} {words['of']} 2", 8, align="right")
