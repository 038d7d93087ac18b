"""How fast a worker is while all its children are busy."""

from bench.worker_load import Load, Look


def load(*looks: Look) -> Load:
    return Load(looks[-1].at_s, looks, 0.0, (), 0.0, 0, {}, 0.0)


def test_the_beginning_and_the_ragged_end_of_a_run_do_not_count() -> None:
    busy = [Look(5.0 + second, 10 + 4 * second) for second in range(21)]
    assert load(Look(0.0, 0), Look(4.0, 1), *busy, Look(40.0, 100)).steady_pages_per_s == 4.0


def test_a_run_too_short_to_be_steady_says_nothing() -> None:
    assert load(Look(0.0, 0), Look(9.0, 2)).steady_pages_per_s == 0.0
