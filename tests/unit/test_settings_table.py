"""docs/settings.md names every setting, as the class has it."""

from pathlib import Path

from config.settings import Settings
from config.settings_table import table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_what_the_class_says():
    assert PAGE.read_text() == table(), "Run: .venv/bin/python -m config.settings_table > docs/settings.md"


def test_every_setting_says_what_it_does():
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]
    assert undescribed == []
    assert all(f"`OCRFLEET_{name.upper()}`" in table() for name in Settings.model_fields)


def test_no_default_depends_on_the_machine_that_wrote_the_page():
    assert str(Path.home()) not in table()
