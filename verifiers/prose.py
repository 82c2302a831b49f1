"""Is the prose of a proof step true of it: claims, held against the tactic and the goals before and after.

Every formal piece is a claim. A name must be there: a hypothesis of the goal before or of the new ones, or a constant that the
tactic or the premises name. A formula must be what its place in the sentence says (`prose_roles.py`): the goal that was to be
shown, a goal that is left, what a hypothesis says, what is assumed. Where that cannot be told, it is right if it occurs in the
state and unsure if not. A step must say what became of the goal. Whether the step is a good one is not asked: Lean has run it.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from schemas.verdict import Claim, ClaimVerdict
from verifiers.lean.goal_text import HOLE, Goal, key, normal, read_all, tokens
from verifiers.prose_roles import MAX_TEXT, Piece, Prose, is_name, read
from verifiers.prose_state import BUILT_IN, Formula, State, joined, state, unknown

VERSION = 1
"""Goes up whenever any line may get another check."""

_SHOWN = 200
_TACTICS = frozenset([
    "constructor", "left", "right", "exfalso", "simp", "omega", "rfl", "rw", "cases",
    "induction", "obtain", "rcases", "refine", "contradiction", "assumption", "decide", "trivial", "linarith",
    "ring", "norm_num", "use", "exists", "symm", "ext", "funext", "congr", "unfold",
    "split", "tauto", "aesop", "intro", "exact", "apply", "have",
])  # fmt: skip
_Judged = tuple[ClaimVerdict, str, bool]
"""Verdict, reason, and whether it says something of the goal."""
_RIGHT: _Judged = ("right", "", False)
_OF_GOAL: _Judged = ("right", "", True)


def check(
    text: str, tactic: str, before: Sequence[str], after: Sequence[str], premises: Sequence[str] = ()
) -> tuple[Claim, ...]:
    """Return the claims of one line of prose about a step, in the order of the text. Goals are as Lean prints them.

    `premises` are names of lemmas that may be named though the tactic does not. Total. A line all of whose claims are right or
    unsure passes; one that says nothing about the goal has a wrong claim over its whole length.
    """
    if len(text) > MAX_TEXT:
        return (_whole(text, "too long to be the prose of a step"),)
    known = state(tactic, before, after, premises)
    said = read(text, known.propositions)
    lists = _Lists(said, known)
    claims: list[Claim] = []
    stated = bool(said.done or said.closed)
    for piece in said.pieces:
        verdict, reason, of_goal = _piece(piece, known, lists, known.quotes(text[piece.start : piece.end].strip("`")))
        claims.append(_claim(text, piece.start, piece.end, verdict, reason))
        stated = stated or of_goal
    claims += _endings(text, said, known)
    if not stated:
        claims.append(_whole(text, "does not say what is shown"))
    return tuple(sorted(claims, key=lambda one: (one.start, one.end)))


def passes(claims: Sequence[Claim]) -> bool:
    """Whether no claim is wrong."""
    return all(claim.verdict != "wrong" for claim in claims)


class _Lists:
    """What stands together: the goals that a sentence says are left, the lists that tell new hypotheses."""

    def __init__(self, said: Prose, known: State) -> None:
        self.open: dict[int, Counter[Formula]] = {}
        self.judged: Counter[tuple[int, Formula]] = Counter()
        self.fresh: dict[int, set[str]] = {}
        """By list, the new hypotheses that it names."""
        self.first = min((piece.group for piece in said.pieces if piece.role), default=-1)
        for piece in said.pieces:
            formula = normal(piece.text)
            if piece.role in ("after", "show"):
                self.open.setdefault(piece.sentence, Counter())[formula] += 1
            if piece.of and formula in known.fresh.get(piece.of, ()):
                self.fresh.setdefault(piece.group, set()).add(piece.of)

    def untold(self, group: int, formula: Formula, known: State) -> bool:
        """Whether a new hypothesis says so that the list does not name."""
        return any(formula in kinds for name, kinds in known.fresh.items() if name not in self.fresh[group])


def _piece(piece: Piece, known: State, lists: _Lists, quotes: bool) -> _Judged:
    formula = normal(piece.text)
    names = piece.of.split()
    if quotes and (_about_other(names, known) if names else piece.role in ("used", "suppose", "follows", "")):
        return _RIGHT
    missing = unknown(piece.text, known, _TACTICS)
    if missing:
        return "wrong", f"{missing} is no hypothesis here, and the tactic does not name it", False
    listed = piece.group in lists.fresh and piece.role in ("gives", "have", "suppose", "used", "") and not quotes
    if is_name(piece.text) and not _is_formula(piece, formula, known, listed):
        return _RIGHT
    if names and not _applies(names, known):
        return _said_of(names, piece, formula, known)
    if listed and not lists.untold(piece.group, formula, known):
        return "wrong", f"what is new is: {_of(known.fresh)}", True
    return _in_role(piece, formula, known, lists)


def _is_formula(piece: Piece, formula: Formula, known: State, listed: bool = False) -> bool:
    """Whether one name stands for what it says: a variable that is a proposition, or a target that is a name."""
    if piece.role == "used" and not piece.of and not listed:
        return False
    propositional = piece.text in known.propositions or piece.text in ("True", "False")
    return propositional or formula in (known.was, *known.left) or (bool(piece.of) and piece.text not in known.types)


def _about_other(names: Sequence[str], known: State) -> bool:
    """Whether what is typed is not only hypotheses: in `suffices h : q` the tactic's own text."""
    return any(name not in known.types for name in names)


def _applies(names: Sequence[str], known: State) -> bool:
    """Whether `h3 h1 : q` is about a term, and not about two hypotheses."""
    return len(names) > 1 and joined(names) in known.tactic


def _said_of(names: Sequence[str], piece: Piece, formula: Formula, known: State) -> _Judged:
    for name in names:
        if name not in known.types:
            if joined([name]) in known.tactic or name in BUILT_IN:
                return "unsure", f"what {name} says is not in the state", False
            return "wrong", f"{name} is no hypothesis here", False
        if formula not in known.types[name]:
            return "wrong", f"{name} is: {_written(known.types[name])}", False
    if piece.role == "before" and formula != known.was:
        return "wrong", f"the goal was: {_written([known.was])}", True
    return "right", "", piece.role == "before" or any(formula in known.fresh.get(name, ()) for name in names)


def _in_role(piece: Piece, formula: Formula, known: State, lists: _Lists) -> _Judged:
    match piece.role:
        case "before":
            return _one_of(formula, [known.was], "the goal was")
        case "after":
            return _open(piece, formula, known, lists)
        case "show":
            closes = not known.new and formula == known.was
            return _OF_GOAL if closes else _open(piece, formula, known, lists)
        case "either":
            told = [] if lists.open and piece.group == lists.first else known.new or known.left[:1]
            return _one_of(formula, [known.was, *told], "the goals are" if told else "the goal was")
        case "assume":
            return _OF_GOAL if known.is_fresh(formula) else ("wrong", f"what is new is: {_of(known.fresh)}", True)
        case "gives" | "have":
            return _given(piece, formula, known)
        case "shape":
            return _RIGHT if formula == known.was else _stated(formula, known, f"the goal was: {_written([known.was])}")
        case "fact":
            return _stated(formula, known, "no hypothesis of the tactic says so")
        case "follows":
            return (
                _OF_GOAL if formula in known.new else _stated(formula, known, f"what is left is: {_written(known.new)}")
            )
    return _somewhere(formula, known)


def _open(piece: Piece, formula: Formula, known: State, lists: _Lists) -> _Judged:
    """Hold a goal that is said to be left against those that are: the new ones, or else the next. Each is told once."""
    lists.judged[piece.sentence, formula] += 1
    wanted = known.new or known.left[:1]
    if lists.judged[piece.sentence, formula] <= wanted.count(formula):
        return _OF_GOAL
    if lists.open.get(piece.sentence) == Counter(known.left):  # all that is open, not only what is new
        return _OF_GOAL
    if formula in wanted and len(set(wanted)) == 1:  # the same goal in every case
        return _OF_GOAL
    return "wrong", f"what is left is: {_written(wanted)}", True


def _one_of(formula: Formula, wanted: Collection[Formula | None], what: str) -> _Judged:
    return _OF_GOAL if formula in wanted else ("wrong", f"{what}: {_written(wanted)}", True)


def _given(piece: Piece, formula: Formula, known: State) -> _Judged:
    if known.is_fresh(formula) or (not known.new and formula == known.was):
        return _OF_GOAL
    if known.follows is None or formula in known.follows or formula in known.new:
        return _somewhere(formula, known)
    if piece.role == "have" and known.says(formula):
        return _RIGHT
    return "wrong", "does not follow from what the tactic uses", False


def _stated(formula: Formula, known: State, reason: str) -> _Judged:
    """Judge what is said to be a fact: one that the tactic uses; any, where it is not known what it uses."""
    stated = known.says(formula) if known.follows is None else formula in known.follows
    return _RIGHT if stated else ("wrong", reason, False)


def _somewhere(formula: Formula, known: State) -> _Judged:
    return _RIGHT if known.holds(formula) or HOLE in formula else ("unsure", "does not occur in the state", False)


def _endings(text: str, said: Prose, known: State) -> list[Claim]:
    """Judge `Done`, `closes the goal`, and the side of an `or`."""
    claims = []
    for start, end in said.done:
        count = len(known.left)
        claims.append(_claim(text, start, end, "wrong" if count else "right", f"{count} left" if count else ""))
    for start, end in said.closed:
        reason = f"it leaves: {_written(known.new)}" if known.new else ""
        claims.append(_claim(text, start, end, "wrong" if known.new else "right", reason))
    taken = known.tactic.strip()
    if said.side is not None and taken in ("left", "right"):
        side, start, end = said.side
        claims.append(_claim(text, start, end, "right" if side == taken else "wrong", f"it is the {taken} one"))
    return claims


def _of(types: dict[str, set[Formula]]) -> str:
    return _written([kind for kinds in types.values() for kind in kinds])


def _written(formulas: Collection[Formula | None]) -> str:
    return ", ".join(sorted({" ".join(one) for one in formulas if one is not None})) or "nothing"


def _claim(text: str, start: int, end: int, verdict: ClaimVerdict, reason: str) -> Claim:
    return Claim(
        text=text[start:end], verdict=verdict, reason=reason[:_SHOWN] or "as in the state", start=start, end=end
    )


def _whole(text: str, reason: str) -> Claim:
    return _claim(text, 0, len(text), "wrong", reason)


def check_failure(
    text: str, tactic: str, before: Sequence[str], error: str, premises: Sequence[str] = ()
) -> tuple[Claim, ...]:
    """Return the claims of one line that says why a tactic failed, held against the goal, the tactic and Lean's message. Total.

    A formula is right if it is the goal, what a hypothesis says, or part of the message or the tactic.
    """
    if len(text) > MAX_TEXT:
        return (_whole(text, "too long to be the prose of a step"),)
    message = error[:MAX_TEXT]
    known = state(tactic, before, before, [*premises, message])
    by_lean = joined(tokens(message))
    claims = []
    for piece in read(text, known.propositions).pieces:
        verdict, reason = _why(piece, text[piece.start : piece.end].strip("`"), known, by_lean)
        claims.append(_claim(text, piece.start, piece.end, verdict, reason))
    return tuple(claims)


def _why(piece: Piece, written: str, known: State, by_lean: str) -> tuple[ClaimVerdict, str]:
    formula = normal(piece.text)
    missing = unknown(piece.text, known, _TACTICS)
    if known.quotes(written):
        return "right", ""
    if missing:
        return "wrong", f"{missing} is neither in the state nor in the message"
    name = is_name(piece.text) and not _is_formula(piece, formula, known)
    if name or joined(formula) in by_lean:
        return "right", ""
    if piece.role in ("before", "either") and formula != known.was:
        return "wrong", f"the goal was: {_written([known.was])}"
    verdict, reason, _ = _somewhere(formula, known)
    return verdict, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    """What became of the goals of a whole proof."""

    verdict: ClaimVerdict
    """Right: every goal that appeared was closed, once, and none is left. Unsure: one that waited is gone without its turn."""
    reason: str
    opened: int
    closed: int
    left: int


def discharged(states: Sequence[Sequence[str]]) -> Discharge:
    """Account for the goals of a proof: the state before its first tactic, then after each. Total."""
    goals = [read_all(one) for one in states]
    opened, closed = len(goals[0]) if goals else 0, 0
    problem: tuple[ClaimVerdict, str] | None = None
    for index, (was, now) in enumerate(zip(goals, goals[1:], strict=False)):
        first, then = Counter(map(key, was)), Counter(map(key, now))
        closed += (first - then).total()
        opened += (then - first).total()
        if problem is None and not was and now:
            problem = "wrong", f"step {index} opens a goal after the last was closed"
        elif problem is None and (lost := _lost(was, now)):
            problem = "unsure", f"step {index} loses a goal that waited: {lost}"
    left = len(goals[-1]) if goals else 0
    if not goals or not goals[0]:
        problem = "wrong", "there is no goal to begin with"
    elif left:
        problem = "wrong", f"{left} goal{'s' * (left > 1)} left"
    verdict, reason = problem or ("right", "every goal was closed once")
    return Discharge(verdict=verdict, reason=reason[:_SHOWN], opened=opened, closed=closed, left=left)


def _lost(was: Sequence[Goal], now: Sequence[Goal]) -> str:
    """Return the target of a goal that waited and is gone, though it had no holes; empty where there is none."""
    here = Counter(map(key, now))
    for goal in was[1:]:
        one = key(goal)
        here[one] -= 1
        if here[one] < 0 and HOLE not in one[1]:
            return goal.target
    return ""
