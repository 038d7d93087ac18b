"""Which pages bench.pipeline has a worker read, before it is timed and then, and in which order of layouts."""

from pathlib import Path

from bench.pipeline import PAGES_EACH, TURNS, Layout, _layouts
from bench.scan import Scan

SCANS = [Scan(Path(f"{number}.png")) for number in range(4)]


def test_on_a_gpu_each_scan_is_read_once_before_and_several_times_then() -> None:
    for children in (2, 6):
        layout = Layout(children, 1, "gpu")
        assert set(layout.warm_up(SCANS)) == set(SCANS)
        assert len(layout.warm_up(SCANS)) == max(children, len(SCANS))
        assert layout.pages(SCANS) == SCANS * TURNS


def test_on_a_cpu_each_child_loads_its_models_before_and_all_have_as_many_pages_to_read() -> None:
    assert Layout(6, 1).warm_up(SCANS) == [SCANS[0]] * 6
    for children in (1, 6):
        assert Layout(children, 1).pages(SCANS)[: len(SCANS)] == SCANS
        assert len(Layout(children, 1).pages(SCANS)) == children * PAGES_EACH


def test_the_largest_layout_comes_first_on_both_devices() -> None:
    layouts = [(each.children, each.device) for each in _layouts("8,16", ["cpu", "gpu"])]
    assert layouts == [(16, "gpu"), (16, "cpu"), (8, "gpu"), (8, "cpu"), (1, "cpu")]
