"""The minimalist: one column, much white, no rules but one."""

from samples.invoice import Invoice
from samples.layout.part import facts, imprint, sums
from samples.sheet import Sheet

LEFT, RIGHT = 90.0, 505.0


def draw(invoice: Invoice) -> Sheet:
    """The invoice as a designer would set it."""
    sheet = Sheet()
    words, country = invoice.country.words, invoice.country
    sheet.text(LEFT, 110, words["invoice"], 30, ink=invoice.accent)
    y = 150.0
    for label, value in facts(invoice):
        sheet.text(LEFT, y, label, 9, ink="#555555")
        sheet.text(LEFT + 120, y, value, 9)
        y += 15
    sheet.block(LEFT, 240, invoice.seller, 10, 15)
    sheet.block(LEFT + 230, 240, invoice.buyer, 10, 15)
    y = 330.0
    for item in invoice.items:
        sheet.text(LEFT, y, item.description, 10)
        sheet.text(RIGHT, y, country.money(item.amount), 10, align="right")
        detail = f"{country.number(item.quantity)} {item.unit} x {country.money(item.price)}"
        sheet.text(LEFT, y + 14, detail, 8.5, ink="#444444")
        y += 40
    sheet.rule(LEFT, y - 8, RIGHT, 1.2, invoice.accent)
    y = sums(sheet, invoice, LEFT, RIGHT, y + 14, leading=18)
    sheet.text(LEFT, y + 40, words["thanks"], 10)
    sheet.block(LEFT, 740, imprint(invoice), 8.5, 13)
    return sheet
