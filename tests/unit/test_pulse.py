"""What a worker does every two seconds."""

from threading import Thread
from unittest.mock import NonCallableMock, create_autospec

from workers.job.drain import Drain
from workers.node.held import Held
from workers.node.pulse import Pulse


def test_a_worker_that_drains_starts_nothing_from_the_thread_that_fires_its_timers() -> None:
    held, drain = create_autospec(Held, instance=True), Drain()
    parts = {name: NonCallableMock() for name in Pulse.__dataclass_fields__}
    pulse = Pulse(**{**parts, "engine": held, "drain": drain})
    drain.begin()

    firing = Thread(target=pulse.beat)
    firing.start()
    firing.join()

    held.revive.assert_not_called()
