"""What a run says about proofs, errors and prose, checked again: by processes of their own, from the rows alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobs.bench.proofs.shards import FAILED, VERBALISER, Row, statement_of, translations
from verifiers import prose
from verifiers.lean.check import Config, check_proofs
from verifiers.lean.native import Native
from verifiers.lean.rows import Limits
from verifiers.lean.states import Script, states

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of how many."""

    of: int
    right: int
    wrong: tuple[str, ...] = ()
    """The first that are not so, for a person."""

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return round(self.right / self.of, 4) if self.of else None


def proofs(found: Sequence[Row], say: Progress, workers: int = 2) -> tuple[Share, set[str]]:
    """Check every accepted proof again, each distinct one once. Return the share of rows, and the problems that are proved."""
    accepted = [row for row in found if row.outcome == "accepted" and row.role in ("solution", "revision")]
    made = {row.trace_id: row.proof() for row in accepted}
    distinct = list(dict.fromkeys(proof for proof in made.values() if proof is not None))
    say(f"{len(accepted)} accepted proofs, {len(distinct)} distinct, are checked again")
    verdicts = dict(zip(distinct, check_proofs(distinct, Config(workers=workers)), strict=True))
    wrong = []
    proved = set()
    for row in accepted:
        proof = made[row.trace_id]
        if proof is not None and verdicts[proof].verdict == "verified":
            proved.add(row.problem_id)
        else:
            wrong.append(f"{row.trace_id}: {verdicts[proof].reason if proof is not None else 'no proof'}")
    return Share(of=len(accepted), right=len(accepted) - len(wrong), wrong=tuple(wrong)), proved


def errors(found: Sequence[Row], say: Progress) -> Share:
    """Run every failed tactic again, alone after the steps before it: the same text at the same place, and the same goals."""
    failed = [(row, place) for row in found for place, step in enumerate(row.steps) if step.action == FAILED]
    say(f"{len(failed)} recorded errors are run again, each in a process of its own")
    wrong = []
    with Native() as lean:
        for row, place in failed:
            why = _differs(lean, row, place)
            if why is not None:
                wrong.append(f"{row.trace_id}: {why}")
    return Share(of=len(failed), right=len(failed) - len(wrong), wrong=tuple(wrong))


def _differs(lean: Native, row: Row, place: int) -> str | None:
    stated = statement_of(row)
    if stated is None:
        return "the reference cannot be read"
    name, statement, header = stated
    steps = tuple(step.tactic for step in row.steps[: place + 1])
    (ran,) = states(lean, [Script(name=name, statement=statement, header=header, steps=steps)], Limits())
    error = ran.error
    if error is None or error.step != place:
        return ran.problem or f"{steps[-1]} does not fail"
    said = f"{error.line + 1}:{error.column}: {error.text}"
    if said not in row.steps[place].reasons[:1]:
        return f"it says now {said!r}"
    return None if ran.states[-1] == row.steps[place].before else "it finds other goals"


def verbalised(found: Sequence[Row]) -> tuple[Share, Share]:
    """Return the verbaliser's steps that pass the checks of prose, and its proofs that discharge every goal once."""
    ours = [row for row in translations(found) if row.engine == VERBALISER]
    wrong = [
        f"{row.trace_id}: {step.text.strip()}"
        for row in ours
        for step in row.steps
        if not prose.passes(prose.check(step.text.rstrip("\n"), step.tactic, step.before, step.after))
    ]
    steps = sum(len(row.steps) for row in ours)
    open_ = [row.trace_id for row in ours if prose.discharged(row.states).verdict != "right"]
    return (
        Share(of=steps, right=steps - len(wrong), wrong=tuple(wrong)),
        Share(of=len(ours), right=len(ours) - len(open_), wrong=tuple(open_)),
    )
