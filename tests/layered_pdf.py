"""PDFs whose text and look differ, made here."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas

SIZE = (420.0, 300.0)
LINES = ("Invoice 4711", "Date: 2026-11-22", "Consulting 3 x 150.00", "Total 450.00")


def pdf(draw: Callable[[Canvas], object], size: tuple[float, float] = SIZE) -> bytes:
    """A page that `draw` draws."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=size, pageCompression=0)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def write(canvas: Canvas, lines: tuple[str, ...] = LINES, font: str = "Helvetica", size: float = 12) -> None:
    """Lines from the top left, 24 points apart."""
    canvas.setFont(font, size)
    for row, line in enumerate(lines):
        canvas.drawString(40, 250 - 24 * row, line)


def picture(lines: tuple[str, ...] = LINES, width: int = 840, height: int = 600) -> ImageReader:
    """An image of text on white, as a scanner gives it."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((80, 60 + 48 * row), line, "black", ImageFont.load_default(24))
    return ImageReader(image)


def turned(data: bytes, degrees: int) -> bytes:
    """The page turned clockwise, as `/Rotate` says it."""
    with closing(pdfium.PdfDocument(data)) as document:
        document[0].set_rotation(degrees)
        file = BytesIO()
        document.save(file)
    return file.getvalue()


def with_file(data: bytes, name: str, content: bytes) -> bytes:
    """The PDF with a file attached."""
    with closing(pdfium.PdfDocument(data)) as document:
        document.new_attachment(name).set_data(content)
        file = BytesIO()
        document.save(file)
    return file.getvalue()


def invoice_xml(net: str = "210.00", tax: str = "39.90", gross: str = "249.90", more: str = "") -> bytes:
    """An invoice as Factur-X writes it, as far as its figures go."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <rsm:ExchangedDocument><ram:ID>RE-2026/4711</ram:ID>
  <ram:IssueDateTime><udt:DateTimeString format="102">20261122</udt:DateTimeString></ram:IssueDateTime>
 </rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:ChargeAmount>40.0000</ram:ChargeAmount><ram:BilledQuantity unitCode="C62">3.0000</ram:BilledQuantity>
  <ram:LineTotalAmount>120.00</ram:LineTotalAmount><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>
  <ram:IBANID>DE88200800000970375700</ram:IBANID>{more}
  <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
   <ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
   <ram:TaxTotalAmount currencyID="EUR">{tax}</ram:TaxTotalAmount>
   <ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount><ram:DuePayableAmount>{gross}</ram:DuePayableAmount>
  </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>""".encode()


def invoice_ubl() -> bytes:
    """The same invoice as UBL writes it."""
    return b"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>RE-2026/4711</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate>
 <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode>
 <cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID>
  <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>
 <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>DE88200800000970375700</cbc:ID></cac:PayeeFinancialAccount>
 </cac:PaymentMeans>
 <cac:TaxTotal><cbc:TaxAmount currencyID="SEK">448.08</cbc:TaxAmount></cac:TaxTotal>
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">39.90</cbc:TaxAmount></cac:TaxTotal>
 <cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">210.00</cbc:LineExtensionAmount>
  <cbc:TaxExclusiveAmount currencyID="EUR">210.00</cbc:TaxExclusiveAmount>
  <cbc:TaxInclusiveAmount currencyID="EUR">249.90</cbc:TaxInclusiveAmount>
  <cbc:PayableAmount currencyID="EUR">249.90</cbc:PayableAmount></cac:LegalMonetaryTotal>
 <cac:InvoiceLine><cbc:InvoicedQuantity unitCode="C62">3.0000</cbc:InvoicedQuantity>
  <cbc:LineExtensionAmount currencyID="EUR">120.00</cbc:LineExtensionAmount>
  <cac:Item><cac:ClassifiedTaxCategory><cbc:Percent>19.00</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
  <cac:Price><cbc:PriceAmount currencyID="EUR">40.0000</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
</Invoice>"""


@contextmanager
def lying_font(claims: dict[str, str]) -> Iterator[str]:
    """A TrueType font whose table of characters claims others for some of its glyphs."""
    honest = ttfonts.makeToUnicodeCMap

    def lie(name: str, subset: list[int]) -> str:
        claimed: str = honest(name, [ord(claims.get(chr(code), chr(code))) for code in subset])
        return claimed

    ttfonts.makeToUnicodeCMap = lie
    try:
        name = f"Lying{len(pdfmetrics.getRegisteredFontNames())}"
        pdfmetrics.registerFont(ttfonts.TTFont(name, "Vera.ttf"))
        yield name
    finally:
        ttfonts.makeToUnicodeCMap = honest
