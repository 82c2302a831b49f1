"""`python -m jobs.check`: rows in, the same rows with verdicts out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.check.__main__ import KINDS, main


def run(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]], str]:  # Any: JSON
    code = main(argv)
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_rows_come_back_in_order_with_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"gold": "18", "pred": "2 * 9 = <<2*9=18>>18\nA: 18", "id": 7},
        {"gold": "1/3", "pred": "0.333"},
        {"gold": r"\ln(x^2)", "pred": r"2\ln x"},
        {"gold": 5, "pred": 5.0},
        {"gold": "5", "pred": ""},
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    code, out, err = run(["answers", str(file)], capsys)
    assert (code, err) == (0, "")
    *judged, counts = out
    assert [row["verdict"] for row in judged] == ["equal", "different", "undecided", "equal", "different"]
    assert [{key: row[key] for key in given} for row, given in zip(judged, rows, strict=True)] == rows
    assert judged[0]["answer"] == "18"
    assert judged[4]["reason"].startswith("no_answer: ")
    assert all(row["reason"] for row in judged)
    assert counts.pop("seconds") >= 0
    assert counts == {"rows": 5, "equal": 2, "different": 2, "undecided": 1, "errors": 0}


def test_a_bad_row_is_named_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(
        b'{"gold": "1", "pred": "1"}\nnot json\n[1]\n{"gold": "1"}\n'
        b'{"gold": null, "pred": "1"}\n\xff\xfe\n{"gold": "2", "pred": "2"}'
    )
    code, out, err = run(["answers", str(file)], capsys)
    assert code == 1
    assert [row.get("verdict") for row in out] == ["equal", "equal", None]
    assert (out[-1]["rows"], out[-1]["errors"]) == (7, 5)
    lines = err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{file}:{number}" for number in (2, 3, 4, 5, 6)]
    assert "'pred'" in lines[2]


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"gold": "1,000", "pred": "1000"}\n'))
    code, out, _ = run(["answers", "-"], capsys)
    assert (code, out[0]["verdict"]) == (0, "equal")


def test_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    code, out, _ = run(["answers", str(tmp_path / "empty.jsonl")], capsys)
    assert (code, len(out), out[0]["rows"]) == (0, 1, 0)


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_ends_with_2(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(["answers", str(tmp_path / name)], capsys)
    assert (code, out) == (2, [])
    assert str(tmp_path) in err and "JSONL" in err


def test_help_shows_an_example_of_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    listed = capsys.readouterr().out
    for kind in KINDS:
        assert kind in listed
        with pytest.raises(SystemExit):
            main([kind, "--help"])
        assert f"python -m jobs.check {kind} -" in capsys.readouterr().out


def test_policies_are_flags(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for flags, verdict in (([], "equal"), (["--no-units-dropped"], "different")):
        monkeypatch.setattr("sys.stdin", io.StringIO('{"gold": "5 cm", "pred": "5"}'))
        _, out, _ = run(["answers", "-", *flags], capsys)
        assert out[0]["verdict"] == verdict


def test_steps_of_a_solution_come_with_their_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    rows = [
        {"question": "How many?", "response": "48 / 2 = 24\nSo 48 + 24 = 73\n", "model": "tiny"},
        {"question": "How many?", "answer": "1 + 1 = <<1+1=2>>2\n#### 2"},
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    code, out, err = run(["steps", str(file)], capsys)
    assert (code, err) == (0, "")
    first, second, counts = out
    assert (first["line"], first["model"]) == (1, "tiny")
    assert [step["text"] for step in first["steps"]] == ["48 / 2 = 24\n", "So 48 + 24 = 73\n"]
    assert first["steps"][1]["claims"] == [
        {
            "text": "48 + 24 = 73",
            "verdict": "wrong",
            "reason": "the left side is 72, the right side 73",
            "start": 3,
            "end": 15,
        }
    ]
    assert (second["line"], second["model"]) == (2, "reference")
    assert counts.pop("seconds") >= 0
    assert counts == {"rows": 2, "solutions": 2, "steps": 4, "right": 4, "wrong": 1, "unsure": 0, "errors": 0}


def test_paragraphs_are_steps_when_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"solution": "1 + 1 = 2\n2 + 2 = 4\n\n3 + 3 = 6"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(row)))
    _, out, _ = run(["steps", "-", "--paragraphs"], capsys)
    assert [len(step["claims"]) for step in out[0]["steps"]] == [2, 1]


def test_rows_without_a_solution_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"question": "?", "answer": "5"}\n[1]\n{"solution": "1 + 1 = 2"}\n{"solution": " "}')
    code, out, err = run(["steps", str(file)], capsys)
    assert code == 1
    assert (out[-1]["rows"], out[-1]["solutions"], out[-1]["errors"]) == (4, 1, 3)
    assert [line.split(": ")[1] for line in err.splitlines()] == [f"{file}:{number}" for number in (1, 2, 4)]
    assert "`question`" in err.splitlines()[0]
