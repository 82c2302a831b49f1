r"""Final answers of mathematics: is the answer in this text the gold answer?

Tiers, cheapest first: plain numbers; the same characters; the typed tree with exact residues, values at many points
and real sets cut into cells; sympy (only `check`, which belongs in a worker process). Undecided where none of them is
sure (`unsure`), or two contradict each other (`disagree`): such pairs stay in the shards for an audit, and
`make query NAME=undecided_answers` lists them.
Equality is mathematical and exact: 0.333 is not 1/3, 18.90 is 18.9, `1, 2` is not `12`.

What two answers may leave out, by default (`rules.Policies` switches each off):

- Units are dropped when only one side has one (18 and $18). Two units must agree: 5 cm is not 5 m, 90 minutes are 1.5
  hours; 3 apples against 3 pieces is undecided.
- 50% is 0.5, and also 50 where the number is above 1; 0.5% is not 0.5. 60 degrees are 60, and pi/3.
- `x = 5` answers 5, and `AB = 5`; `x = 5` and `y = 5` differ. Bare lists and sets have no order, tuples have.
- 3:4 is 3/4; `3:30` is 3:30 PM; `1, 2` is `(1, 2)` in this order; a column or row of a matrix is its tuple.
- `17 mod 5` is 2; `3 (mod 7)` is `10 (mod 7)`, and 3 where the other side has no modulus.
- `(2, \infty)` is `x > 2`, whatever the variable is called on the side that names it.
- Case of words does not count, case of variables and choices does.

Text is never evaluated as code, and nothing here uses signals.
"""

import re
import time
from collections.abc import Callable
from typing import Literal

from schemas.problem import Problem
from schemas.verdict import Outcome, Verdict
from verifiers.equality import plain, structure, tiers
from verifiers.equality.rules import DEFAULTS, Policies, Rules
from verifiers.final_answer import find
from verifiers.math_text.expression import read
from verifiers.math_text.tokens import Unreadable

NAME = "answers"
VERSION = 3
Config = Policies

Status = Literal[
    "equal",
    "different",
    "no_answer",
    "truncated",
    "looping",
    "unparsed_gold",
    "unparsed",
    "disagree",
    "unsure",
    "deadline",
    "crash",
]
Failure = Literal["deadline", "crash"]
STATUSES: dict[str, Outcome] = {
    "equal": "accepted",
    "different": "rejected",
    "no_answer": "rejected",
    "truncated": "rejected",
    "looping": "rejected",
    "unparsed_gold": "undecided",
    "unparsed": "undecided",
    "disagree": "undecided",
    "unsure": "undecided",
    "deadline": "undecided",
    "crash": "undecided",
}

_SPACE = re.compile(r"\s+")
MAX_SHOWN = 60
"""Characters of an answer that a reason quotes."""


def check(problem: Problem, text: str, config: Policies = DEFAULTS) -> Verdict:
    """Judge a whole solution. Total; may be slow on hostile input, so it runs in a worker (`workers.py`)."""
    return compare(problem.reference, text, config)


def quick(problem: Problem, text: str, config: Policies = DEFAULTS) -> Verdict | None:
    """Return the verdict where it can be had without sympy, in microseconds to a few milliseconds; None otherwise."""
    same = plain.same(problem.reference, text)
    if same is not None:
        return _plain_verdict(same, problem.reference, text)
    return _timed(problem.reference, text, config, slow=False)


def missing(problem: Problem, config: Policies = DEFAULTS) -> str | None:
    """Say what this machine lacks to judge `problem`: nothing, ever."""
    return None


def reference_error(problem: Problem, check: Callable[[Problem, str], Verdict] | None = None) -> str | None:
    """Say why the gold answer does not verify against itself, None where it does. What can be read equals itself: no `check`."""
    gold = find(problem.reference)
    if gold is None:
        return "the reference holds no final answer"
    tree = read(gold.text)
    if isinstance(tree, Unreadable):
        return f"the gold answer {_shown(gold.text)} cannot be read: {tree}"
    return None


def compare(gold: str, pred: str, policies: Policies = DEFAULTS) -> Verdict:
    """Judge `pred` (a bare answer or a whole solution) against `gold`. Total and symmetric in what it accepts."""
    same = plain.same(gold, pred)
    if same is not None:
        return _plain_verdict(same, gold, pred)
    verdict = _timed(gold, pred, policies, slow=True)
    assert verdict is not None
    return verdict


def truncated(text: str) -> Verdict:
    """Judge a completion that was cut at its token limit: rejected, as `looping` where its end repeats itself."""
    if loops(text):
        return _verdict("looping", "cut off while repeating itself", None, 0.0)
    return _verdict("truncated", "cut off before it ended", None, 0.0)


def failed(status: Failure, reason: str, seconds: float) -> Verdict:
    """Return the verdict for a check that the worker did not finish."""
    return _verdict(status, reason, None, seconds)


def loops(text: str) -> bool:
    """Whether the end of `text` says the same line, or the same segment of up to 200 characters, three times."""
    tail = text[-1500:].rstrip()
    lines = [line.strip() for line in tail.split("\n")]
    # The last line may be cut in the middle: it may also be the beginning of the repeated one.
    for last in (lines, lines[:-1]):
        if len(last) >= 3 and last[-1] and len(set(last[-3:])) == 1:
            return True
    for period in range(1, min(200, len(tail) // 3) + 1):
        segment = tail[-period:]
        repeats = max(3, -(-12 // period))  # "000" is a number, not a loop: at least 12 characters
        if len(tail) >= period * repeats and tail.endswith(segment * repeats) and segment.strip():
            return True
    return False


_new = object.__new__
_outcome, _status, _reason, _verifier, _version, _answer, _seconds = (
    getattr(Verdict, field).__set__
    for field in ("outcome", "status", "reason", "verifier", "version", "answer", "seconds")
)


def _plain_verdict(same: bool, gold: str, answer: str) -> Verdict:
    """Return the verdict of the first tier, whose seconds are below what a clock call costs.

    Its slots are filled directly: the constructor of a frozen class takes 0.9 us, more than the comparison.
    """
    verdict = _new(Verdict)
    if same:
        _outcome(verdict, "accepted")
        _status(verdict, "equal")
        _reason(verdict, f"'{answer}' equals '{gold}'")
    else:
        _outcome(verdict, "rejected")
        _status(verdict, "different")
        _reason(verdict, f"'{answer}' is not '{gold}'")
    _verifier(verdict, NAME)
    _version(verdict, VERSION)
    _answer(verdict, answer)
    _seconds(verdict, 0.0)
    return verdict


def _timed(gold: str, pred: str, policies: Policies, *, slow: bool) -> Verdict | None:
    start = time.perf_counter()
    decided = _decide(gold, pred, policies, slow=slow)
    if decided is None:
        return None
    status, reason, answer = decided
    return _verdict(status, reason, answer, time.perf_counter() - start)


def _verdict(status: Status, reason: str, answer: str | None, seconds: float) -> Verdict:
    return Verdict(
        outcome=STATUSES[status],
        status=status,
        reason=reason,
        verifier=NAME,
        version=VERSION,
        answer=answer,
        seconds=seconds,
    )


def _decide(gold: str, pred: str, policies: Policies, *, slow: bool) -> tuple[Status, str, str | None] | None:
    found = find(pred)
    if found is None:
        return "no_answer", "no final answer found", None
    answer = found.text
    gold_found = find(gold)
    if gold_found is None:
        return "unparsed_gold", "the reference holds no final answer", answer
    reference = gold_found.text
    same = plain.same(reference, answer)
    if same is not None:
        return ("equal" if same else "different"), _said(same, reference, answer), answer
    if _SPACE.sub(" ", reference).strip() == _SPACE.sub(" ", answer).strip():
        return "equal", "the same characters", answer
    gold_tree = read(reference)
    if isinstance(gold_tree, Unreadable):
        return "unparsed_gold", f"cannot read the gold answer {_shown(reference)}: {gold_tree}", answer
    tree = read(answer)
    if isinstance(tree, Unreadable):
        return "unparsed", f"cannot read {_shown(answer)}: {tree}", answer
    rules = Rules(tiers.fast, policies)
    result = structure.compare(gold_tree, tree, rules)
    if result == "unsure":
        if not slow:
            return None
        rules = Rules(tiers.slow, policies)
        result = structure.compare(gold_tree, tree, rules)
    if result == "different" and _groups_in_doubt(reference, answer):
        result = "unsure"
    if result == "unsure":
        if rules.contradicted:
            return "disagree", f"two oracles contradict each other on {_shown(answer)} and {_shown(reference)}", answer
        return "unsure", f"cannot tell {_shown(answer)} from {_shown(reference)}", answer
    return ("equal" if result == "equal" else "different"), _said(result == "equal", reference, answer), answer


_GROUPS = re.compile(r"(?<![0-9,.])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")


def _groups_in_doubt(gold: str, answer: str) -> bool:
    """Whether a comma may separate numbers on one side (`100,200` against `100, 200`)."""
    if gold.lstrip("\\")[:1] in "([{" and answer.lstrip("\\")[:1] in "([{":
        return False  # inside brackets a comma separates
    one, two = (_GROUPS.search(side) is not None for side in (gold, answer))
    return one != two and gold.replace(" ", "").strip("()[]{}\\$") == answer.replace(" ", "").strip("()[]{}\\$")


def _said(same: bool, gold: str, answer: str) -> str:
    return f"{_shown(answer)} {'equals' if same else 'is not'} {_shown(gold)}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "...")
