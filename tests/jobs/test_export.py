"""The export job and the SQL of each format, against the columns trainers read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.export import main
from schemas.trace import Rollout, Trace
from tests.rows import a_last_step, a_rollout, a_step, a_trace, load_with_datasets, write_run


def run(shards: Path, name: str, out: Path, *more: str) -> int:
    return main(["--format", name, "--shards", str(shards), "--out", str(out), *more])


def messages(*turns: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)]


def exported(tmp_path: Path, name: str) -> list[dict[str, object]]:
    assert run(tmp_path / "shards", name, tmp_path / "out") == 0
    return load_with_datasets(tmp_path / "out" / name / "part-*.parquet", tmp_path / "cache")


def test_trl_sft_holds_each_accepted_solution_once(tmp_path: Path) -> None:
    other = (a_step("2 = 1 + 1\n"), a_last_step("\n\nAnswer: 2\n\n"))
    write_run(
        tmp_path / "shards",
        [
            a_trace("t1"),
            a_trace("t2"),  # the same text for the same problem
            a_trace("t3", problem_id="p2"),  # the same text for another problem
            a_trace("t4", steps=other),
            a_trace("t5", outcome="rejected"),
            a_trace("t6", outcome="undecided", steps=(a_last_step("?"),)),
            a_trace("t7", role="critique", steps=(a_last_step("Well done"),)),
        ],
    )
    write_run(tmp_path / "shards", [a_trace("t8", run_id="b")], run_id="b")  # the same again from another run
    prompt = messages("What is 1 + 1?")
    first = {"prompt": prompt, "completion": [{"role": "assistant", "content": "1 + 1 = 2\nAnswer: 2"}]}
    fourth = {"prompt": prompt, "completion": [{"role": "assistant", "content": "2 = 1 + 1\n\n\nAnswer: 2"}]}
    assert exported(tmp_path, "trl-sft") == [first, first, fourth]


def test_marked_duplicates_are_left_out(tmp_path: Path) -> None:
    def again(name: str, of: str, **more: Any) -> Trace:
        return a_trace(name, duplicate_of=of, steps=(a_step("1 + 1  = 2\n"), a_last_step()), **more)

    plan: dict[str, Any] = {"role": "plan", "status": "sufficient"}
    program = a_rollout(1, answer="def f(): pass\n", status="pass")
    review: dict[str, Any] = {"generator": "critique", "role": "critique", "parent_trace_id": "t1"}
    told: dict[str, Any] = {"generator": "proof_to_language", "role": "translation", "parent_trace_id": "t1"}
    tried: dict[str, Any] = {"generator": "code_io", "problem_id": "p2"}
    write_run(
        tmp_path / "shards",
        [
            a_trace("t1"),
            again("t2", "t1"),
            a_trace("u1", rollouts=(program,), **plan),
            again("u2", "u1", rollouts=(program,), **plan),
            a_trace("v1", **review),
            again("v2", "v1", **review),
            a_trace("w1", **told),
            again("w2", "w1", **told),
            a_trace("x1", **tried),
            again("x2", "x1", **tried),
        ],
    )
    once, twice = ("codeio-sft", "critique-sft", "plan-sft"), ("prm-chat", "proof-sft", "trl-sft")
    expected = dict.fromkeys(once, 1) | dict.fromkeys(twice, 2)  # two problems; to prose and to formal
    assert {name: len(exported(tmp_path, name)) for name in expected} == expected


def test_a_critique_of_a_duplicate_stays(tmp_path: Path) -> None:
    review: dict[str, Any] = {"generator": "critique", "role": "critique", "parent_trace_id": "t2"}
    write_run(tmp_path / "shards", [a_trace("t1"), a_trace("t2", duplicate_of="t1"), a_trace("t3", **review)])
    assert len(exported(tmp_path, "critique-sft")) == 1


def test_plan_sft_holds_each_sufficient_reasoning_once_with_a_program_it_led_to(tmp_path: Path) -> None:
    def plan(name: str, *rollouts: Rollout, **overrides: Any) -> Trace:
        steps = (a_step("Keep the large ones.\n"), a_step("Add them up.\n"))
        return a_trace(
            name, **{"role": "plan", "status": "sufficient", "steps": steps, "rollouts": rollouts} | overrides
        )

    def program(index: int, code: str | None = "def f(): pass\n", outcome: str = "accepted", step: int = 1) -> Rollout:
        return a_rollout(step, index, answer=code, outcome=outcome, status="pass" if outcome == "accepted" else "fail")

    write_run(
        tmp_path / "shards",
        [
            plan("t1", program(0, "by luck", step=0), program(2, "later"), program(0, "wrong", "rejected"), program(1)),
            plan("t2", program(0, "another")),  # the same reasoning
            plan("t3", program(0), outcome="rejected", status="decoy", problem_id="p2"),
            plan("t4", program(0), outcome="rejected", status="leaks", problem_id="p3"),
            plan("t5", program(0, None), problem_id="p4"),  # too long to be kept
            a_trace("t6"),
        ],
    )
    assert exported(tmp_path, "plan-sft") == [
        {
            "prompt": messages("What is 1 + 1?"),
            "completion": [
                {
                    "role": "assistant",
                    "content": "Keep the large ones.\nAdd them up.\n\n```python\ndef f(): pass\n```",
                }
            ],
        }
    ]


def test_critique_sft_shows_the_program_and_flags_every_review(tmp_path: Path) -> None:
    def program(name: str, **overrides: Any) -> Trace:
        steps = (a_step("def f():\n"), a_last_step("    return 2\n"))
        return a_trace(name, **{"generator": "critique", "steps": steps, "text_hash": "faulty"} | overrides)

    def review(name: str, text: str, engine: str = "openvino", **overrides: Any) -> Trace:
        asked = {"generator": "critique", "role": "critique", "parent_trace_id": "p", "text_hash": text}
        made = a_trace(name, **asked | {"steps": (a_last_step(text),)} | overrides)
        return replace(made, policy=replace(made.policy, engine=engine))

    write_run(
        tmp_path / "shards",
        [
            program("p"),
            review("r1", "Line 2.\n"),
            review("r2", "Line 2.\n", "reference"),  # the same, known to be right
            review("r3", "No bug found.", outcome="rejected"),
            review("r4", "Well", outcome="undecided"),
            a_trace("t5", role="critique"),  # another generator's
        ],
    )
    shown = "What is 1 + 1?\n\ndef f():\n    return 2"
    assert exported(tmp_path, "critique-sft") == [
        {"messages": messages(shown, "Line 2."), "accepted": True, "reference": True},
        {"messages": messages(shown, "No bug found."), "accepted": False, "reference": False},
    ]


def test_proof_sft_holds_both_directions_and_repairs_of_what_is_faithful(tmp_path: Path) -> None:
    def proof(name: str, **overrides: Any) -> Trace:
        steps = (a_step("intro h1\n"), a_last_step("exact h1\n"))
        return a_trace(name, **{"generator": "proof_to_language", "steps": steps, "status": "verified"} | overrides)

    def told(name: str, *lines: str, **overrides: Any) -> Trace:
        ours: dict[str, Any] = {"generator": "proof_to_language", "role": "translation", "parent_trace_id": "p"}
        return a_trace(name, **ours | {"steps": tuple(a_step(f"{line}\n") for line in lines)} | overrides)

    repaired = (
        a_step("Assume it.\n"),
        a_step("Try `apply h2`: it is none.\n", action="failed"),
        a_last_step("It is `h1`.\n", action="repair"),
    )
    write_run(
        tmp_path / "shards",
        [
            proof("p"),
            told("t1", "Assume it.", "It is `h1`."),
            told("t2", "Assume it.", "It is `h1`."),  # the same prose
            told("t3", "Assume p.", outcome="rejected", status="misstated"),
            told("t4", "Of another.", outcome="rejected", status="decoy"),
            told("t5", "In words.", generator="statements"),
            told("t6", role="revision", steps=repaired, status="repaired"),
            told("t7", role="revision", steps=repaired, outcome="undecided"),
            proof("q", outcome="rejected"),
            told("t8", "Of no proof.", parent_trace_id="q"),
        ],
    )
    asked, script, prose = "What is 1 + 1?\n\n", "intro h1\nexact h1", "Assume it.\nIt is `h1`."
    assert exported(tmp_path, "proof-sft") == [
        {"kind": "to_prose", "messages": messages(asked + script, prose)},
        {"kind": "to_formal", "messages": messages(asked + prose, script)},
        {
            "kind": "repair",
            "messages": messages(f"{asked}Assume it.\nTry `apply h2`: it is none.", f"It is `h1`.\n\n{script}"),
        },
    ]


def test_prm_chat_alternates_steps_and_labels(tmp_path: Path) -> None:
    steps = (a_step("one\n", n_correct=1), a_step("two\n\n", n_correct=0), a_step("three\n"), a_last_step("Answer: 2"))
    write_run(tmp_path / "shards", [a_trace(steps=steps, outcome="rejected")])
    turns = messages("What is 1 + 1?\n\none", "+", "two", "-", "three", "+", "Answer: 2", "-")
    assert exported(tmp_path, "prm-chat") == [{"messages": turns}]


def test_prm_chat_cuts_at_the_first_step_without_a_label(tmp_path: Path) -> None:
    unknown = a_step("two\n", n_rollouts=4, n_undecided=4, n_correct=0)
    bare = a_step("one\n", n_rollouts=0, n_correct=0, stop_reason="no_continuation")
    write_run(
        tmp_path / "shards",
        [
            a_trace("t1", steps=(a_step("one\n"), unknown, a_step("three\n"), a_last_step())),
            a_trace("t2", steps=(bare, a_last_step())),  # no label on its first step
            a_trace("t3", steps=(a_last_step("Answer: 2\n"),)),
            a_trace("t4", steps=(a_last_step("Answer:\n"),), outcome="undecided"),
            a_trace("t5", steps=(a_step("Well\n"), a_last_step()), role="critique"),
        ],
    )
    assert exported(tmp_path, "prm-chat") == [
        {"messages": messages("What is 1 + 1?\n\none", "+")},
        {"messages": messages("What is 1 + 1?\n\nAnswer: 2", "+")},
    ]


def test_prm_chat_keeps_the_copy_with_most_decided_rollouts(tmp_path: Path) -> None:
    few, many = a_step("one\n", n_rollouts=8, n_undecided=6, n_correct=2), a_step("one\n", n_rollouts=4, n_correct=0)
    write_run(
        tmp_path / "shards",
        [a_trace("t1", steps=(few, a_last_step())), a_trace("t2", steps=(many, a_last_step()))],
    )
    turns = messages("What is 1 + 1?\n\none", "-", "Answer: 2", "+")
    assert exported(tmp_path, "prm-chat") == [{"messages": turns}]


def test_codeio_sft_holds_tries_feedback_and_revisions_whatever_came_of_them(tmp_path: Path) -> None:
    asked = replace(a_trace().problem, task="output", statement="What does f(1) return?")

    def one(name: str, answer: str, outcome: str = "rejected", **more: Any) -> Trace:
        steps = (a_step("Call f: n = 1.\n"), a_last_step(f"Answer: {answer}\n\n"))
        return a_trace(name, generator="code_io", problem=asked, steps=steps, outcome=outcome, **more)

    def revision(name: str, of: str, *rest: str, **more: Any) -> Trace:
        return one(name, *rest, role="revision", parent_trace_id=of, **more)

    write_run(
        tmp_path / "shards",
        [
            one("t0", "3"),  # the same as t1, and not revised
            one("t1", "3", reason="f(1) does not return 3."),
            one("t2", "2", "accepted"),
            one("t3", "4", reason="f(1) does not return 4."),
            one("t4", "5"),
            one("t5", "6", "undecided"),
            one("t6", "7", reason="f(1) does not return 7."),
            revision("t7", "t1", "2", "accepted"),
            revision("t8", "t3", "4"),
            revision("t9", "t6", "2", "undecided"),
            one("ta", "2", "accepted", problem_id="p2"),
            a_trace("tb"),
            a_trace("tc", role="revision", parent_trace_id="t4", generator="critique"),
        ],
    )

    def turns(*answers: str) -> list[dict[str, str]]:
        texts = [text if text.startswith("f(1)") else f"Call f: n = 1.\nAnswer: {text}" for text in answers]
        return messages("What does f(1) return?", *texts)

    assert exported(tmp_path, "codeio-sft") == [
        {"task": "output", "messages": turns("3", "f(1) does not return 3.", "2"), "accepted": True},
        {"task": "output", "messages": turns("2"), "accepted": True},
        {"task": "output", "messages": turns("4", "f(1) does not return 4.", "4"), "accepted": False},
        {"task": "output", "messages": turns("5"), "accepted": False},
        {"task": "output", "messages": turns("2"), "accepted": True},
    ]


def test_prints_rows_files_and_the_line_that_loads_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    assert run(tmp_path / "shards", "trl-sft", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    files = str(tmp_path / "out" / "trl-sft" / "part-*.parquet")
    assert f"1 rows in 1 file: {files}" in printed
    assert f"datasets.load_dataset('parquet', data_files='{files}', split='train')" in printed


def test_an_unknown_format_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "prm-chta", tmp_path / "out") == 2
    assert 'no format named "prm-chta"; the nearest is prm-chat' in capsys.readouterr().err


def test_no_runs_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "trl-sft", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert "make shards" in error
    assert error.count("\n") == 1


def test_refuses_to_overwrite_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    assert run(tmp_path / "shards", "trl-sft", tmp_path / "out") == 0
    assert run(tmp_path / "shards", "trl-sft", tmp_path / "out") == 2
    assert "--force" in capsys.readouterr().err
    assert run(tmp_path / "shards", "trl-sft", tmp_path / "out", "--force") == 0


def test_an_output_that_cannot_be_written_is_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    (tmp_path / "out").write_text("a file")
    assert run(tmp_path / "shards", "trl-sft", tmp_path / "out") == 2
    assert str(tmp_path / "out") in capsys.readouterr().err
