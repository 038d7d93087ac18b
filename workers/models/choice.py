"""Which files of a repository or folder are the model that was asked for. Pure functions over names."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from jobs.errors import ModelError

_SPLIT = re.compile(r"-(\d{5})-of-(\d{5})$")
_LABEL = re.compile(r"(?:^|[._])([it]?q\d\w*|bf16|f16|f32|(?:mx|nv)fp4\w*)$")
_SAME = {"int8": "q8_0", "fp16": "f16", "fp32": "f32"}
_NOT_MODELS = ("mmproj", "imatrix")


@dataclass(frozen=True, slots=True)
class FileSet:
    """One model as it lies in files: a whole one, or the parts of a split one.

    Attributes:
        files: Names relative to the repository or folder, with `/`, parts in order.
        base: Name without quantization and ending, such as `qwen2.5_3b_instruct`.
        label: Quantization, such as `q8_0` or `f16`; empty if the name says none.
        missing: Numbers of the parts that are not there.
    """

    files: tuple[str, ...]
    base: str
    label: str
    missing: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name without folder, part number and ending."""
        return _SPLIT.sub("", PurePosixPath(self.files[0]).stem)


def canonical(quantization: str) -> str:
    """`int8`, `Q8-0` and `q8_0` are one; so are `fp16` and `F16`."""
    normal = quantization.strip().lower().replace("-", "_").removeprefix("ud_")
    return _SAME.get(normal, normal)


def base_of(repo: str) -> str:
    """What the files of a repository are called: `Qwen/Qwen2.5-3B-Instruct-GGUF` → `qwen2.5_3b_instruct`."""
    return repo.rpartition("/")[2].lower().replace("-", "_").removesuffix("_gguf")


def file_sets(names: Iterable[str]) -> tuple[FileSet, ...]:
    """Group the GGUF files among the names: the parts of a split model are one set."""
    groups: defaultdict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    for name in sorted(names):
        path = PurePosixPath(name)
        if path.suffix.lower() != ".gguf" or path.name.lower().startswith(_NOT_MODELS):
            continue
        split = _SPLIT.search(path.stem)
        number, total = (int(split[1]), int(split[2])) if split else (1, 1)
        groups[_SPLIT.sub("", str(path.with_suffix(""))), total][number] = name
    return tuple(_file_set(stem, total, parts) for (stem, total), parts in groups.items())


def _file_set(stem: str, total: int, parts: dict[int, str]) -> FileSet:
    normal = stem.rpartition("/")[2].lower().replace("-", "_").replace("fp16", "f16").replace("fp32", "f32")
    label = _LABEL.search(normal)
    return FileSet(
        files=tuple(parts[number] for number in sorted(parts)),
        base=normal[: label.start()] if label else normal,
        label=label[1] if label else "",
        missing=tuple(number for number in range(1, total + 1) if number not in parts),
    )


def matching(sets: Iterable[FileSet], quantization: str, file_name: str | None) -> list[FileSet]:
    """The sets that are what was asked for; a file name beats the quantization. Whole files come before split ones."""
    if file_name:
        wanted = "/" + file_name.lower()
        found = [each for each in sets if any(f"/{name}".lower().endswith(wanted) for name in each.files)]
    else:
        found = [each for each in sets if each.label == canonical(quantization)]
    return sorted(found, key=lambda each: (len(each.missing), len(each.files)))


def choose(sets: tuple[FileSet, ...], repo: str, quantization: str, file_name: str | None) -> FileSet:
    """The one set of a repository that was asked for.

    Raises:
        ModelError: there is none, or more than one; the message lists what the repository has.
    """
    if not sets:
        raise ModelError(f"{repo} has no GGUF files. Choose a repository whose name ends in -GGUF.")
    found = matching(sets, quantization, file_name)
    found = [each for each in found if each.base == base_of(repo)] or found
    if not found:
        has = ", ".join(sorted({each.label or each.files[0] for each in sets}))
        raise ModelError(
            f"{repo} has no file {file_name or quantization!r}. It has: {has}. "
            "Set OCRFLEET_HUGGING_FACE_QUANTIZATION (or --quantization) to one of these."
        )
    if len({each.base for each in found}) > 1:
        names = ", ".join(each.files[0] for each in found)
        raise ModelError(
            f"{repo} has several models in {quantization}: {names}. "
            "Set OCRFLEET_HUGGING_FACE_FILE_NAME (or --file) to one of these."
        )
    if found[0].missing:
        raise ModelError(f"{repo} lacks parts {found[0].missing} of {found[0].name}. Choose another quantization.")
    return found[0]
