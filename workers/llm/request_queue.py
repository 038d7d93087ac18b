"""Questions that no lane has taken yet: handed in by any thread, taken by the lanes' own."""

from collections import deque
from threading import Condition

from workers.llm.request import Request


class RequestQueue:
    """First come, first served. It needs no bound: a client has one request in flight, and waits."""

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()
        self._changed = Condition()
        self.idle = 0  # lanes that wait for a request

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, request: Request) -> None:
        """Hand a question in."""
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()

    def take(self, most: int, *, idle: bool) -> list[Request]:
        """Take so many at most. A lane that is idle waits for one, and comes before those that have work."""
        with self._changed:
            if idle:
                self.idle += 1
                self._changed.wait_for(lambda: self._waiting)
                self.idle -= 1
                return [self._waiting.popleft()]
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting) - self.idle))]

    def take_abandoned(self) -> list[Request]:
        """Take those whose answer nobody waits for any more."""
        with self._changed:
            abandoned = [request for request in self._waiting if request.abandoned]
            for request in abandoned:
                self._waiting.remove(request)
        return abandoned
