"""A source of theorems: rows that bring a formal statement, or those of the LeanDojo benchmark; each is a task to prove it.

    {"name": "t", "statement": "theorem t (p : Prop) (h : p) : p", "header"?: "..", "proof"?: ":= h"}      JSON lines, Parquet
    {"url": .., "commit": .., "file_path": .., "full_name": .., "start": .., "end": .., "traced_tactics": ..}     also a JSON list

The benchmark's rows have no statement: it is read from the source, which is looked for beside the file, where `file_path` says,
in a folder named after the repository, or as lean-dojo's cache lays it out. A proof that a row brings must verify here: that
tells a statement which this Lean or its library cannot read from one that is only hard. A row that cannot be used is told with
its reason, and the rest goes on.
"""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from generators.prose import verbaliser
from pipeline import lean_dojo, rows_in
from pipeline.manifest import sha256_of
from pipeline.rows_in import Row
from pipeline.theorem_files import beside, is_list, lines, listed
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem, Solution
from verifiers.judge import LocalJudge, require
from verifiers.lean import check
from verifiers.lean.reading import tactics_in

LOOKED_AT = 5
"""Rows of a file that are looked at to see what it holds."""
AT_ONCE = 32
"""Rows whose proofs are verified at a time: the judge makes batches of what waits."""
_DECLARES = re.compile(r"\s*(?:@\[[^\]]*\]\s*)?(?:(?:protected|private)\s+)*(?:theorem|lemma)\b")
_DOJO = ("url", "commit", "file_path", "full_name")

Kind = Literal["unreadable", "bad_reference", "duplicate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that gives no problem."""

    where: str
    message: str
    statement: str
    problem_id: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorems:
    """What was made of a source, as far as it was read."""

    problems: tuple[Problem, ...]
    skipped: tuple[Skipped, ...]
    identity: str


def holds_theorems(path: str, split: str) -> bool:
    """Whether a path names a file of rows that bring formal statements, or traced theorems."""
    place = Path(path)
    if place.suffix.lower() not in (*rows_in.LINES, rows_in.PARQUET) or not place.is_file():
        return False
    if place.suffix.lower() == rows_in.PARQUET:
        first = [row.values for row in islice(rows_in.open_input(path, split).rows, LOOKED_AT) if row.fault is None]
    else:
        first = [row.values for row in islice(listed(place) if is_list(place) else lines(place), LOOKED_AT)]
    return bool(first) and all(_is_dojo(values) or _is_plain(values) for values in first)


def _is_dojo(values: Mapping[str, object]) -> bool:
    return all(isinstance(values.get(key), str) for key in _DOJO)


def _is_plain(values: Mapping[str, object]) -> bool:
    statement = values.get("statement")
    return (
        isinstance(values.get("name"), str)
        and isinstance(statement, str)
        and _DECLARES.match(statement) is not None
        and values.get("reference") is None
    )


def load(path: str, count: int, licence: str, split: str, judge: LocalJudge) -> Theorems:
    """Return the first `count` theorems; what is skipped counts, duplicates do not.

    Raises ConfigError where this machine has no Lean, SourceError where the source cannot be read or has no usable row.
    """
    place = Path(path)
    rows, identity = (listed(place), sha256_of(place)) if is_list(place) else _opened(path, split)
    reader = _Reader(path, place.name, licence, split)
    problems: dict[str, Problem] = {}
    skipped: list[Skipped] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="theorems") as threads:
        while len(problems) + sum(one.kind != "duplicate" for one in skipped) < count:
            wanted = count - len(problems) - sum(one.kind != "duplicate" for one in skipped)
            group = list(islice(rows, min(wanted, AT_ONCE)))
            if not group:
                break
            made = [(row, reader.problem(row)) for row in group]
            require((one for _, one in made if isinstance(one, Problem)), judge.config.verifiers)
            for row, one in threads.map(lambda pair: (pair[0], _verified(pair[1], judge)), made):
                where = f"{path}:{row.number}"
                if isinstance(one, Problem) and one.problem_id in problems:
                    one = ("duplicate", f"the same problem as {problems[one.problem_id].source}; remove one of the two")
                if isinstance(one, Problem):
                    problems[one.problem_id] = one
                else:
                    skipped.append(_skipped(where, row, *one))
    if not problems:
        why = f"the first one, {skipped[0].where}: {skipped[0].message}" if skipped else "it has no rows"
        raise SourceError(f"{path}: no theorem that can be used; {why}")
    return Theorems(problems=tuple(problems.values()), skipped=tuple(skipped), identity=identity)


_Refusal = tuple[Kind, str]


def _skipped(where: str, row: Row, kind: Kind, message: str) -> Skipped:
    shown = str(row.values.get("full_name") or row.values.get("name") or "")
    statement = str(row.values.get("statement") or shown)[:2_000]
    return Skipped(
        where=where,
        message=f"{shown}: {message}" if shown else message,
        statement=statement,
        problem_id=row.content_id() if kind != "duplicate" else ids.digest("duplicate", where, row.content_id()),
        kind=kind,
    )


def _opened(path: str, split: str) -> tuple[Iterator[Row], str]:
    source = rows_in.open_input(path, split)
    return source.rows, source.identity


# Rows


class _Reader:
    """Makes problems of rows, each with the prose of the one before it as its control."""

    def __init__(self, path: str, name: str, licence: str, split: str) -> None:
        self._name, self._licence, self._split = name, licence, split
        self._source = beside(Path(path).resolve().parent)
        self._stem = Path(name).stem
        self._prose: list[str] = []

    def problem(self, row: Row) -> Problem | _Refusal:
        if row.fault is not None:
            return "unreadable", row.fault
        if not _is_dojo(row.values):
            return self._plain(row)
        licence = str(row.values.get("licence") or row.values.get("license") or self._licence)
        (made,) = lean_dojo.problems([row.values], self._name, licence, self._split, self._source)
        if isinstance(made, SourceError):
            return "unreadable", str(made).partition(": ")[2]
        if not made.statement or not json.loads(made.reference)["statement"]:
            file = row.values["file_path"]
            return "unreadable", f"its source {file} is not beside {self._name}, where its repository should be"
        program = json.loads(made.program or "{}")
        decoy, self._prose = self._prose, _told(program["tactics"]) or self._prose
        program |= {"decoy": decoy} if decoy else {}
        return replace(made, source=f"{self._name}:{row.number}", program=json.dumps(program, ensure_ascii=False))

    def _plain(self, row: Row) -> Problem | _Refusal:
        values = row.values
        if not _is_plain(values):
            return (
                "unreadable",
                "no `name` and `statement` that declares a theorem; write {name, statement, header?, proof?}",
            )
        statement = re.sub(r"\s*:=\s*\Z", "", str(values["statement"]).strip())
        name, header, proof = str(values["name"]), str(values.get("header") or ""), str(values.get("proof") or "")
        reference = json.dumps({"name": name, "statement": statement, "header": header}, ensure_ascii=False)
        return Problem(
            problem_id=ids.problem_id("proof", statement, reference),
            domain="proof",
            task="prove",
            family=str(values.get("family") or self._stem),
            statement=statement,
            reference=reference,
            source=f"{self._name}:{row.number}",
            licence=str(values.get("licence") or values.get("license") or self._licence),
            split=str(values.get("split") or self._split),
            program=json.dumps({"flat": _lines(proof, name)}, ensure_ascii=False),
            given=(Solution(text=proof, model="reference"),) if proof.strip() else (),
        )


def _lines(proof: str, name: str) -> list[str]:
    return [one.text for one in tactics_in(proof, name.rpartition(".")[2])] if proof.strip() else []


def _told(tactics: object) -> list[str]:
    """Return the verbaliser's prose of recorded tactics."""
    lines = []
    for one in tactics if isinstance(tactics, list) else []:
        if isinstance(one.get("after"), list):
            lines.append(verbaliser.sentence(one["tactic"], one["before"], one["after"]))
    return lines


def _verified(made: Problem | _Refusal, judge: LocalJudge) -> Problem | _Refusal:
    """Return the problem, with `proof` where its tactics one after the other are accepted; or what is wrong with it."""
    if not isinstance(made, Problem):
        return made
    fault = check.reference_error(made)
    if fault is not None:
        return "bad_reference", f"{fault}; correct the statement or remove the row"
    program = json.loads(made.program or "{}")
    lines = program.pop("flat", [])
    given = made.given[0].text if made.given else ""
    if lines and judge.check_sync(made, "\n".join(lines)).outcome == "accepted":
        return replace(made, program=json.dumps({"proof": lines, **program}, ensure_ascii=False))
    verdict = judge.check_sync(made, given) if given else None
    if verdict is not None and verdict.outcome == "rejected":
        return "bad_reference", f"its own proof is not accepted: {verdict.reason}; correct it or remove the row"
    return replace(made, program=json.dumps(program, ensure_ascii=False))
