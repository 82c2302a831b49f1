"""Verdicts on real solutions and adversarial pairs, and on real answers written in other ways."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.verdicts import outcome, problem
from verifiers.answers import quick, reference_error

DATA = os.environ.get("STEPMILL_DATA")
real_data = pytest.mark.skipif(DATA is None, reason="STEPMILL_DATA does not name a folder with real inputs")


def rows(name: str) -> Iterator[dict[str, Any]]:  # Any: rows of foreign files
    assert DATA is not None
    with Path(DATA, name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@real_data
def test_every_real_solution_gets_the_verdict_people_gave_it() -> None:
    wrong: list[tuple[str, str]] = []
    judged = 0
    for row in rows("gsm8k/model_solutions.jsonl"):
        for solution in (value for value in row.values() if isinstance(value, dict)):
            verdict = quick(problem(row["ground_truth"]), solution["solution"])
            judged += 1
            if verdict is None or (verdict.outcome == "accepted") != solution["is_correct"]:
                wrong.append((row["ground_truth"][-20:], solution["solution"][-60:]))
    assert judged == 2640
    assert wrong == []


@real_data
def test_real_reference_solutions_verify() -> None:
    for row in rows("math500/test.jsonl"):
        assert reference_error(problem(row["answer"])) is None, row["answer"]
        assert outcome(row["answer"], row["solution"]) == "accepted", row["answer"]


@real_data
def test_no_adversarial_pair_gets_a_wrong_verdict() -> None:
    wrong: list[str] = []
    undecided = 0
    for row in rows("answers/pairs.jsonl"):
        for gold, pred in ((row["gold"], row["pred"]), (row["pred"], row["gold"])):
            found = outcome(gold, pred)
            undecided += found == "undecided"
            if found == ("rejected" if row["equal"] else "accepted"):
                wrong.append(f"{gold} | {pred}")
    assert wrong == []
    assert undecided <= 2 * 16


def _words(value: int) -> str:
    ones = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]  # fmt: skip
    tens = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if value < 0:
        return "minus " + _words(-value)
    if value < 20:
        return ones[value]
    if value < 100:
        return tens[value // 10] + ("-" + ones[value % 10] if value % 10 else "")
    if value < 1000:
        return ones[value // 100] + " hundred" + (" and " + _words(value % 100) if value % 100 else "")
    for scale, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if value >= scale:
            return _words(value // scale) + " " + name + (" " + _words(value % scale) if value % scale else "")
    raise AssertionError


RENDERINGS: dict[str, Callable[[int], str]] = {
    "bare": str,
    "boxed": lambda n: f"Therefore we get $\\boxed{{{n}}}$.",
    "sentence": lambda n: f"Some steps, 3 + 4 = 7.\nThe answer is {n}.",
    "hashes": lambda n: f"Steps.\n#### {n}",
    "dollars": lambda n: f"${n}$",
    "currency": lambda n: f"A: ${n:,}" if n >= 0 else f"A: -${-n:,}",
    "unit": lambda n: f"{n} dollars",
    "text unit": lambda n: f"{n}\\text{{ hours}}",
    "apples": lambda n: f"The answer is {n} apples.",
    "thousands": lambda n: f"{n:,}",
    "latex thousands": lambda n: f"{n:,}".replace(",", "{,}"),
    "thin spaces": lambda n: f"{n:,}".replace(",", "\\,"),
    "decimal": lambda n: f"{n}.0",
    "cents": lambda n: f"{n}.00",
    "fraction": lambda n: f"\\frac{{{7 * n}}}{{7}}",
    "dfrac": lambda n: f"\\dfrac{{{3 * n}}}{{3}}",
    "slash": lambda n: f"{5 * n}/5",
    "percent": lambda n: f"{100 * n}\\%",
    "words": _words,
    "text": lambda n: f"\\text{{{n}}}",
    "unicode minus": lambda n: str(n).replace("-", "−"),
    "sum": lambda n: f"{n - 5} + 5",
    "product": lambda n: f"\\left({n}\\right) \\times 1",
    "equation": lambda n: f"x = {n}",
    "chain": lambda n: f"So the total is {n - 2} + 2 = {n}",
    "power": lambda n: f"{n}^{{1}}",
    "scientific": lambda n: f"{n}e0",
    "bold": lambda n: f"**Answer:** **{n}**",
    "root": lambda n: f"\\sqrt[3]{{{n**3}}}",
}


def final(row: dict[str, Any]) -> int:
    return int(row["ground_truth"].rpartition("A:")[2].replace(",", ""))


@real_data
@pytest.mark.parametrize("name", RENDERINGS)
def test_real_answers_written_in_other_ways_keep_their_verdict(name: str) -> None:
    render = RENDERINGS[name]
    golds = [final(row) for row in rows("gsm8k/model_solutions.jsonl")]
    for index, gold in enumerate(golds):
        assert outcome(str(gold), render(gold)) == "accepted", render(gold)
        other = golds[(index + 1) % len(golds)]
        for wrong in (gold + 1, 10 * gold + 1, -gold - 1, other if other != gold else gold + 2):
            # 800% is 8, and by the policy also 800 with a sign too many.
            if not (name == "percent" and 100 * wrong == gold):
                assert outcome(str(gold), render(wrong)) == "rejected", (gold, render(wrong))
