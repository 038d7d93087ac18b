"""The ways an invoice can look. A layout draws one invoice on a sheet of its own choosing."""

from collections.abc import Callable
from importlib import import_module

from samples.invoice import Invoice
from samples.sheet import Sheet

Layout = Callable[[Invoice], Sheet]


def open_layout(name: str) -> Layout:
    """The layout `name`: classic, minimal, receipt, letter, utility or hotel."""
    layout: Layout = import_module(f"samples.layout.{name}").draw
    return layout
