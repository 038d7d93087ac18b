"""The correction model as a file: found in a folder or fetched from the hub, checked, named, licensed."""

from workers.models.file import ModelFile
from workers.models.find import find_model

__all__ = ["ModelFile", "find_model"]
