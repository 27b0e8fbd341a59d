"""What ships the store and cannot be run here: parsed, checked for what it names, linted where there is a linter."""

import ast
import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from core.health import metrics
from supervisor.surroundings import ROOT

APPS = ("accounts", "config", "core", "demo", "fulfilment", "payments", "storefront", "supervisor")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
OPTIONS = ("gerbang-migrate", "gerbang-back-up", "gerbang-flower")
STORE_UNITS = [path for path in UNITS if path.stem not in OPTIONS]


def is_part(words: list[str]) -> bool:
    """Whether supervisor.part understands these words."""
    if words[:1] == ["worker"]:
        return len(words) > 1 and set(words[1:]) <= set(settings.CELERY_QUEUES)
    return words in (["web"], ["beat"], ["flower"], ["migrate"], ["healthy"]) or (
        words[:1] == ["manage"] and len(words) > 1
    )


def all_queues_once(parts: list[list[str]]) -> bool:
    taken = Counter(queue for words in parts if words[0] == "worker" for queue in words[1:])
    return taken == Counter(settings.CELERY_QUEUES)


# --- Dockerfile ---


def dockerfile() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0], " ".join(line.partition(" ")[2].split())) for line in lines]


def test_the_image_holds_all_the_store_needs_and_runs_as_nobody_special() -> None:
    steps = dockerfile()
    words = {"ARG", "FROM", "ENV", "COPY", "RUN", "WORKDIR", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"}
    assert {word for word, _ in steps} <= words | {"ENTRYPOINT", "CMD"}
    assert all(" AS " in rest and ":latest" not in rest for word, rest in steps if word == "FROM")
    assert [rest for word, rest in steps if word == "USER"] == ["store"]
    last_run = max(number for number, (word, _) in enumerate(steps) if word in ("RUN", "COPY"))
    assert steps.index(("USER", "store")) > last_run, "something is written after root was left"
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {rest.split()[0] for word, rest in steps if word == "COPY" and not rest.startswith("--from")}
    assert copied == kept and all((ROOT / name).exists() for name in copied)
    assert copied >= {*APPS, "locale", "static", "templates", "manage.py", "requirements.txt"}
    assert "sandbox" not in copied and "tests" not in copied
    for word, rest in steps:
        if word in ("ENTRYPOINT", "CMD"):
            json.loads(rest)  # a shell in between would not hand signals on
        if word == "RUN" and "apt-get install" in rest:
            assert "--no-install-recommends" in rest and "rm -rf /var/lib/apt/lists" in rest
        if word in ("ENV", "ARG"):
            assert not re.search(r"SECRET|TOKEN|PASSWORD|_KEY", rest)
    (health,) = (rest for word, rest in steps if word == "HEALTHCHECK")
    assert is_part(json.loads(health.partition("CMD ")[2])[3:])
    assert is_part(json.loads(dict(steps)["CMD"]))
    major = re.search(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())
    assert COMPOSE["services"]["postgres"]["image"].startswith(f"postgres:{major[1]}"), "pg_dump and server differ"


def test_what_runs_in_the_image_needs_only_what_is_installed_in_it() -> None:
    """The image has requirements.txt alone: no module of the store may import what only the tests have."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {re.split(r"[\[=]", line)[0].lower() for line in lines if line and not line.startswith("#")}
    came_with = {"kombu", "billiard", "asgiref", "urllib3", "typing-extensions"}
    known = packages_distributions()
    missing = set()
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names - {*APPS}:
                if not {name.lower().replace("_", "-") for name in known.get(top, [top])} & (pinned | came_with):
                    missing.add(f"{path.relative_to(ROOT)}: {top}")
    assert not missing


# --- compose.yaml ---


def test_compose_names_only_what_there_is() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert "image" in service or "build" in service
        image = service["image"]
        assert ":" in image and not image.endswith(":latest"), f"{name} has no version"
        wanted = service.get("depends_on", {})
        assert set(wanted) <= set(services), name
        for other, rule in wanted.items():
            if rule["condition"] == "service_healthy":
                checked = services[other].get("healthcheck") or other == "web"  # web's stands in the Dockerfile
                assert checked, f"{name} waits for the health of {other}, which nobody checks"
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], mount
        for port in service.get("ports", []):
            assert name == "proxy" or port.startswith("127.0.0.1:"), f"{name} is open to the world"
            assert COMPOSE["networks"]["inside"]["internal"] and "outside" in service["networks"]
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("secrets/")
    assert "/secrets/" in (ROOT / ".gitignore").read_text() and "/store.env" in (ROOT / ".gitignore").read_text()


def test_compose_runs_every_part_and_takes_from_every_queue_once() -> None:
    parts = {name: one["command"] for name, one in COMPOSE["services"].items() if one["image"].startswith("gerbang:")}
    assert all(is_part(words) for words in parts.values())
    assert all_queues_once(list(parts.values()))
    assert [words for words in parts.values() if words in (["web"], ["beat"], ["migrate"])] == [
        ["migrate"],
        ["web"],
        ["beat"],
    ]
    subnet = COMPOSE["networks"]["outside"]["ipam"]["config"][0]["subnet"]
    for name in parts:
        service = COMPOSE["services"][name]
        assert service["environment"]["TRUSTED_PROXIES"] == subnet
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        files = {key: value for key, value in service["environment"].items() if key.endswith("_FILE")}
        assert {value.rpartition("/")[2] for value in files.values()} == set(service["secrets"])
    # By the inner network it would come from an address that is not trusted.
    assert COMPOSE["services"]["proxy"]["networks"] == ["outside"]


def test_flower_asks_for_a_login_wherever_it_runs() -> None:
    service = COMPOSE["services"]["flower"]
    assert service["profiles"] == ["flower"] and "test -n" in service["command"][-1]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    (pinned,) = re.findall(r"^flower==([\d.]+)", (ROOT / "requirements-flower.txt").read_text(), re.MULTILINE)
    assert service["image"] == f"mher/flower:{pinned}"
    words = [sys.executable, "-m", "supervisor.part", "flower"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode and "FLOWER_LOGIN" in done.stderr


# --- systemd ---


def test_units_start_every_part_and_take_from_every_queue_once() -> None:
    parts = []
    for path in UNITS:
        unit = configparser.RawConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment]
        unit.read(path)
        service = unit["Service"]
        words = shlex.split(service["ExecStart"])
        assert words[:3] == ["/srv/gerbang/.venv/bin/python", "-m", "supervisor.part"]
        assert is_part(words[3:])
        assert service["User"] == "gerbang" and service["NoNewPrivileges"] == "yes"
        if path in STORE_UNITS:
            parts.append(words[3:])
            assert int(service["TimeoutStopSec"]) > settings.GEMGO_TIMEOUT_SECONDS
    assert all_queues_once(parts)
    target = (ROOT / "deploy/systemd/gerbang.target").read_text()
    assert set(re.findall(r"gerbang-[\w-]+\.service", target)) == {path.name for path in STORE_UNITS}


def test_systemd_understands_the_units_where_there_is_one(tmp_path: Path) -> None:
    for path in (ROOT / "deploy/systemd").iterdir():
        text = path.read_text().replace("/srv/gerbang/.venv/bin/python", "/bin/true")
        (tmp_path / path.name).write_text(text)
    files = sorted(str(path) for path in tmp_path.iterdir())
    if not shutil.which("systemd-analyze"):
        return
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- Prometheus and Grafana ---


def expressions() -> dict[str, str]:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    found = {f"alert {rule['alert']}": rule["expr"] for group in groups for rule in group["rules"]}
    board = json.loads((ROOT / "deploy/grafana/dashboards/gerbang.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            found[f"panel {panel['title']} {target['refId']}"] = target["expr"]
    return found


@pytest.mark.django_db
def test_alerts_and_dashboard_stand_on_figures_that_the_store_gives(client) -> None:
    assert client.get("/healthz").status_code == 200  # something has been counted
    families = list(text_string_to_metric_families(metrics.exposition().decode()))
    given = {sample.name for family in families for sample in family.samples}
    given |= {family.name for family in families}
    used: set[str] = set()
    for where, expression in expressions().items():
        names = set(re.findall(r"\bgerbang_\w+", expression))
        assert names or "up{" in expression, where
        assert names <= given, f"{where}: {sorted(names - given)}"
        for opening, closing in ("()", "[]", "{}"):
            assert expression.count(opening) == expression.count(closing), where
        used |= names
    labels = {sample.labels.get("kind") for family in families for sample in family.samples}
    for expression in expressions().values():
        for kinds in re.findall(r'kind=~?"([^"]+)"', expression):
            assert set(kinds.split("|")) <= labels, expression
    told = {
        name for name in given if name.startswith("gerbang_") and not name.endswith(("_created", "_total", "_count"))
    }
    told -= {"gerbang_requests", "gerbang_request_seconds", "gerbang_request_seconds_sum"}
    assert told <= used, "a figure that nobody looks at"


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 12
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "action"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
    scrape = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    assert [(ROOT / "deploy/prometheus" / name).exists() for name in scrape["rule_files"]] == [True]


def test_the_dashboard_s_panels_stand_side_by_side() -> None:
    board = json.loads((ROOT / "deploy/grafana/dashboards/gerbang.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert max(x for x, _ in cells) < 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
