"""Parts that several layouts share: rates, the sums at the end, and where to pay."""

from decimal import Decimal

from samples.country import Country
from samples.invoice import Invoice
from samples.sheet import Sheet


def percent(country: Country, rate: Decimal) -> str:
    """A rate in percent as this country writes it."""
    return country.number(rate) + ("%" if country.language == "en" else " %")


def sums(sheet: Sheet, invoice: Invoice, left: float, right: float, y: float, leading: float = 15) -> float:
    """Net, each tax and the total, the total in bold; returns the y below."""
    country, words = invoice.country, invoice.country.words
    rows = [(words["subtotal"], invoice.subtotal)]
    rows += [
        (f"{country.tax} {percent(country, tax.rate)} {words['on']} {country.money(tax.net)}", tax.amount)
        for tax in invoice.taxes
    ]
    for label, amount in rows:
        sheet.text(left, y, label)
        sheet.text(right, y, country.money(amount), align="right")
        y += leading
    sheet.rule(left, y - leading + 5, right)
    sheet.text(left, y + 3, words["total"], 11, bold=True)
    sheet.text(right, y + 3, country.money(invoice.total), 11, bold=True, align="right")
    return y + leading + 3


def imprint(invoice: Invoice) -> tuple[str, ...]:
    """Tax number, bank account, phone and mail of the seller, as far as it has them."""
    country, words = invoice.country, invoice.country.words
    account = (f"{words['bank']}: IBAN {invoice.iban}",) if invoice.iban else ()
    return (
        f"{country.tax_id} {invoice.tax_number}",
        *account,
        f"{words['phone']} {invoice.phone}, {invoice.mail}",
    )


def facts(invoice: Invoice) -> list[tuple[str, str]]:
    """Number, dates and customer, each with its label."""
    country, words = invoice.country, invoice.country.words
    return [
        (words["number"], invoice.number),
        (words["issued"], country.date(invoice.issued)),
        (words["due"], country.date(invoice.due)),
        (words["customer"], invoice.customer),
    ]
