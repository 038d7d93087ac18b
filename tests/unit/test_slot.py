"""Where units go in the KV cache, and what they share."""

from workers.llm.draft import Drafter, Habits
from workers.llm.generation import Generation
from workers.llm.row import common_length
from workers.llm.slot import Slot, as_tokens, find_place

EXAMPLES = list(range(100))


def generation(prompt: list[int], max_tokens: int = 50) -> Generation:
    return Generation(prompt, max_tokens, Drafter("", lambda _: [], lambda _: b"", Habits()), lambda _: False)


def test_a_newcomer_shares_what_a_finished_one_left() -> None:
    left = Slot(0, as_tokens([*EXAMPLES, 7, 7]))
    place = find_place([left, Slot(1)], generation([*EXAMPLES, 8]), cells=1000)
    assert place is not None
    assert (place.slot.sequence, place.donor, place.shared) == (1, left, 100)


def test_the_last_token_of_a_prompt_is_never_shared_for_its_logits_are_wanted() -> None:
    place = find_place([Slot(0, as_tokens(list(EXAMPLES))), Slot(1)], generation(list(EXAMPLES)), cells=1000)
    assert place is not None
    assert place.shared == 99


def test_it_waits_while_another_reads_the_same_beginning() -> None:
    reading = generation([*EXAMPLES, 7])
    slots = [Slot(0, as_tokens(reading.prompt), reading), Slot(1)]
    newcomer = generation([*EXAMPLES, 8])
    assert find_place(slots, newcomer, cells=1000) is None
    reading.fed = 100
    place = find_place(slots, newcomer, cells=1000)
    assert place is not None
    assert place.shared == 100


def test_the_only_idle_slot_is_used_with_what_it_holds() -> None:
    busy = generation([5] * 40)
    slots = [Slot(0, as_tokens(busy.prompt), busy), Slot(1, as_tokens([*EXAMPLES, 7]))]
    place = find_place(slots, generation([*EXAMPLES, 8]), cells=1000)
    assert place is not None
    assert (place.slot, place.donor, place.shared) == (slots[1], slots[1], 100)


def test_the_slot_used_longest_ago_gives_way() -> None:
    slots = [Slot(0, as_tokens([1] * 50), used_at=9), Slot(1, as_tokens([2] * 50), used_at=3)]
    place = find_place(slots, generation([4] * 50), cells=1000)
    assert place is not None
    assert place.slot.sequence == 1


def test_idle_slots_are_emptied_for_room_and_busy_ones_waited_for() -> None:
    busy = generation([9] * 60, max_tokens=40)
    slots = [Slot(0, as_tokens(busy.prompt), busy), Slot(1, as_tokens([2] * 80)), Slot(2)]
    place = find_place(slots, generation([4] * 50), cells=200)
    assert place is not None
    assert [slot.sequence for slot in place.evicted] == [1]
    assert find_place(slots, generation([4] * 100), cells=200) is None


def test_a_request_as_large_as_the_cache_is_placed_once_nothing_else_runs() -> None:
    assert (
        find_place([Slot(0, as_tokens([1] * 40)), Slot(1, as_tokens([2] * 40))], generation([4] * 150), cells=200)
        is not None
    )


def test_no_idle_slot_is_no_place() -> None:
    busy = generation([9])
    assert find_place([Slot(0, as_tokens(busy.prompt), busy)], generation([4]), cells=200) is None


def test_common_length_is_where_lists_part() -> None:
    assert common_length([1, 2, 3], [1, 2, 4], [1, 2]) == 2
    assert common_length([], [1]) == 0
