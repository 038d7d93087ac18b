"""Every error a document can end with. A leaf is retryable or permanent; the worker knows nothing else.

OcrFleetError
├── RetryableError            the same attempt may succeed later
│   ├── StoreUnavailable      the document store does not answer
│   │   └── WrongStore        it is another one than the documents were put in
│   ├── LedgerUnavailable     Redis does not answer
│   │   ├── LedgerReadOnly    it answers and takes no writes: full, a replica, or its disk fails
│   │   └── LedgerShut        it answers and does not let us in: a setting is wrong
│   ├── OcrUnavailable        the OCR engine can't run on this node; another may have it
│   │   └── OcrNotInstalled   its package is not here
│   ├── NodeOutdated          a newer ocrfleet made this; another node may be upgraded already
│   └── EngineUnavailable     the correction engine does not answer
├── PermanentError            no retry can help
│   ├── UnsupportedDocument   not a type we read
│   ├── CorruptDocument       damaged, truncated or empty
│   ├── EncryptedDocument     needs a password that was not given
│   ├── DocumentTooLarge      over a bound on bytes, pages or pixels
│   ├── NoTextLayer           a page has no text of its own that can be trusted, and nothing else was to be read
│   ├── DocumentMissing       not in the store
│   ├── NoPages               none of the chosen pages is in it
│   ├── WorkerKilled          took its process with it, attempt after attempt
│   └── InvalidJob            a message that is not a job of ours
├── OcrFailed                 the OCR engine failed at a page, or died of it: costs the job an attempt
├── LeaseLost                 another worker has the job now: drop what is in hand
├── ModelError                no usable model: the message says how to get one
└── UsageError                the command can't be carried out as it was given

A class' docstring is its default message; a message ends with what mends it.
"""


class OcrFleetError(Exception):
    """Something went wrong in ocrfleet."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())

    @property
    def reason(self) -> str:
        """What a person reads in a listing: `CorruptDocument: the file is empty`."""
        return f"{type(self).__name__}: {self}"


class RetryableError(OcrFleetError):
    """The same attempt may succeed later."""


class StoreUnavailable(RetryableError):
    """The document store does not answer."""


class WrongStore(StoreUnavailable):
    """The store is another one than the documents were put in. Set OCRFLEET_STORE_URL as where they were submitted."""


class LedgerUnavailable(RetryableError):
    """Redis does not answer."""


class LedgerReadOnly(LedgerUnavailable):
    """Redis takes no writes."""


class LedgerShut(LedgerUnavailable):
    """Redis does not let us in."""


class OcrUnavailable(RetryableError):
    """The OCR engine can't run on this node."""


class OcrNotInstalled(OcrUnavailable):
    """The OCR engine is not installed on this node."""


class EngineUnavailable(RetryableError):
    """The correction engine does not answer."""


class NodeOutdated(RetryableError):
    """A newer ocrfleet than this one made the batch. Upgrade this one."""


class PermanentError(OcrFleetError):
    """No retry can help."""


class UnsupportedDocument(PermanentError):
    """The file is of no type that ocrfleet reads."""


class CorruptDocument(PermanentError):
    """The file is damaged."""


class EncryptedDocument(PermanentError):
    """The document needs a password. Give it with --password-file FILE (in a fleet: ocrfleet retry BATCH)."""


class DocumentTooLarge(PermanentError):
    """The document is over a bound on bytes, pages or pixels."""


class NoTextLayer(PermanentError):
    """A page has no text of its own that can be trusted. Read it with --text-layer auto."""


class DocumentMissing(PermanentError):
    """The document is not in the store. Submit it again."""


class NoPages(PermanentError):
    """None of the chosen pages is in the document. Choose others with --pages."""


class WorkerKilled(PermanentError):
    """The document took its worker process with it, attempt after attempt."""


class InvalidJob(PermanentError):
    """The message is not a job of ours. docs/wire.md says what a job looks like."""


class OcrFailed(OcrFleetError):
    """The OCR engine failed at a page."""


class LeaseLost(OcrFleetError):
    """Another worker has the job now."""


class ModelError(OcrFleetError):
    """There is no usable model."""


class UsageError(OcrFleetError):
    """The command can't be carried out as it was given."""
