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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from generators.prose import verbaliser
from pipeline import lean_dojo
from pipeline.columns import Fault, Kind
from pipeline.reading import Golds, Made, Opened, Piece
from pipeline.rows_in import Input, Row
from pipeline.theorem_files import beside
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem, Solution
from verifiers.judge import LocalJudge
from verifiers.lean import check
from verifiers.lean.reading import tactics_in

_DECLARES = re.compile(r"\s*(?:@\[[^\]]*\]\s*)?(?:(?:protected|private)\s+)*(?:theorem|lemma)\b")
_DOJO = ("url", "commit", "file_path", "full_name")
_MAX_STATEMENT = 2_000
"""Characters of a statement that is refused."""


def holds_theorems(first: Sequence[Mapping[str, object]]) -> bool:
    """Whether the first rows of a file bring formal statements, or are traced theorems."""
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


def opened(source: Input, licence: str, split: str) -> Opened:
    """Return an input of theorems as a source, with the licence and split of rows that do not say their own."""
    useless = "no theorem that can be used"
    return Opened(pieces=_pieces(source, licence, split), identity=source.identity, shown=source.shown, useless=useless)


def _pieces(source: Input, licence: str, split: str) -> Iterator[Piece]:
    reader = _Reader(Path(source.shown).expanduser().resolve().parent, source.name, licence, split)
    for row in source.rows:
        problem = reader.problem(row)
        make = partial(_made, row, source.shown, problem)
        yield Piece(make, here=not isinstance(problem, Problem))


def _made(row: Row, shown: str, problem: "Problem | _Refusal", golds: Golds) -> tuple[Made]:
    """Return what becomes of a row. What is refused goes by the row: its statement may come again with a better proof."""
    found = problem
    if isinstance(problem, Problem):
        golds.require(problem)
        found = _verified(problem, golds.judge)
    if isinstance(found, Problem):
        return (Made(shown=shown, number=row.number, name=found.problem_id, problem=found),)
    kind, message = found
    name = str(row.values.get("full_name") or row.values.get("name") or "")
    fault = Fault(
        kind=kind,
        message=f"{name}: {message}" if name else message,
        statement=str(row.values.get("statement") or name)[:_MAX_STATEMENT],
    )
    return (Made(shown=shown, number=row.number, name=row.content_id(), problem=fault, what="row"),)


_Refusal = tuple[Kind, str]


# Rows


class _Reader:
    """Makes problems of rows, each with the prose of the one before it as its control."""

    def __init__(self, folder: Path, name: str, licence: str, split: str) -> None:
        self._name, self._licence, self._split = name, licence, split
        self._source = beside(folder)
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


def _verified(made: Problem, judge: LocalJudge) -> Problem | _Refusal:
    """Return the problem, with `proof` where its tactics one after the other are accepted; or what is wrong with it."""
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
