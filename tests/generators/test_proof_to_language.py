"""Proof to language with Lean itself: what is found, told, proved again from the prose, and what failed on the way."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from generators import labels, proof_to_language
from generators.proof_to_language import Config
from generators.proofs import renaming
from pipeline.counts import Counts
from pipeline.meter import MeteredModel
from schemas import ids
from schemas.judge import Judge, Ran
from schemas.model import Model
from schemas.problem import Problem
from schemas.trace import Trace
from schemas.tree import Tree
from tests.doubles import RecordingModel, TellingModel, a_pool, a_problem, collect, text_of, untimed
from tests.proofs import Tell, a_proof_problem, a_theorem, knowing
from verifiers.judge import Config as Judging
from verifiers.judge import LocalJudge

THEOREM = a_theorem("implications", seed=3)
OTHER = a_theorem("implications", seed=4)
PROBLEM = a_proof_problem(THEOREM, OTHER)
SCRIPT = "".join(f"{line}\n" for line in THEOREM.lines)
STEPS = len(THEOREM.lines)
CONFIG = Config(rollouts=3, alone=2)


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    with LocalJudge(Judging(proofs=1)) as judge:
        yield judge


def generated(
    judge: Judge,
    tell: Tell | None = None,
    *,
    problem: Problem = PROBLEM,
    config: Config = CONFIG,
    model: Model | None = None,
    completer: Model | None = None,
    max_tokens: int = 400,
    seed: int = 1,
) -> list[Trace | Tree]:
    model = model or TellingModel(tell or knowing(THEOREM))
    pool = a_pool(model, completer=completer, max_tokens=max_tokens)
    return asyncio.run(collect(proof_to_language.generate(problem, pool, judge, config, seed)))


def run(judge: Judge, tell: Tell | None = None, **options: object) -> list[Trace]:
    made = generated(judge, tell, **options)  # type: ignore[arg-type]
    return [one for one in made if isinstance(one, Trace)]


@pytest.fixture(scope="module")
def rows(judge: LocalJudge) -> list[Trace]:
    return run(judge)


def of_role(rows: Sequence[Trace], role: str) -> list[Trace]:
    return [row for row in rows if row.role == role]


def instead(part: str, text: str, tell: Tell | None = None) -> Tell:
    """Return a teller that answers one part with a text."""
    tell = tell or knowing(THEOREM)
    return lambda prompt, seed, index: text if prompt.endswith(f"\n{part}:\n") else tell(prompt, seed, index)


# The proof


def test_the_search_finds_a_proof_and_tells_what_each_tactic_did(rows: list[Trace]) -> None:
    (found,) = of_role(rows, "solution")
    assert (found.sample_index, found.outcome, found.status, found.verifier) == (0, "accepted", "verified", "lean")
    assert (text_of(found), found.first_error) == (SCRIPT, -1)
    states = [[str(goal) for goal in goals] for goals in THEOREM.states()]
    for step, line, before, after in zip(found.steps, THEOREM.lines, states, states[1:], strict=False):
        assert (step.formal, step.exact_local, step.exact_prefix) == (line, True, True)
        assert _untagged(step.state_before) == "\n\n".join(before)
        assert _untagged(step.state_after) == ("\n\n".join(after) or "no goals")


def _untagged(state: str | None) -> str:
    return re.sub(r"^case .*\n", "", state or "", flags=re.MULTILINE)


def test_each_step_names_its_premises(rows: list[Trace]) -> None:
    known = dict(THEOREM.goal.hypotheses)
    for step in of_role(rows, "solution")[0].steps:
        used = re.findall(r"\bh\d+", (step.formal or "").partition(":=")[2] or step.formal or "")
        assert [claim.text for claim in step.checks] == list(dict.fromkeys(used))
        for claim in step.checks:
            assert claim.verdict == "right" and step.text[claim.start : claim.end] == claim.text
            assert claim.text not in known or claim.reason == f"hypothesis: {known[claim.text]}"


def test_the_tree_holds_states_proofs_and_failures(judge: LocalJudge) -> None:
    tree, found, *_ = generated(judge)
    assert isinstance(tree, Tree) and isinstance(found, Trace)
    nodes = {node.node: node for node in tree.nodes}
    assert list(nodes) == list(range(len(nodes))) and nodes[0].parent is None
    path = [nodes[int(place)] for place in (found.tree_path or "").split("/")]
    assert found.tree_id == "#0" and "".join(node.text for node in path) == SCRIPT
    assert [node.parent for node in path[1:]] == [node.node for node in path[:-1]]
    assert (path[-1].terminal, path[-1].outcome, path[-1].value) == (True, "accepted", 1.0)
    assert tree.n_searches == sum(node.visits for node in tree.nodes)
    failed = [node for node in tree.nodes if node.action == "failed"]
    assert failed and all((node.terminal, node.outcome) == (True, "rejected") for node in failed)
    assert all(node.prior is not None and 0 < node.prior < 1 for node in tree.nodes[1:])
    assert tree.cost == found.cost and json.loads(tree.config)["search"] == "best_first"


def test_where_nothing_is_found_the_recorded_proof_is_told(judge: LocalJudge) -> None:
    rows = run(judge, knowing(THEOREM, wrong=1.0), config=replace(CONFIG, expansions=2))
    searched, recorded = of_role(rows, "solution")
    assert (searched.sample_index, searched.outcome, searched.status) == (0, "rejected", "rejected")
    assert searched.reason and searched.steps[-1].exact_prefix is not True
    assert (recorded.sample_index, recorded.outcome, recorded.policy.engine) == (1, "accepted", "recorded")
    assert text_of(recorded) == SCRIPT
    assert {row.parent_trace_id for row in rows if row.role != "solution"} == {"#1"}
    assert [row.status for row in of_role(rows, "translation")] == ["faithful", "faithful", "decoy"]


def test_a_recorded_proof_that_does_not_verify_is_not_told(judge: LocalJudge) -> None:
    program = json.dumps({"proof": ["exact h1"], "decoy": OTHER.prose()})
    problem = replace(PROBLEM, program=program)
    rows = run(judge, knowing(THEOREM, wrong=1.0), config=replace(CONFIG, expansions=2), problem=problem)
    assert [(row.role, row.outcome) for row in rows] == [("solution", "rejected")]


def test_recorded_tactics_with_their_states_are_told(judge: LocalJudge) -> None:
    states = [[str(goal) for goal in goals] for goals in THEOREM.states()]
    tactics = [
        {"tactic": line, "before": before, "after": after}
        for line, before, after in zip(THEOREM.lines, states, states[1:], strict=False)
    ]
    problem = replace(PROBLEM, program=json.dumps({"tactics": tactics}))
    rows = run(judge, knowing(THEOREM, wrong=1.0), config=replace(CONFIG, expansions=1), problem=problem)
    assert [text_of(row) for row in of_role(rows, "solution")][1] == SCRIPT
    assert len(of_role(rows, "translation")) == 2, "no control without another theorem's prose"


def test_a_policy_that_proposes_nothing_leaves_the_recorded_proof(judge: LocalJudge) -> None:
    rows = run(judge, instead("Next", ""))
    assert [row.policy.engine for row in of_role(rows, "solution")] == ["recorded"]
    assert of_role(rows, "revision") == []


# The prose


def test_every_prefix_of_the_prose_is_labelled_by_blind_proofs(rows: list[Trace]) -> None:
    verbalised, written, _ = of_role(rows, "translation")
    for row in (verbalised, written):
        assert (row.outcome, row.status, row.verifier) == ("accepted", "faithful", "translations")
        assert [step.n_rollouts for step in row.steps] == [3] * STEPS and row.steps[-1].n_correct == 3
        assert [step.formal for step in row.steps] == THEOREM.lines
        assert [one.step for one in row.rollouts] == [step for step in range(STEPS) for _ in range(3)]
        assert row.steps[-1].q == labels.posterior(3, 3)[1]
        assert text_of(row) == "".join(f"{line}\n" for line in THEOREM.prose())
        assert all(claim.verdict == "right" for step in row.steps for claim in step.checks)
        assert row.reason == "3 of 3 blind proofs verify, 0 of 2 without it; every goal was closed once"
    assert (verbalised.policy.engine, written.policy.engine) == ("verbaliser", "telling")
    assert {(row.root_n, row.root_correct) for row in rows} == {(2, 0)}


def test_the_control_is_the_prose_of_another_theorem(rows: list[Trace]) -> None:
    control = of_role(rows, "translation")[-1]
    assert (control.outcome, control.status, text_of(control)) == (
        "rejected", "decoy", "".join(f"{line}\n" for line in OTHER.prose()),
    )  # fmt: skip
    assert {step.action for step in control.steps} == {"decoy"}
    assert [step.n_rollouts for step in control.steps] == [0] * (len(OTHER.lines) - 1) + [2]


def test_who_proves_from_prose_reads_no_name_as_it_was(judge: LocalJudge) -> None:
    completer = RecordingModel(TellingModel(knowing(THEOREM)))
    run(judge, completer=completer)
    asked = [completer.tokenizer.decode(request.prompt) for request in completer.requests]
    names = renaming.locals_of([[str(goal) for goal in goals] for goals in THEOREM.states()])
    made = renaming.drawn(names, ids.seed(1, PROBLEM.problem_id, "proof_to_language", 1, "names"))
    masked = made.statement(PROBLEM.statement)
    assert masked != PROBLEM.statement and all(prompt.startswith(f"{masked}\n") for prompt in asked)
    assert asked[0] == f"{masked}\n" and completer.requests[0].n == 2
    whole = made.prose("\n".join(THEOREM.prose()))
    assert f"{masked}\nProse:\n{whole}\nProof:\n" in asked
    assert f"{masked}\nProse:\n{whole.splitlines()[0]}\nProof:\n" in asked
    assert len({request.seed for request in completer.requests}) == len(asked) == 1 + 2 * STEPS + 1


def test_proofs_are_judged_in_the_old_names_and_kept_as_written(rows: list[Trace]) -> None:
    row = of_role(rows, "translation")[0]
    proof = next(one for one in row.rollouts if one.step == STEPS - 1)
    assert proof.outcome == "accepted" and proof.text is not None and proof.answer is not None
    assert proof.text != SCRIPT.strip() and THEOREM.lines[0] in proof.answer


@pytest.mark.parametrize(
    ("said", "claim"),
    [("By `h77` we show `{goal}`. Done.", "h77"), ("We show `{goal} → {goal}`.", "")],
)
def test_a_wrong_claim_is_flagged_and_labelled_all_the_same(judge: LocalJudge, said: str, claim: str) -> None:
    told = said.format(goal=THEOREM.goal.target)
    row = of_role(run(judge, instead("Say", told)), "translation")[1]
    assert (row.outcome, row.status) == ("rejected", "misstated")
    assert row.reason.startswith("step 1") and claim in row.reason
    assert row.steps[0].exact_local is False and len(row.rollouts) == 3 * STEPS


@pytest.mark.parametrize(("text", "status"), [("", "empty"), (" \n", "empty"), ("Well. " * 100, "truncated")])
def test_prose_that_is_none_is_a_row_and_costs_no_proof(judge: LocalJudge, text: str, status: str) -> None:
    row = of_role(run(judge, instead("Say", text)), "translation")[1]
    assert (row.outcome, row.status, row.rollouts, row.completer) == ("rejected", status, (), None)
    assert {step.stop_reason for step in row.steps[:-1]} == {"refused"}
    assert (row.steps[-1].stop_reason, row.steps[-1].q) == ("terminal", 0.0)


def test_prose_from_which_nobody_gets_there_is_unfaithful(judge: LocalJudge) -> None:
    row = of_role(run(judge, instead("Proof", "exact h1")), "translation")[0]
    assert (row.outcome, row.status, row.reason[:26]) == ("rejected", "unfaithful", "0 of 3 blind proofs verify")


# What failed


def test_a_failed_attempt_has_leans_own_error_and_a_repair_that_is_verified(
    judge: LocalJudge, rows: list[Trace]
) -> None:
    first, second = of_role(rows, "revision")
    for row, policy in ((first, "verbaliser"), (second, "telling")):
        assert (row.outcome, row.status, row.policy.engine) == ("accepted", "repaired", policy)
        assert row.first_error is not None
        place = row.first_error
        wrong, tactic = row.steps[place], row.steps[place].formal or ""
        assert wrong.action == "failed" and (wrong.exact_local, wrong.exact_prefix) == (False, False)
        assert wrong.text.startswith(f"Try `{tactic}`: ") and wrong.state_before == wrong.state_after
        (claim,) = wrong.checks
        assert wrong.text[claim.start : claim.end] == tactic
        asked = [*THEOREM.lines[:place], tactic]
        (ran,) = asyncio.run(_states(judge, asked))
        assert ran.error is not None
        assert claim.reason == f"{ran.error.line + 1}:{ran.error.column}: {ran.error.text}"
        assert [step.formal for step in row.steps if step.action != "failed"] == THEOREM.lines
        assert {step.action for step in row.steps[place + 1 :]} == {"repair"}
        assert row.steps[-1].stop_reason == "terminal"
    assert first.first_error != second.first_error, "at different states"


async def _states(judge: Judge, script: Sequence[str]) -> Sequence[Ran]:
    return await judge.states(PROBLEM, [script])


class _Forgetful(LocalJudge):
    """A judge for which an error is another the second time: behind it the proof goes on."""

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        found = []
        for script, ran in zip(scripts, await super().states(problem, scripts), strict=True):
            if ran.error is not None and ran.error.step < len(script) - 1:
                ran = replace(ran, error=replace(ran.error, column=ran.error.column + 1))
            found.append(ran)
        return found


def test_an_error_that_does_not_come_again_decides_nothing() -> None:
    with _Forgetful(Judging(proofs=1)) as judge:
        rows = of_role(run(judge), "revision")
    assert rows and {(row.outcome, row.status) for row in rows} == {("undecided", "undecided")}
    assert all("when run again step" in row.reason and row.steps[-1].q is None for row in rows)


def test_a_reason_that_names_what_is_not_there_is_flagged(judge: LocalJudge) -> None:
    row = of_role(run(judge, instead("Why", "By `h77` it is no goal.")), "revision")[1]
    assert (row.outcome, row.status) == ("rejected", "misstated")
    error, wrong = row.steps[row.first_error or 0].checks
    assert wrong.text.strip("`") == "h77" and error.verdict == wrong.verdict == "wrong"
    assert text_of(row).splitlines()[row.first_error or 0][wrong.start : wrong.end] == wrong.text


# The books


def test_costs_are_what_was_drawn(judge: LocalJudge) -> None:
    counts = Counts()
    rows = run(judge, model=MeteredModel(TellingModel(knowing(THEOREM)), counts))
    total = labels.sum_costs([row.cost for row in rows])
    assert (total.prompt_tokens, total.cached_tokens) == (counts.prompt_tokens, counts.cached_tokens)
    assert total.generated_tokens == counts.generated_tokens
    assert rows[0].cost.generated_tokens > 0


def test_the_same_seed_gives_the_same_rows_and_another_other_samples(judge: LocalJudge, rows: list[Trace]) -> None:
    assert list(map(untimed, rows)) == list(map(untimed, run(judge)))
    other = run(judge, seed=2)
    assert not {one.seed for row in rows for one in row.rollouts} & {one.seed for row in other for one in row.rollouts}


def test_a_theorem_that_leaves_no_room_for_a_tactic_says_so(judge: LocalJudge) -> None:
    with pytest.raises(ValueError, match="leaves no room for a step"):
        run(judge, model=TellingModel(knowing(THEOREM), context_length=60))


def test_prose_that_leaves_no_room_for_a_proof_is_undecided(judge: LocalJudge) -> None:
    completer = TellingModel(knowing(THEOREM), context_length=len(PROBLEM.statement) + 60)
    row = of_role(run(judge, completer=completer), "translation")[0]
    assert (row.outcome, row.reason) == ("undecided", "it leaves no room for a proof behind it")
    assert row.steps[-1].stop_reason == "over_length" and row.steps[-1].q is None


@pytest.mark.parametrize("program", [None, "", "[]", "{}", '{"proof": 3}', '{"proof": [3], "decoy": {}}', "{"])
def test_any_program_is_survived(judge: LocalJudge, program: str | None) -> None:
    rows = run(judge, problem=replace(PROBLEM, program=program))
    assert [row.role for row in rows][:3] == ["solution", "translation", "translation"]
    assert "decoy" not in {row.status for row in rows}


def test_a_statement_that_is_none_has_no_rows(judge: LocalJudge) -> None:
    problem = a_problem("theorem", "{", domain="proof", task="prove", family="mine", program=PROBLEM.program)
    assert generated(judge, problem=problem) == []


def test_many_candidates_at_a_temperature_are_tried_once_each(judge: LocalJudge) -> None:
    tree = generated(judge, config=replace(CONFIG, candidates=40))[0]
    assert isinstance(tree, Tree)
    tried = [(node.parent, node.text) for node in tree.nodes]
    assert len(tried) == len(set(tried))
