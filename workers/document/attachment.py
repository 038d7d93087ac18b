"""Finds the XML among the files that a PDF carries."""

import ctypes

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from jobs.result import Statement
from workers.document.invoice_xml import MAX_BYTES, NAMES, read_statement

#: So many attachments are looked at.
_MOST = 100


def find_statement(pdf: pdfium.PdfDocument) -> Statement | None:
    """Read the invoice's XML; None where the PDF carries none.

    Raises:
        PdfiumError: an attachment is damaged.
    """
    for index in range(min(_MOST, pdf.count_attachments())):
        attachment = pdf.get_attachment(index)
        name = attachment.get_name()
        if name.lower() in NAMES:
            if _size_bytes(attachment) > MAX_BYTES:
                return Statement(source=name, unreadable=f"it is larger than {MAX_BYTES >> 20} MiB")
            return read_statement(name, bytes(attachment.get_data()))
    return None


def _size_bytes(attachment: pdfium.PdfAttachment) -> int:
    size = ctypes.c_ulong()
    pdfium_c.FPDFAttachment_GetFile(attachment, None, 0, size)
    return size.value
