"""Sources of programs: named by the content of their files, read one after the other, each question once."""

import itertools
from pathlib import Path

import pytest

from pipeline.config import SourceConfig
from pipeline.programs import source
from pipeline.programs.questions import QUESTIONS, Asking
from pipeline.sources import stream
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem

ASKING = Asking(questions=QUESTIONS, inputs=1, licence="CC0-1.0", split="test")
FUNCTION = 'def f(x):\n    """\n    >>> f(2)\n    3\n    """\n    return x + 1\n'


def written(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return "\n".join(str(folder / f"{name}.py") for name in files)


def test_the_identity_is_the_digest_of_all_texts(tmp_path: Path) -> None:
    texts = {"a": FUNCTION + '# "ü" \\ \u2028\n', "b": "", "test_b": "from b import *\n"}
    path = written(tmp_path, **texts)
    named = [["a.py", texts["a"], ""], ["b.py", "", texts["test_b"]], ["test_b.py", texts["test_b"], ""]]
    assert source.of_python(path, ASKING).identity == ids.digest("python", named)
    assert source.of_python(path.splitlines()[0], ASKING).identity == ids.digest("python", named[:1])


def test_a_file_is_read_when_its_turn_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, **{f"m{n}": FUNCTION.replace("f", f"f{n}").replace("def f", "def f") for n in range(9)})
    found = source.of_python(path, ASKING)
    read: list[Path] = []
    text = source._text

    def noted(file: Path) -> str:
        read.append(file)
        return text(file)

    monkeypatch.setattr(source, "_text", noted)
    assert len(list(itertools.islice(found.pieces, 3))) == 3
    assert [file.stem for file in read] == ["m0", "m1", "m2"]


def test_the_same_question_again_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, a=FUNCTION, b=FUNCTION, c=FUNCTION.replace("3", "4"))
    found = stream(SourceConfig(path=path, questions=("output",), inputs_per_program=1), 9, 0)
    rows = list(found.rows)
    assert [(type(row) is Problem, row.problem_id) for row in rows].count((True, rows[0].problem_id)) == 1
    (problem, refused) = rows
    assert isinstance(problem, Problem) and problem.source == "a.py:1"
    assert not isinstance(refused, Problem) and refused.where == f"{tmp_path}/c.py:1"


def test_what_kind_of_source_a_path_is(tmp_path: Path) -> None:
    assert source.names_python("a.py") and source.names_python("x\nsrc/**/*.py") and not source.names_python("a.jsonl")
    row = {"code": "def f(): pass", "entry_point": "f"}
    assert source.holds_code([row, row]) and not source.holds_code([]) and not source.holds_code([row, {"answer": "1"}])
    with pytest.raises(SourceError, match="no such file"):
        source.of_python(str(tmp_path / "a.py"), ASKING)
