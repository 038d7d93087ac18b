"""The settings as a page for people: `python -m config.settings_table > docs/settings.md`."""

import sys

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.settings import Settings

HEAD = """\
# Settings

Each is a variable of the environment, or a line of `.env` in the folder where the command starts; an empty one counts
as not set. `ocrfleet-worker doctor` names those that are misspelt. Made from `config/settings.py`
by `python -m config.settings_table > docs/settings.md`.

| Variable | Default | Meaning |
|---|---|---|
"""
#: Defaults that differ from machine to machine, in words.
BY_MACHINE = {
    "node": "the host's name",
    "work_dir": "the system's temporary folder",
    "directory_model_path": "`~/.cache/ocrfleet/models`",
}


def table() -> str:
    """The whole page, in Markdown."""
    prefix = Settings.model_config["env_prefix"]
    rows = (
        f"| `{prefix}{name.upper()}` | {_default(name, field)} | {_cell(field.description or '')} |\n"
        for name, field in Settings.model_fields.items()
    )
    return HEAD + "".join(rows)


def _default(name: str, field: FieldInfo) -> str:
    if name in BY_MACHINE:
        return BY_MACHINE[name]
    if field.default is None:
        return ""
    plain = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return f"`{_cell(str(plain))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(table())
