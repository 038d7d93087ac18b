"""All bad documents by name, the same for the same seed."""

from bench.hostile.attachment import bad_attachments
from bench.hostile.fuzz import mutants
from bench.hostile.good import good_files
from bench.hostile.pdf import bad_pdfs
from bench.hostile.picture import bad_pictures

#: Damaged copies of each of the 17 good files.
EACH = 14


def corpus(seed: int, each: int = EACH) -> dict[str, bytes]:
    """Make them: hand-made ones, then damaged ones."""
    return by_hand() | dict(mutants(good_files(), seed, each))


def by_hand() -> dict[str, bytes]:
    """Make the hand-made ones."""
    pdfs = {f"{name}.pdf": data for name, data in (*bad_pdfs(), *bad_attachments())}
    return pdfs | dict(bad_pictures())
