"""What the lanes of an engine have done, added up."""

import time

import pytest

from workers.llm.tally import Stopwatch, Tally


def test_lanes_are_added_up_and_their_rates_follow_the_time_in_which_any_of_them_decoded() -> None:
    tally = Tally.of(
        [Tally(output_tokens=30, rows=40, drafted_tokens=8), Tally(output_tokens=10, accepted_tokens=6)], 2
    )
    report = tally.report()
    assert (tally.output_tokens, tally.rows, tally.decode_s) == (40, 40, 2)
    assert (report["tokens_per_s"], report["rows_per_s"], report["draft_acceptance"]) == (20, 20, 0.75)


def test_time_that_two_threads_share_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([10.0, 13.0, 20.0, 21.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(moments))
    stopwatch = Stopwatch()
    with stopwatch, stopwatch:
        pass
    assert stopwatch.seconds == 3
    with stopwatch:
        pass
    assert stopwatch.seconds == 4
