"""The engine: one warm model, and the lanes that answer with it beside each other.

On a GPU a lane's thread looks through logits and prepares rows while another one's decode runs; and a row reads the
cells of its own lane only. `submit` may be called from any thread.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread

from workers.llm.draft import Habits
from workers.llm.lane import Lane, Shared
from workers.llm.native import Model
from workers.llm.plan import EnginePlan
from workers.llm.request import Request, Result
from workers.llm.request_queue import RequestQueue
from workers.llm.tally import Stopwatch, Tally
from workers.llm.wire import CompleteRequest, ScoreRequest

#: Threads that look through a GPU's logits: of 256 rows of Qwen2.5's, one took 17 ms beside a decode of 17 ms (H100).
LOOKERS = 8


class Engine:
    """One model and its lanes.

    Raises:
        ModelError, OutOfMemory: it can't be loaded.
    """

    def __init__(self, plan: EnginePlan, lane: Callable[[Shared], Lane] = Lane) -> None:
        self.plan = plan
        self.model = Model(
            plan.model_path,
            gpu_layers=plan.gpu_layers,
            cpu_extras=plan.cpu_extras,
            context_size=plan.context_size,
        )
        self._requests = RequestQueue()
        self._decoding = Stopwatch()
        look = ThreadPoolExecutor(min(plan.threads, LOOKERS)).map if plan.gpu_layers else map
        shared = Shared(plan, self.model, self._requests, self._decoding, Habits(), look)
        self.lanes = [lane(shared) for _ in range(plan.lanes)]

    def submit(self, asked: CompleteRequest | ScoreRequest) -> "Future[Result]":
        """Hand in a question; cancelling its future takes it out again. Callable from any thread."""
        request = Request(asked)
        self._requests.put(request)
        return request.future

    def start(self) -> "list[Future[None]]":
        """Start the lanes' threads, which answer until the process ends; what ends one before is in its future."""
        return [_started(lane) for lane in self.lanes]

    @property
    def waiting(self) -> int:
        """Questions that no lane has taken yet."""
        return len(self._requests)

    @property
    def tally(self) -> Tally:
        """What all lanes have done."""
        return Tally.of([lane.tally for lane in self.lanes], self._decoding.seconds)


def _started(lane: Lane) -> "Future[None]":
    ended: Future[None] = Future()

    def own() -> None:
        try:
            lane.run()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the main thread must end the process for it
            ended.set_exception(error)

    Thread(target=own, name="lane", daemon=True).start()
    return ended
