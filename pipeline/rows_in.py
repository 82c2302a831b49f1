"""Rows of an input: JSON lines, a Parquet file, or a Hugging Face data set; read one by one, and only as far as asked.

A row that cannot be read is a row with a `fault`, and the rest goes on. SourceError is for inputs that cannot be read
as a whole. Nothing here knows what the columns mean (`columns.py`).
"""

import codecs
import difflib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.manifest import sha256_of
from schemas import ids
from schemas.errors import SourceError

LINES = (".jsonl", ".ndjson", ".json")
PARQUET = ".parquet"
MAX_LINE_BYTES = 16 * 2**20
"""A longer line is refused unread: it is a damaged file far more often than a problem."""
PARQUET_BATCH_ROWS = 256
_PARQUET_BUFFER = 1 << 20
"""Bytes of a column that are read at a time."""
LOOKED_AT = 5
"""Rows of a file that are looked at to see what it holds."""
_MOST_LOOKED_AT = 20
"""Those included that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its columns, or why it has none."""

    number: int
    """Line of a text file or row of a table, from 1; lines without text are counted, and are no rows."""
    values: Mapping[str, object]
    fault: str | None = None
    """What is wrong and what to do; `values` is then empty."""
    raw: str | None = None
    """The line as it was; None for tables."""

    def content_id(self) -> str:
        """Name the row by its content, whether it could be read or not."""
        if self.raw is not None:
            return ids.digest("row", self.raw)
        return ids.digest("row", json.dumps(self.values, sort_keys=True, default=str), self.fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An input that exists; `rows` may raise SourceError while it is read, and can be read once."""

    rows: Iterator[Row]
    identity: str
    """sha256 of the contents; of a hub's data set, its name, split and fingerprint."""
    shown: str
    """What the user called it."""
    name: str
    """What rows call it: the file's own name, or the data set's."""
    stem: str
    """The name without folder, suffix and configuration."""


def open_input(path: str, split: str) -> Input:
    """Open a .jsonl, .ndjson, .json or .parquet file, or a data set: a folder, `owner/name` or `owner/name:config`.

    `split` picks the split of a data set; files have none. Raises SourceError where there is no such thing.
    """
    place = Path(path).expanduser()
    suffix = place.suffix.lower()
    if place.is_dir():
        return _folder(place, path, split)
    if place.exists() or suffix in (*LINES, PARQUET):
        if place.exists() and suffix not in (*LINES, PARQUET):
            raise SourceError(f"{path}: cannot read {suffix or 'this'} files; convert it to JSON lines or Parquet")
        return of_file(place, path, _parquet(place, path) if suffix == PARQUET else _lines(place, path))
    if path.startswith(("/", ".", "~")) or path.count("/") > 1:
        raise SourceError(_no_such(place, path))
    return _published(path, split)


def of_file(place: Path, shown: str, rows: Iterator[Row]) -> Input:
    """Return the input that a file is, whoever reads its rows. Raises SourceError where it cannot be read."""
    return Input(rows=rows, identity=_sha256(place, shown), shown=shown, name=place.name, stem=place.stem)


def looked_at(rows: Iterator[Row]) -> tuple[list[Mapping[str, object]], Iterator[Row]]:
    """Return the first rows that can be read, up to `LOOKED_AT`, and all the rows again. Raises what reading them raises."""
    drawn: list[Row] = []
    first: list[Mapping[str, object]] = []
    while len(first) < LOOKED_AT and len(drawn) < _MOST_LOOKED_AT and (row := next(rows, None)) is not None:
        drawn.append(row)
        first += [row.values] if row.fault is None else []
    return first, chain(drawn, rows)


def _no_such(place: Path, shown: str) -> str:
    try:
        near = difflib.get_close_matches(place.name, [other.name for other in place.parent.iterdir()], n=1)
    except OSError:
        return f"{shown}: no such file or folder, and its folder cannot be read either; check the path"
    return f"{shown}: no such file or folder; " + (f"did you mean {near[0]!r}?" if near else "check the path")


def _sha256(place: Path, shown: str) -> str:
    try:
        return sha256_of(place)
    except FileNotFoundError as error:
        raise SourceError(_no_such(place, shown)) from error
    except OSError as error:
        raise SourceError(f"{shown}: cannot be read: {error.strerror}; check the file and its permissions") from error


def _lines(place: Path, shown: str) -> Iterator[Row]:
    try:
        with place.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES):
                number += 1
                if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                    while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                        pass
                    fault = f"longer than {MAX_LINE_BYTES >> 20} MiB; write one JSON object per line"
                    yield Row(number=number, values={}, fault=fault, raw=_decoded(line[:4096]))
                    continue
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                    if place.suffix.lower() == ".json" and line.lstrip().startswith(b"["):
                        remedy = f"write one object per line, as `jq -c '.[]' {place.name} > {place.stem}.jsonl` does"
                        raise SourceError(f"{shown}: one JSON list, not JSON lines; {remedy}")
                if line.strip():
                    yield _line(number, line.strip())
    except OSError as error:
        raise SourceError(f"{shown}: reading it failed: {error.strerror}; check the disk and try again") from error


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _line(number: int, line: bytes) -> Row:
    values, fault = _parsed(line)
    return Row(number=number, values=values, fault=fault, raw=_decoded(line))


def _parsed(line: bytes) -> tuple[Mapping[str, object], str | None]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return {}, f"not UTF-8 from byte {error.start + 1} on; save the file as UTF-8"
    try:
        values = json.loads(text)
        if "\\ud" in text.lower():
            # JSON can spell half a character (a lone surrogate), which no Parquet file can hold.
            json.dumps(values, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        return {}, f"not JSON: {error.msg} at column {error.colno}; write one JSON object per line"
    except UnicodeEncodeError:
        return {}, "holds half of a surrogate pair (\\ud800 to \\udfff), which is no character; remove it"
    except (ValueError, RecursionError):
        return {}, "holds a number or a nesting too large to read; write long numbers as strings, and nest less"
    if not isinstance(values, dict):
        return {}, f"a JSON {_KINDS.get(type(values), 'null')}, not an object; write one JSON object per line"
    return values, None


_KINDS = {list: "list", str: "string", int: "number", float: "number", bool: "boolean"}


def _parquet(place: Path, shown: str) -> Iterator[Row]:
    number = 0
    try:
        # Not a row group at a time, as it would be otherwise: many files are one row group.
        with pq.ParquetFile(place, pre_buffer=False, buffer_size=_PARQUET_BUFFER) as file:
            for batch in file.iter_batches(batch_size=PARQUET_BATCH_ROWS):
                yield from _batch(batch, number)
                number += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        after = f" after row {number}" if number else ""
        raise SourceError(f"{shown}: not readable as Parquet{after}: {_short(error)}; write the file again") from error


def _batch(batch: pa.RecordBatch, before: int) -> Iterator[Row]:
    try:
        for number, values in enumerate(batch.to_pylist(), before + 1):
            yield Row(number=number, values=values)
    except (ValueError, OverflowError):
        # One value that Python cannot hold (broken UTF-8, a date in year 10000) must not cost the whole batch.
        for index in range(batch.num_rows):
            yield _single(batch.slice(index, 1), before + index + 1)


def _single(batch: pa.RecordBatch, number: int) -> Row:
    try:
        return Row(number=number, values=batch.to_pylist()[0])
    except (ValueError, OverflowError) as error:
        fault = f"holds a value that cannot be read: {_short(error)}; remove or repair it"
        return Row(number=number, values={}, fault=fault, raw=f"row {number}")


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300].rstrip(" .") if lines else type(error).__name__


def _folder(place: Path, shown: str, split: str) -> Input:
    loaded = _data_set(place, shown, split)
    # The library's own fingerprint of a folder depends on modification times; a copy of the folder is the same source.
    names = sorted(file.relative_to(place) for file in place.rglob("*") if file.is_file())
    visible = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    contents = [(name.as_posix(), _sha256(place / name, f"{shown}/{name}")) for name in visible]
    name = place.resolve().name
    identity = ids.digest("folder", split, contents)
    return Input(rows=_data_set_rows(loaded, shown), identity=identity, shown=shown, name=name, stem=name)


def _published(path: str, split: str) -> Input:
    loaded = _data_set(path, path, split)
    return Input(
        rows=_data_set_rows(loaded, path),
        identity=ids.digest("hub", path, split, str(loaded._fingerprint)),
        shown=path,
        name=path,
        stem=path.partition(":")[0].rpartition("/")[2],
    )


def _data_set(place: Path | str, shown: str, split: str) -> Any:  # Any: `datasets` has several classes for a data set
    datasets = _datasets()
    try:
        if isinstance(place, str):
            name, _, config = place.partition(":")
            return datasets.load_dataset(name, config or None, split=split)
        if (place / "state.json").exists() or (place / "dataset_dict.json").exists():
            saved = datasets.load_from_disk(str(place))
            return saved[split] if isinstance(saved, dict) else saved
        # Streaming reads the files where they lie; otherwise they would be copied to a cache in the home folder, which
        # would get a lock file even so.
        with tempfile.TemporaryDirectory() as cache:
            return datasets.load_dataset(str(place), split=split, streaming=True, cache_dir=cache)
    except (OSError, ValueError, KeyError, RuntimeError, datasets.exceptions.DatasetsError, pa.ArrowException) as error:
        remedy = (
            "check that it holds data files and that source.split is one of its splits"
            if isinstance(place, Path)
            else "check the name (owner/name or owner/name:config), source.split and the network, "
            "or give a .jsonl or .parquet file"
        )
        raise SourceError(f"{shown}: cannot load split {split!r} of it: {_short(error)}; {remedy}") from error


def _data_set_rows(loaded: Any, shown: str) -> Iterator[Row]:  # Any: as above
    datasets = _datasets()
    number = 0
    try:
        for values in loaded:
            number += 1
            yield Row(number=number, values=values)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError, pa.ArrowException) as error:
        raise SourceError(f"{shown}: not readable after row {number}: {_short(error)}; write it again") from error


def _datasets() -> Any:  # Any: the module, which has no types
    import datasets  # here: takes two seconds, and most runs never need it
    from huggingface_hub import constants

    # `pipeline/__init__.py` says so in the environment, too late where the caller has imported the library before.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    datasets.disable_progress_bars()
    return datasets
