"""What a sample's page says, in figures, in the form that measurements compare with."""

from decimal import Decimal
from typing import Any

from samples.invoice import Invoice


def truth(invoice: Invoice, layout: str) -> dict[str, Any]:
    """Number, currency, totals, amounts, dates (YYYYMMDD) and identifiers that the page prints."""
    dates = {invoice.issued}
    if layout != "receipt":
        dates.add(invoice.due)
    if layout in ("letter", "utility", "hotel"):
        dates |= {invoice.begin, invoice.end}
    if layout == "hotel":
        dates |= {item.day for item in invoice.items}
    return {
        "invoice_number": invoice.number,
        "country": invoice.country.code,
        "language": invoice.country.language,
        "currency": invoice.country.currency,
        "totals": {"net": _plain(invoice.subtotal), "tax": _plain(invoice.tax), "gross": _plain(invoice.total)},
        "taxes": [{"rate": str(tax.rate), "net": _plain(tax.net), "tax": _plain(tax.amount)} for tax in invoice.taxes],
        "lines": [
            {"quantity": str(item.quantity), "price": _plain(item.price), "amount": _plain(item.amount)}
            for item in invoice.items
        ],
        "amounts": sorted(map(_plain, invoice.amounts), key=Decimal),
        "dates": sorted(f"{date:%Y%m%d}" for date in dates),
        "ibans": [invoice.iban.replace(" ", "")] if invoice.iban and layout != "receipt" else [],
        "vat_ids": [invoice.tax_number],
    }


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
