"""Opens a PDF, with a password where it needs one, or says why it can't be opened."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pydantic import SecretStr

from jobs.errors import CorruptDocument, EncryptedDocument, PermanentError

#: What of a password counts.
_MOST_BYTES = 127
#: Asked only where a document needs one: they are read from the store then.
Passwords = Callable[[], Sequence[SecretStr]]


def open_pdf(data: bytes, passwords: Passwords) -> pdfium.PdfDocument:
    """Open a PDF. PDFium tries the empty password by itself.

    Raises:
        EncryptedDocument: no password opens it.
        CorruptDocument: it is damaged, cut off or without pages.
    """
    with suppress(pdfium.PdfiumError):
        return pdfium.PdfDocument(data)
    code = _why_it_fails(data)
    if code != pdfium_c.FPDF_ERR_PASSWORD:
        raise _explain(code)
    known = passwords()
    for password in known:
        for spelling in _spellings(password.get_secret_value()):
            with suppress(pdfium.PdfiumError):
                return pdfium.PdfDocument(data, password=spelling)
    raise EncryptedDocument(_nothing_opens_it(len(known)))


def _spellings(password: str) -> Iterator[str]:
    """As it was given, and as PDF 2.0 has it prepared (ISO 32000-2, 7.6.4.3.3), which PDFium leaves to its caller."""
    yield password
    prepared = unicodedata.normalize("NFKC", password).encode()[:_MOST_BYTES].decode(errors="ignore")
    if prepared != password:
        yield prepared


def _nothing_opens_it(tried: int) -> str:
    said = f"none of the {tried} given opens it" if tried else "none was given"
    return f"The PDF needs a password, and {said}. Give it with --password-file FILE (in a fleet: ocrfleet retry BATCH)"


def _why_it_fails(data: bytes) -> int | None:
    """PDFium's code for why it can't open this.

    It keeps its last error, and a PDF without pages fails without one of its own: after an encrypted file it would
    pass for encrypted. So bytes that are no PDF set the error anew first.
    """
    code: int | None = None
    for attempt in (b"no PDF", data):
        try:
            pdfium.PdfDocument(attempt).close()
        except pdfium.PdfiumError as error:
            code = error.err_code
    return code


def _explain(code: int | None) -> PermanentError:
    if code == pdfium_c.FPDF_ERR_SECURITY:
        return EncryptedDocument("The PDF is encrypted in a way that PDFium does not know. Save it without encryption.")
    return CorruptDocument("The PDF is damaged, cut off or without pages: PDFium can't open it.")
