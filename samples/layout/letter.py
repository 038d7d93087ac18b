"""The letter: a page of prose with the sums in it, and the record of services as an annex."""

from samples.invoice import Invoice
from samples.layout.part import imprint, percent, sums
from samples.sheet import Sheet

LEFT, RIGHT = 70.0, 525.0


def draw(invoice: Invoice) -> Sheet:
    """The invoice as a letter of two pages."""
    sheet = Sheet(font="Times-Roman")
    _letter(sheet, invoice)
    sheet.next_page()
    _annex(sheet, invoice)
    return sheet


def _letter(sheet: Sheet, invoice: Invoice) -> None:
    country, words = invoice.country, invoice.country.words
    sheet.text(297.5, 64, invoice.seller[0], 18, bold=True, align="center", ink=invoice.accent)
    sheet.text(297.5, 80, " · ".join(invoice.seller[1:]), 10, align="center")
    sheet.rule(LEFT, 90, RIGHT, 1.0)
    sheet.block(LEFT, 140, invoice.buyer, 11, 15)
    sheet.text(RIGHT, 220, f"{words['date']}: {country.date(invoice.issued)}", 11, align="right")
    sheet.text(LEFT, 262, f"{words['number']} {invoice.number}", 12, bold=True)
    period = f"{words['period']}: {country.date(invoice.begin)} - {country.date(invoice.end)}"
    sheet.text(LEFT, 279, period, 11)
    sheet.text(LEFT, 312, words["greeting"], 11)
    y = sheet.paragraph(LEFT, 336, words["opening"], RIGHT - LEFT, 11)
    y = sums(sheet, invoice, LEFT + 40, RIGHT - 40, y + 16, leading=18)
    y = sheet.paragraph(LEFT, y + 20, words["closing"], RIGHT - LEFT, 11)
    sheet.text(LEFT, y + 8, f"{words['due']}: {country.date(invoice.due)}", 11, bold=True)
    sheet.text(LEFT, y + 44, words["regards"], 11)
    sheet.text(LEFT, y + 84, invoice.seller[0], 11)
    sheet.rule(LEFT, 768, RIGHT, 0.5)
    sheet.block(LEFT, 782, imprint(invoice), 9, 13)


def _annex(sheet: Sheet, invoice: Invoice) -> None:
    country, words = invoice.country, invoice.country.words
    sheet.text(LEFT, 80, words["annex"], 14, bold=True)
    sheet.text(LEFT, 98, f"{words['number']} {invoice.number}", 11)
    columns = {"quantity": 370.0, "price": 440.0, "amount": RIGHT}
    sheet.text(LEFT, 134, words["description"], 10, bold=True)
    for column, x in columns.items():
        sheet.text(x, 134, words[column], 10, bold=True, align="right")
    sheet.rule(LEFT, 140, RIGHT, 1.0)
    y = 160.0
    for item in invoice.items:
        sheet.text(LEFT, y, item.description, 10.5)
        sheet.text(columns["quantity"], y, f"{country.number(item.quantity)} {item.unit}", 10.5, align="right")
        sheet.text(columns["price"], y, country.money(item.price), 10.5, align="right")
        sheet.text(columns["amount"], y, country.money(item.amount), 10.5, align="right")
        sheet.text(LEFT + 12, y + 14, f"{country.tax} {percent(country, item.rate)}", 9)
        y += 36
    sheet.rule(LEFT, y - 14, RIGHT, 1.0)
    sheet.text(LEFT, y + 4, words["subtotal"], 11, bold=True)
    sheet.text(RIGHT, y + 4, country.money(invoice.subtotal), 11, bold=True, align="right")
