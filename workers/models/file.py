"""A model file that was looked at: it is whole, a language model, and has a checksum and a licence."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import ModelError
from workers.models.checksum import compute, recall, remember, sha256_of
from workers.models.choice import FileSet, file_sets
from workers.models.gguf import Header, read_header
from workers.models.license import License, license_of
from workers.models.progress import Progress


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A usable GGUF model.

    Attributes:
        path: The file to load; of a split model its first part.
        name: File name without ending and part number.
        sha256: In hex. Of a split model: the SHA-256 of its parts' sums in hex, one a line.
        size_bytes: All parts together.
        license: Under which licence it comes.
        parts: Every file of it.
    """

    path: Path
    name: str
    sha256: str
    size_bytes: int
    license: License
    parts: tuple[Path, ...]


def open_model(parts: tuple[Path, ...], progress: Progress | None = None) -> ModelFile:
    """Check the files of a model and describe it. The checksum is computed at most once.

    Raises:
        ModelError: a part is missing, foreign, damaged or truncated, or the model is none that can write text.
    """
    header = check(parts)
    sums = [sha256_of(part, progress) for part in parts]
    name = file_set_of(parts[0]).name
    return ModelFile(parts[0], name, combined(sums), size_of(parts), licensed(parts, header), parts)


def verify(parts: tuple[Path, ...], progress: Progress | None = None) -> bool:
    """Read every byte again and compare it with the checksums kept since the download or the first start.

    Returns:
        Whether there was a checksum to compare with for every part; if not, there is one now.

    Raises:
        ModelError: as `open_model`, or the bytes have changed.
    """
    check(parts)
    kept = {part: recall(part) for part in parts}
    for part, before in kept.items():
        now = compute(part, progress)
        if before and now != before:
            raise ModelError(
                f"{part} has changed on disk: its SHA-256 is {now}, it was {before}. Delete it and get the model again."
            )
        remember(part, now)
    return all(kept.values())


def check(parts: tuple[Path, ...]) -> Header:
    """Read every part's header, and return the first one's.

    Raises:
        ModelError: as `open_model`.
    """
    header, *_ = [read_header(part) for part in parts]
    kind = header.metadata.get("general.type", "model")
    architecture = header.metadata.get("general.architecture")
    if kind != "model" or architecture in (None, "clip"):
        raise ModelError(
            f"{parts[0]} holds no language model ({architecture or 'no architecture'}, {kind}). Choose another file."
        )
    if (split := header.metadata.get("split.count", 1)) not in (0, len(parts)):
        raise ModelError(
            f"{parts[0]} is one of {split} parts. Put all beside it, under the names they have on the hub."
        )
    return header


def parts_of(path: Path) -> tuple[Path, ...]:
    """The file, with the other parts if it is one of a split model.

    Raises:
        ModelError: the file or a part does not exist.
    """
    if not path.is_file():
        raise ModelError(f"There is no file {path}. Correct OCRFLEET_FILE_MODEL_PATH, or unset it to use the hub.")
    chosen = file_set_of(path)
    if chosen.missing:
        raise ModelError(f"{path} lacks its parts {chosen.missing}. Put all parts in {path.parent}.")
    return tuple(path.with_name(name) for name in chosen.files)


def file_set_of(path: Path) -> FileSet:
    """The files beside this one that are the same model."""
    sets = file_sets(each.name for each in path.parent.iterdir())
    alone = FileSet(files=(path.name,), base=path.stem, label="")  # named otherwise than .gguf
    return next((each for each in sets if path.name in each.files), alone)


def combined(sums: list[str]) -> str:
    """One checksum of several; of a single one itself."""
    return sums[0] if len(sums) == 1 else hashlib.sha256("\n".join(sums).encode()).hexdigest()


def size_of(parts: tuple[Path, ...]) -> int:
    """All parts together, in bytes."""
    return sum(part.stat().st_size for part in parts)


def licensed(parts: tuple[Path, ...], header: Header) -> License:
    """The licence, by the names of file and folder and by the header."""
    return license_of("/".join(parts[0].parts[-2:]), header.metadata)
