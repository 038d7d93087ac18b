"""The folder where models are kept: what lies in it, and which of it was asked for."""

from pathlib import Path

from config.settings import Settings
from workers.models.choice import FileSet, base_of, canonical, file_sets, matching


def directory_of(settings: Settings) -> Path:
    """The folder of all models."""
    return settings.directory_model_path.expanduser()


def repo_directory(settings: Settings) -> Path:
    """Where the files of the repository are put: the hub's own names as folders."""
    return directory_of(settings) / settings.hugging_face_repo_id


def sets_in(directory: Path) -> tuple[FileSet, ...]:
    """Every model below the folder."""
    return file_sets(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def in_folder(settings: Settings) -> tuple[Path, ...] | None:
    """The files of the model that was asked for, or None.

    It may lie in the repository's own folder or anywhere below the directory under the name that it has on the hub.
    """
    directory, repo = directory_of(settings), settings.hugging_face_repo_id
    file_name = settings.hugging_face_file_name
    inside = f"{repo}/".lower()

    def distance(each: FileSet) -> tuple[bool, bool]:
        return not each.files[0].lower().startswith(inside), each.base != base_of(repo)

    found = [
        each for each in matching(sets_in(directory), settings.hugging_face_quantization, file_name) if not each.missing
    ]
    usable = [each for each in found if file_name or not all(distance(each))]
    return tuple(directory / name for name in min(usable, key=distance).files) if usable else None


def by_hand(settings: Settings) -> str:
    """How to get the model without this machine's network."""
    repo = settings.hugging_face_repo_id
    stem = repo.rpartition("/")[2].removesuffix("-GGUF")
    name = settings.hugging_face_file_name or f"{stem}-{canonical(settings.hugging_face_quantization).upper()}.gguf"
    return (
        f"Without a network: download {name} (all parts, if it is split) from https://huggingface.co/{repo}/tree/main "
        f"on another machine and put it in {directory_of(settings)}, or name any GGUF file in OCRFLEET_FILE_MODEL_PATH."
    )
