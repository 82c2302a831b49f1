"""What scripts of tactics do to the goals: many in one Lean process, each state as Lean prints it.

A script is tactics that act on the first open goal, one after the other. It is written into a file with `trace_state` between
its tactics, and read from what Lean prints at those places. Each tactic stands in parentheses on lines of their own, so that one
that is not whole (`exact`, `constructor <;>`, `have h : p := by`) fails where it stands and takes in nothing that comes after it.

States are for reading and for training, never for a verdict. `shared` says why they do not depend on what else is in the file.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from schemas.judge import Ran, TacticError
from verifiers.lean.goals import goals_in
from verifiers.lean.rows import Limits, Message, Proof
from verifiers.lean.scan import Unclear, words
from verifiers.lean.shared import Elaborator, Entry, Said, as_example, names, natural, plain, plain_header, run
from verifiers.lean.statement import Refusal, lock

MAX_STEPS = 200
_TRACE, _MARGIN = "  trace_state", 2
# What Lean says about the lines between the tactics, which are no part of the script.
_OURS = re.compile(r"'\)'|trace_state|expected command")
_PAIRS = {")": "(", "]": "[", "}": "{", "⦄": "⦃", "⟩": "⟨"}
_DEEPEST = 100
_UNSOLVED = "unsolved goals"


Goals = tuple[str, ...]
Prefix = tuple[str, ...]
"""Header, statement and tactics: what a state depends on."""
Known = dict[Prefix, Goals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The tactics of a proof of a trusted statement."""

    name: str
    """The theorem that `statement` declares."""
    statement: str
    """One declaration, `theorem` or `lemma`, up to its `:=`."""
    steps: tuple[str, ...]
    header: str = ""


class _Read(NamedTuple):
    """A script that may be run."""

    header: str
    statement: str
    """As an `example` where it may stand beside others."""
    stated: tuple[int, int]
    """Where the statement begins, after its name: (line, column)."""
    together: bool
    steps: list[list[str]]
    """The lines of each tactic, without the indent that all have; none for a tactic of nothing but comments."""
    indent: int
    broken: int | None
    """The first tactic whose brackets do not match."""
    prefixes: list[Prefix]
    """What names the state before the first tactic, and after each."""


class _Written(NamedTuple):
    """A script in a file."""

    script: _Read
    entry: Entry
    traces: dict[int, int]
    """How many tactics stand before a line that traces the state."""
    owners: list[int]
    """The tactic that a line belongs to, -1 for none."""
    first: dict[int, int]
    """The line that each tactic begins at."""


class _Heard(NamedTuple):
    """What Lean said about a script."""

    traced: dict[int, Goals]
    """Goals after so many tactics, as far as they were asked for and nothing had failed."""
    error: TacticError | None = None
    problem: str = ""


def states(lean: Elaborator, scripts: Sequence[Script], limits: Limits, known: Known | None = None) -> list[Ran]:
    """Return what each script does to its goals, in order. Total; `Ran.problem` where a script is refused or nothing is known.

    To print a state takes as long as to run two tactics, so each is printed once: `known` is what earlier calls found, and grows.
    """
    known = {} if known is None else known
    problems: dict[int, str] = {}
    read: dict[int, _Read] = {}
    for index, script in enumerate(scripts):
        one = _read(script)
        if isinstance(one, str):
            problems[index] = one
        else:
            read[index] = one
    asked, written = set[Prefix](known), dict[int, _Written]()
    for index, own in read.items():
        written[index] = _write(own, own.broken, {at for at, prefix in enumerate(own.prefixes) if prefix in asked})
        asked.update(own.prefixes[at] for at in written[index].traces.values())
    heard = _run(lean, written, limits, known)
    # The script that was to print a state for others may have come to nothing.
    alone = {
        index: _write(own, own.broken, frozenset(), alone=True)
        for index, own in read.items()
        if not heard[index].problem and any(prefix not in known for prefix in _wanted(own, heard[index]))
    }
    heard |= _run(lean, alone, limits, known)
    # Once more with the failing tactic last, and as it is: what Lean says then is about the tactic alone.
    again = {
        index: _write(read[index], said.error.step, frozenset(range(len(read[index].prefixes))))
        for index, said in heard.items()
        if said.error is not None and _OURS.search(said.error.text)
    }
    for index, last in _run(lean, again, limits, known).items():
        before = heard[index].error
        if before is not None and last.error is not None and last.error.step == before.step:
            heard[index] = last
    problems |= {index: said.problem for index, said in heard.items() if said.problem}
    return [
        Ran(states=(), problem=problems[index])
        if index in problems
        else _ran(_wanted(read[index], heard[index]), heard[index].error, known)
        for index in range(len(scripts))
    ]


def _run(lean: Elaborator, written: Mapping[int, _Written], limits: Limits, known: Known) -> dict[int, _Heard]:
    """Run scripts and keep the states that they print."""
    said = run(lean, [one.entry for one in written.values()], limits)
    heard = {index: _listen(own, what) for (index, own), what in zip(written.items(), said, strict=True)}
    for index, one in heard.items():
        prefixes = written[index].script.prefixes
        known.update((prefixes[count], goals) for count, goals in one.traced.items())
    return heard


def _wanted(own: _Read, heard: _Heard) -> list[Prefix]:
    return own.prefixes[: len(own.prefixes) if heard.error is None else heard.error.step + 1]


def _ran(wanted: Sequence[Prefix], error: TacticError | None, known: Known) -> Ran:
    missing = next((count for count, prefix in enumerate(wanted) if prefix not in known), None)
    if missing is not None:
        return Ran(states=(), problem=f"Lean gives no state after {missing} tactics")
    return Ran(states=tuple(known[prefix] for prefix in wanted), error=error)


def _read(script: Script) -> _Read | str:
    """Read a script; say why where it is refused."""
    if len(script.steps) > MAX_STEPS:
        return f"{len(script.steps)} tactics, over the limit of {MAX_STEPS}"
    text = "\n".join(f"  {line}" for step in script.steps for line in step.split("\n"))
    proof = Proof(name=script.name, statement=script.statement, header=script.header, proof=f":= by\n{text}\n")
    locked = lock(proof, Limits())
    if isinstance(locked, Refusal):
        return locked.reason
    indent = min((_indent(line) for step in script.steps for line in step.split("\n") if line.strip()), default=0)
    steps: list[list[str]] = []
    broken, deepest = None, 0
    for index, step in enumerate(script.steps):
        lines = step.split("\n")
        try:
            said = [word.text for word in words(step, trusted=False)]
        except Unclear as why:
            return f"tactic {index + 1} cannot be read: {why}"
        if said and _indent(next(line for line in lines if line.strip())) > indent:
            return f"tactic {index + 1} is indented: the script is not flat"
        depth, matched = _brackets(said)
        deepest = max(deepest, depth)
        broken = index if broken is None and not matched else broken
        steps.append([line[indent:] for line in lines] if said else [])
    prefixes = [(script.header, script.statement, *script.steps[:count]) for count in range(len(steps) + 1)]
    example = as_example(proof) if plain_header(script.header) else None
    if example is not None and deepest <= _DEEPEST and plain(text) and not names(text, locked.declared):
        return _Read(script.header, example, (0, len("example")), True, steps, indent, broken, prefixes)
    stated = _after_name(locked.statement)
    return _Read(script.header, locked.statement, stated, False, steps, indent, broken, prefixes)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _brackets(said: Sequence[str]) -> tuple[int, bool]:
    """Return how deep brackets stand in each other, and whether they match."""
    stack: list[str] = []
    deepest = 0
    for text in said:
        if text in _PAIRS.values() or text == "@[":
            stack.append(text[-1])
            deepest = max(deepest, len(stack))
        elif text in _PAIRS and (not stack or stack.pop() != _PAIRS[text]):
            return deepest, False
    return deepest, not stack


def _after_name(statement: str) -> tuple[int, int]:
    """Return where the name in a declaration ends: (line, column)."""
    found = words(statement)  # it has been locked, so that there are both
    next(word for word in found if word.text in ("theorem", "lemma"))
    name = next(found)
    before = statement[: name.start + len(name.text)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def _write(script: _Read, last: int | None, untraced: Set[int], *, alone: bool = False) -> _Written:
    """Write a script whole, or up to the tactic `last`, which then stands as it is and without what would follow.

    The states after so many tactics as `untraced` names are not asked for.
    """
    lines = [*script.statement.split("\n"), "  := by"]
    traces, first = dict[int, int](), dict[int, int]()
    if 0 not in untraced:
        traces[len(lines)] = 0
        lines.append(_TRACE)
    owners = [-1] * len(lines)
    for index, step in enumerate(script.steps[: None if last is None else last + 1]):
        wrapped = index != last
        own = [*(["  ("] if step and wrapped else []), *(" " * _MARGIN + line for line in step)]
        first[index] = len(lines) + (len(own) - len(step))
        if wrapped:
            own += ["  )"] if step else []
            if index + 1 not in untraced:
                traces[len(lines) + len(own)] = index + 1
                own.append(_TRACE)
        lines += own
        owners += [index] * len(own)
    if last is None:
        lines.append("  all_goals sorry")
        owners.append(-1)
    entry = Entry(script.header, "\n".join(lines), script.together and not alone)
    return _Written(script, entry, traces, owners, first)


def _listen(own: _Written, said: Said) -> _Heard:
    """Read what Lean said about a script."""
    if isinstance(said, str):
        return _Heard({}, problem=said)
    traced: dict[int, Goals] = {}
    failed: dict[int, Message] = {}
    for message in said:
        if message.severity == "error":
            step = own.owners[min(message.line, len(own.owners) - 1)]
            if step >= 0:
                failed.setdefault(step, message)
            elif _is_about_statement(own, message):
                return _Heard({}, problem=f"the statement does not compile: {message.text}")
        elif message.line in own.traces:
            traced.setdefault(own.traces[message.line], goals_in(message.text))
    error = _error(own, min(failed), failed[min(failed)]) if failed else None
    # After an error Lean may go on as if there had been none.
    return _Heard({count: goals for count, goals in traced.items() if error is None or count <= error.step}, error)


def _is_about_statement(own: _Written, message: Message) -> bool:
    """Whether an error is not about the whole theorem, as that goals are left, or what the kernel says at the name's place."""
    stated = own.script.statement.count("\n") + 1
    return own.script.stated <= (message.line, message.column) and (
        message.line < stated or (message.line == stated and not message.text.startswith(_UNSOLVED))
    )


def _error(own: _Written, step: int, message: Message) -> TacticError:
    """Return an error with its place in the tactic's own text; what stands around the tactic counts as its end."""
    lines, first = own.script.steps[step], own.first[step]
    line, column = message.line - first, message.column - _MARGIN
    if line >= len(lines):
        line, column = next((index, len(text)) for index, text in reversed([*enumerate(lines)]) if text.strip())
    elif line < 0:
        line, column = 0, 0
    column = min(max(column, 0), len(lines[line])) + own.script.indent
    return TacticError(step=step, text=natural(message.text), line=line, column=column)
