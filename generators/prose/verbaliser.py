"""Prose of proofs, without a model: a line for each tactic, each wrong tactic, each statement.

A line holds what a reader needs to write the tactic again (which hypothesis or lemma, which side, which new names) and what
became of the goal. `verifiers/prose.py` holds it against the states. Total on any text: what is no tactic of a known form is
quoted whole, with what it did.
"""

import re
from collections.abc import Sequence

from generators.prose import phrases
from generators.prose.lean_errors import failure as failure
from generators.prose.phrases import DONE, LEFT, STEPS, listed, said, ticked
from generators.prose.statement_prose import statement as statement
from verifiers.lean.goal_text import NAME, Change, Goal, change, normal, same, tokens
from verifiers.lean.terms import Pattern, application, patterns

VARIANTS = phrases.VARIANTS
MAX_ITEMS = 8
"""Goals and hypotheses told one by one; a tactic that makes more is told by its first."""

_INTRO = re.compile(rf"intros?((?: (?:{NAME}|_))+)")
_EXACT = re.compile(r"exact (.+)")
_APPLY = re.compile(r"(?:apply|refine) ((?:(?! at ).)+)")
_OBTAIN = re.compile(r"obtain (.+?) := (.+)")
_RCASES = re.compile(r"rcases (.+) with (.+)")
_HAVE = re.compile(rf"have ({NAME})(?: : (?:(?! := ).)+)? := (.+)")
_REWRITE = re.compile(r"rw \[([^\[\]]+)\]")


def sentence(tactic: str, before: Sequence[str], after: Sequence[str], variant: int = 0) -> str:
    """Return one line of prose for a tactic that ran; goals as Lean prints them. `variant` chooses the phrasing."""
    flat = " ".join(tactic.split())
    made = change(before, after)
    if made.goal is None:
        return f"{ticked(flat)} had no goal."
    told = _known(flat, made, variant) or _generic(flat, made, variant)
    return told if made.new else told + _next(made, variant)


def _next(made: Change, variant: int) -> str:
    """Say what is open once a goal is closed."""
    table = LEFT if made.left is not None else DONE
    return table[variant % VARIANTS].format(left=made.left and _target(made.left))


def _known(tactic: str, made: Change, variant: int) -> str | None:
    """Return the sentence of a tactic that has one of its own; None where it has none, or did something unusual."""
    if tactic == "constructor" and made.new:
        return _say("constructor", made, variant)
    if tactic in ("left", "right") and len(made.new) == 1:
        return _say("side", made, variant, side=tactic)
    if tactic == "exfalso" and len(made.new) == 1:
        return _say("exfalso", made, variant)
    for form, tell in _FORMS:
        if (found := form.fullmatch(tactic)) is not None:
            return tell(found, made, variant)
    return None


def _say(kind: str, made: Change, variant: int, **fields: str) -> str:
    assert made.goal is not None
    return said(STEPS, kind, variant, goal=_target(made.goal), goals=_targets(made.new), **fields)


def _target(goal: Goal) -> str:
    return ticked(re.sub(r"\?[\w.✝]+", "?_", goal.target))


def _targets(goals: Sequence[Goal]) -> str:
    shown = [_target(goal) for goal in goals[:MAX_ITEMS]]
    rest = len(goals) - len(shown)
    return ", then ".join(shown) + (f" and {rest} more" if rest else "")


def _intro(found: re.Match[str], made: Change, variant: int) -> str | None:
    names = found[1].split()
    if len(made.new) != 1 or len(names) > MAX_ITEMS:
        return None
    entries = made.new[0].hypotheses[-len(names) :]
    if len(entries) != len(names) or any(
        name not in ("_", entry[0]) for name, entry in zip(names, entries, strict=True)
    ):
        return None
    data = [_is_data(entry[0], made.new[0]) for entry in entries]
    return _say("take" if data[0] else "intro", made, variant, items=_items(entries, made.new[0]))


def _exact(found: re.Match[str], made: Change, variant: int) -> str | None:
    if made.new or made.goal is None:
        return None
    kinds = made.goal.types(found[1])
    plain = bool(kinds) and same(kinds[-1], made.goal.target)
    return _say("is" if plain else "exact", made, variant, term=_term(found[1]))


def _apply(found: re.Match[str], made: Change, variant: int) -> str | None:
    return _say("apply" if made.new else "apply closes", made, variant, term=_term(found[1]))


def _take_apart(pattern: str, term: str, made: Change, variant: int) -> str | None:
    """Tell `obtain` and `rcases`, which are one tactic."""
    cases = patterns(pattern)
    if made.goal is None or not cases or len(cases) != len(made.new):
        return None
    told = []
    for case, goal in zip(cases, made.new, strict=True):
        items = _named(case, goal, made.goal)
        if items is None:
            return None
        told.append(items)
    same_target = all(same(goal.target, made.goal.target) for goal in made.new)
    if len(cases) == 1:
        kind = "obtain" if same_target else "adds and changes"
        return _say(kind, made, variant, term=_term(term), items=told[0])
    if not same_target:
        return None
    return said(STEPS, "cases", variant, term=_term(term), either=", or ".join(told), goals=_target(made.new[0]))


def _named(case: Pattern, goal: Goal, before: Goal) -> str | None:
    """Return the new hypotheses of one case; None where the pattern names something else, or nothing."""
    entries = [(name, goal.types(name)) for name in case]
    if not 0 < len(entries) <= MAX_ITEMS or any(not kinds for _, kinds in entries):
        return None
    found = [(name, kinds[-1]) for name, kinds in entries]
    return None if any(entry in before.hypotheses for entry in found) else _items(found, goal)


def _obtain(found: re.Match[str], made: Change, variant: int) -> str | None:
    return _take_apart(found[1], found[2], made, variant)


def _rcases(found: re.Match[str], made: Change, variant: int) -> str | None:
    return _take_apart(found[2], found[1], made, variant)


def _have(found: re.Match[str], made: Change, variant: int) -> str | None:
    if len(made.new) != 1 or made.goal is None or not same(made.new[0].target, made.goal.target):
        return None
    kinds = made.new[0].types(found[1])
    if not kinds:
        return None
    return _say("have", made, variant, term=_term(found[2]), items=_items([(found[1], kinds[-1])], made.new[0]))


def _rewrite(found: re.Match[str], made: Change, variant: int) -> str | None:
    rules = [one.strip() for one in found[1].split(",")]
    if len(made.new) > 1 or not all(rules):
        return None
    term = ", then ".join(
        _term(one[1:].strip()) + " from right to left" if one[0] == "←" else _term(one) for one in rules
    )
    return _say("rewrite" if made.new else "rewrite closes", made, variant, term=term)


_FORMS = (
    (_INTRO, _intro),
    (_EXACT, _exact),
    (_APPLY, _apply),
    (_OBTAIN, _obtain),
    (_RCASES, _rcases),
    (_HAVE, _have),
    (_REWRITE, _rewrite),
)


def _generic(tactic: str, made: Change, variant: int) -> str:
    """Tell any tactic by what it did."""
    assert made.goal is not None
    term = ticked(tactic)
    if not made.new:
        return _say("closes", made, variant, term=term)
    if len(made.new) > 1:
        return _say("changes", made, variant, term=term)
    new = made.new[0]
    if new != made.after[0]:  # `swap`, `rotate_left`
        return said(STEPS, "turns", variant, term=term, goals=_target(made.after[0]))
    known = {(name, normal(kind)) for name, kind in made.goal.hypotheses}
    entries = [entry for entry in new.hypotheses if (entry[0], normal(entry[1])) not in known][:MAX_ITEMS]
    changed = not same(new.target, made.goal.target)
    kind = {(True, True): "adds and changes", (True, False): "adds", (False, True): "changes"}.get(
        (bool(entries), changed), "keeps"
    )
    return _say(kind, made, variant, term=term, items=_items(entries, new))


def _items(entries: Sequence[tuple[str, str]], goal: Goal) -> str:
    return listed([_item(name, kind, goal) for name, kind in entries])


def _item(name: str, kind: str, goal: Goal) -> str:
    if "✝" in name:
        return ticked(kind)
    return f"{ticked(name)} of type {ticked(kind)}" if _is_data(name, goal) else f"{ticked(kind)} as {ticked(name)}"


def _is_data(name: str, goal: Goal) -> bool:
    """Whether a hypothesis is a thing, not a fact: something is said about it, or it has a value."""
    rest = [goal.target, *(kind for _, kind in goal.hypotheses)]
    return any(name in text and name in {one.split(".")[0] for one in tokens(text)} for text in rest)


def _term(term: str) -> str:
    """Return a term in words: a name, a name with what it is applied to, or the text as it stands."""
    parts = application(term)
    if len(parts) < 2:
        return ticked(term)
    return f"{ticked(parts[0])} with {listed([ticked(part) for part in parts[1:]])}"
