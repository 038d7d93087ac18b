"""When a licence of Aspose ends, by its own text: XML with dates as 20271231."""

from datetime import date, datetime
from xml.etree import ElementTree

from config.settings import Settings


def expiry(settings: Settings) -> date | None:
    """The day a licence ends (temporary and rented ones do); None where it does not, or does not say so legibly."""
    try:
        found = ElementTree.fromstring(_text(settings)).findtext(".//LicenseExpiry")
        return datetime.strptime(found, "%Y%m%d").date() if found else None
    except (OSError, ElementTree.ParseError, ValueError):
        return None


def _text(settings: Settings) -> str:
    if settings.aspose_license_text:
        return settings.aspose_license_text.get_secret_value()
    return settings.aspose_license_path.read_text("utf-8-sig") if settings.aspose_license_path else ""
