"""Inputs: text, Parquet and data sets; what costs one row, and what the whole source."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import rows_in
from schemas.errors import SourceError
from tests.input_files import GOOD, OTHER, read, the_problem, the_refusal, write_lines, write_parquet


@pytest.mark.parametrize("name", ["a.ndjson", "a.json", "a.JSONL"])
def test_json_lines_by_any_name_with_a_mark_and_windows_line_ends(tmp_path: Path, name: str) -> None:
    path = write_lines(tmp_path / name, b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r")
    assert the_problem(read(path)).reference == "42"


def test_nothing_is_parsed_beyond_the_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path / "a.jsonl", *({"statement": f"{n} + 1", "reference": n + 1} for n in range(100)))
    parsed = 0
    parse = rows_in._parsed

    def counted(line: bytes) -> object:
        nonlocal parsed
        parsed += 1
        return parse(line)

    monkeypatch.setattr("pipeline.rows_in._parsed", counted)
    assert len(read(path, 10).problems) == 10
    # Those and one more; and some to see what kind of rows they are.
    assert parsed <= 11 + rows_in.LOOKED_AT


def test_a_line_without_end_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_in, "MAX_LINE_BYTES", 1 << 20)
    path = write_lines(tmp_path / "a.jsonl", GOOD, b"x" * (3 << 20), OTHER)
    loaded = read(path)
    assert "longer than 1 MiB" in the_refusal(loaded).message
    assert [problem.source for problem in loaded.problems] == ["a.jsonl:1", "a.jsonl:3"]


def test_identity_is_the_content_and_not_the_name(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "a.jsonl", GOOD, OTHER)
    same = Path(shutil.copy(one, tmp_path / "b.jsonl"))
    other = write_lines(tmp_path / "c.jsonl", OTHER, GOOD)
    assert read(one).identity == read(same).identity != read(other).identity


def test_a_parquet_file_is_read_across_batches_and_one_broken_value_costs_one_row(tmp_path: Path) -> None:
    count = rows_in.PARQUET_BATCH_ROWS + 10
    statements = [f"What is {n} + 1?".encode() for n in range(count)]
    statements[7] = b"\xff\xfe"
    broken = pa.array(statements, pa.binary()).cast(pa.string(), safe=False)
    pq.write_table(pa.table({"problem": broken, "answer": list(range(1, count + 1))}), tmp_path / "a.parquet")
    loaded = read(tmp_path / "a.parquet")
    assert [problem.reference for problem in loaded.problems] == [str(n) for n in range(1, count + 1) if n != 8]
    assert the_refusal(loaded).where.endswith("a.parquet:8")
    assert loaded.problems[-1].source == f"a.parquet:{count}"


@pytest.mark.parametrize(
    ("name", "content", "wrong", "remedy"),
    [
        ("train.jsonl", None, "no such file", "did you mean 'trains.jsonl'?"),
        ("a.csv", b"statement,reference\n", "cannot read .csv files", "JSON lines or Parquet"),
        ("a.parquet", b"PAR1 no more", "not readable as Parquet", "write the file again"),
        ("a.jsonl", b"\n\n", "no rows", "one problem per row"),
        ("a.jsonl", b"{}\n[]\n", "a.jsonl:1: no statement", "name the right one"),
        ("a.json", b'[\n{"statement": "s"}]', "one JSON list", "jq -c '.[]' a.json > a.jsonl"),
    ],
)
def test_a_source_that_gives_nothing_raises(
    tmp_path: Path, name: str, content: bytes | None, wrong: str, remedy: str
) -> None:
    write_lines(tmp_path / "trains.jsonl", GOOD)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        read(tmp_path / name)
    message = str(raised.value)
    assert message.startswith(str(tmp_path / name))
    assert wrong in message
    assert remedy in message


def test_refusals_alone_raise_only_where_the_source_has_been_read_to_its_end(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", "not json", GOOD)
    assert (read(path, 1).problems, len(read(path, 1).refused)) == ((), 1)
    assert len(read(path, 2).problems) == 1


def test_a_folder_of_parquet_files_is_a_data_set(tmp_path: Path) -> None:
    folder = tmp_path / "sums"
    write_parquet(folder / "test-00000-of-00002.parquet", GOOD, {"statement": "s", "reference": "1 +* 2)"})
    write_parquet(folder / "test-00001-of-00002.parquet", OTHER)
    write_parquet(folder / "train-00000-of-00001.parquet", {"statement": "t", "reference": "1"})
    loaded = read(folder)
    assert [(p.reference, p.family, p.source) for p in loaded.problems] == [
        ("42", "sums", "sums:1"),
        ("2", "sums", "sums:3"),
    ]
    assert the_refusal(loaded).where == f"{folder}:2"
    assert read(folder, 1).problems == loaded.problems[:1]
    train = read(folder, split="train")
    assert (the_problem(train).statement, the_problem(train).split) == ("t", "train")
    assert train.identity != loaded.identity
    copied = Path(shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile))
    assert read(copied).identity == loaded.identity
    write_parquet(folder / "test-00001-of-00002.parquet", {"statement": "u", "reference": "1"})
    assert read(folder).identity != loaded.identity


def test_a_split_that_a_folder_does_not_have_names_those_it_has(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train.parquet", GOOD)
    with pytest.raises(SourceError, match=r"split 'test'.*train.*source\.split"):
        read(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="check that it holds data files"):
        read(tmp_path / "empty")


def test_a_data_set_saved_by_the_library_itself(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_list([GOOD, OTHER])
    table.save_to_disk(str(tmp_path / "one"))
    datasets.DatasetDict({"test": table}).save_to_disk(str(tmp_path / "two"))
    for name in ("one", "two"):
        assert [problem.reference for problem in read(tmp_path / name).problems] == ["42", "2"]


def test_a_hub_name_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SourceError, match=r"nobody/nothing:main.*network, or give a \.jsonl or \.parquet file"):
        read("nobody/nothing:main")
