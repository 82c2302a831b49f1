"""`python -m jobs.check python`: programs in, the same rows with verdicts out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.check.__main__ import main
from verifiers.programs.judgement import STATUSES

FLAGS = ["--unconfined", "--workers", "2", "--cpu-seconds", "1"]


def run(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]], str]:  # Any: JSON
    code = main(["python", *argv, *FLAGS])
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_rows_come_back_in_order_with_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    square = {"entry_point": "f", "inputs": [[2], [3]], "expected": [4, 9], "id": 7}
    test = {"entry_point": "f", "test": "def check(candidate):\n    assert candidate(3) == 9"}
    rows: list[dict[str, Any]] = [
        square | {"code": "def f(x): return x * x"},
        square | {"code": "def f(x): return x + x"},
        square | {"code": "def f(x): return x / 0"},
        square | {"code": "def f(x):\n    while True: pass"},
        square | {"code": "n = 0\ndef f(x):\n    global n\n    n += 1\n    return 4 if n == 1 else 9"},
        square | {"code": "Here:\n```python\ndef f(x):\n    return x ** 2\n```\nDone."},
        test | {"code": "def f(x): return x * x"},
        test | {"code": "def f(x): return x * x * x"},
        test | {"code": "def f(x): return x", "test": "assert f(1) == tree"},
        {"entry_point": "f", "code": "def f(): return (1, {2: 3})", "inputs": [[]], "expected": [[1, {"2": 3}]]},
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    code, out, err = run([str(file)], capsys)
    assert (code, err) == (0, "")
    *judged, counts = out
    assert [row["verdict"] for row in judged] == [
        *("pass", "fail", "error", "timeout", "flaky", "pass", "pass", "fail", "fail", "pass")
    ]
    assert [{key: row[key] for key in given} for row, given in zip(judged, rows, strict=True)] == rows
    assert all(row["reason"] and isinstance(row["layers"], list) and row["cpu_seconds"] >= 0 for row in judged)
    assert counts.pop("seconds") >= 0 and counts.pop("canaries") >= 8
    sums = {"rows": 10, "pass": 4, "fail": 3, "error": 1, "timeout": 1, "flaky": 1}
    assert counts == {key: sums.get(key, 0) for key in ("rows", *STATUSES, "errors")}


def test_many_rows_keep_their_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    rows = [
        {"code": f"def f(x): return x + {i % 2}", "entry_point": "f", "inputs": [[i]], "expected": [i], "i": i}
        for i in range(300)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    code, out, _ = run([str(file)], capsys)
    assert code == 0
    assert [row["i"] for row in out[:-1]] == list(range(300))
    assert [row["verdict"] for row in out[:-1]] == ["pass", "fail"] * 150
    assert out[-1]["pass"] == 150 and out[-1]["canaries"] >= 4 * 6


GOOD = {"code": "def f(x): return x", "entry_point": "f", "inputs": [[1]], "expected": [1]}
BAD: dict[str, dict[str, Any]] = {
    "no code": {"code": ""},
    "no text": {"code": 5},
    "no entry point": {"entry_point": None},
    "a name that is none": {"entry_point": "f(1)"},
    "nothing to judge by": {"inputs": None},
    "other lengths": {"expected": [1, 2]},
    "no cases": {"inputs": [], "expected": []},
    "bare arguments": {"inputs": [1]},
    "both": {"test": "assert f(1) == 1"},
    "too deep": {"expected": [json.loads("[" * 150 + "]" * 150)]},
}


def test_a_bad_row_is_named_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    lines = [*(json.dumps(GOOD | bad) for bad in BAD.values()), "not json", "[1]", json.dumps(GOOD)]
    file.write_text("\n".join(lines))
    code, out, err = run([str(file)], capsys)
    assert code == 1
    assert [row.get("verdict") for row in out] == ["pass", None]
    assert (out[-1]["rows"], out[-1]["errors"], out[-1]["pass"]) == (13, 12, 1)
    assert [line.split(": ")[1] for line in err.splitlines()] == [f"{file}:{number}" for number in range(1, 13)]


def test_standard_input_and_text_that_is_no_unicode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = GOOD | {"code": "def f(x): return '\ud800'", "note": "\ud800"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(row)))
    code, out, _ = run(["-"], capsys)
    assert (code, out[0]["verdict"], out[0]["note"]) == (0, out[0]["verdict"], "\ud800")


def test_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    code, out, _ = run([str(tmp_path / "empty.jsonl")], capsys)
    assert (code, len(out), out[0]["rows"]) == (0, 1, 0)


@pytest.mark.parametrize("flags", [["--workers", "0"], ["--cpu-seconds", "0"], ["--memory-mb", "0"]])
def test_limits_are_above_zero(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["python", "-", *flags])
    assert ended.value.code == 2 and "above 0" in capsys.readouterr().err
