"""Reads the invoice that a PDF carries as XML beside its pages: ZUGFeRD, Factur-X, XRechnung (UN/CEFACT's CII or UBL).

Elements are told by their local names, which ZUGFeRD 1.0, 2.x and Factur-X have in common, and which UBL 2 gives no
other meaning; profiles differ in how much they state. Nothing but figures is taken, and no document type, entity or
reference is followed.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, ParseError

import defusedxml
from defusedxml.ElementTree import fromstring

from jobs.result import Statement

#: The attachment's name by each standard, in lower case. Order-X is an order, no invoice.
NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
#: The samples of the ZUGFeRD corpus have 20 kB; a thousand positions have about 1 MB.
MAX_BYTES = 4 << 20

_TOTALS = {
    "TaxBasisTotalAmount": "net",
    "TaxTotalAmount": "tax",
    "GrandTotalAmount": "gross",
    "DuePayableAmount": "due",
    # UBL's; its tax stands outside of them.
    "TaxExclusiveAmount": "net",
    "TaxInclusiveAmount": "gross",
    "PayableAmount": "due",
}
_SUMMATIONS = ("MonetarySummation", "LegalMonetaryTotal")
_MOST_VALUES = 10_000
_AMOUNT = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_DATE = re.compile(r"\d{4}-?\d\d-?\d\d")
_CODE = re.compile(r"(?=.*\d)[\w ./+-]{3,40}")
_DATES = ("DateTimeString", "DateString", "DateTime", "Date")


def read_statement(name: str, data: bytes) -> Statement:
    """Read what the XML states. One that can't be read states nothing, and says why.

    Args:
        name: of the attachment, for the record.
        data: the XML; more than `MAX_BYTES` is not parsed.
    """
    if len(data) > MAX_BYTES:
        return Statement(source=name, unreadable=f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, ValueError, LookupError, defusedxml.DefusedXmlException):
        return Statement(source=name, unreadable="it is no XML that is safe to read")
    elements = list(root.iter())
    if not (totals := dict(_totals(elements)) | dict(_ubl_tax(root))):
        return Statement(source=name, unreadable="it is no invoice of a kind that ocrfleet knows")
    return Statement(
        source=name,
        totals=totals,
        amounts=_distinct(_matching(_amounts(elements), _AMOUNT)),
        dates=_distinct(date.replace("-", "") for date in _matching(_dates(elements), _DATE)),
        codes=_distinct(_matching((each for each in elements if _is_code(each)), _CODE)),
    )


def _totals(elements: Iterable[Element]) -> Iterator[tuple[str, str]]:
    for summation in elements:
        if _local(summation).endswith(_SUMMATIONS) and "Line" not in _local(summation):
            for each in summation:
                if (role := _TOTALS.get(_local(each))) and _AMOUNT.fullmatch(_text(each)):
                    yield role, _text(each)


def _ubl_tax(root: Element) -> Iterator[tuple[str, str]]:
    """UBL's tax, in the currency of the invoice; it may be stated a second time, in that of the books."""
    currency = next((_text(each) for each in root if _local(each) == "DocumentCurrencyCode"), "")
    for total in root:
        for each in total if _local(total) == "TaxTotal" else ():
            if _local(each) == "TaxAmount" and each.get("currencyID") == currency and _AMOUNT.fullmatch(_text(each)):
                yield "tax", _text(each)


def _amounts(elements: Iterable[Element]) -> Iterator[Element]:
    return (each for each in elements if _local(each).endswith(("Amount", "Quantity", "Percent")))


def _dates(elements: Iterable[Element]) -> Iterator[Element]:
    return (each for each in elements if _local(each).endswith(_DATES))


def _is_code(element: Element) -> bool:
    """Identifiers that pages print: IBANs, VAT ids, numbers of documents."""
    name = _local(element)
    return name in ("IBANID", "IssuerAssignedID", "CompanyID") or (name == "ID" and len(_text(element)) > 2)


def _matching(elements: Iterable[Element], shape: re.Pattern[str]) -> Iterator[str]:
    return (_text(each) for each in elements if shape.fullmatch(_text(each)))


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:_MOST_VALUES]


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: Element) -> str:
    return (element.text or "").strip()
