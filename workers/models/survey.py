"""What models are on this machine, which one is chosen, and why."""

from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from jobs.errors import ModelError
from workers.models.checksum import recall
from workers.models.file import check, combined, file_set_of, licensed, parts_of, size_of
from workers.models.folder import directory_of, in_folder, sets_in
from workers.models.license import License, license_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One model on disk.

    Attributes:
        quantization: As the file name says it; empty if it does not.
        sha256: None until it was computed once; `models verify` does.
        chosen: Why the worker would take this one; None if it would not.
        problem: Why it can't be used; None if it can.
    """

    path: Path
    name: str
    quantization: str
    size_bytes: int
    license: License
    sha256: str | None
    chosen: str | None
    problem: str | None


def survey(settings: Settings) -> list[Entry]:
    """Every model below the directory, with the one that `file_model_path` names. Computes no checksum.

    Raises:
        ModelError: `file_model_path` names no file.
    """
    chosen, why = choice_of(settings)
    directory = directory_of(settings)
    found = [tuple(directory / name for name in each.files) for each in sets_in(directory)]
    if chosen and chosen not in found:
        found.insert(0, chosen)
    return [_entry(parts, why if parts == chosen else None) for parts in found]


def choice_of(settings: Settings) -> tuple[tuple[Path, ...] | None, str]:
    """The files the worker would take, or None if it would have to fetch them; and why."""
    if settings.file_model_path:
        return parts_of(settings.file_model_path.expanduser().absolute()), "OCRFLEET_FILE_MODEL_PATH names it"
    wanted = settings.hugging_face_file_name or settings.hugging_face_quantization
    return in_folder(settings), f"the settings ask for {settings.hugging_face_repo_id}, {wanted}"


def _entry(parts: tuple[Path, ...], why: str | None) -> Entry:
    files, sums = file_set_of(parts[0]), [recall(part) for part in parts]
    known = [each for each in sums if each]
    license, problem = license_of("/".join(parts[0].parts[-2:]), {}), None
    try:
        license = licensed(parts, check(parts))
    except ModelError as error:
        problem = str(error)
    return Entry(
        path=parts[0],
        name=files.name,
        quantization=files.label,
        size_bytes=size_of(parts),
        license=license,
        sha256=combined(known) if len(known) == len(sums) else None,
        chosen=why,
        problem=problem,
    )
