"""May a problem's tests judge? Their mutation score: of the faults that show on extra inputs, how many the tests notice.

A mutant of the reference counts where it returns something else than the reference on at least one extra input (or raises, or
does not end): mutants that nothing told apart are left out, most of them being equal in meaning. One that the tests pass is a
survivor, reported with an input that tells it apart. Extra inputs are those on which the reference itself returns the same
plain value twice, in two processes with different hash seeds; whether a problem's statement allows them is not known, so a
survivor is a question to the tests, not a proof against them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifiers.programs import compare, inputs
from verifiers.programs.compare import shown
from verifiers.programs.inputs import Args
from verifiers.programs.judgement import AssertTests, Cases, CodeVerdict, Submission, check, once
from verifiers.programs.mutants import Mutant, mutants
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program, Returned

_MAX_RESTARTS = 12
"""Inputs on which the reference may run out of its limits before the search for usable ones ends."""
_INPUT_CPU_S = 1.0
_SHARE_CPU = 10.0
"""A mutant gets this many times the reference's time: one that needs more does not end, or might as well."""
_LEAST_CPU_S = 0.2
"""Seconds of processor time, below which starting and compiling would decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A faulty program that the tests pass."""

    line: int
    operator: str
    description: str
    call: str
    """An input that tells it apart."""
    reference: str
    mutant: str
    """What either gives there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the tests of one problem notice. All counts are of distinct mutants."""

    reference: CodeVerdict
    """What the tests say of the reference; nothing else is measured where it is no `pass`."""
    inputs: int = 0
    """Extra inputs with a value to compare, the tests' own examples among them."""
    mutants: int = 0
    different: int = 0
    """Those that an extra input tells apart from the reference."""
    killed: int = 0
    """Those of them that the tests reject."""
    undecided: int = 0
    """Those of them on which the tests or the sandbox failed; they count neither way."""
    survivors: tuple[Survivor, ...] = ()

    @property
    def score(self) -> float | None:
        """Killed over killed and survivors; None where no mutant could be told apart."""
        decided = self.killed + len(self.survivors)
        return self.killed / decided if decided else None


def may_judge(report: Report, *, minimum: float = 0.9, least: int = 3) -> bool:
    """Whether the tests pass the reference and notice at least `minimum` of at least `least` faults."""
    score = report.score
    decided = report.killed + len(report.survivors)
    return report.reference.status == "pass" and score is not None and decided >= least and score >= minimum


def measure(
    sandbox: Sandbox, reference: Program, by: Cases | AssertTests, limits: Limits, *, count: int = 80, seed: int = 0
) -> Report:
    """Return the mutation score of the tests `by`, measured against the reference."""
    verdict = check(sandbox, Submission(program=reference, by=by, limits=limits))
    found = mutants(reference.code)
    if verdict.status != "pass":
        return Report(reference=verdict, mutants=len(found))
    calls, returned, cpu_s = _usable(sandbox, reference, inputs.extra(_examples(reference, by), count=count, seed=seed))
    report = Report(reference=verdict, inputs=len(calls), mutants=len(found))
    told_limits = _short(limits, cpu_s)
    test_limits = _short(limits, verdict.cpu_s / 2)
    for mutant in found if calls else ():
        program = replace(reference, code=mutant.code)
        told = _told_apart(sandbox, program, calls, returned, told_limits)
        if told is None:
            continue
        status = once(sandbox, program, by, test_limits).status
        report = replace(
            report,
            different=report.different + 1,
            killed=report.killed + (status not in ("pass", "infra")),
            undecided=report.undecided + (status == "infra"),
            survivors=(*report.survivors, _survivor(mutant, *told)) if status == "pass" else report.survivors,
        )
    return report


def _examples(reference: Program, by: Cases | AssertTests) -> list[Args]:
    if isinstance(by, Cases):
        return [call.args for call in by.calls if not call.kwargs and call.name is None]
    found = inputs.examples(by.code, reference.entry_point, by.prompt or reference.code)
    return found or inputs.annotated(reference.code, reference.entry_point)


def _short(limits: Limits, cpu_s: float) -> Limits:
    """Return limits for a mutant of a program that took `cpu_s`."""
    return replace(limits, cpu_s=min(limits.cpu_s, max(_LEAST_CPU_S, _SHARE_CPU * cpu_s)))


def _usable(
    sandbox: Sandbox, reference: Program, candidates: Sequence[Args]
) -> tuple[list[Call], list[Returned], float]:
    """Return the inputs on which the reference returns the same value twice, those values, and the time they took."""
    calls = [Call(args=args) for args in candidates]
    kept, returned = _answered(sandbox, reference, calls, seed=0)
    limits = Limits(cpu_s=2 * _INPUT_CPU_S)
    again = sandbox.run(reference, tuple(kept), limits, seed=1)
    both = zip(kept, returned, again.returned, strict=False)
    stable = [
        (call, one)
        for call, one, other in both
        if other.kind == "value" and compare.same(one.value, other.value, compare.PYTHON)
    ]
    return [call for call, _ in stable], [one for _, one in stable], again.cpu_s


def _answered(
    sandbox: Sandbox, program: Program, calls: Sequence[Call], *, seed: int
) -> tuple[list[Call], list[Returned]]:
    """Return the calls that return a value, and it. A call that never ends is left out and the rest asked again."""
    kept: list[Call] = []
    values: list[Returned] = []
    left = tuple(calls)
    for _ in range(_MAX_RESTARTS):
        run = sandbox.run(program, left, Limits(cpu_s=_INPUT_CPU_S), seed=seed)
        for call, returned in zip(left, run.returned, strict=False):
            if returned.kind == "value":
                kept.append(call)
                values.append(returned)
        left = left[len(run.returned) + 1 :]
        if run.status == "done" or not left:
            break
    return kept, values


def _told_apart(
    sandbox: Sandbox, mutant: Program, calls: Sequence[Call], expected: Sequence[Returned], limits: Limits
) -> tuple[Call, Returned, str] | None:
    """Return the first call on which the mutant differs, what the reference gives there, and what the mutant does."""
    run = sandbox.run(mutant, tuple(calls), limits)
    for call, wanted, got in zip(calls, expected, run.returned, strict=False):
        if got.kind != "value":
            return call, wanted, f"{got.kind}: {got.error}"
        if not compare.same(wanted.value, got.value, compare.PYTHON):
            return call, wanted, shown(got.value)
    if run.status in ("done", "infra"):
        return None
    place = min(len(run.returned), len(calls) - 1)
    return calls[place], expected[place], f"{run.status}: {run.reason}"


def _survivor(mutant: Mutant, call: Call, wanted: Returned, got: str) -> Survivor:
    return Survivor(
        line=mutant.line,
        operator=mutant.operator,
        description=mutant.description,
        call=f"({', '.join(map(shown, call.args))})",
        reference=shown(wanted.value),
        mutant=got[:200],
    )
