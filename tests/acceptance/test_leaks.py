"""No text of an invoice, no password and no token in what is read along: logs, Flower, events, commands to Redis."""

import base64
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from samples.stack import Flower, running_flower
from tests.acceptance.test_flower import ask, poll

#: As OCR reads it, whatever it makes of the spaces.
CANARY = "Kanarienvogel"
TOKEN = "hf_canary-token"
PAGES = ("/api/workers?refresh=1", "/api/tasks", "/worker/cpu@testhost", "/tasks", "/broker", "/api/queues/length")


@contextmanager
def overheard(url: str) -> Iterator[list[bytes]]:
    """Listen to all that is published, and to every command that Redis is sent."""
    heard: list[bytes] = []
    with redis.Redis.from_url(url, socket_timeout=None) as client, client.monitor() as monitor:

        def listen() -> None:
            for command in monitor.listen():
                heard.append(command["command"].encode())
                if b"the-end" in heard[-1]:
                    return

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            client.echo("the-end")
            thread.join()


def page(flower: Flower, path: str) -> str:
    request = urllib.request.Request(flower.url + path)
    secret = base64.b64encode(f"{flower.user}:{flower.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {secret}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


def test_nothing_of_an_invoice_and_no_secret_shows_anywhere(
    fleet: Any, redis_url: str, draw_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    password = urlsplit(redis_url).password
    assert password
    fleet.settings["hugging_face_token"] = TOKEN
    document = draw_pdf("one.pdf", [f"{CANARY} 1", "Totel 1O0.00"], font="Times-Roman")
    broken = document.with_name("broken.pdf")
    broken.write_bytes(b"%PDF-1.7\n" + CANARY.encode() * 9)

    with (
        overheard(redis_url) as commands,
        running_flower(fleet.settings, tmp_path / "flower.log") as flower,
    ):
        fleet.start_worker()
        fleet.submit(document.parent, mode="guarded", text_layer="ignore")
        summary = fleet.wait_until_finished()
        assert (summary["done"], summary["failed"]) == (1, 1)
        poll(lambda: ask(flower, "/api/workers?refresh=1"), lambda found: "cpu@testhost" in found)
        shown = {path: page(flower, path) for path in PAGES}
        said = "".join(fleet.ocrfleet(*c).stdout for c in (["status"], ["dead", "list"], ["status", "batch", "--json"]))
        fleet.ocrfleet("results", "batch", "--out", str(tmp_path / "out"), check=False)  # 1: a document has none

    assert CANARY in (tmp_path / "out" / "one.pdf.txt").read_text()  # it was read
    shown |= {
        "worker.log": "".join(fleet.whole_logs()),
        "flower.log": (tmp_path / "flower.log").read_text(),
        "ocrfleet": said,
        "Redis": b"\n".join(c for c in commands if not c.startswith((b"AUTH", b"HELLO"))).decode(errors="replace"),
    }
    for secret in (CANARY, password, TOKEN):
        assert [place for place, text in shown.items() if secret in text] == []
