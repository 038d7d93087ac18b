"""`ocrfleet-worker` whose consumer stalls as Celery's has done: connected, giving signs of life, and polling no queue.

`python -m tests.stalled_worker ALWAYS|ONCE run ...`: until it connects anew, or for good.
"""

import sys
from typing import Any

from kombu.transport import redis as transport

from workers.cli import main

#: Messages that get through before the stall.
HEALTHY_MESSAGES = 2


def stall(*, always: bool) -> None:
    """Sabotage kombu: after a few messages it asks for no more on this connection."""
    read, start = transport.Channel._brpop_read, transport.Channel._brpop_start
    channels: list[Any] = []  # one entry for each message, of the channel that it came by

    def counting_read(channel: Any, **options: Any) -> Any:
        got = read(channel, **options)
        channels.append(channel)
        return got

    def stalling_start(channel: Any, *arguments: Any) -> Any:
        if len(channels) >= HEALTHY_MESSAGES and (always or channel is channels[0]):
            return None
        return start(channel, *arguments)

    transport.Channel._brpop_read, transport.Channel._brpop_start = counting_read, stalling_start


if __name__ == "__main__":
    stall(always=sys.argv.pop(1) == "ALWAYS")
    main()
