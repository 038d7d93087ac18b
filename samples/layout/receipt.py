"""The till receipt: narrow paper, typewriter letters, all in one column."""

from samples.invoice import Invoice
from samples.layout.part import percent
from samples.sheet import Sheet

WIDTH, LEFT, RIGHT, ROW = 226.0, 12.0, 214.0, 13.0


def draw(invoice: Invoice) -> Sheet:
    """The invoice as a till receipt on 80 mm paper."""
    sheet = Sheet(WIDTH, 300 + 2 * ROW * len(invoice.items) + ROW * len(invoice.taxes), font="Courier")
    y = _head(sheet, invoice)
    country = invoice.country
    for item in invoice.items:
        sheet.text(LEFT, y, item.description)
        cells = f"{country.number(item.quantity)} x {country.money(item.price)}"
        sheet.text(LEFT + 14, y + ROW, cells)
        sheet.text(RIGHT, y + ROW, country.money(item.amount), align="right")
        y += 2 * ROW
    y = _sums(sheet, invoice, y)
    words = country.words
    sheet.text(WIDTH / 2, y + 20, f"{words['served']} {invoice.mail}", align="center")
    sheet.text(WIDTH / 2, y + 36, words["thanks"], 8, align="center")
    return sheet


def _head(sheet: Sheet, invoice: Invoice) -> float:
    name, *address = invoice.seller
    country, words = invoice.country, invoice.country.words
    sheet.text(WIDTH / 2, 32, name, 13, bold=True, align="center")
    lines = (*address, f"{words['phone']} {invoice.phone}", f"{country.tax_id} {invoice.tax_number}")
    for row, line in enumerate(lines):
        sheet.text(WIDTH / 2, 50 + 12 * row, line, 8.5, align="center")
    y = 50 + 12 * len(lines) + 14
    sheet.text(WIDTH / 2, y, words["receipt"].upper(), 10, bold=True, align="center")
    sheet.text(LEFT, y + 18, f"{words['number']} {invoice.number}")
    sheet.text(LEFT, y + 31, country.date(invoice.issued))
    sheet.text(RIGHT, y + 31, invoice.buyer[0], align="right")
    sheet.rule(LEFT, y + 39, RIGHT, dash=True)
    return y + 54


def _sums(sheet: Sheet, invoice: Invoice, y: float) -> float:
    country, words = invoice.country, invoice.country.words
    sheet.rule(LEFT, y - 7, RIGHT, dash=True)
    rows = [(words["subtotal"], invoice.subtotal)]
    rows += [
        (f"{country.tax} {percent(country, tax.rate)} {words['on']} {country.money(tax.net)}", tax.amount)
        for tax in invoice.taxes
    ]
    for label, amount in rows:
        sheet.text(LEFT, y + 7, label, 8)
        sheet.text(RIGHT, y + 7, country.money(amount), 8, align="right")
        y += ROW
    sheet.rule(LEFT, y, RIGHT, dash=True)
    sheet.text(LEFT, y + 16, words["total"].upper(), 11, bold=True)
    sheet.text(RIGHT, y + 16, country.money(invoice.total), 11, bold=True, align="right")
    return y + 22
