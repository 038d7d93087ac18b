"""The Celery application: queues, acknowledgement, limits. No tasks here; a worker adds its own.

The ledger is the backlog (docs/adr/0003); Celery carries a bounded window of small JSON messages and
may lose or double any of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import kombu
from celery import Celery

from config.keepalive import KEEPALIVE
from config.queue import PROCESS_TASK, QUEUES, Queue
from config.settings import Settings, WrongSettings, read_settings


def make_app(settings: Settings) -> Celery:
    """Build the application for this Redis. It connects when first used."""
    app = Celery("ocrfleet", broker=settings.redis_url.get_secret_value(), set_as_current=False)
    app.conf.update(_messages() | _delivery(settings) | _broker(settings))
    return app


def _messages() -> dict[str, Any]:
    return {
        # Only plain JSON is read; a pickle or yaml message is refused by kombu.
        "accept_content": ["json"],
        "task_serializer": "json",
        "event_serializer": "json",
        # Results and states are the ledger's and the store's; Flower reads events.
        "result_backend": None,
        "task_ignore_result": True,
        "worker_send_task_events": True,
        "task_track_started": True,
        "task_queues": [kombu.Queue(name, kombu.Exchange(name), routing_key=name) for name in QUEUES],
        "task_default_queue": "backlog",
        "task_create_missing_queues": False,
    }


def _delivery(settings: Settings) -> dict[str, Any]:
    return {
        # A job is acknowledged when it has ended, and goes back if its process dies or is timed out
        # (Celery acks a timed-out late job by default, and so loses it).
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_timeout": False,
        "task_time_limit": settings.job_timeout_s,
        "worker_prefetch_multiplier": 1,
        "worker_soft_shutdown_timeout": settings.soft_shutdown_s,
        "worker_proc_alive_timeout": 60.0,  # a child opens its OCR models first; the default is 4 s
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def _broker(settings: Settings) -> dict[str, Any]:
    return {
        "broker_use_ssl": settings.redis_tls or None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,  # Redis refuses a write, as where its memory is full: no reason to end
        "broker_transport_options": {
            # Fleets that share a Redis must not take each other's messages. The default's names are Celery's own, which
            # other applications know (docs/wire.md).
            "global_keyprefix": "" if settings.redis_prefix == "ocrfleet" else f"{settings.redis_prefix}:",
            # As a worker names its queues. kombu's own choice, each in turn, gave urgent jobs half of a busy fleet.
            "queue_order_strategy": "priority",
            # Longer than any job. The ledger's leases, not this, bring a dead worker's jobs back.
            "visibility_timeout": max(4 * settings.job_timeout_s, 3600),
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            # A connection that a firewall dropped in silence: each of a worker's six costs its main process so long.
            # With 30 s and 15 s a worker stood still for two minutes and more (tests/acceptance/test_liveness.py).
            "socket_timeout": 10,
            "health_check_interval": 5,
            "socket_keepalive": True,
            "socket_keepalive_options": KEEPALIVE,
        },
    }


def make_sender(app: Celery) -> Callable[[str, Mapping[str, Any]], None]:
    """Make the function that puts one message into a queue: `send("backlog", {...})`."""

    def send(queue: str, message: Mapping[str, Any]) -> None:
        app.send_task(PROCESS_TASK, args=(dict(message),), queue=queue)

    return send


def waiting_messages(app: Celery) -> dict[Queue, int]:
    """Count the messages that wait in each queue: those that no worker has fetched."""
    with app.connection_for_read() as connection:
        # Not `passive`: kombu then asks for the key, which an empty list has not, and without its prefix.
        channel = connection.default_channel
        return {queue: int(channel.queue_declare(queue=queue).message_count) for queue in QUEUES}


def __getattr__(name: str) -> Celery:
    """Build `app` from the environment when a tool asks for it: `celery -A config.celery_app flower`."""
    if name != "app":
        raise AttributeError(name)
    try:
        return make_app(read_settings())
    except WrongSettings as error:
        raise SystemExit(str(error)) from None
