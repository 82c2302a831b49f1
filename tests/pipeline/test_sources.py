"""Sources: every row that is refused, what stays the same when more is asked for, and the published sets."""

import json
import os
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from pipeline import manifest, rows_in
from pipeline.config import SourceConfig
from pipeline.sources import Stream, load, load_given, stream
from schemas import ids
from schemas.errors import ConfigError, SourceError
from tests.input_files import ASK, GOOD, OTHER, Row, read, the_refusal, write_lines, write_parquet
from verifiers import python

UNREADABLE: list[tuple[str | bytes | Row, str, str]] = [
    ('{"statement": "cut', "not JSON", "one JSON object per line"),
    ("[1, 2]", "JSON list", "one JSON object per line"),
    ("null", "JSON null", "one JSON object per line"),
    (b'{"statement": "\xff\xfe"}', "not UTF-8 from byte 16", "save the file as UTF-8"),
    ("[" * 200_000, "too large", "nest less"),
    ('{"statement": "s", "reference": ' + "9" * 5000 + "}", "too large", "as strings"),
    ('{"statement": "\\ud800", "reference": "1"}', "surrogate", "remove it"),
    ({"ask": "s", "reply": "1"}, "`ask`, `reply`", "`statement`, `problem`, `question` or `prompt`"),
    ({"statement": "s", "reply": "1"}, "`statement`, `reply`", "`reference`, `answer`, `ground_truth`"),
    ({"statement": ["s"], "reference": "1"}, '["s"], which is not text', "write it as text"),
    ({**GOOD, "domain": "chess"}, "'chess' is unknown", "use one of: code, math"),
]


@pytest.mark.parametrize(("row", "wrong", "remedy"), UNREADABLE)
def test_an_unreadable_row_is_refused_with_file_line_and_remedy_and_the_rest_goes_on(
    tmp_path: Path, row: str | bytes | Row, wrong: str, remedy: str
) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD, row, OTHER)
    loaded = read(path)
    refused = the_refusal(loaded)
    assert (refused.where, refused.kind) == (f"{path}:2", "unreadable")
    assert wrong in refused.message
    assert remedy in refused.message
    assert "\n" not in refused.message
    assert [problem.source for problem in loaded.problems] == ["a.jsonl:1", "a.jsonl:3"]


@pytest.mark.parametrize("statement", ["", " \n", None])
def test_an_empty_statement_is_refused(tmp_path: Path, statement: str | None) -> None:
    loaded = read(write_lines(tmp_path / "a.jsonl", GOOD, {"problem": statement, "answer": "1"}))
    refused = the_refusal(loaded)
    assert (refused.kind, refused.statement) == ("empty_statement", "")
    assert "`problem` is" in refused.message
    assert "fill it in" in refused.message


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"reference": "1 +* 2)"}, "cannot be read"),
        ({"answer": "He pays it all back.\n####"}, "no final answer"),
        ({"reference": ""}, "`reference` is empty"),
        ({"reference": None}, "`reference` is null"),
        ({"reference": ["4"]}, '["4"]'),
        ({"reference": True}, "true"),
        ({"solution": "It is clearly four in the end, as one sees."}, r"\boxed"),
    ],
)
def test_a_reference_that_does_not_verify_is_refused(tmp_path: Path, row: Row, wrong: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"statement": "s", **row}, GOOD)
    loaded = read(path)
    refused = the_refusal(loaded)
    assert (refused.kind, refused.where, refused.statement) == ("bad_reference", f"{path}:1", "s")
    assert wrong in refused.message
    assert len(loaded.problems) == 1


def test_a_bad_reference_keeps_the_id_of_its_problem(tmp_path: Path) -> None:
    row: Row = {"statement": "s", "reference": "1 +* 2)"}
    assert the_refusal(read(write_lines(tmp_path / "a.jsonl", GOOD, row))).problem_id == ids.problem_id(
        "math", "s", "1 +* 2)"
    )


def test_a_duplicate_names_the_first_line_whatever_its_spacing(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD, OTHER, {"question": " What  is 6 * 7?", "gold": 42})
    loaded = read(path)
    refused = the_refusal(loaded)
    assert (refused.kind, refused.where) == ("duplicate", f"{path}:3")
    assert f"{path}:1" in refused.message
    assert "remove one" in refused.message
    assert refused.problem_id == loaded.problems[0].problem_id


def test_ids_are_distinct_but_for_duplicates_and_stable(tmp_path: Path) -> None:
    rows = [row for row, _, _ in UNREADABLE]
    path = write_lines(tmp_path / "a.jsonl", GOOD, *rows, *rows)
    loaded = read(path)
    repeated = [row for row in loaded.refused if row.kind == "duplicate"]
    first = [row.problem_id for row in loaded.refused if row.kind != "duplicate"]
    assert len(first) == len(set(first)) == len(repeated) == len(rows)
    moved = write_lines(tmp_path / "b.jsonl", OTHER, *rows)
    assert [row.problem_id for row in read(moved).refused] == first


def test_twice_the_count_continues(tmp_path: Path) -> None:
    rows: list[Row | str] = [{"statement": f"What is {n} + 1?", "reference": n + 1} for n in range(20)]
    rows[3:3] = ["not json", rows[0]]
    path = write_lines(tmp_path / "a.jsonl", *rows)
    for count in range(1, 22):
        some, more = read(path, count), read(path, 2 * count)
        assert more.problems[: len(some.problems)] == some.problems
        assert more.refused[: len(some.refused)] == some.refused
        assert some.identity == more.identity
        ids_met = {problem.problem_id for problem in some.problems} | {row.problem_id for row in some.refused}
        assert len(ids_met) == min(count, 21)


def test_families_give_distinct_problems_and_twice_the_count_continues() -> None:
    config = SourceConfig(families=("expressions",), difficulties=(2,))
    some, more = load(config, 300, seed=1), load(config, 600, seed=1)
    assert more.problems[:300] == some.problems
    assert len({problem.problem_id for problem in more.problems}) == 600
    assert (some.refused, some.identity) == ((), "")
    assert load(config, 300, seed=2).problems != some.problems


def test_families_that_are_used_up_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(SourceConfig(), 3, seed=0).problems
    monkeypatch.setattr("pipeline.families.catalog.problems", lambda *_: iter(first * 10_000))
    with pytest.raises(SourceError, match="only 3 problems of split 'test'.*add difficulties"):
        load(SourceConfig(), 4, seed=0)


# Streams


def opened(path: Path, count: int = 10**6) -> Stream:
    return stream(SourceConfig(path=str(path)), count, 0)


def test_a_stream_is_what_is_loaded_with_refused_rows_in_their_places(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD, "no", OTHER, GOOD, {"statement": "s", "reference": "1 +* 2)"})
    found, whole = opened(path, 4), read(path, 4)
    assert (found.identity, found.at_most) == (whole.identity, 4)
    rows = list(found.rows)
    assert rows == [whole.problems[0], whole.refused[0], whole.problems[1], *whole.refused[1:]]
    assert [row.where.rpartition(":")[2] for row in whole.refused] == ["2", "4", "5"]


def test_a_row_is_read_when_it_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = 0
    parse = rows_in._parsed

    def counted(line: bytes) -> object:
        nonlocal parsed
        parsed += 1
        return parse(line)

    monkeypatch.setattr(rows_in, "_parsed", counted)
    found = opened(write_lines(tmp_path / "a.jsonl", *({"statement": f"{n}", "reference": n} for n in range(99))))
    assert parsed == rows_in.LOOKED_AT
    assert [row.statement for row in islice(found.rows, 20)] == [str(n) for n in range(20)]
    assert parsed == 20
    found.close()
    found.close()


def written(path: Path, rows: int) -> Path:
    # Few references: what is kept of them, for the next time they come, has its own bound.
    made: list[Row] = [{"statement": f"What is {n} % 7? {'x' * 500}", "reference": str(n % 7)} for n in range(rows)]
    return write_parquet(path, *made) if path.suffix == ".parquet" else write_lines(path, *made)


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", ""])
def test_memory_grows_by_ids_alone(tmp_path: Path, name: str) -> None:
    found = opened(written(tmp_path / name, 1_000)) if name else stream(SourceConfig(families=("linear",)), 600, 0)
    list(islice(found.rows, 200))  # buffers
    tracemalloc.start()
    try:
        rows = sum(1 for _ in found.rows)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert rows >= 400 and grown / rows < 50, "a problem of these takes a thousand bytes"


@pytest.mark.parametrize("content", ["theorems", "list", "code", "problems"])
def test_a_file_is_hashed_once_whatever_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    hashed: list[Path] = []
    sha256 = manifest.sha256_of
    theorem: Row = {"name": "a", "statement": "True", "url": "u", "commit": "c", "file_path": "f", "full_name": "a"}
    row: Row = {"code": "def f(x):\n    return x\n", "test": "assert f(1) == 2"} if content == "code" else theorem
    path = write_lines(tmp_path / "a.jsonl", GOOD if content == "problems" else row)
    if content == "list":
        path = tmp_path / "a.json"
        path.write_text(json.dumps([theorem]))

    def noted(place: Path) -> str:
        hashed.append(place)
        return sha256(place)

    monkeypatch.setattr("pipeline.rows_in.sha256_of", noted)
    try:
        opened(path).close()
    except SourceError as error:
        assert "no theorem that can be used" in str(error) or "no function" in str(error)
    assert hashed == [path]


def test_a_family_that_cannot_be_judged_here_is_told_at_the_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "missing", lambda *_: "no walls; put some up")
    with pytest.raises(ConfigError, match="no walls"):
        stream(SourceConfig(families=("words", "linear", "inputs"), difficulties=(2,)), 1, 0)


def test_a_later_row_that_cannot_be_judged_here_ends_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "missing", lambda *_: "no walls; put some up")
    row = {**ABOUT_CODE, "task": "input", "reference": INPUT}
    found = opened(write_lines(tmp_path / "a.jsonl", GOOD, OTHER, row, ASK))
    assert [next(found.rows).statement for _ in range(2)] == [GOOD["statement"], OTHER["statement"]]
    with pytest.raises(ConfigError, match="no walls"):
        next(found.rows)


def children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_a_stream_that_is_closed_in_the_middle_leaves_no_process(tmp_path: Path) -> None:
    before = children()
    path = tmp_path / "a.py"
    function = "def f{n}(x):\n    '''\n    >>> f{n}(2)\n    {m}\n    '''\n    return x + {n}\n\n\n"
    path.write_text("".join(function.format(n=n, m=n + 2) for n in range(9)))
    found = opened(path)
    assert children() - before
    next(found.rows)
    found.close()
    assert children() == before


def test_rows_of_one_problem_are_grouped_wherever_they_stand(tmp_path: Path) -> None:
    texts = ["a", "b", "c", "a"]
    rows = [{**(ASK if n % 2 == 0 else OTHER), "text": text} for n, text in enumerate(texts)]
    path = write_lines(tmp_path / "a.jsonl", *rows, {**ASK, "text": "a"})
    loaded = load_given(path, licence="MIT", split="dev")
    assert [[solution.text for solution in problem.given] for problem in loaded.problems] == [
        ["a", "c", "a"],
        ["b", "a"],
    ]
    assert [problem.source for problem in loaded.problems] == ["a.jsonl:1", "a.jsonl:2"]
    assert {(problem.licence, problem.split) for problem in loaded.problems} == {("MIT", "dev")}
    assert load_given(path, count=1, licence="MIT", split="dev").problems == loaded.problems[:1]


def test_given_rows_that_cannot_be_used_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad: Row = {"question": "s", "answer": "1 +* 2)"}
    path = write_lines(
        tmp_path / "a.jsonl",
        {**ASK, "solutions": ["A: 42", "", None, {"model": "m"}]},
        ASK,
        "not json",
        {**bad, "text": "A: 1"},
        {**bad, "text": "A: 2"},
        {"question": "s", "solution": "A: 1"},
        {**OTHER, "text": " "},
        {**OTHER, "text": "A: 2"},
    )
    loaded = load_given(path)
    assert [len(problem.given) for problem in loaded.problems] == [1, 1]
    assert [(row.where.rpartition(":")[2], row.kind) for row in loaded.refused] == [
        *[("1", "unreadable")] * 3,
        ("2", "unreadable"),
        ("3", "unreadable"),
        ("4", "bad_reference"),
        ("5", "duplicate"),
        ("6", "unreadable"),
        ("7", "unreadable"),
    ]
    messages = [row.message for row in loaded.refused]
    assert "solution 2 in `solutions`" in messages[0]
    assert "`question`, `answer`; name the right one" in messages[3]
    assert f"{path}:4" in messages[6]
    single = [row.problem_id for row in loaded.refused if row.kind != "duplicate"]
    assert len(set(single)) == len(single)
    assert not set(single) & {problem.problem_id for problem in loaded.problems}


def test_a_file_without_solutions_raises(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no usable row.*a\.jsonl:1: no solution.*`solutions`"):
        load_given(write_lines(tmp_path / "a.jsonl", ASK))


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("STEPMILL_DATA")
    if not folder:
        pytest.skip("STEPMILL_DATA does not name the folder of the published sets")
    return Path(folder)


@pytest.mark.parametrize(
    ("name", "count"), [("gsm8k/train.jsonl", 2000), ("gsm8k/test.jsonl", 660), ("math500/test.jsonl", 250)]
)
def test_published_sets_load_whole(data: Path, name: str, count: int) -> None:
    loaded = read(data / name)
    assert [(row.where, row.message) for row in loaded.refused] == []
    assert len(loaded.problems) == count
    assert all((problem.difficulty is not None) == name.startswith("math500") for problem in loaded.problems)


def test_published_model_solutions_group_by_problem_and_meet_the_test_set(data: Path) -> None:
    loaded = load_given(data / "gsm8k" / "model_solutions.jsonl")
    assert loaded.refused == ()
    models = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]
    assert [[solution.model for solution in problem.given] for problem in loaded.problems] == [models] * 660
    test_set = read(data / "gsm8k" / "test.jsonl").problems
    assert [problem.problem_id for problem in loaded.problems] == [problem.problem_id for problem in test_set]


# Questions about programs

CODE = "def f(n):\n    return n + 2\n"
INPUT = json.dumps({"code": CODE, "entry_point": "f", "returns": "12"})
ABOUT_CODE: Row = {"domain": "code", "statement": f"{CODE}\nFind arguments for which f returns 12."}


@pytest.mark.parametrize(("task", "reference"), [("output", "[1, 2]"), ("input", INPUT)])
def test_questions_about_programs_load_with_their_task(tmp_path: Path, task: str, reference: str) -> None:
    (problem,) = read(write_lines(tmp_path / "a.jsonl", {**ABOUT_CODE, "task": task, "reference": reference})).problems
    assert (problem.domain, problem.task, problem.reference) == ("code", task, reference)


def test_a_reference_that_says_nothing_about_a_program_is_refused(tmp_path: Path) -> None:
    row = {**ABOUT_CODE, "task": "input", "reference": INPUT}
    wrong = [
        {**row, "reference": INPUT[:-1]},
        {**row, "task": "output", "reference": "[1, 2"},
        {**row, "task": "solve", "reference": "2"},
    ]
    loaded = read(write_lines(tmp_path / "a.jsonl", row, *wrong))
    assert [problem.task for problem in loaded.problems] == ["input"]
    assert [row.kind for row in loaded.refused] == ["bad_reference"] * 3


def test_a_machine_that_cannot_run_programs_says_so_before_anything_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "missing", lambda *_: "no walls; put some up")
    path = write_lines(tmp_path / "a.jsonl", {**ABOUT_CODE, "task": "input", "reference": INPUT})
    with pytest.raises(ConfigError, match="'code' cannot be judged here: no walls; put some up"):
        read(path)
