"""The step checker on generated solutions: speed, false alarms, recognition, and corruptions caught.

Solutions are lines of arithmetic in the notations of published ones (GSM8K, MATH, models' own), right by construction.
`steps_per_second` counts equations on one core; `step_false_alarms` is the share of recognised equations called wrong,
`step_recognised` the share of equations called right or wrong, `step_caught` the share of recognised equations that are
called wrong after one of their digits was changed to make them false.
With `--solutions FILE` the solutions of a GSM8K file are taken instead, for everything but the false alarms without their
annotations. Those are counted over the file as it is (`step_false_alarms`) and without annotations, where the equations
that cannot go wrong are left out (`step_false_alarms_in_prose`). Every equation called wrong goes to standard error, with
its reason: a false alarm, or a slip in the file, which only a reader can tell; both are counted.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from schemas.verdict import Claim
from verifiers.steps.check import claims

_SOLUTIONS = 1_500
_ROUNDS = 3
_ANNOTATION = re.compile(r"<<[^<>\n]*>>")
_NOTHING = re.compile(r"(?!)")

Solution = list[str]


def main(argv: list[str]) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench steps", description=__doc__)
    parser.add_argument("--solutions", type=Path, help="JSONL of worked solutions in `answer`, such as GSM8K")
    print(json.dumps(figures(parser.parse_args(argv).solutions)))
    return 0


def figures(solutions: Path | None = None) -> dict[str, float]:
    """Return the four figures; best round of three for the speed. Deterministic but for the speed."""
    draw = random.Random(4)
    texts = _read(solutions) if solutions else [_solution(draw) for _ in range(_SOLUTIONS)]
    equations = sum("=" in line for lines in texts for line in lines) if not solutions else _annotated(solutions)
    seconds, found = _timed(texts)
    right = [(lines, index, claim) for lines, each in zip(texts, found, strict=True) for index, claim in each]
    verdicts = [claim.verdict for _, _, claim in right]
    if solutions:
        for claim in (claim for _, _, claim in right if claim.verdict == "wrong"):
            print(f"wrong: {claim.text!r}: {claim.reason}", file=sys.stderr)
    recognised = sum(verdict != "unsure" for verdict in verdicts)
    caught = [
        _caught(lines, index, claim, draw)
        for lines, index, claim in right
        if claim.verdict == "right" and any(letter.isdigit() for letter in claim.text)
    ]
    in_prose = verdicts.count("wrong") / max(recognised, 1)
    return {
        "steps_per_second": round(len(verdicts) / seconds),
        "step_false_alarms": _share_wrong(_read(solutions, _NOTHING)) if solutions else in_prose,
        "step_false_alarms_in_prose": in_prose,
        "step_recognised": min(recognised / max(equations, 1), 1.0),
        "step_caught": sum(caught) / max(len(caught), 1),
    }


def _timed(texts: Sequence[Solution]) -> tuple[float, list[list[tuple[int, Claim]]]]:
    """Return the seconds of the best round, and the equations found in each solution with the index of their step."""
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.process_time()
        found = [claims("", lines) for lines in texts]
        best = min(best, time.process_time() - start)
    return best, [
        [(index, claim) for index, step in enumerate(each) for claim in step if "=" in claim.text] for each in found
    ]


def _share_wrong(texts: Sequence[Solution]) -> float:
    """Return the share of decided equations that are called wrong."""
    verdicts = [claim.verdict for lines in texts for step in claims("", lines) for claim in step if "=" in claim.text]
    return verdicts.count("wrong") / max(len(verdicts) - verdicts.count("unsure"), 1)


def _caught(lines: Solution, index: int, claim: Claim, draw: random.Random) -> bool:
    """Change one digit of a right equation; say whether an equation at that place is called wrong now."""
    step = lines[index]
    at = draw.choice([place for place in range(claim.start, claim.end) if step[place].isdecimal()])
    digit = draw.choice([digit for digit in "0123456789" if digit != step[at]])
    changed = [*lines[:index], step[:at] + digit + step[at + 1 :]]
    return any(each.verdict == "wrong" and each.start <= at < each.end for each in claims("", changed)[index])


def _read(file: Path, without: re.Pattern[str] = _ANNOTATION) -> list[Solution]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [without.sub("", row["answer"]).splitlines(keepends=True) for row in rows]


def _annotated(file: Path) -> int:
    """Return how many calculations the authors annotated, nearly every one of which is written out in prose too."""
    return len(_ANNOTATION.findall(file.read_text(encoding="utf-8").replace("\\u003c", "<").replace("\\u003e", ">")))


def _solution(draw: random.Random) -> Solution:
    return [_line(draw) for _ in range(draw.randint(2, 6))]


def _line(draw: random.Random) -> str:
    """Return one line with one right equation."""
    a, b = draw.randint(2, 400), draw.randint(2, 60)
    sign = draw.choice("+-*/")
    if sign == "/":
        a *= b
    result = {"+": a + b, "-": a - b, "*": a * b, "/": a // b}[sign]
    latex = {"*": r"\times", "/": r"\div"}.get(sign, sign)
    spelled = {"*": "x", "/": "÷", "-": "−"}.get(sign, sign)
    forms = [
        f"There are {a} {sign} {b} = {result} apples.",
        f"So she pays ${a} {spelled} {b} = ${result:,} in total.",
        f"They have {a}{sign}{b}={result} left",
        f"That makes {a} boxes {sign} {b} boxes = {result} boxes."
        if sign in "+-"
        else f"Thus {a}{sign}{b} = {result}.",
        rf"We get \({a} {latex} {b} = {result}\).",
        rf"Then ${a} {latex} {b} = {result}$.",
        rf"\[\frac{{{a * b}}}{{{b}}} = {a}\]",
        f"**Total:** {a:,} {sign} {b} = {result:,}",
        f"- {b}% of {100 * a} = {a * b}",
        f"x = {a} {sign} {b} = {result}",
    ]
    return draw.choice(forms) + "\n"
