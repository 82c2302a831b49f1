"""Tactic by tactic: the goals before and after, from the native kernel or from what other tools have recorded.

Natively the states come from Lean's own record of the elaboration (`trace.Elab.info`), which has every tactic with its place and
both states; the language server's `plainGoal` would answer one position at a time with one of them. States are for reading and
for training, never for a verdict: the process that prints them has run the proof.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from verifiers.lean import messages
from verifiers.lean.native import Native
from verifiers.lean.process import ServerDied
from verifiers.lean.rows import Limits, Proof, Tactic
from verifiers.lean.statement import Refusal, lock
from verifiers.lean.walls import STACK_KB

MAX_TACTICS = 2_000
_DEEPEST = 200
_NO_GOALS = "no goals"
_NODE = re.compile(r"^(?P<indent> *)• \[Tactic\] @ ⟨(\d+), (\d+)⟩-⟨(\d+), (\d+)⟩(?: @ \S+)?$")
# What holds tactics and is none: sequences, brackets, bullets, and the parts of a rewrite.
_HOLDERS = re.compile(
    r"\((?:Term\.byTactic|Tactic\.tacticSeq\w*|Tactic\.paren|\S*cdot\w*|Tactic\.rw\w*|Tactic\.withAnnotateState|group|Tactic\.unknown)\b"
)


def of_proof(lean: Native, proof: Proof, limits: Limits) -> list[Tactic]:
    """Return the tactics of a proof in the order of the text, places as in `proof.proof`. Total: nothing where it is refused."""
    locked = lock(proof, limits)
    if isinstance(locked, Refusal):
        return []
    arguments = ["--json", "-s", str(STACK_KB), "-Dtrace.Elab.info=true", "-Dpp.mvars=false", "Main.lean"]
    try:
        ran = lean.run(arguments, {"Main.lean": locked.proof_file.encode()}, [], limits)
    except (ServerDied, OSError):
        return []
    first = locked.proof_file[: len(locked.proof_file) - len(locked.body) - 1].count("\n")
    skipped = proof.proof[: len(proof.proof) - len(proof.proof.lstrip())].count("\n")
    said = messages.texts(ran.files.get("stdout", b""))
    found = (one for text in said if text.startswith("[Elab.info]") for one in of_trace(text, locked.proof_file))
    moved = [_moved(one, skipped - first) for one in islice(found, MAX_TACTICS)]
    return sorted(
        (one for one in moved if one.start is not None and one.start[0] > 0), key=lambda one: one.start or (0, 0)
    )


def of_trace(trace: str, source: str) -> Iterator[Tactic]:
    """Yield the tactics in one `trace.Elab.info` message about `source`, outer before inner, each place once."""
    lines, written = trace.split("\n"), source.split("\n")
    seen: set[tuple[str, ...]] = set()
    for index, line in enumerate(lines):
        node = _NODE.match(line)
        if node is None:
            continue
        place = node.groups()[1:]
        block = _block(lines, index + 1, len(node["indent"]) + 2)
        if place in seen or not block or not block[0].startswith("(") or _HOLDERS.match(block[0]):
            continue
        states = _states(block)
        if states is None:
            continue
        seen.add(place)
        start, end = (int(place[0]), int(place[1])), (int(place[2]), int(place[3]))
        yield Tactic(tactic=_cut(written, start, end), before=states[0], after=states[1], start=start, end=end)


def _block(lines: Sequence[str], at: int, indent: int) -> list[str]:
    """Return the lines that belong to one node itself, without its indent."""
    block = []
    margin = " " * indent
    for line in islice(lines, at, None):
        if not line.startswith(margin) or line.startswith(margin + "• "):
            break
        block.append(line[indent:])
    return block


def _states(block: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    marks = [index for index, line in enumerate(block) if line.rstrip() in ("before", f"before {_NO_GOALS}")]
    if not marks:
        return None
    rest = block[marks[0] :]
    after = [index for index, line in enumerate(rest) if line.rstrip() in ("after", f"after {_NO_GOALS}")]
    if not after:
        return None
    return goals_in("\n".join(rest[1 : after[0]])), goals_in("\n".join(rest[after[0] + 1 :]))


def goals_in(text: str) -> tuple[str, ...]:
    """Return the goals in a printed state: `case`, hypotheses, `⊢ target`, with or without empty lines between goals."""
    goals: list[list[str]] = [[]]
    target = False
    for line in text.split("\n"):
        if not line.strip() or (target and not line.startswith(" ")):
            target = False
            if goals[-1]:
                goals.append([])
        if line.strip() and line.strip() != _NO_GOALS:
            goals[-1].append(line.rstrip())
            target = target or line.startswith("⊢")
    return tuple("\n".join(goal) for goal in goals if goal)


def _cut(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    text = list(lines[start[0] - 1 : end[0]])
    if not text:
        return ""
    text[-1] = text[-1][: end[1]]
    text[0] = text[0][start[1] :]
    return "\n".join(text)


def _moved(one: Tactic, lines: int) -> Tactic:
    assert one.start is not None and one.end is not None
    start, end = (one.start[0] + lines, one.start[1]), (one.end[0] + lines, one.end[1])
    return Tactic(tactic=one.tactic, before=one.before, after=one.after, start=start, end=end)


def of_repl(answer: Mapping[str, object]) -> list[Tactic]:
    """Read an answer of the REPL, Kimina or LeanInteract: its `infotree` where there is one, else `tactics`. Total.

    `tactics` has the state before only.
    """
    trees = answer.get("infotree")
    if isinstance(trees, list) and trees:
        return list(islice(_of_trees(trees), MAX_TACTICS))
    tactics = answer.get("tactics")
    return [
        Tactic(
            tactic=str(one.get("tactic", "")),
            before=_goals(one.get("goals")) or (),
            after=None,
            start=_place(one.get("pos")),
            end=_place(one.get("endPos")),
        )
        for one in (tactics if isinstance(tactics, list) else [])
        if isinstance(one, dict)
    ]


def _of_trees(trees: Iterable[object]) -> Iterator[Tactic]:
    waiting = [(tree, 0) for tree in reversed(list(trees))]
    while waiting:
        tree, depth = waiting.pop()
        if not isinstance(tree, dict) or depth > _DEEPEST:
            continue
        node = tree.get("node")
        if isinstance(node, dict) and "goalsBefore" in node:
            syntax = node.get("stx")
            stx = syntax if isinstance(syntax, dict) else {}
            place = stx.get("range")
            found = place if isinstance(place, dict) else {}
            yield Tactic(
                tactic=str(stx.get("pp") or ""),
                before=_goals(node.get("goalsBefore")) or (),
                after=_goals(node.get("goalsAfter")),
                start=_place(found.get("start")),
                end=_place(found.get("finish")),
            )
        children = tree.get("children")
        if isinstance(children, list):
            waiting += [(child, depth + 1) for child in reversed(children)]


def of_lean_dojo(traced: object) -> list[Tactic]:
    """Read LeanDojo's `traced_tactics`: rows with `tactic`, `state_before`, `state_after`, or the same in camel case. Total."""
    return _recorded(traced, ("state_before", "stateBefore"), ("state_after", "stateAfter"))


def of_pantograph(invocations: object) -> list[Tactic]:
    """Read Pantograph's invocations: rows with `tactic`, `goalBefore`, `goalAfter`. Total."""
    return _recorded(invocations, ("goalBefore", "goal_before", "before"), ("goalAfter", "goal_after", "after"))


def _recorded(rows: object, before: Sequence[str], after: Sequence[str]) -> list[Tactic]:
    found = []
    for row in rows if isinstance(rows, list | tuple) else ():
        if isinstance(row, Mapping):
            first = next((row[key] for key in before if key in row), None)
            last = next((row[key] for key in after if key in row), None)
            found.append(Tactic(tactic=str(row.get("tactic", "")), before=_goals(first) or (), after=_goals(last)))
    return found


def _goals(state: object) -> tuple[str, ...] | None:
    """Return the goals of a state that is printed whole, or one by one in a list; None where there is none."""
    if isinstance(state, str):
        return goals_in(state)
    if isinstance(state, list | tuple):
        return tuple(goal for one in state if isinstance(one, str) for goal in goals_in(one))
    return None


def _place(place: object) -> tuple[int, int] | None:
    if not isinstance(place, Mapping):
        return None
    line, column = place.get("line"), place.get("column")
    return (line, column) if isinstance(line, int) and isinstance(column, int) else None
