"""Measure a policy on held-out problems and write its card: pass@1 and step error rate per family and difficulty.

Every answer is judged as in a run (`verifiers/judge.py`). Where a plan or prose came with the problems two things are measured:
answers from the statement alone, and from that. Needs no torch.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

from generators.prompts import catalog as prompts
from generators.steps import split
from pipeline.families.catalog import FAMILIES, problems
from pipeline.models import openvino
from pipeline.models.model_families import AUTO
from pipeline.training.corpora import CORPORA, Corpus
from schemas import ids
from schemas.judge import Judge
from schemas.model import Completion, SamplingParams, Tokens
from schemas.pool import Sampler
from schemas.problem import Problem
from verifiers.judge import LocalJudge

PROBLEMS, SAMPLES = 64, 8
TOLD = {"programs": ("write", "plan"), "implications": ("formalise", "prose"), "orders": ("formalise", "prose")}
"""Of families that have a second row, in which the writer is told what came with the problem: the part, and what that is."""

Row = dict[str, float | None]


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

    def as_row(self) -> Row:
        """Return the shares; of steps None where no step has exact truth."""
        judged = self.unreadable < self.samples
        return {
            "samples": self.samples,
            "pass_at_1": round(self.correct / self.samples, 3),
            "step_error_rate": round(self.errors / max(self.steps_before_error, 1), 3) if judged else None,
            "unreadable": round(self.unreadable / self.samples, 4) if judged else None,
            "correct_despite_error": round(self.lucky / self.samples, 4) if judged else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    problems: int = PROBLEMS
    """A cell: a family at a difficulty."""
    samples: int = SAMPLES
    """Of each problem."""
    difficulties: tuple[int, ...] = field(default=())
    """All of a family's where none are named."""


def write_card(folder: Path, size: Size | None = None) -> None:
    """Add the figures to `card.json` and write `CARD.md` from it."""
    card: dict[str, Any] = json.loads((folder / "card.json").read_text())  # Any: JSON
    card["figures"] = asyncio.run(_measure(folder, CORPORA[corpus_of(card)], size or Size()))
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    (folder / "CARD.md").write_text(rendered(card, size or Size()))


def corpus_of(card: Mapping[str, Any]) -> str:  # Any: JSON
    """Return what the policy was trained on; recipes from before there were several corpora do not say it."""
    name: str = card["recipe"].get("corpus", "math")
    return name


async def _measure(folder: Path, corpus: Corpus, size: Size) -> dict[str, Row]:
    found: dict[str, Row] = {}
    async with LocalJudge() as judge, _policy(folder, corpus.max_tokens) as sampler:
        for name in corpus.families:
            difficulties = size.difficulties or FAMILIES[name].DIFFICULTIES
            for row in (name, told_row(name)) if name in TOLD else (name,):
                for difficulty in difficulties:
                    asked = list(islice(problems([name], [difficulty], "test", seed=2), size.problems))
                    figures = await _cell(asked, sampler, judge, size.samples, told=row != name)
                    found[f"{row}/{difficulty}"] = figures.as_row()
    return found


@asynccontextmanager
async def _policy(folder: Path, max_tokens: int) -> AsyncIterator[Sampler]:
    model = openvino.load(str(folder), AUTO, openvino.Config())
    family = model.info.family
    asked = ("output", "input", "program", "prove", "write", "formalise")
    parts = {part: prompts.default(part, family) for part in asked}
    params = SamplingParams(max_tokens=max_tokens)
    try:
        yield Sampler(model=model, prompt=prompts.find(family.prompt), params=params, prompts=parts)
    finally:
        model.close()


async def _cell(
    asked: Sequence[Problem], sampler: Sampler, judge: Judge, samples: int, *, told: bool = False
) -> Figures:
    figures = Figures()

    async def one(problem: Problem) -> None:
        prompt, seed = _question(sampler, problem, told=told), ids.seed("card", problem.problem_id)
        drawn = [completion async for completion in sampler.model.sample(prompt, samples, sampler.params, seed)]
        await asyncio.gather(*(_count(figures, problem, completion, sampler, judge) for completion in drawn))

    await asyncio.gather(*map(one, asked))
    return figures


def told_row(family: str) -> str:
    """Return the name of the row in which the writer is told what came with the problem."""
    return f"{family} from the {TOLD[family][1]}"


def _question(sampler: Sampler, problem: Problem, *, told: bool) -> Tokens:
    if not told:
        return sampler.ask(problem.statement, problem.task)
    part, what = TOLD[problem.family]
    lines: list[str] = json.loads(problem.program or "{}")[what]
    return sampler.ask_part(part, problem=problem.statement, **{what: "\n".join(lines)})


async def _count(figures: Figures, problem: Problem, completion: Completion, sampler: Sampler, judge: Judge) -> None:
    family = sampler.model.info.family
    steps = split(completion.text, family.steps, family.thinking)
    checks = await judge.check_steps(problem, steps)
    cut = completion.finish_reason == "length"
    correct = not cut and (await judge.check(problem, completion.text)).outcome == "accepted"
    first = checks.first_error
    figures.samples += 1
    figures.correct += correct
    if first is None:
        figures.unreadable += 1
        return
    figures.steps_before_error += len(steps) if first < 0 else first + 1
    figures.errors += first >= 0
    figures.lucky += correct and first >= 0


def means(figures: Mapping[str, Row]) -> dict[str, float]:
    """Return the mean pass@1 over the difficulties of each family."""
    names = dict.fromkeys(cell.rpartition("/")[0] for cell in figures)
    return {
        name: round(
            fmean(row["pass_at_1"] or 0.0 for cell, row in figures.items() if cell.rpartition("/")[0] == name), 3
        )
        for name in names
    }


def rendered(card: Mapping[str, Any], size: Size) -> str:  # Any: JSON
    """Return the card as a page."""
    recipe, corpus = card["recipe"], CORPORA[corpus_of(card)]
    rows = "\n".join(
        f"| {cell} | {f['samples']} | {f['pass_at_1']:.3f} | {_share(f['step_error_rate'], 3)} | {_share(f['unreadable'], 4)} | "
        f"{_share(f['correct_despite_error'], 4)} |"
        for cell, f in card["figures"].items()
    )
    mean = ", ".join(f"{name} {value:.3f}" for name, value in means(card["figures"]).items())
    name = corpus_of(card)
    return f"""# {card["name"]}

A Qwen3-architecture transformer of {card["parameters"]:,} parameters (float32), {recipe["layers"]} layers, hidden size
{recipe["hidden"]}, vocabulary {recipe["vocabulary"]}, context {recipe["context"]}. Revision `{card["revision"]}`. Apache-2.0.

**Data.** Of `pipeline/training/{name}_corpus.py` on the problems of {", ".join(corpus.families)}, train split only,
{recipe["steps"]:,} steps of {recipe["batch"]} texts: {corpus.data}.
{_slips(recipe["slip_rate"])}

**It cannot** do anything else. {corpus.cannot}

**Made by** `python -m jobs.train_policy --name {name}` (seed {recipe["seed"]}), in the environment of `make train-env`; measured
by the same with `--card`.{card.get("history", "")}

**Measured** on held-out problems, {size.problems} a cell, {size.samples} samples each, temperature 1, judged as in a run. The
step error rate is the share of wrong steps among those with nothing wrong before; the last column is the share of samples that
are correct all the same. Mean pass@1: {mean}.

| family/difficulty | samples | pass@1 | step error rate | unreadable | correct despite an error |
|---|---|---|---|---|---|
{rows}
"""


def _slips(rate: float) -> str:
    if not rate:
        return "Nothing in it is wrong on purpose."
    return (
        f"About {rate:.0%} of the steps slip on purpose in the ways solvers do and carry the slip on, so the policy is often\n"
        "right, often wrong, and follows its own prefix either way."
    )


def _share(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
