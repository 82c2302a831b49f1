"""The files of traced theorems: JSON that is one list, read object by object, and the sources beside it."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pipeline import rows_in
from pipeline.lean_dojo import Source
from pipeline.rows_in import Row

_CHUNK = 1 << 20
_BETWEEN = re.compile(r"[ \t\r\n,]*")


def beside(folder: Path) -> Source:
    """Return what finds the files of traced repositories in a folder; never one outside of it."""

    @lru_cache(maxsize=32)
    def text(path: Path) -> str | None:
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else None
        except (OSError, UnicodeDecodeError):
            return None

    def found(url: str, commit: str, file: str) -> str | None:
        owner, _, repository = url.rstrip("/").removesuffix(".git").rpartition("/")
        cached = f"{owner.rpartition('/')[2]}-{repository}-{commit}"
        for part in ("", repository, f"{repository}-{commit}", f"{cached}/{repository}"):
            try:
                path = (folder / part / file).resolve()
            except (OSError, ValueError):
                return None
            if path.is_relative_to(folder.resolve()) and (known := text(path)) is not None:
                return known
        return None

    return found


def is_list(place: Path) -> bool:
    """Whether a .json file holds one list, as the benchmark's do."""
    if place.suffix.lower() != ".json":
        return False
    try:
        with place.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(4_096).lstrip().startswith("[")
    except OSError:
        return False


def listed(place: Path) -> Iterator[Row]:
    """Yield the objects of a file that is one JSON list, read piece by piece. What follows broken JSON cannot be read."""
    decoder = json.JSONDecoder()
    number, wanted = 0, _CHUNK
    with place.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        buffer = file.read(_CHUNK).lstrip()
        at = 1  # where the next object begins: to cut the buffer after each one would copy it a thousand times
        while True:
            at = _BETWEEN.match(buffer, at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if buffer.startswith("]", at):
                return
            try:
                value, at = decoder.raw_decode(buffer, at)
            except (ValueError, RecursionError) as error:
                more = file.read(wanted) if len(buffer) - at < rows_in.MAX_LINE_BYTES else ""
                if not more:
                    fault = f"not JSON: {error}; the rest is not read"
                    yield Row(number=number + 1, values={}, fault=fault, raw=buffer[at : at + 4_096])
                    return
                buffer, at, wanted = buffer[at:] + more, 0, 2 * wanted
                continue
            wanted, number = _CHUNK, number + 1
            yield _object(number, value)


def _object(number: int, value: object) -> Row:
    if not isinstance(value, dict):
        return Row(
            number=number, values={}, fault="no JSON object; write one object per theorem", raw=str(value)[:4_096]
        )
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        return Row(number=number, values={}, fault="holds half of a surrogate pair, which is no character; remove it")
    return Row(number=number, values=value)
