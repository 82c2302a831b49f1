"""The verifiers are asked again from the rows alone: what they say otherwise is found, what they cannot say is counted apart."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks import run as run_checks
from pipeline.checks.ids import Places
from pipeline.checks.shard import Finding, Seen
from pipeline.checks.verdicts import Asked, check_verdicts, verifier_configs
from pipeline.result import Result
from pipeline.storage.folder import Folder
from schemas import ids
from schemas.errors import ConfigError
from schemas.verdict import Claim
from tests.rows import RUN_ID, a_last_step, a_problem_record, a_step, a_trace
from tests.whole_runs import a_result, numbers, spoil, write_whole_run
from verifiers import plans, python, translations
from verifiers.lean import native


def asked(run: Folder, places: dict[str, Sequence[int]] | None = None) -> tuple[list[Finding], Asked]:
    """Return what the verifiers say otherwise of all rows, or of some, and what they were asked."""
    found: list[Finding] = []
    traces, counts = Places(), Asked()
    checked = run_checks.check_run(run, traces, Seen(), found.append, lambda _: None)
    found.clear()
    if places is None:
        places = {}
        for file, row in map(traces.where, range(len(traces))):
            places[file.partition("/")[2]] = [*places.get(file.partition("/")[2], []), row]
    check_verdicts(checked, places, counts, found.append)
    return found, counts


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    return write_whole_run(tmp_path, numbers(3, 2))


def test_verdicts_and_steps_of_a_whole_run_come_out_the_same(run: Folder) -> None:
    found, counts = asked(run)
    assert found == []
    assert (dict(counts.same), dict(counts.different), dict(counts.unsettled)) == ({"answers": 6}, {}, {})
    assert (counts.steps_same, counts.steps_different) == (12, 0)


def test_only_the_rows_that_are_named_are_asked_about(run: Folder) -> None:
    file = next(name for name in run.names("traces"))
    assert asked(run, {file: [1]})[1].same == {"answers": 1}
    assert asked(run, {})[1].same == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"outcome": "rejected", "status": "different"},
            "stored rejected (different), answers says now accepted (equal",
        ),
        ({"status": "no_answer", "outcome": "rejected"}, "stored rejected (no_answer)"),
        ({"answer": "3"}, "stored answer '3', answers finds now '2'"),
        ({"problem": a_result(1).traces[0].problem}, "answers says now rejected"),
    ],
)
def test_a_verdict_that_was_changed_is_found(run: Folder, values: dict[str, Any], said: str) -> None:
    if "problem" in values:
        values = {"problem": {name: getattr(values["problem"], name) for name in values["problem"].__slots__}}
    file = spoil(run, "traces", 0, **values)
    found, counts = asked(run)
    (finding,) = [finding for finding in found if finding.kind == "verdict"]
    assert (finding.file, finding.row) == (f"run={RUN_ID}/{file}", 0)
    assert a_result(0).traces[0].trace_id in finding.what
    assert said in finding.what
    assert counts.different == {"answers": 1}


@pytest.mark.parametrize("status", ["deadline", "disagree", "unsure"])
def test_what_was_undecided_is_no_contradiction(run: Folder, status: str) -> None:
    spoil(run, "traces", 0, outcome="undecided", status=status)
    found, counts = asked(run)
    assert found == []
    assert counts.unsettled == {"answers": 1}


def test_claims_that_were_changed_are_found(run: Folder) -> None:
    trace = a_result(0).traces[0]
    wrong = Claim(text="0 + 2 = 2", verdict="wrong", reason="it is not", start=0, end=9)
    spoiled = replace(trace, steps=(replace(trace.steps[0], checks=(wrong,)), *trace.steps[1:]))
    results = [replace(a_result(0), traces=(spoiled, *a_result(0).traces[1:]))]
    run = write_whole_run(Path(run.url).parent / "other", [results])
    found, counts = asked(run)
    assert [(finding.kind, finding.row) for finding in found] == [("step", 0)]
    assert "step 1: stored claims '0 + 2 = 2' wrong" in found[0].what
    assert counts.steps_different == 1


def test_another_version_of_a_verifier_is_not_asked(run: Folder) -> None:
    spoil(run, "traces", 0, verifier_version=1, outcome="rejected", status="different")
    found, counts = asked(run)
    assert found == []
    assert [why for why in counts.left_out if "answers 1" in why]


def of_program(status: str, outcome: Any, code: str) -> Result:
    """Return a program, by task `program`, with a verdict that is claimed."""
    reference = json.dumps({"entry_point": "f", "cases": [["(2,)", "4"]]})
    problem = replace(a_trace().problem, task="program", statement="Write f that doubles.", reference=reference)
    problem_id = ids.problem_id("code", problem.statement, reference)
    trace = a_trace(
        trace_id=ids.trace_id(RUN_ID, problem_id, "mcstep", 1, 0), problem_id=problem_id, domain="code", family="mine",
        problem=problem,
        steps=(a_last_step(code, q=1.0 if outcome == "accepted" else 0.0),), outcome=outcome, status=status,
        answer=code, verifier=python.NAME, verifier_version=python.VERSION,
    )  # fmt: skip
    record = a_problem_record(
        problem_id, domain="code", task="program", statement=problem.statement, reference=reference
    )
    return Result(record=record, traces=(trace,))


def test_programs_run_again_in_the_sandbox(tmp_path: Path) -> None:
    right = "def f(x):\n    return 2 * x"
    run = write_whole_run(tmp_path / "right", [[of_program("pass", "accepted", right)]])
    found, counts = asked(run)
    if counts.unsettled or counts.left_out:
        pytest.skip("nothing on this machine confines programs")
    assert (found, dict(counts.same)) == ([], {"python": 1})
    run = write_whole_run(tmp_path / "wrong", [[of_program("pass", "accepted", right.replace("2", "3"))]])
    found, counts = asked(run)
    assert "stored accepted (pass), python says now rejected (fail" in found[0].what


def counted(tmp_path: Path, name: str, verifier: Any, status: str, outcome: Any, passed: int, **values: Any) -> Asked:
    """Ask about a row whose verdict is a matter of its counts: `passed` of four rollouts from its last step."""
    result = a_result(0)
    step = a_step("All of it.\n", n_rollouts=4, n_correct=passed, q=0.5, q_low=0.1, q_high=0.9, **values)
    trace = replace(
        result.traces[0], steps=(step,), status=status, outcome=outcome, verifier=verifier.NAME,
        verifier_version=verifier.VERSION, role="plan" if verifier is plans else "translation", answer=None,
    )  # fmt: skip
    run = write_whole_run(tmp_path / name, [[replace(result, traces=(trace,))]])
    return asked(run)[1]


def test_verdicts_by_counts_are_counted_again(tmp_path: Path) -> None:
    assert counted(tmp_path, "a", plans, "sufficient", "accepted", 2).same == {"plans": 1}
    assert counted(tmp_path, "b", plans, "sufficient", "accepted", 1).different == {"plans": 1}
    assert counted(tmp_path, "c", plans, "insufficient", "rejected", 1).same == {"plans": 1}
    assert counted(tmp_path, "d", translations, "unfaithful", "rejected", 1).same == {"translations": 1}
    assert counted(tmp_path, "e", translations, "faithful", "accepted", 1).different == {"translations": 1}
    wrong = Claim(text="All", verdict="wrong", reason="no", start=0, end=3)
    assert counted(tmp_path, "f", translations, "faithful", "accepted", 4, checks=(wrong,)).different == {
        "translations": 1
    }
    assert counted(tmp_path, "g", plans, "leaks", "rejected", 0).left_out == {
        "plans judges by more than the row holds": 1
    }


def test_a_formal_proof_that_is_told_is_checked_by_the_kernel(tmp_path: Path) -> None:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    for number, (tactic, same) in enumerate((("exact h", True), ("skip", False))):
        reference = json.dumps({"name": "t", "statement": "theorem t (p : Prop) (h : p) : p", "header": ""})
        problem = replace(a_trace().problem, task="prove", statement="Prove it.", reference=reference)
        problem_id = ids.problem_id("proof", problem.statement, reference)
        step = a_step("`h` is the goal.\n", n_rollouts=2, n_correct=2, q=0.8, q_low=0.5, q_high=0.9, formal=tactic)
        trace = a_trace(
            trace_id=ids.trace_id(RUN_ID, problem_id, "mcstep", 1, 0), problem_id=problem_id, domain="proof",
            role="translation",
            problem=problem, steps=(step,), status="faithful", verifier=translations.NAME,
            verifier_version=translations.VERSION,
        )  # fmt: skip
        record = a_problem_record(problem_id, domain="proof", task="prove", statement="Prove it.", reference=reference)
        run = write_whole_run(tmp_path / str(number), [[Result(record=record, traces=(trace,))]])
        found, counts = asked(run)
        assert (counts.same if same else counts.different)["formal proofs"] == 1, (found, counts)


def test_programs_of_others_never_run_unconfined(run: Folder) -> None:
    record = json.loads(run.read("run.json"))
    record["config"] = {"verifiers": {"python": {"unconfined": True, "cpu_s": 1.0}}}
    run.write("run.json", json.dumps(record).encode())
    checked = run_checks.check_run(run, Places(), Seen(), lambda _: None, lambda _: None)
    config = verifier_configs(checked)["python"]
    assert (config.unconfined, config.cpu_s) == (False, 1.0)


def test_settings_that_cannot_be_read_leave_the_rows_out(run: Folder) -> None:
    record = json.loads(run.read("run.json"))
    record["config"] = {"verifiers": {"answers": {"whim": 1}}}
    run.write("run.json", json.dumps(record).encode())
    found, counts = asked(run)
    assert found == []
    assert [(number, "whim" in why) for why, number in counts.left_out.items()] == [(6, True)]
    checked = run_checks.check_run(run, Places(), Seen(), lambda _: None, lambda _: None)
    with pytest.raises(ConfigError):
        verifier_configs(checked)
