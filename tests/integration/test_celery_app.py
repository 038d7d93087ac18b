"""The queues: a message goes into the one it was sent to, and only JSON is read."""

from typing import Any

import pytest
from kombu.exceptions import ContentDisallowed

from config import celery_app
from config.celery_app import make_app, make_sender, waiting_messages


def test_a_message_waits_in_the_queue_it_was_sent_to_and_in_no_other(settings: Any) -> None:
    app = make_app(settings())
    send = make_sender(app)

    send("urgent", {"version": 1})
    send("backlog", {"version": 1})
    send("backlog", {"version": 1})

    assert waiting_messages(app) == {"urgent": 1, "backlog": 2}


def test_a_fleet_of_another_prefix_has_queues_of_its_own(settings: Any) -> None:
    first, second = make_app(settings()), make_app(settings(redis_prefix="second"))

    make_sender(first)("backlog", {"version": 1})
    make_sender(second)("urgent", {"version": 1})

    assert waiting_messages(first) == {"urgent": 0, "backlog": 1}
    assert waiting_messages(second) == {"urgent": 1, "backlog": 0}


def test_empty_queues_are_counted_as_empty(settings: Any) -> None:
    assert waiting_messages(make_app(settings())) == {"urgent": 0, "backlog": 0}


def test_a_pickle_is_refused(settings: Any) -> None:
    app = make_app(settings())
    with app.connection_for_write() as connection:
        producer = connection.Producer(serializer="pickle")
        producer.publish([[], {}, {}], exchange="backlog", routing_key="backlog", declare=[app.amqp.queues["backlog"]])
        message = app.amqp.queues["backlog"].bind(connection.default_channel).get(accept=app.conf.accept_content)
        with pytest.raises(ContentDisallowed):
            message.decode()


@pytest.mark.parametrize("queues", [["urgent", "backlog"], ["backlog", "urgent"]])
def test_a_worker_takes_first_what_waits_in_the_queue_it_names_first(settings: Any, queues: list[str]) -> None:
    app = make_app(settings())
    send = make_sender(app)
    for queue in ("backlog", "urgent"):
        for _ in range(4):
            send(queue, {"version": 1})
    app.amqp.queues.select(queues)
    taken: list[str] = []

    def take(message: Any) -> None:
        taken.append(message.delivery_info["routing_key"])
        message.ack()

    with app.connection_for_read() as connection:
        consumer = app.amqp.TaskConsumer(connection.default_channel, on_message=take)
        consumer.qos(prefetch_count=1)
        with consumer:
            while len(taken) < 8:
                connection.drain_events(timeout=10)

    assert taken == [queues[0]] * 4 + [queues[1]] * 4


def test_celery_and_flower_end_with_a_line_over_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRFLEET_CONCURRENCY", "many")
    with pytest.raises(SystemExit, match="OCRFLEET_CONCURRENCY: Input should be a valid integer"):
        _ = celery_app.app
