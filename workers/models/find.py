"""Finds the model: the named file, else the folder, else the hub. The network is asked last."""

import logging
from pathlib import Path

from config.settings import Settings
from jobs.errors import ModelError
from workers.models.file import ModelFile, open_model, parts_of
from workers.models.folder import by_hand, directory_of, in_folder
from workers.models.license import license_of
from workers.models.progress import Progress

log = logging.getLogger(__name__)


def find_model(settings: Settings, progress: Progress | None = None) -> ModelFile:
    """Find the model that the settings ask for, fetching it if it is nowhere and that is allowed.

    Args:
        settings: `file_model_path` is taken as it is; else `hugging_face_*` say what, `directory_model_path` where.
        progress: Told about downloads and checksums; by default a log line for each tenth.

    Raises:
        ModelError: there is no usable model; the message says why and how to get one.
    """
    return open_model(_locate(settings, progress), progress)


def _locate(settings: Settings, progress: Progress | None) -> tuple[Path, ...]:
    if settings.file_model_path:
        return parts_of(settings.file_model_path.expanduser().absolute())
    if found := in_folder(settings):
        return found
    repo = settings.hugging_face_repo_id
    if not settings.allow_auto_download:
        raise ModelError(
            f"{repo} ({settings.hugging_face_quantization}) is not in {directory_of(settings)} and "
            f"OCRFLEET_ALLOW_AUTO_DOWNLOAD is off: run `ocrfleet-worker models pull`. {by_hand(settings)}"
        )
    if notice := license_of(repo, {}).notice:
        log.warning("%s", notice)
    from workers.models.hub import pull  # huggingface_hub takes 0.5 s to import; a model on disk needs none of it

    return pull(settings, progress)
