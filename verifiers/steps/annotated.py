"""Calculator annotations, `<<48/2=24>>`: what is between the angles is a calculation and nothing else."""

import re
from collections.abc import Iterator

from schemas.verdict import Claim
from verifiers.steps import arithmetic
from verifiers.steps.equations import Equation, Tail, find
from verifiers.steps.judgement import Judgement
from verifiers.steps.reading import Text

_ANNOTATION = re.compile(r"<<([^<>\n]{1,400})>>")


def claims(step: str) -> Iterator[Claim]:
    """Yield a claim for every annotation of `step`; unsure where it is no calculation that can be read."""
    for match in _ANNOTATION.finditer(step):
        if "=" not in match[1]:
            continue
        inner = Text(match[1])
        links, _ = find(inner, Tail())
        judged = [found for link in links if (found := _judged(inner, link, match[1])) is not None]
        if not judged:
            judged = [Judgement("unsure", "cannot read the annotation")]
        order = {"wrong": 0, "unsure": 1, "right": 2}
        worst = min(judged, key=lambda judgement: order[judgement.verdict])
        yield Claim(text=match[0], verdict=worst.verdict, reason=worst.reason, start=match.start(), end=match.end())


def _judged(inner: Text, link: Equation, whole: str) -> Judgement | None:
    found = arithmetic.judge(inner, link)
    if found is None and link.left.value != link.right.value:
        return Judgement("unsure", "two numbers without a calculation")
    if found is not None and link.start > len(whole) - len(whole.lstrip()) and not link.position:
        return Judgement("unsure", "not all of the annotation can be read")
    return found


def masked(step: str) -> str:
    """Return `step` with spaces in the place of its annotations, so that the prose around them can be read."""
    return _ANNOTATION.sub(lambda match: " " * len(match[0]), step) if "<<" in step else step
