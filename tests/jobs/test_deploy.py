"""What schedulers are given: every file parses, every command is one of ours, every metric that is asked for exists."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from jobs import shards
from pipeline import config as configuration
from pipeline import pool
from pipeline.metrics import ALL

DEPLOY = Path(shards.__file__).parent / "deploy"
VALUES = {
    "/etc/stepmill/stepmill.toml": str(DEPLOY / "stepmill.toml"),
    "${STEPMILL_CONFIG}": str(DEPLOY / "stepmill.toml"),
    "${STEPMILL_OUT}": "out",
    "${STEPMILL_METRICS}": "stepmill.prom",
    "${CONFIG:-jobs/configs/cluster.toml}": str(DEPLOY.parent / "configs" / "cluster.toml"),
    "${OUT:?s3://BUCKET/shards}": "out",
    "${NAME:-$(date -u +%Y-%m-%d)}": "2026-11-21",
}
"""What stands in the files for what only a machine in use has."""


def text(name: str) -> str:
    return (DEPLOY / name).read_text()


def manifest(name: str) -> dict[str, Any]:
    (document,) = yaml.safe_load_all(text(name))
    assert isinstance(document, dict)
    return document


def settings(name: str) -> dict[str, list[str]]:
    """Return the settings of a unit of systemd's; comments are whole lines."""
    found: dict[str, list[str]] = {}
    for line in text(name).splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def cron_line() -> str:
    (line,) = [line for line in text("stepmill.cron").splitlines() if line[:1].isdigit()]
    return line


def our_arguments(command: str) -> list[str]:
    """Return what a command line gives to `python -m jobs.shards`."""
    words = shlex.split(command.replace("\\\n", " "), comments=True)
    start = words.index("jobs.shards") + 1
    end = next((place for place, word in enumerate(words) if place > start and word in (">>", "2>>", "||", "$@")), None)
    assert words[start - 2] == "-m" and words[start - 3].endswith("python")
    return [VALUES.get(word, word) for word in words[start:end]]


COMMANDS = {
    "stepmill.service": settings("stepmill.service")["ExecStart"][0],
    "stepmill.cron": cron_line(),
    "submit.sh": text("submit.sh"),
    "rayjob.yaml": manifest("rayjob.yaml")["spec"]["entrypoint"],
}


@pytest.mark.parametrize("file", COMMANDS)
def test_a_command_is_one_that_runs(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = our_arguments(COMMANDS[file])
    assert {"--name", "--json", "--config", "--out"} <= set(arguments)
    monkeypatch.chdir(tmp_path)
    own = {"--engine": "scripted", "--out": "out", "--problems": "2"}
    # Neither a data set nor a GPU is to be had in a test: the same flags, over problems of the families and scripted answers.
    config = tmp_path / "few.toml"
    config.write_text('[source]\nfamilies = ["expressions"]\ndifficulties = [2]\n')
    own["--config"] = str(config)
    assert shards.main([*arguments, *(word for pair in own.items() for word in pair), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^name      \d{4}-\d\d-\d\d$", printed, re.MULTILINE), "the name is a date of its own"
    assert [path.name for path in tmp_path.iterdir()] == ["few.toml"]


@pytest.mark.parametrize("file", ["stepmill.toml", "rayjob.toml"])
def test_a_configuration_is_one(file: str) -> None:
    configuration.load(DEPLOY / file)


def test_systemd_expands_nothing_of_a_command() -> None:
    (command,) = settings("stepmill.service")["ExecStart"]
    assert "%" not in command, "a specifier of systemd's"
    variables = set(re.findall(r"\$\{(\w+)\}", command))
    given = {line.split("=")[0] for line in text("stepmill.env").splitlines() if line and line[0] != "#"}
    assert variables == given


def test_cron_passes_the_whole_command_on() -> None:
    line = cron_line()
    assert not re.search(r"(?<!\\)%", line), "cron takes what follows a percent sign for standard input"
    fields = line.split(maxsplit=6)
    assert all(re.fullmatch(r"[\d*,/-]+", field) for field in fields[:5]) and fields[5] == "stepmill"
    assert text("stepmill.cron").endswith("\n"), "cron ignores a last line without an end"
    subprocess.run(["sh", "-n", "-c", fields[6]], check=True)


def test_the_units_are_valid(tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("no systemd-analyze here")
    for name in ("stepmill.service", "stepmill.timer"):
        unit = text(name).replace("/opt/stepmill/.venv/bin/python", "/bin/true")
        (tmp_path / name).write_text(unit)
    done = subprocess.run(
        [analyse, "verify", "--man=no", str(tmp_path / "stepmill.timer"), str(tmp_path / "stepmill.service")],
        capture_output=True,
        text=True,
    )
    complaints = [line for line in done.stderr.splitlines() if "stepmill" in line]
    assert complaints == []


def test_the_shell_script_is_one() -> None:
    subprocess.run(["sh", "-n", str(DEPLOY / "submit.sh")], check=True)
    assert (DEPLOY / "submit.sh").stat().st_mode & 0o111
    excludes = yaml.safe_load(text("runtime_env.yaml"))
    assert set(excludes) == {"excludes"} and "shards" in excludes["excludes"]


def test_a_scheduled_job_is_the_job() -> None:
    job, scheduled = manifest("rayjob.yaml"), manifest("raycronjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert (scheduled["apiVersion"], scheduled["kind"]) == ("ray.io/v1", "RayCronJob")
    assert scheduled["spec"]["jobTemplate"] == job["spec"]
    assert scheduled["spec"]["timeZone"] == "Etc/UTC", "the day of {date}"
    assert "generateName" in job["metadata"], "a second job beside the first"


def test_the_cluster_has_what_the_configuration_asks_for() -> None:
    config = configuration.load(DEPLOY / "rayjob.toml")
    spec = manifest("rayjob.yaml")["spec"]
    cluster = spec["rayClusterSpec"]
    gpus, resources = 0.0, 0
    for group in cluster["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        own = float(container["resources"]["limits"].get("nvidia.com/gpu", 0))
        gpus += group["replicas"] * own
        declared = json.loads(json.loads(group["rayStartParams"].get("resources", '"{}"').strip("'")))
        resources += group["replicas"] * declared.get(config.flow.verifier_resource, 0)
        assert not (own and declared), "verifiers run beside no GPU"
    assert gpus >= config.flow.engines * pool.gpus(config)
    assert resources >= config.flow.verifiers > 0
    lock = (DEPLOY.parents[1] / "requirements.lock").read_text()
    (version,) = re.findall(r"^ray(?:\[[a-z,]+\])?==([\d.]+)", lock, re.MULTILINE)
    assert cluster["rayVersion"] == version and f"ARG RAY={version}-" in text("Dockerfile")
    assert spec["shutdownAfterJobFinishes"] is True and spec["activeDeadlineSeconds"] < 86400
    port = re.search(r"--metrics-port (\d+)", spec["entrypoint"])
    head = cluster["headGroupSpec"]["template"]
    assert port and head["metadata"]["annotations"]["prometheus.io/port"] == port[1]
    assert int(port[1]) in [one["containerPort"] for one in head["spec"]["containers"][0]["ports"]]


def expressions(value: Any) -> Iterator[str]:  # Any: JSON and YAML
    """Yield every query in a dashboard or a file of rules."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("expr", "query") and isinstance(item, str):
                yield item
            else:
                yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


FUNCTIONS = {"sum", "max", "time", "rate", "increase", "absent", "label_values"}
KEYWORDS = {"by", "without", "and", "or", "on", "ignoring", "prometheus"}
LABELS = {"name", "run_id", "outcome", "state", "kind"}


def names_in(query: str) -> set[str]:
    """Return the names of metrics in a query: words that are no function, keyword, label or variable."""
    bare = re.sub(r'"[^"]*"|\$\w+|\$\{\w+\}|\[[^\]]*\]', " ", query)
    return set(re.findall(r"[a-z_:][a-z0-9_:]*", bare)) - FUNCTIONS - KEYWORDS - LABELS


@pytest.mark.parametrize("file", ["grafana.json", "alerts.yaml"])
def test_every_metric_that_is_asked_for_exists(file: str) -> None:
    found = list(expressions(yaml.safe_load(text(file))))
    assert len(found) >= 7
    known = {metric.name for metric in ALL}
    for query in found:
        assert query.count("(") == query.count(")") and query.count("{") == query.count("}")
        assert names_in(query) <= known, query


def test_the_dashboard_shows_every_metric() -> None:
    asked = set().union(*map(names_in, expressions(json.loads(text("grafana.json")))))
    assert {metric.name for metric in ALL} <= asked


def test_the_dashboard_asks_the_source_that_is_chosen() -> None:
    board = json.loads(text("grafana.json"))
    assert board["templating"]["list"][0]["type"] == "datasource"
    sources = {
        one["uid"]
        for panel in board["panels"]
        for one in (panel["datasource"], *(t["datasource"] for t in panel["targets"]))
    }
    assert sources == {"${datasource}"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    cells = [
        (x, y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24, "no panel lies on another"


def test_rules_say_what_to_do() -> None:
    rules = [rule for group in manifest("alerts.yaml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning", "info") and rule["annotations"]["summary"]


def test_every_file_is_in_the_folders_own_list() -> None:
    listed = text("README.md")
    assert [path.name for path in DEPLOY.iterdir() if path.name != "README.md" and f"`{path.name}`" not in listed] == []
