"""The classic: letterhead, address and facts side by side, a ruled table, sums, an imprint. Runs over pages."""

from samples.invoice import Invoice, Item
from samples.layout.part import facts, imprint, percent, sums
from samples.sheet import Sheet

LEFT, RIGHT, BOTTOM = 50.0, 545.0, 730.0
COLUMNS = {"position": 76.0, "description": 86.0, "quantity": 335.0, "price": 420.0, "rate": 470.0, "amount": 539.0}
ROW = 17.0


def draw(invoice: Invoice) -> Sheet:
    """The invoice as a classic table."""
    sheet = Sheet()
    y = _head(sheet, invoice)
    page = 1
    for position, item in enumerate(invoice.items, 1):
        if y > BOTTOM - ROW:
            _foot(sheet, invoice, page)
            sheet.next_page()
            page += 1
            y = _table_head(sheet, invoice, 60)
        y = _row(sheet, invoice, position, item, y)
    if y > BOTTOM - 120:
        _foot(sheet, invoice, page)
        sheet.next_page()
        page, y = page + 1, 60
    sheet.rule(LEFT, y - 8, RIGHT)
    y = sums(sheet, invoice, 305, COLUMNS["amount"], y + 12)
    sheet.paragraph(LEFT, y + 20, invoice.country.words["terms"], RIGHT - LEFT, 9)
    _foot(sheet, invoice, page)
    return sheet


def _head(sheet: Sheet, invoice: Invoice) -> float:
    name, *address = invoice.seller
    sheet.box(LEFT, 40, 12, 34, fill=invoice.accent)
    sheet.text(LEFT + 22, 56, name, 17, bold=True, ink=invoice.accent)
    sheet.text(LEFT + 22, 72, ", ".join(address), 9)
    words = invoice.country.words
    sheet.text(RIGHT, 112, words["invoice"].upper(), 20, bold=True, align="right")
    sheet.text(LEFT, 130, words["bill_to"], 8, ink="#555555")
    sheet.block(LEFT, 146, invoice.buyer, 10, 14)
    for row, (label, value) in enumerate(facts(invoice)):
        sheet.text(390, 146 + 14 * row, label, 9, ink="#333333")
        sheet.text(RIGHT, 146 + 14 * row, value, 9, align="right")
    return _table_head(sheet, invoice, 235)


def _table_head(sheet: Sheet, invoice: Invoice, y: float) -> float:
    sheet.box(LEFT, y - 13, RIGHT - LEFT, 19, fill="#e4e7ea", ink="#666666")
    for column, x in COLUMNS.items():
        align = "left" if column == "description" else "right"
        sheet.text(x, y, invoice.country.words[column], 8.5, bold=True, align=align)
    return y + 22


def _row(sheet: Sheet, invoice: Invoice, position: int, item: Item, y: float) -> float:
    country = invoice.country
    cells = {
        "position": str(position),
        "quantity": f"{country.number(item.quantity)} {item.unit}",
        "price": country.money(item.price),
        "rate": percent(country, item.rate),
        "amount": country.money(item.amount),
    }
    sheet.text(COLUMNS["description"], y, item.description)
    for column, cell in cells.items():
        sheet.text(COLUMNS[column], y, cell, align="right")
    sheet.rule(LEFT, y + 5, RIGHT, 0.3, "#aaaaaa")
    return y + ROW


def _foot(sheet: Sheet, invoice: Invoice, page: int) -> None:
    sheet.rule(LEFT, 770, RIGHT, 0.5, invoice.accent)
    for row, line in enumerate(imprint(invoice)):
        sheet.text(LEFT, 783 + 12 * row, line, 8)
    sheet.text(RIGHT, 783, f"{invoice.country.words['page']} {page}", 8, align="right")
