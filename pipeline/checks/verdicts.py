"""Do the verifiers say again what the rows say they said? Asked from the rows alone, with the verifier settings of the run.

A solution or a revision is judged from its own text: answers by mathematics, programs in the sandbox, proofs by the kernel. What
is judged by its rollouts (plans, prose, wordings) has its verdict counted again from its counts, and where a row tells a formal
proof, the kernel checks that. Steps whose exact truth needs nothing but the row are checked again too. A deadline, a crash or a
missing backend settles nothing and contradicts nothing; accepted against rejected always does.

Rows come from anybody: programs run in the sandbox or not at all, whatever `run.json` says of `unconfined`.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from generators.given import FOREIGN
from pipeline import from_toml
from pipeline.checks.rules import VERSIONS
from pipeline.checks.schema import aligned
from pipeline.checks.shard import BATCH_ROWS, BROKEN, Finding, Found, Kind, Run, source
from pipeline.models.model_families import FAMILIES
from schemas.errors import ConfigError
from schemas.problem import Problem
from schemas.table import from_table
from schemas.trace import TRACES, Step
from schemas.verdict import StepChecks, Verdict
from verifiers import equivalence, judge, plans, python, translations, workers
from verifiers.catalog import VERIFIERS, Verifier, config_of
from verifiers.judge import LocalJudge
from verifiers.plans import Tally

ANSWERS = ("solution", "revision")
"""Roles of a trace whose text answers its problem."""
TIMED = frozenset({"timeout", "limit", "flaky", "infra", "deadline", "crash", "unavailable", "disagree"})
"""Status words that another run of the same may not say: they depend on time, load or the machine."""
IN_FLIGHT = 32
FAILED = "failed"
"""The `action` of a step that the proof which its row tells does not have."""

_COLUMNS = (
    "trace_id", "problem_id", "generator", "domain", "family", "role", "problem", "steps", "answer", "outcome", "status",
    "reason", "verifier", "verifier_version", "root_n", "root_correct", "policy", "code_version",
)  # fmt: skip
_SCHEMA = pa.schema([TRACES.field(name) for name in _COLUMNS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a trace's verdict is asked again from."""

    place: int
    """In its file."""
    trace_id: str
    generator: str
    role: str
    problem: Problem
    steps: tuple[Step, ...]
    answer: str | None
    outcome: str
    status: str
    reason: str
    verifier: str
    verifier_version: int
    root: Tally
    model_family: str
    code_version: str

    @property
    def text(self) -> str:
        """The whole completion."""
        return "".join(step.text for step in self.steps)

    @property
    def tally(self) -> Tally:
        """What became of the rollouts from the last step."""
        last = self.steps[-1] if self.steps else None
        if last is None:
            return Tally(drawn=0, passed=0, undecided=0)
        return Tally(drawn=last.n_rollouts, passed=last.n_correct, undecided=last.n_undecided)


@dataclass(slots=True, kw_only=True)
class Asked:
    """What the verifiers were asked and said, by verifier."""

    same: Counter[str] = field(default_factory=Counter)
    different: Counter[str] = field(default_factory=Counter)
    unsettled: Counter[str] = field(default_factory=Counter)
    """Undecided then or now, or a matter of time: not counted as a contradiction."""
    left_out: Counter[str] = field(default_factory=Counter)
    """By why the rows do not hold all that the verdict was made from."""
    steps_same: int = 0
    steps_different: int = 0


def check_verdicts(run: Run, places: Mapping[str, Sequence[int]], asked: Asked, found: Found) -> None:
    """Ask again about rows of a run, given by file and place in it. Total."""
    try:
        verifiers = verifier_configs(run)
    except ConfigError as error:
        asked.left_out[f"run.json: {error}"] += sum(map(len, places.values()))
        return
    asyncio.run(_check_verdicts(run, places, verifiers, asked, found))


def verifier_configs(run: Run) -> dict[str, Any]:  # Any: each verifier module's own Config
    """Return the Config of every verifier as the run had it, never unconfined. Raises ConfigError."""
    config = run.record.get("config")
    raw = config.get("verifiers", {}) if isinstance(config, Mapping) else {}
    if not isinstance(raw, Mapping):
        raise ConfigError("its verifiers are no table")
    configs = {
        one.NAME: from_toml.read(one.Config, raw.get(one.NAME, {}), "config", f"verifiers.{one.NAME}.")
        for one in VERIFIERS.values()
    }
    configs[python.NAME] = replace(configs[python.NAME], unconfined=False)
    return configs


async def _check_verdicts(
    run: Run, places: Mapping[str, Sequence[int]], verifiers: Mapping[str, Any], asked: Asked, found: Found
) -> None:
    config = judge.Config(workers=workers.Config(wall_s=30), verifiers=verifiers)
    async with LocalJudge(config) as local:
        one = _Recheck(judge=local, verifiers=verifiers, asked=asked)
        for file, wanted in places.items():
            path = run.path(file)
            try:
                for rows in _read(run, file, wanted):
                    for row, said in zip(rows, await _together(one.check(row) for row in rows), strict=True):
                        for kind, what, remedy in said:
                            found(Finding(kind=kind, file=path, row=row.place, what=what, remedy=remedy))
            except BROKEN:
                asked.left_out["the file cannot be read"] += len(wanted)  # a finding of its own already


async def _together(checks: Iterable[Awaitable[list["Said"]]]) -> list[list["Said"]]:
    places = asyncio.Semaphore(IN_FLIGHT)

    async def one(check: Awaitable[list[Said]]) -> list[Said]:
        async with places:
            return await check

    return await asyncio.gather(*map(one, checks))


def _read(run: Run, file: str, wanted: Sequence[int]) -> Iterator[list[Row]]:
    """Yield the rows at these places, ascending, a batch at a time. Raises what reading a damaged file raises."""
    left = list(wanted)
    with source(run.folder, file) as stream, pq.ParquetFile(stream) as parquet:
        columns = [name for name in _COLUMNS if name in parquet.schema_arrow.names]
        end = 0
        for group in range(parquet.num_row_groups):
            start, end = end, end + parquet.metadata.row_group(group).num_rows
            if not left or left[0] >= end:
                continue
            for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False):
                here = [place for place in left[: len(batch)] if place < start + len(batch)]
                if here:
                    table = pa.Table.from_batches([batch]).take([place - start for place in here])
                    yield _rows(aligned(table, _SCHEMA), here)
                    left = left[len(here) :]
                start += len(batch)


def _rows(batch: pa.Table, places: Sequence[int]) -> list[Row]:
    steps = from_table(batch.select(["steps"]), _Steps)
    rows = batch.drop_columns(["steps"]).to_pylist()
    return [_row(place, row, each.steps) for place, row, each in zip(places, rows, steps, strict=True)]


@dataclass(frozen=True, slots=True)
class _Steps:
    steps: tuple[Step, ...]


def _row(place: int, row: dict[str, Any], steps: tuple[Step, ...]) -> Row:  # Any: a row of `_SCHEMA`
    stated = row["problem"] | {"task": row["problem"]["task"] or "solve"}
    problem = Problem(problem_id=row["problem_id"], domain=row["domain"], family=row["family"], **stated)
    own = (
        "trace_id", "generator", "role", "answer", "outcome", "status", "reason", "verifier", "verifier_version", "code_version",
    )  # fmt: skip
    return Row(
        place=place,
        problem=problem,
        steps=steps,
        root=Tally(drawn=row["root_n"], passed=row["root_correct"], undecided=0),
        model_family=row["policy"]["model_family"] or "",
        **{name: row[name] for name in own},
    )


# One row

Said = tuple[Kind, str, str]
"""Kind, what is wrong, what to do."""
_RELABEL = "leave the row out, or label its problem again in a new run"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recheck:
    judge: LocalJudge
    verifiers: Mapping[str, Any]  # Any: as in `verifier_configs`
    asked: Asked

    async def check(self, row: Row) -> list[Said]:
        """Return what is wrong with a row. Total."""
        domain = VERIFIERS.get(row.problem.domain)
        version = VERSIONS.get(row.verifier)
        why = None
        if version != row.verifier_version:
            why = f"judged by {row.verifier} {row.verifier_version}, of which this code has {version}"
        elif domain is not None:
            why = domain.missing(row.problem, config_of(domain, self.verifiers))
        if why is not None:
            self.asked.left_out[why] += 1
            return []
        if domain is not None and row.verifier == domain.NAME and row.role in ANSWERS:
            return await self._answer(row, domain)
        return await self._counted(row)

    async def _answer(self, row: Row, domain: Verifier) -> list[Said]:
        """Judge a text that answers its problem."""
        cut = domain.truncated(row.text)
        if row.status in ("truncated", "looping") or (row.status, row.reason) == (cut.status, cut.reason):
            verdict = cut
        else:
            answer = FAMILIES.get(row.model_family, FOREIGN).answer_part(row.text)
            verdict = await self.judge.check(row.problem, answer)
        found = self._compared(row, verdict)
        return found + await self._steps(row)

    def _compared(self, row: Row, verdict: Verdict) -> list[Said]:
        asked, name = self.asked, row.verifier
        stored, now = f"{row.outcome} ({row.status})", f"{verdict.outcome} ({verdict.status}: {verdict.reason})"
        if "undecided" in (row.outcome, verdict.outcome):
            asked.unsettled[name] += 1
        elif row.outcome == verdict.outcome and {row.status, verdict.status} & TIMED:
            (asked.same if row.status == verdict.status else asked.unsettled)[name] += 1
        elif (row.outcome, row.status) != (verdict.outcome, verdict.status):
            asked.different[name] += 1
            return [("verdict", f"trace {row.trace_id}: stored {stored}, {name} says now {now}", _RELABEL)]
        elif row.answer != verdict.answer:
            asked.different[name] += 1
            what = (
                f"trace {row.trace_id}: stored answer {_short(row.answer)}, {name} finds now {_short(verdict.answer)}"
            )
            return [("verdict", what, _RELABEL)]
        else:
            asked.same[name] += 1
        return []

    async def _counted(self, row: Row) -> list[Said]:
        """Count again what rollouts say of a text that answers nothing, and check the formal proof that it tells."""
        made = _from_counts(row)
        found: list[Said] = []
        if isinstance(made, str):
            self.asked.left_out[made] += 1
        elif made.status == row.status:
            self.asked.same[row.verifier] += 1
        else:
            self.asked.different[row.verifier] += 1
            what = f"trace {row.trace_id}: stored {row.outcome} ({row.status}), its counts say {made.status}: {made.reason}"
            found.append(("verdict", what, _RELABEL))
        return found + await self._proof(row)

    async def _proof(self, row: Row) -> list[Said]:
        tactics = [step.formal for step in row.steps if step.action != FAILED]
        if row.verifier != translations.NAME or row.outcome != "accepted" or not tactics or None in tactics:
            return []
        verdict = await self.judge.check(row.problem, "".join(f"{tactic}\n" for tactic in tactics))
        counter = {"accepted": self.asked.same, "rejected": self.asked.different}.get(
            verdict.outcome, self.asked.unsettled
        )
        counter["formal proofs"] += 1
        if verdict.outcome != "rejected":
            return []
        what = f"trace {row.trace_id}: stored {row.outcome}, the formal proof that it tells is {verdict.status}: {verdict.reason}"
        return [("verdict", what, _RELABEL)]

    async def _steps(self, row: Row) -> list[Said]:
        """Compare the exact truth of steps, where the row holds all that it was found from."""
        if row.problem.domain != "math" or not row.steps:
            return []
        fresh = await self.judge.check_steps(row.problem, [step.text for step in row.steps])
        if not _known(row.steps, "checks") or not _known(fresh.steps, "claims"):
            return []
        wrong = [
            place for place, (one, other) in enumerate(zip(row.steps, fresh.steps, strict=True)) if _other(one, other)
        ]
        self.asked.steps_same += len(row.steps) - len(wrong)
        self.asked.steps_different += len(wrong)
        code = (
            f"; the row was made by {row.code_version}: where that is another version, its checks may have been others"
        )
        return [
            ("step", f"trace {row.trace_id}, step {place + 1}: {_difference(row, fresh, place)}", _RELABEL + code)
            for place in wrong
        ]


def _known(
    steps: Sequence[Any], claims: str
) -> bool:  # Any: `Step` or `StepCheck`, which name their claims differently
    """Whether anything is known of any step: nothing is where a worker failed, then or now."""
    return any(
        step.exact_local is not None or step.exact_prefix is not None or bool(getattr(step, claims)) for step in steps
    )


def _other(step: Step, check: Any) -> bool:  # Any: `StepCheck`
    return (step.exact_local, step.exact_prefix, step.checks) != (check.exact_local, check.exact_prefix, check.claims)


def _difference(row: Row, fresh: StepChecks, place: int) -> str:
    one, other = row.steps[place], fresh.steps[place]
    for name in ("exact_local", "exact_prefix"):
        if getattr(one, name) != getattr(other, name):
            return f"stored {name} {getattr(one, name)}, is now {getattr(other, name)}"
    stored = [f"{claim.text!r} {claim.verdict}" for claim in one.checks]
    now = [f"{claim.text!r} {claim.verdict}" for claim in other.claims]
    return f"stored claims {', '.join(stored) or 'none'}, are now {', '.join(now) or 'none'}"


def _from_counts(row: Row) -> Verdict | str:
    """Return the verdict that the counts of a row come to, or why they do not say it."""
    given = row.tally
    if row.verifier == plans.NAME and row.status in ("sufficient", "insufficient", "undecided"):
        return plans.sufficiency(given, row.root)
    if row.verifier == translations.NAME and row.role == "translation":
        wrong = next((claim.reason for step in row.steps for claim in step.checks if claim.verdict == "wrong"), "")
        if row.status in ("faithful", "unfaithful", "misstated", "undecided"):
            return translations.faithfulness(given, row.root, wrong=wrong)
    if row.verifier == equivalence.NAME and row.status in ("equivalent", "different", "undecided"):
        rejected = given.drawn - given.passed - given.undecided
        return equivalence.of_words(given, rejected=rejected, trivial=False)
    return f"{row.verifier} judges by more than the row holds"


def _short(answer: str | None) -> str:
    return "none" if answer is None else repr(answer if len(answer) <= 60 else answer[:57] + "...")
