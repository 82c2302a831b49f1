"""The final answer: does it follow from the steps before it?

Right where it is the value of the last calculation. Wrong where the answer is one plain number that stands nowhere
else in problem and solution, the calculation just before it comes out at another, and rounding does not explain that.
Otherwise unsure: an answer may be an earlier value, or need words to get to.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice

from schemas.verdict import Claim, ClaimVerdict
from verifiers.final_answer import find
from verifiers.steps.arithmetic import says_rounded
from verifiers.steps.equations import Equation
from verifiers.steps.judgement import shown
from verifiers.steps.numbers import number
from verifiers.steps.reading import Side, Text, Value
from verifiers.steps.sides import read

MAX_NUMBERS = 2_000
"""Numbers of one step that are looked at."""

_NUMBERS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
MAY_CLAIM = re.compile(r"[=≈≃≅]|\\approx|\\simeq|\\doteq|####|boxed|fbox|nswer|^[ \t]{0,20}A:", re.MULTILINE)
"""Finds something in every step in which any claim can be."""

_LABEL = re.compile(r"^[ \t]{0,20}A:", re.MULTILINE)
_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip


class Conclusion:
    """The numbers that have been stated so far, and what the last calculation came to."""

    def __init__(self, statement: str) -> None:
        self._texts = [statement]
        self._last: Value | None = None
        self._age = 0

    def claim(self, step: str, links: Sequence[Equation]) -> Claim | None:
        """Return the claim that the answer follows, None in a step without a marked answer in numbers.

        `step` is without annotations, `links` are its equations.
        """
        found = find(step) if _is_marked(step) else None
        answer = found if found is not None and found.how in ("boxed", "hashes", "marker", "sentence") else None
        start = max(step.find(answer.text, answer.start), 0) if answer is not None else len(step)
        self._age += 1
        for link in reversed(links):
            if link.right.value is not None and link.start <= start:
                self._last, self._age = link.right.value, 0
                break
        claim = None
        if answer is not None:
            claim = self._judged(answer.text, answer.how == "boxed", start, step)
        self._texts.append(step)
        return claim

    def _judged(self, answer: str, boxed: bool, start: int, step: str) -> Claim | None:
        if self._last is None:
            return None
        # Half of all answers are the digits of the last result.
        if answer.isdecimal() and answer == str(self._last):
            reason = "the value of the last calculation"
            return Claim(text=answer, verdict="right", reason=reason, start=start, end=start + len(answer))
        side = _plain(answer)
        if side is None or side.value is None:
            return None
        value, last = Fraction(side.value), Fraction(self._last)
        verdict: ClaimVerdict = "unsure"
        if value == last or (side.soft and value * 100 == last):
            verdict, reason = "right", "the value of the last calculation"
        elif value in _stated([*self._texts, step[:start]]):
            reason = "stated earlier, but not the value of the last calculation"
        elif value in (last * 100, 100 - last * 100):
            reason = f"the last calculation comes to {shown(last)}, which may be a share"
        elif (
            boxed or self._age > 1 or side.operations or side.soft or abs(value - last) < 1 or says_rounded(Text(step))
        ):
            reason = f"the last calculation comes to {shown(last)}"
        else:
            verdict, reason = "wrong", f"the last calculation comes to {shown(last)}, and this number is stated nowhere"
        return Claim(text=answer, verdict=verdict, reason=reason, start=start, end=start + len(answer))


def _is_marked(step: str) -> bool:
    """Whether an answer may be marked in `step`. Five searches for a string cost a tenth of one for their pattern."""
    if "####" in step or "boxed" in step or "fbox" in step or "nswer" in step:
        return True
    return "A:" in step and _LABEL.search(step) is not None


def _stated(texts: Sequence[str]) -> set[Value]:
    """Return the numbers in `texts`, in digits or in words."""
    seen: set[Value] = set()
    for text in texts:
        for match in islice(_NUMBERS.finditer(text), MAX_NUMBERS):
            value = number(match[0])[0]
            if value is not None:
                seen.add(value)
        lowered = text.lower()
        seen.update(value for word, value in _WORDS.items() if word in lowered)
    return seen


def _plain(answer: str) -> Side | None:
    """Return the side that an answer is, None where it is more than one number with its unit."""
    text = Text(answer)
    side = read(text, 0) if text.pieces[0].kind != "end" else None
    if side is None:
        return None
    rest = text.pieces[side.after : -1]
    return side if all(piece.kind in ("word", "text", "delimiter", "unit", "mark", "close") for piece in rest) else None
