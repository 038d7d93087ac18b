"""Flower's configuration: never without a password, and with options that Flower knows."""

import runpy
from pathlib import Path

import pytest
from flower.options import default_options as options

CONFIG = str(Path(__file__).parents[2] / "config" / "flowerconfig.py")


def test_flower_does_not_start_without_a_password(monkeypatch):
    monkeypatch.setattr(options.mockable(), "basic_auth", [])
    with pytest.raises(SystemExit, match="FLOWER_BASIC_AUTH"):
        runpy.run_path(CONFIG)


def test_flower_keeps_its_history_and_knows_every_option(monkeypatch):
    monkeypatch.setattr(options.mockable(), "basic_auth", ["user:password"])
    chosen = {
        name: value
        for name, value in runpy.run_path(CONFIG).items()
        if not name.startswith("_") and value is not options
    }
    assert set(chosen) <= set(options)
    assert chosen["persistent"] and chosen["state_save_interval"] > 0
    assert chosen["address"] == "127.0.0.1"
