"""What is known exactly of the steps of a proof that a model wrote: which tactics run, and from which line on it is wrong."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from schemas.judge import Ran
from schemas.verdict import StepCheck, StepChecks
from verifiers.lean.reading import Tactic
from verifiers.lean.scan import Unclear, words

_NO_PROOF = frozenset(("sorry", "admit", "sorryAx"))


def of(steps: Sequence[str], tactics: Sequence[Tactic], ran: Ran, *, verified: bool) -> StepChecks:
    """Return what is known of each step: pieces of the text that `tactics` were read from.

    `exact_local`: all tactics that begin in the step run. `exact_prefix`: true for all where the whole is verified; otherwise
    false from the line on at which the first tactic fails. What is neither so nor so is not known.
    """
    edges = list(accumulate(map(len, steps), initial=0))
    if verified:
        wrong = edges[-1]
    elif ran.error is not None:
        starts = tactics[ran.error.step].starts
        wrong = starts[min(ran.error.line, len(starts) - 1)]
    else:
        wrong = edges[-1]
    checks = []
    for start, end in pairwise(edges):
        own = [_local(tactics, ran, index) for index, one in enumerate(tactics) if start <= one.starts[0] < end]
        local = None if not own or None in own else all(own)
        if verified:
            checks.append(StepCheck(exact_local=local or None, exact_prefix=True))
        else:
            checks.append(StepCheck(exact_local=local, exact_prefix=False if end > wrong else None))
    return StepChecks(steps=tuple(checks))


def _local(tactics: Sequence[Tactic], ran: Ran, index: int) -> bool | None:
    """Whether a tactic runs; None where it was not tried, or runs because it says `sorry`."""
    if ran.error is not None and index == ran.error.step:
        return False
    return None if index + 1 >= len(ran.states) or _gives_up(tactics[index].text) else True


def _gives_up(text: str) -> bool:
    try:
        return any(word.text in _NO_PROOF for word in words(text))
    except Unclear:
        return True
