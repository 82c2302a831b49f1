"""OmegaPRM's search against labelling every prefix of every solution: the two generators themselves, on the same problems."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any

import numpy as np

from generators import math_shepherd, omegaprm
from generators.strategies import Probed
from generators.together import together
from jobs.bench.labels import measures, record
from jobs.bench.labels.cells import Cell
from jobs.bench.labels.measures import Array
from schemas.judge import Judge
from schemas.pool import Pool, Sampler
from schemas.problem import Problem
from schemas.trace import Step, Trace
from schemas.tree import Tree
from schemas.verdict import Outcome

SEARCH = omegaprm.Config(tokens=20_000, keep_rollout_text=False)
"""The published constants, and a bound on what is decoded for a problem (search.toml has 8,000 for shorter solutions)."""
EVERY = math_shepherd.Config(samples=4, labelled=4, keep_rollout_text=False)
"""Every solution that is drawn is labelled, so that none is paid for in vain."""


COLUMNS = ("decoded", "labels", "prefixes", "wrong", "located")


@dataclass(slots=True)
class Made:
    """What a generator made of one problem."""

    decoded: int = 0
    """Tokens."""
    labels: int = 0
    """Steps with a hard label, in all rows; the last step of a solution has its verdict and is not counted."""
    prefixes: set[str] = field(default_factory=set)
    """The different ones among them."""
    wrong: int = 0
    """Wrong solutions with labels and a known first error."""
    located: int = 0
    """Those whose labels say which step it is."""

    def add(self, trace: Trace) -> None:
        """Count the labels of a trace."""
        hard = [label_of(step) for step in trace.steps[:-1]]
        texts = accumulate(step.text for step in trace.steps)
        known = [text for text, label in zip(texts, hard, strict=False) if label is not None]
        self.labels += len(known)
        self.prefixes.update(known)
        if trace.outcome == "rejected" and known and trace.first_error is not None and trace.first_error >= 0:
            first = next((place for place, label in enumerate(hard) if label is False), len(hard))
            self.wrong += 1
            self.located += first == trace.first_error

    def counts(self) -> tuple[int, ...]:
        """Return COLUMNS."""
        return self.decoded, self.labels, len(self.prefixes), self.wrong, self.located


def label_of(step: Step) -> bool | None:
    """Return the hard label of a step as the view `steps` has it."""
    right: Outcome = "accepted"
    return Probed(stop=step.stop_reason, outcomes=(right,) * step.n_correct).hard


async def measure(cell: Cell, sampler: Sampler, judge: Judge, problems: int) -> tuple[list[Made], list[Made]]:
    """Return what the search and labelling everything make of the first problems of a cell, problem by problem."""
    pool = Pool(writers=(sampler,), completer=sampler)
    asked = list(islice(record.held_out(cell), problems))
    searched = await together([_searched(problem, pool, judge) for problem in asked])
    return searched, await together([_every(problem, pool, judge) for problem in asked])


def compared(searched: Sequence[Made], every: Sequence[Made], seed: int) -> dict[str, Any]:  # Any: JSON
    """Return labels per 1,000 tokens and first-error accuracy of both, ratio and difference with intervals over problems."""
    weights = measures.resampled(["problem"] * len(searched), seed)

    def sums(made: Sequence[Made]) -> dict[str, Array]:
        table = np.array([one.counts() for one in made], dtype=np.float64)
        return dict(zip(COLUMNS, (weights @ table).T, strict=True))

    search, fixed = sums(searched), sums(every)
    found: dict[str, Any] = {}
    for column in ("labels", "prefixes"):
        rates = [1_000 * measures.ratio(one[column], one["decoded"]) for one in (search, fixed)]
        found[f"{column}_per_1000"] = [round(float(rate[0]), 2) for rate in rates]
        found[f"{column}_ratio"] = measures.figure(measures.ratio(*rates), 2)
    shares = [measures.ratio(one["located"], one["wrong"]) for one in (search, fixed)]
    found["first_error_accuracy"] = [round(float(share[0]), 3) for share in shares]
    found["first_error_difference"] = measures.figure(shares[0] - shares[1], 4)
    found["wrong"] = [int(one["wrong"][0]) for one in (search, fixed)]
    found["tokens"] = [int(one["decoded"][0]) for one in (search, fixed)]
    return found


async def _searched(problem: Problem, pool: Pool, judge: Judge) -> Made:
    made = Made()
    async for row in omegaprm.generate(problem, pool, judge, SEARCH, record.SEED):
        if isinstance(row, Tree):
            made.decoded += row.cost.generated_tokens
        else:
            made.add(row)
    return made


async def _every(problem: Problem, pool: Pool, judge: Judge) -> Made:
    made = Made()
    async for trace in math_shepherd.generate(problem, pool, judge, EVERY, record.SEED):
        made.decoded += trace.cost.generated_tokens
        made.add(trace)
    return made
