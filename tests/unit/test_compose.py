"""docker-compose.yml, the Dockerfile and what they mount, checked by Docker Compose's and hadolint's own parsers.

No container is started: that needs a Docker engine.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import Settings

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PASSWORDS = {"OCRFLEET_REDIS_PASSWORD": "r3dis", "OCRFLEET_FLOWER_PASSWORD": "fl0wer"}
SPOT_NOTICE_S = 120


def compose(*arguments, environment=PASSWORDS, file=ROOT / "docker-compose.yml", home=ROOT):
    """Runs Compose as on a machine without an `.env`, whatever this checkout has."""
    return subprocess.run(
        [BIN / "docker-compose", "--file", file, "--env-file", "/dev/null", "--profile", "*", *arguments],
        env={"HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def services():
    config = compose("config", "--format", "json", "--no-env-resolution")
    assert config.returncode == 0, config.stderr
    return json.loads(config.stdout)["services"]


def seconds(duration):
    parts = re.findall(r"(\d+)([hms])", duration)
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def test_compose_refuses_a_key_that_its_specification_does_not_know(tmp_path):
    broken = tmp_path / "docker-compose.yml"
    broken.write_text((ROOT / "docker-compose.yml").read_text().replace("stop_grace_period", "stop_grace_time"))
    config = compose("config", "--quiet", file=broken)
    assert config.returncode != 0
    assert "stop_grace_time" in config.stderr


@pytest.mark.parametrize("missing", PASSWORDS)
def test_compose_does_not_start_without_its_passwords(missing):
    environment = {name: value for name, value in PASSWORDS.items() if name != missing}
    config = compose("config", "--quiet", environment=environment)
    assert config.returncode != 0
    assert missing in config.stderr


def test_what_runs_for_long_is_watched_hardened_and_restarted(services):
    for name in ("redis", "flower", "worker", "worker-gpu0"):
        service = services[name]
        assert service["healthcheck"]["test"], name
        assert service["init"] and service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["restart"] == "unless-stopped", name


def test_a_worker_has_the_time_to_end_its_page_and_still_meets_a_spot_notice(services):
    for name in ("worker", "worker-gpu0"):
        grace_s = seconds(services[name]["stop_grace_period"])
        assert Settings(_env_file=None).soft_shutdown_s + 30 <= grace_s < SPOT_NOTICE_S


def test_a_gpu_worker_reserves_one_gpu_and_the_cpu_worker_none(services):
    devices = services["worker-gpu0"]["deploy"]["resources"]["reservations"]["devices"]
    assert [device["device_ids"] for device in devices] == [["0"]]
    assert "deploy" not in services["worker"]
    assert (services["worker"]["profiles"], services["worker-gpu0"]["profiles"]) == (["cpu"], ["gpu"])


def test_the_health_check_of_a_worker_asks_for_the_name_it_was_given(services):
    for name in ("worker", "worker-gpu0"):
        given = services[name]["command"][services[name]["command"].index("--name") + 1]
        assert f"{given}@" in services[name]["healthcheck"]["test"][1]


def test_documents_models_and_state_stand_on_volumes(services):
    targets = {name: {volume["target"] for volume in services[name]["volumes"]} for name in services}
    assert targets["redis"] == {"/data"}
    assert targets["worker"] == targets["worker-gpu0"] == {"/data", "/models"}
    assert targets["producer"] == {"/data", "/documents", "/results"}


def test_nothing_but_flower_is_published_and_that_on_loopback_with_a_password(services):
    published = {name: port["host_ip"] for name, service in services.items() for port in service.get("ports", [])}
    assert published == {"flower": "127.0.0.1"}
    assert services["flower"]["environment"]["FLOWER_BASIC_AUTH"] == "ocrfleet:fl0wer"
    assert services["flower"]["entrypoint"][-1] == "--address=0.0.0.0"  # of the container; else nothing reaches it


def test_with_tls_redis_speaks_nothing_else_and_everybody_knows_its_authority():
    config = compose("--file", ROOT / "docker-compose.tls.yml", "config", "--format", "json", "--no-env-resolution")
    assert config.returncode == 0, config.stderr
    services = json.loads(config.stdout)["services"]
    assert "--port 0 --tls-port 6379" in services["redis"]["command"][-1]
    for name in ("worker", "worker-gpu0", "flower", "producer"):
        assert services[name]["environment"]["OCRFLEET_REDIS_URL"].startswith("rediss://:r3dis@redis:")
        (mounted,) = (v["target"] for v in services[name]["volumes"] if v["target"].startswith("/certificates"))
        assert services[name]["environment"]["OCRFLEET_REDIS_CA_PATH"] == mounted


def test_every_build_target_exists_and_runs_without_root(services):
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", (ROOT / "Dockerfile").read_text(), re.M | re.S))
    targets = {service["build"]["target"] for service in services.values() if "build" in service}
    assert targets == {"producer", "worker", "worker-cuda"}
    for target in targets:
        assert re.search(r"^USER [1-9]\d*$", stages[target], re.M), target
        assert re.search(r"^ENTRYPOINT \[", stages[target], re.M), target


def test_the_dockerfile_passes_its_linter():
    lint = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert lint.returncode == 0, lint.stdout
