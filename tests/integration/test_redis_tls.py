"""Redis over TLS, with an authority of one's own: a real server, and each way in which we speak to it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kombu.exceptions import OperationalError
from pydantic import ValidationError

from config.celery_app import make_app, make_sender, waiting_messages
from config.settings import Settings
from jobs.errors import LedgerShut, LedgerUnavailable
from jobs.health import examine_redis
from jobs.ledger import Ledger
from samples.local_redis import LocalRedis, local_redis
from tests.conftest import MakeSettings
from tests.tls_redis import make_tls


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedis]:
    """A server that wants a certificate of its clients, too."""
    folder = tmp_path_factory.mktemp("tls")
    with local_redis(folder / "redis", tls=make_tls(folder / "pem", asks_for_ours=True)) as server:
        yield server


@pytest.fixture
def ours(server: LocalRedis, settings: Any) -> Callable[..., Settings]:
    def make(**changes: Any) -> Settings:
        assert server.tls
        pem = server.tls.folder
        files = {"redis_ca_path": "ca.pem", "redis_cert_path": "client.pem", "redis_key_path": "client.key"}
        right = {setting: pem / name for setting, name in files.items()}
        return settings(**{"redis_url": server.url, **right, **changes})

    return make


def ask_ledger(settings: Settings) -> None:
    Ledger.of(settings).check()


def ask_queue(settings: Settings) -> None:
    with closing(make_app(settings)) as app:
        app.conf.broker_transport_options |= {"max_retries": 0}
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0)


def test_ledger_queue_and_doctor_speak_tls_and_show_our_certificate(ours: Callable[..., Settings]) -> None:
    settings = ours()

    ask_ledger(settings)
    with closing(make_app(settings)) as app:
        make_sender(app)("backlog", {"version": 1})
        assert waiting_messages(app)["backlog"] == 1
    assert examine_redis(settings).version.startswith("7.") or examine_redis(settings).version > "7."


def test_a_certificate_by_another_authority_is_refused(ours: Callable[..., Settings], tmp_path: Path) -> None:
    other = ours(redis_ca_path=make_tls(tmp_path).folder / "ca.pem")

    with pytest.raises(LedgerUnavailable, match=r"has a certificate we don't trust.*OCRFLEET_REDIS_CA_PATH"):
        ask_ledger(other)
    with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        ask_queue(other)


def test_a_certificate_is_checked_where_no_authority_is_named(ours: Callable[..., Settings]) -> None:
    nameless = ours(redis_ca_path=None)  # kombu's own default would check nothing

    with pytest.raises(LedgerShut, match="has a certificate we don't trust"):
        ask_ledger(nameless)
    with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        ask_queue(nameless)


def test_a_certificate_of_another_host_is_refused(ours: Callable[..., Settings], server: LocalRedis) -> None:
    other = ours(redis_url=server.url.replace("127.0.0.1", "localhost"))

    with pytest.raises(LedgerUnavailable, match=r"has a certificate we don't trust.*the host's name"):
        ask_ledger(other)
    with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        ask_queue(other)


def test_redis_wants_our_certificate_and_the_error_says_so(ours: Callable[..., Settings]) -> None:
    with pytest.raises(LedgerUnavailable, match=r"does not answer.*certificate of ours.*OCRFLEET_REDIS_CERT_PATH"):
        ask_ledger(ours(redis_cert_path=None, redis_key_path=None))


def test_plain_text_gets_no_answer_and_the_error_names_the_right_url(
    ours: Callable[..., Settings], server: LocalRedis
) -> None:
    with pytest.raises(LedgerShut, match=r"speaks TLS only\. Say rediss:// in OCRFLEET_REDIS_URL"):
        ask_ledger(ours(redis_url=server.url.replace("rediss", "redis")))


def test_a_plain_redis_that_is_asked_for_tls_is_told_from_one_that_is_away(
    settings: MakeSettings, redis_url: str
) -> None:
    asked = settings(redis_url=redis_url.replace("redis", "rediss", 1))
    with pytest.raises(LedgerShut, match=r"speaks no TLS\. Say redis:// in OCRFLEET_REDIS_URL"):
        ask_ledger(asked)


def test_the_check_can_t_be_turned_off_in_the_url(server: LocalRedis) -> None:
    with pytest.raises(ValidationError, match="OCRFLEET_REDIS_CA_PATH") as raised:
        Settings(_env_file=None, redis_url=f"{server.url}?ssl_cert_reqs=none")
    assert server.password not in str(raised.value)
