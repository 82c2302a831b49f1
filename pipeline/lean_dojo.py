"""LeanDojo's traced theorems -> proof problems, with the tactic states and premises that were recorded.

Two shapes come in: the benchmark's JSON (rows with `url`, `commit`, `file_path`, `full_name`, `start`, `end`, `traced_tactics`),
and lean-dojo's own `TracedTheorem` objects. The package itself is not needed and checking never depends on it: its own check of
a proof looks for a message that Lean no longer prints. A problem's reference is JSON with `name`, `statement` and `header`; the
benchmark does not bring the statement's text, which is read from the source where its repository is at hand, and what comes
before it in its file is the header. Without the source the reference has the first goal only, which nothing can check.

A problem asks for a proof (task `prove`); its `program` has the tactics with their goals, the premises, and in `flat` those of
the tactics that make a proof one after the other, each on the first open goal.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from schemas.errors import SourceError
from schemas.ids import problem_id
from schemas.problem import Problem, Solution
from verifiers.lean import goals
from verifiers.lean.goal_text import Key, key, read_all
from verifiers.lean.reading import after_statement
from verifiers.lean.rows import Tactic

FAMILY = "lean-dojo"
Source = Callable[[str, str, str], str | None]
"""(url, commit, file path) -> the text of a file of a traced repository, None where it is not at hand."""
_ANNOTATED = re.compile(r"</?a>")
_MAX_PREMISES = 1_000


def problems(
    rows: Iterable[object], origin: str, licence: str, split: str = "", source: Source | None = None
) -> Iterator[Problem | SourceError]:
    """Yield a problem for every theorem of the benchmark's JSON, or why there is none. Total."""
    for index, row in enumerate(rows):
        where = f"{origin}:{index}"
        yield _problem(row, where, licence, split, source)


def traced(
    theorems: Iterable[Any], origin: str, licence: str, split: str = "", source: Source | None = None
) -> Iterator[Problem | SourceError]:
    """Yield a problem for every `lean_dojo.TracedTheorem`. Any: the package is optional; only what is named here is read."""
    for index, theorem in enumerate(theorems):
        where = f"{origin}:{index}"
        try:
            row = _as_row(theorem)
        except Exception as error:  # somebody else's objects: whatever they raise is about this row only
            yield SourceError(f"{where}: no traced theorem ({type(error).__name__}: {error})")
            continue
        yield _problem(row, where, licence, split, source)


def _as_row(theorem: Any) -> dict[str, object]:
    inner = theorem.theorem
    tactics = []
    for one in theorem.get_traced_tactics():
        annotated = one.get_annotated_tactic() if hasattr(one, "get_annotated_tactic") else (one.tactic, [])
        tactics.append(
            {
                "tactic": one.tactic,
                "annotated_tactic": list(annotated),
                "state_before": one.state_before,
                "state_after": one.state_after,
            }
        )
    return {
        "url": inner.repo.url,
        "commit": inner.repo.commit,
        "file_path": str(inner.file_path),
        "full_name": inner.full_name,
        "start": _position(theorem, "start"),
        "end": _position(theorem, "end"),
        "traced_tactics": tactics,
        "theorem_statement": _called(theorem, "get_theorem_statement"),
        "proof": _called(theorem, "get_tactic_proof"),
    }


def _position(theorem: Any, which: str) -> list[int] | None:
    place = getattr(theorem, which, None)
    line, column = getattr(place, "line_nb", None), getattr(place, "column_nb", None)
    return [line, column] if isinstance(line, int) and isinstance(column, int) else None


def _called(theorem: Any, method: str) -> str | None:
    found = getattr(theorem, method, None)
    value = found() if callable(found) else None
    return value if isinstance(value, str) else None


def _problem(row: object, where: str, licence: str, split: str, source: Source | None) -> Problem | SourceError:
    if not isinstance(row, Mapping):
        return SourceError(f"{where}: a {type(row).__name__}, not an object")
    for column in ("url", "commit", "file_path", "full_name"):
        if not isinstance(row.get(column), str):
            return SourceError(
                f"{where}: no {column!r}; a row of the LeanDojo benchmark has url, commit, file_path, full_name"
            )
    name = str(row["full_name"])
    header, text = _text(row, source)
    statement, proof = _cut(text, name) if text else ("", "")
    given = row.get("theorem_statement")
    if not statement and isinstance(given, str):
        statement, proof = given, str(row.get("proof") or "")
    states = goals.of_lean_dojo(row.get("traced_tactics"))
    if not states and not statement:
        return SourceError(f"{where}: {name} has neither traced tactics nor a statement")
    locked = {"name": name, "statement": statement, "header": header}
    reference = json.dumps(
        locked if statement else {**locked, "goal": "\n\n".join(states[0].before)}, ensure_ascii=False
    )
    asked = statement or "\n\n".join(states[0].before)
    recorded = {
        "url": row["url"],
        "commit": row["commit"],
        "file_path": row["file_path"],
        "tactics": [asdict(one) for one in states],
        "flat": flat(states),
        "premises": _premises(row.get("traced_tactics")),
    }
    written = proof or "\n".join(one.tactic for one in states)
    return Problem(
        problem_id=problem_id("proof", asked, reference),
        domain="proof",
        task="prove",
        family=FAMILY,
        statement=asked,
        reference=reference,
        source=where,
        licence=licence,
        split=split,
        program=json.dumps(recorded, ensure_ascii=False),
        given=(Solution(text=written, model="reference"),) if written else (),
    )


def flat(tactics: Sequence[Tactic]) -> list[str]:
    """Return the recorded tactics that make a proof as lines; nothing where they do not.

    A record has what stands inside of other tactics beside these. A tactic is taken where the goals that it worked on are the
    first of those that are open; what is inside of one that was taken finds them closed.
    """
    taken: list[str] = []
    left: list[Key] | None = None
    for one in tactics:
        before = _keys(one.before)
        if left is None:
            left = before
        if one.after is None or not before or left[: len(before)] != before:
            continue
        left = [*_keys(one.after), *left[len(before) :]]
        taken.append(one.tactic)
    return taken if left == [] else []


def _keys(goals: Sequence[str]) -> list[Key]:
    return [key(goal) for goal in read_all(goals)]


def _text(row: Mapping[str, object], source: Source | None) -> tuple[str, str]:
    """Return (what comes before a declaration in its file, its text); empty where the source is not at hand."""
    start, end = _pair(row.get("start")), _pair(row.get("end"))
    whole = None if source is None else source(str(row["url"]), str(row["commit"]), str(row["file_path"]))
    if whole is None or start is None or end is None:
        return "", ""
    lines = whole.split("\n")
    # Lines and columns count from 1; the end column is one past the last character.
    first, last = _offset(lines, start), _offset(lines, end)
    return whole[:first], whole[first:last]


def _offset(lines: list[str], place: tuple[int, int]) -> int:
    before = lines[: place[0] - 1]
    return sum(len(line) + 1 for line in before) + place[1] - 1


def _pair(place: object) -> tuple[int, int] | None:
    if isinstance(place, list | tuple) and len(place) == 2 and all(isinstance(one, int) and one > 0 for one in place):
        return place[0], place[1]
    return None


def _cut(text: str, name: str) -> tuple[str, str]:
    """Return (statement, proof) of a declaration's text."""
    proof = after_statement(text, name.rpartition(".")[2])
    if not proof:
        return text.strip(), ""
    return text[: text.rfind(proof)].rstrip(), proof


def _premises(tactics: object) -> list[str]:
    """Return the full names of the premises that the tactics use, each once, in order."""
    names: dict[str, None] = {}
    for tactic in tactics if isinstance(tactics, list) else []:
        annotated = tactic.get("annotated_tactic") if isinstance(tactic, Mapping) else None
        if not (isinstance(annotated, list | tuple) and len(annotated) == 2 and isinstance(annotated[1], list | tuple)):
            continue
        for premise in annotated[1]:
            if isinstance(premise, Mapping) and isinstance(premise.get("full_name"), str):
                names[_ANNOTATED.sub("", premise["full_name"])] = None
    return list(names)[:_MAX_PREMISES]
