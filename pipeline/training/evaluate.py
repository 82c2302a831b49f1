"""Measure a policy on held-out problems and write its card: pass@1 and step error rate per family and difficulty."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from generators.prompts import catalog
from generators.steps import split
from pipeline.families.catalog import FAMILIES, problems
from pipeline.models import openvino
from pipeline.models.model_families import AUTO
from schemas import ids
from schemas.model import ModelFamily, SamplingParams
from schemas.pool import Sampler
from schemas.problem import Problem
from verifiers import answers
from verifiers.families.catalog import check_steps

PROBLEMS, SAMPLES = 64, 8


@dataclass(slots=True)
class Figures:
    """Counts over the samples of one family at one difficulty."""

    samples: int = 0
    correct: int = 0
    steps_before_error: int = 0
    """Steps taken while everything before was right."""
    errors: int = 0
    """Of those, wrong ones."""
    unreadable: int = 0
    """Samples with a step that the exact check cannot read."""
    lucky: int = 0
    """Samples that are correct although a step is wrong."""

    def as_row(self) -> dict[str, float]:
        """Return the shares."""
        return {
            "samples": self.samples,
            "pass_at_1": round(self.correct / self.samples, 3),
            "step_error_rate": round(self.errors / max(self.steps_before_error, 1), 3),
            "unreadable": round(self.unreadable / self.samples, 4),
            "correct_despite_error": round(self.lucky / self.samples, 4),
        }


def write_card(folder: Path) -> None:
    """Add the figures to `card.json` and write `CARD.md` from it."""
    card: dict[str, Any] = json.loads((folder / "card.json").read_text())  # Any: JSON
    card["figures"] = asyncio.run(_measure(folder))
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    (folder / "CARD.md").write_text(_rendered(card))


async def _measure(folder: Path) -> dict[str, dict[str, float]]:
    model = openvino.load(str(folder), AUTO, openvino.Config())
    sampler = Sampler(model=model, prompt=catalog.find(model.info.family.prompt), params=SamplingParams(max_tokens=160))
    found: dict[str, dict[str, float]] = {}
    try:
        for name, family in FAMILIES.items():
            for difficulty in family.DIFFICULTIES:
                asked = list(islice(problems([name], [difficulty], "test", seed=2), PROBLEMS))
                found[f"{name}/{difficulty}"] = (await _cell(asked, sampler)).as_row()
    finally:
        model.close()
    return found


async def _cell(asked: Sequence[Problem], sampler: Sampler) -> Figures:
    figures = Figures()

    async def one(problem: Problem) -> None:
        prompt, seed = sampler.ask(problem.statement), ids.seed("card", problem.problem_id)
        async for completion in sampler.model.sample(prompt, SAMPLES, sampler.params, seed):
            _count(figures, problem, completion.text, sampler.model.info.family)

    await asyncio.gather(*map(one, asked))
    return figures


def _count(figures: Figures, problem: Problem, text: str, family: ModelFamily) -> None:
    steps = split(text, family.steps, family.thinking)
    checks = check_steps(problem, steps)
    correct = answers.check(problem, text).outcome == "accepted"
    first = checks.first_error
    figures.samples += 1
    figures.correct += correct
    if first is None:
        figures.unreadable += 1
        return
    figures.steps_before_error += len(steps) if first < 0 else first + 1
    figures.errors += first >= 0
    figures.lucky += correct and first >= 0


def _rendered(card: dict[str, Any]) -> str:  # Any: JSON
    recipe = card["recipe"]
    rows = "\n".join(
        f"| {cell} | {f['samples']} | {f['pass_at_1']:.3f} | {f['step_error_rate']:.3f} | {f['unreadable']:.4f} | "
        f"{f['correct_despite_error']:.4f} |"
        for cell, f in card["figures"].items()
    )
    return f"""# {card["name"]}

A Qwen3-architecture transformer of {card["parameters"]:,} parameters (float32), {recipe["layers"]} layers, hidden size
{recipe["hidden"]}, vocabulary {recipe["vocabulary"]}, context {recipe["context"]}. Revision `{card["revision"]}`. Apache-2.0.

**Data.** Solutions written by `pipeline/families/` ({", ".join(recipe["families"])}), train split only, {recipe["steps"]:,} steps
of {recipe["batch"]} texts. About {recipe["slip_rate"]:.0%} of the steps slip on purpose in the ways solvers do and carry the
slip on, so the policy is often right, often wrong, and follows its own prefix either way. It knows nothing else.

**Made by** `python -m jobs.train_policy` (seed {recipe["seed"]}), in the environment of `make train-env`.

**Measured** on held-out problems, {PROBLEMS} a cell, {SAMPLES} samples each, temperature 1. The step error rate is the share of
wrong steps among those with nothing wrong before; the last column is the share of samples that are correct all the same.

| family/difficulty | samples | pass@1 | step error rate | unreadable | correct despite an error |
|---|---|---|---|---|---|
{rows}
"""
