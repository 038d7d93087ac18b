"""What a child of the worker holds open: store, ledger, engines, the model's client. The composition root."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from config.settings import Script, Settings
from jobs.contract import Recipe
from jobs.errors import OcrUnavailable, UsageError
from jobs.lease import Pin, Untold
from jobs.ledger import Ledger
from jobs.store import Store
from workers.job.drain import Drain
from workers.job.note import Note
from workers.llm import LanguageModel
from workers.ocr import OcrEngine, open_engine
from workers.pipeline import Tools

Send = Callable[[str, Mapping[str, Any]], None]


class Resources:
    """Opened once per child, on its first use; closed with it."""

    def __init__(
        self,
        settings: Settings,
        *,
        node: str,
        model: LanguageModel,
        send: Send,
        drain: Drain,
        note: Note,
        ocr_gpu: Path | None = None,
    ) -> None:
        self.settings = settings
        self.node = node
        self.send = send
        self.drain = drain
        self.note = note
        self.pages_read = 0
        self.store = Store(settings.store_url)
        self.ledger = Ledger.of(settings)
        self.untold: list[Untold] = []  # what ended under this message, and the store does not know yet
        self._model = model
        self._ocr_gpu = ocr_gpu
        self._engines: defaultdict[str, list[OcrEngine]] = defaultdict(list)
        self._missing: set[str] = set()
        self._open = ExitStack()
        self._open.callback(model.close)

    def tools(self, recipe: Recipe) -> Tools:
        """Gather what this recipe takes; an engine's models are loaded once and stay warm."""
        return self._tools(recipe, self.settings.engine if recipe.engine == "auto" else recipe.engine)

    def pinned_tools(self, recipe: Recipe, pin: Pin) -> Tools | None:
        """Gather what a document was begun with; None where this node has another engine, version or model."""
        name = pin.engine.partition(" ")[0]
        if name in self._missing:
            return None
        try:
            tools = self._tools(recipe, name)
        except (OcrUnavailable, UsageError):  # looked for once: Aspose.OCR takes seconds to say that it has no licence
            self._missing.add(name)
            return None
        return tools if tools.fingerprint == pin.fingerprint else None

    def _tools(self, recipe: Recipe, name: str) -> Tools:
        script = recipe.script or self.settings.ocr_script
        held = (engine for engine in self._engines[name] if engine.script in (None, script))
        ocr = next(held, None) or self._open_engine(name, script)
        return Tools(ocr=ocr, model=None if recipe.mode == "off" else self._model, recipe=recipe)

    def _open_engine(self, name: str, script: Script) -> OcrEngine:
        # The process on the GPU keeps the characters of the worker's own script; another one is read on the CPU.
        gpu = self._ocr_gpu if script == self.settings.ocr_script else None
        engine = open_engine(name, self.settings.model_copy(update={"ocr_script": script}), gpu)
        self._open.callback(engine.close)
        for known_as in {name, engine.name.partition(" ")[0]}:  # what `auto` came to serves pins that name it, too
            self._engines[known_as].append(engine)
        return engine

    def close(self) -> None:
        """Free everything. Idempotent."""
        self._engines.clear()
        self._open.close()
