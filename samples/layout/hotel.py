"""The guest folio of a hotel: a stay by days, each charge on its own row, taxes in a table of their own."""

from samples.invoice import Invoice
from samples.layout.part import imprint, percent, sums
from samples.sheet import Sheet

LEFT, RIGHT = 60.0, 535.0
COLUMNS = {"quantity": 345.0, "price": 415.0, "rate": 462.0, "amount": RIGHT}


def draw(invoice: Invoice) -> Sheet:
    """The invoice as a guest folio."""
    sheet = Sheet(font="Times-Roman")
    _head(sheet, invoice)
    y = _stay(sheet, invoice, 315)
    y = sums(sheet, invoice, 250, RIGHT, y + 20, leading=16)
    sheet.text(297.5, y + 60, invoice.country.words["thanks"], 12, align="center")
    sheet.rule(LEFT, 762, RIGHT, 0.5, invoice.accent)
    for row, line in enumerate(imprint(invoice)):
        sheet.text(297.5, 776 + 13 * row, line, 9, align="center")
    return sheet


def _head(sheet: Sheet, invoice: Invoice) -> None:
    name, *address = invoice.seller
    country, words = invoice.country, invoice.country.words
    sheet.disc(297.5, 58, 20, invoice.accent)
    sheet.text(297.5, 66, name.split()[1][0], 24, bold=True, align="center", ink="#ffffff")
    sheet.text(297.5, 104, name, 20, bold=True, align="center", ink=invoice.accent)
    sheet.text(297.5, 121, ", ".join(address), 10, align="center")
    sheet.block(LEFT, 170, invoice.buyer, 11, 15)
    stay = [
        (words["number"], invoice.number),
        (words["issued"], country.date(invoice.issued)),
        (words["room"], invoice.customer[:3]),
        (words["arrival"], country.date(invoice.begin)),
        (words["departure"], country.date(invoice.end)),
        (words["due"], country.date(invoice.due)),
    ]
    for row, (label, value) in enumerate(stay):
        sheet.text(370, 170 + 15 * row, label, 10)
        sheet.text(RIGHT, 170 + 15 * row, value, 10, align="right")


def _stay(sheet: Sheet, invoice: Invoice, y: float) -> float:
    country, words = invoice.country, invoice.country.words
    sheet.text(LEFT, y - 22, words["date"], 10, bold=True)
    sheet.text(LEFT + 66, y - 22, words["description"], 10, bold=True)
    for column, x in COLUMNS.items():
        sheet.text(x, y - 22, words[column], 10, bold=True, align="right")
    sheet.rule(LEFT, y - 15, RIGHT, 1.0, invoice.accent)
    for item in invoice.items:
        sheet.text(LEFT, y, country.date(item.day), 10)
        sheet.text(LEFT + 66, y, item.description, 10)
        sheet.text(COLUMNS["quantity"], y, f"{country.number(item.quantity)} {item.unit}", 10, align="right")
        sheet.text(COLUMNS["price"], y, country.money(item.price), 10, align="right")
        sheet.text(COLUMNS["rate"], y, percent(country, item.rate), 10, align="right")
        sheet.text(COLUMNS["amount"], y, country.money(item.amount), 10, align="right")
        y += 19
    sheet.rule(LEFT, y - 10, RIGHT, 0.6)
    return y
