"""Which of the recogniser's 18,710 characters are trained: those of invoices, and their likes in other scripts."""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import numpy_helper

from workers.ocr.alphabet import columns, read_alphabet
from workers.ocr.pp_ocr import PpOcr

#: Those of other scripts whose weights are most like those of one of ours: they have to go on being unlikely.
_OTHERS = 1000


@dataclass(frozen=True)
class Columns:
    """The chosen columns of the network's output, and where each character is among them."""

    chosen: list[int]
    places: dict[str, int]

    @classmethod
    def of(cls, models: PpOcr) -> "Columns":
        """Choose."""
        model = onnx.load(models.recogniser)
        alphabet = read_alphabet(models, {entry.key: entry.value for entry in model.metadata_props}.get("character"))
        latin = columns(alphabet, "latin")
        (head,) = (numpy_helper.to_array(t) for t in model.graph.initializer if list(t.dims) == [120, len(alphabet)])
        unit = head / np.linalg.norm(head, axis=0)
        likeness = (unit[:, latin].T @ unit).max(axis=0)
        likeness[latin] = -1
        others = np.argsort(-likeness)[:_OTHERS].tolist()
        return cls(latin + others, {alphabet[column]: place for place, column in enumerate(latin) if column})

    def knows(self, text: str) -> bool:
        """Whether all of its characters can be read."""
        return all(character in self.places for character in text)

    def of_text(self, text: str) -> list[int]:
        """Places of its characters."""
        return [self.places[character] for character in text]
