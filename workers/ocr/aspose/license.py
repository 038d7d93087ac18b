"""What a licence of Aspose says of its end, by its own text: XML with dates as 20271231."""

from datetime import date, datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from config.settings import Settings


class Terms(NamedTuple):
    """Both dates are None where the licence does not say them legibly."""

    ends: date | None  # temporary and rented ones do
    releases_until: date | None  # later releases of Aspose.OCR refuse it


def terms(settings: Settings) -> Terms:
    """Read a licence's dates; a metered one has none."""
    try:
        root = fromstring(_text(settings))
    except (OSError, ParseError, ValueError, DefusedXmlException):
        return Terms(None, None)
    return Terms(_day(root, "LicenseExpiry"), _day(root, "SubscriptionExpiry"))


def _day(root: Element, name: str) -> date | None:
    try:
        return datetime.strptime(root.findtext(f".//{name}") or "", "%Y%m%d").date()
    except ValueError:
        return None


def _text(settings: Settings) -> str:
    if settings.aspose_license_text:
        return settings.aspose_license_text.get_secret_value()
    return settings.aspose_license_path.read_text("utf-8-sig") if settings.aspose_license_path else ""
