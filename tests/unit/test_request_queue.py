"""Who gets which question when several lanes take from one queue."""

import time
from concurrent.futures import ThreadPoolExecutor

from workers.llm.request import Request
from workers.llm.request_queue import RequestQueue
from workers.llm.wire import CompleteRequest

LONG_S = 60.0


def asked(timeout_s: float = LONG_S) -> Request:
    return Request(CompleteRequest(id=1, messages=(), draft="", max_tokens=1, timeout_s=timeout_s))


def test_a_lane_takes_no_more_than_it_has_room_for_and_the_oldest_first() -> None:
    requests, queue = [asked(), asked(), asked()], RequestQueue()
    for request in requests:
        queue.put(request)
    assert queue.take(2, idle=False) == requests[:2]
    assert len(queue) == 1
    assert queue.take(0, idle=False) == []
    assert queue.take(5, idle=False) == requests[2:]


def test_an_idle_lane_waits_for_one_and_comes_before_those_that_have_work() -> None:
    queue, both = RequestQueue(), {asked(), asked()}
    with ThreadPoolExecutor(1) as idle_lane:
        waiting = idle_lane.submit(queue.take, 8, idle=True)
        while not queue.idle:
            time.sleep(0.001)
        for request in both:
            queue.put(request)
        taken = queue.take(8, idle=False)
        assert len(taken) == 1, "nothing was left to the lane that is idle"
        assert {*taken, *waiting.result(LONG_S)} == both


def test_what_nobody_waits_for_is_taken_out() -> None:
    queue, (late, cancelled, wanted) = RequestQueue(), (asked(timeout_s=0), asked(), asked())
    cancelled.future.cancel()
    for request in (late, cancelled, wanted):
        queue.put(request)
    assert queue.take_abandoned() == [late, cancelled]
    assert queue.take(5, idle=False) == [wanted]
