"""`python -m jobs.doctor`: what is there, what is missing, what adds it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from jobs import doctor
from pipeline.code import ROOT
from verifiers.sandbox import layers


def findings(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:  # Any: JSON
    code = doctor.main(["--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (code == 0)
    return code, {f"{one['group']}/{one['name']}": one for one in told["findings"]}


def test_everything_is_looked_at_and_what_is_missing_has_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = findings(capsys)
    assert {"python/Python", "packages/pyarrow", "engines/openvino", "engines/vllm", "engines/http", "flow/Ray"} <= set(
        found
    )
    assert {
        "sandbox/seccomp",
        "sandbox/pid",
        "sandbox/cgroup",
        "sandbox/bwrap",
        "sandbox/confinement",
        "lean/native",
        "lean/lake",
        "data/gsm8k",
    } <= set(found)
    assert all(one["found"] for one in found.values())
    assert all(one["remedy"] for one in found.values() if one["state"] == "missing")
    assert all(one["state"] == "active" for one in found.values() if one["needed"]) == (code == 0)
    assert found["python/Python"]["found"] == sys.version.split()[0]


def test_a_missing_package_ends_with_1_and_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: "" if name == "duckdb" else there(name))
    code, found = findings(capsys)
    assert code == 1
    assert (found["packages/duckdb"]["state"], found["packages/duckdb"]["remedy"]) == ("missing", "make setup")


def test_a_machine_that_confines_nothing_ends_with_1_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = layers.Found(rung="", layers=(), missing={"seccomp": "no such call", "rlimits": "off"})
    monkeypatch.setattr(layers, "probe", lambda: nothing)
    code, found = findings(capsys)
    assert code == 1
    assert found["sandbox/confinement"]["state"] == "missing" and found["sandbox/confinement"]["remedy"]
    assert (
        found["sandbox/seccomp"]["found"] == "no such call" and "CONFIG_SECCOMP" in found["sandbox/seccomp"]["remedy"]
    )


def test_data_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_text("")
    monkeypatch.setenv(doctor.DATA_VARIABLE, str(tmp_path))
    _, found = findings(capsys)
    assert (found["data/gsm8k"]["state"], found["data/math500"]["state"]) == ("active", "off")


def test_no_value_of_the_environment_is_printed() -> None:
    secret = "s3cr3t-value"
    environment = {
        "PATH": "/usr/bin:/bin",
        "RAY_ADDRESS": secret,
        "STEPMILL_DATA": f"/{secret}",
        "OPENAI_API_KEY": secret,
    }
    command = [sys.executable, "-m", "jobs.doctor"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    assert secret not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("packages ") and "duckdb" in line for line in lines)
    assert ("can be confined" in lines[-1]) == (done.returncode == 0)
