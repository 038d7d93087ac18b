"""What a child of the worker holds open: store, ledger, engines, the model's client. The composition root."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from config.settings import Settings
from jobs.contract import Recipe
from jobs.ledger import Ledger
from jobs.store import Store
from workers.drain import Drain
from workers.llm import LanguageModel
from workers.note import Note
from workers.ocr import OcrEngine, open_engine
from workers.pipeline import Tools

Send = Callable[[str, Mapping[str, Any]], None]


class Resources:
    """Opened once per child, on its first use; closed with it."""

    def __init__(
        self, settings: Settings, *, node: str, model: LanguageModel, send: Send, drain: Drain, note: Note
    ) -> None:
        self.settings = settings
        self.node = node
        self.send = send
        self.drain = drain
        self.note = note
        self.pages_read = 0
        self.store = Store(settings.store_url)
        self.ledger = Ledger.of(settings)
        self._model = model
        self._engines: dict[str, OcrEngine] = {}
        self._open = ExitStack()
        self._open.callback(model.close)

    def tools(self, recipe: Recipe) -> Tools:
        """Gather what this recipe takes; an engine's models are loaded once and stay warm."""
        name = self.settings.engine if recipe.engine == "auto" else recipe.engine
        if name not in self._engines:
            engine = open_engine(name, self.settings)
            self._open.callback(engine.close)
            self._engines[name] = engine
        return Tools(ocr=self._engines[name], model=None if recipe.mode == "off" else self._model, recipe=recipe)

    def close(self) -> None:
        """Free everything. Idempotent."""
        self._engines.clear()
        self._open.close()
