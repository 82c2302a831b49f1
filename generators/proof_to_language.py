"""Find a formal proof, tell it in prose a step at a time, and see whether the prose leads a blind reader back to a proof.

1. A best-first search proves the theorem (`proof_search.py`): a row of `trees`, and the proof, or the script that got furthest,
   as a `solution`. Where nothing is found the proof that came with the problem is told instead.
2. The proof is told by the verbaliser, and by models (`proof_prose.py`): rows of role `translation`, every step checked against
   the goals around it.
3. From every prefix of the prose, names re-assigned, proofs are written and verified (`blind_proofs.py`): what a step's share of
   them is labels it. `root_n` and `root_correct` count those from the statement alone; the difference to the share from the whole
   prose is what the prose is worth. The control is the prose of another theorem's proof.
4. Tactics that failed on the way become rows of role `revision`: the error, why it fails, the repair (`failed_attempts.py`).

Names are re-assigned by one permutation for all that is asked blind about a theorem. Whoever is never right from the statement
alone is no reason to stop: that is what prose is for.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass, field, replace

from generators import labels
from generators.proofs import blind_proofs, failed_attempts, proof_prose, proof_rows, proof_search, renaming
from generators.proofs.blind_proofs import Blind
from generators.proofs.proof_rows import Proof
from generators.proofs.proof_search import Growth
from generators.trace_row import PARENT, policy_of, problem_of
from schemas import ids
from schemas.judge import Judge
from schemas.pool import Pool
from schemas.problem import Problem, Task
from schemas.trace import Cost, Trace
from schemas.tree import Tree
from schemas.verdict import Verdict

NAME = proof_rows.NAME
VERSION = proof_rows.VERSION
TASKS: frozenset[Task] = frozenset({"prove"})
PARTS: tuple[str, ...] = ("tactic", "translate", "formalise", "diagnose")

RECORDED = "recorded"
"""The engine of a proof that came with its problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per theorem."""

    candidates: int = field(default=8, metadata={"least": 1})
    """Tactics sampled from each state that is expanded."""
    expansions: int = field(default=32, metadata={"least": 1})
    """States that are expanded, at most, until there is a proof."""
    translations: int = 1
    """Translations by models; the i-th is by writer i modulo their number."""
    rollouts: int = field(default=4, metadata={"least": 1})
    """Blind proofs from each prefix of a translation."""
    alone: int = field(default=8, metadata={"least": 1})
    """Blind proofs from the statement alone, and from the control."""
    failures: int = 2
    """Failed attempts that are told, at most."""
    keep_rollout_text: bool = True


# The sample index of each row: the search's script, the recorded proof, the translations, the control, the failed attempts.
_SEARCHED, _RECORDED, _VERBALISED = 0, 1, 2


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued: a prefix of prose is part of a question."""
    return False


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect of theorems as the families make them: 6 steps, tactics of 8 tokens, lines of 30."""
    steps, tactic, line = 6, 8, 30
    searched = min(config.expansions, 2 * steps) * config.candidates
    lines = config.translations * steps + config.failures // 2
    proofs = (1 + config.translations) * steps * config.rollouts + 2 * config.alone
    return searched + lines + proofs, searched * tactic + lines * line + proofs * steps * tactic


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace | Tree, None]:
    """Yield the search, its script, then, of a proof that is verified, its translations, the control and failed attempts.

    The first translation also carries the cost of the proofs from the statement alone. Raises what a model raises, and ValueError
    where there is no room for a step.
    """
    path = (seed, problem.problem_id, NAME, VERSION)
    growth = await proof_search.best_first(
        problem,
        pool.writers[0],
        judge,
        candidates=config.candidates,
        expansions=config.expansions,
        seed=ids.seed(*path, "search"),
    )
    script, verdict = await _searched(growth, judge)
    proof, parent = _found(growth), _SEARCHED
    if proof is None:
        proof, parent = await proof_rows.recorded(problem, judge), _RECORDED
    rows: list[Trace] = []
    root = (0, 0)
    if proof is not None:
        told = await _told(problem, pool, judge, config, path, growth, proof, parent)
        rows, root = told, (told[0].root_n, told[0].root_correct)
    if script and verdict is not None:
        yield _tree(growth, config, verdict)
        yield _searched_row(growth, script, verdict, root)
    if proof is not None and parent == _RECORDED:
        place = proof_rows.origin("solution", _RECORDED, proof_rows.unwritten(RECORDED))
        cost = proof_rows.cost_of([], [proof.verdict])
        yield proof_rows.solution(problem, place, proof.tactics, proof.states, proof.verdict, cost, root)
    for row in rows:
        yield row


async def _told(
    problem: Problem,
    pool: Pool,
    judge: Judge,
    config: Config,
    path: tuple[int | str, ...],
    growth: Growth,
    proof: Proof,
    parent: int,
) -> list[Trace]:
    """Return the rows that are made of a proof, in index order."""
    names = renaming.locals_of(proof.states)
    blind = Blind(
        problem=problem,
        completer=pool.completer,
        judge=judge,
        renaming=renaming.drawn(names, ids.seed(*path, "names")),
        keep_text=config.keep_rollout_text,
    )
    verbalised = proof_prose.verbalised(proof)
    writers = [pool.writers[index % len(pool.writers)] for index in range(config.translations)]
    bare = await labels.draw(blind.alone(), (), config.alone, ids.seed(*path, "alone"))
    written = await labels.together(
        [
            proof_prose.written(problem, writer, proof, ids.seed(*path, "translation", index))
            for index, writer in enumerate(writers)
        ]
    )
    alone = blind_proofs.tally(bare)
    root = (alone.decided, alone.passed)
    every = [verbalised, *written]
    last = _VERBALISED + len(every)
    lines = _decoy(problem)
    attempts = failed_attempts.chosen(growth, proof, config.failures, ids.seed(*path, "failures"))
    tried = [
        proof_prose.translation(
            blind, proof, told, alone, _VERBALISED + place, parent, config.rollouts, ids.seed(*path, "blind", place)
        )
        for place, told in enumerate(every)
    ]
    if lines:
        other = proof_prose.control(lines)
        own = ids.seed(*path, "decoy")
        tried.append(proof_prose.control_row(blind, other, alone, last, parent, config.alone, own))
    seeds = [ids.seed(*path, "diagnose", place) for place in range(len(attempts))]
    translated = await labels.together(tried)
    mended = await failed_attempts.repaired(
        problem, judge, pool.writers[0], proof, verbalised, attempts, last + 1, parent, root, seeds
    )
    first = translated[0]
    translated[0] = replace(first, cost=labels.sum_costs([first.cost, labels.cost_of(bare)]))
    return [*translated, *mended]


def _decoy(problem: Problem) -> tuple[str, ...]:
    lines = proof_rows.program_of(problem).get("decoy")
    return tuple(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ()


# The search


async def _searched(growth: Growth, judge: Judge) -> tuple[tuple[str, ...], Verdict | None]:
    """Return the script that the search came to and its verdict; () and None where nothing was proposed."""
    if growth.proof is not None:
        return growth.proof.script, growth.proof.verdict
    script = proof_search.furthest(growth)
    known = next((end.verdict for end in growth.ends if end.script == script), None)
    if not script or known is not None:
        return script, known
    return script, await judge.check(growth.problem, proof_search.written(script))


def _found(growth: Growth) -> Proof | None:
    end = growth.proof
    if end is None:
        return None
    return Proof(tactics=end.script, states=tuple(growth.states(end)), verdict=end.verdict)


def _searched_row(growth: Growth, script: Sequence[str], verdict: Verdict, root: tuple[int, int]) -> Trace:
    """Return the row of the script that the search came to; its cost is the search's."""
    first = growth.nodes[0].drawn[0]
    place = proof_rows.origin("solution", _SEARCHED, policy_of(growth.sampler, first), prompt_hash=growth.prompt_hash)
    by_script = {node.script: node.goals for node in growth.nodes}
    closed = {end.script for end in growth.ends}
    prefixes = [tuple(script[:length]) for length in range(len(script) + 1)]
    states = [
        () if prefix in closed else by_script[prefix] for prefix in prefixes if prefix in closed | by_script.keys()
    ]
    row = proof_rows.solution(growth.problem, place, script, states, verdict, _cost(growth, verdict), root)
    path = proof_search.rows(growth)[1]
    return replace(row, tree_id=f"{PARENT}0", tree_path="/".join(map(str, path)) or None)


def _cost(growth: Growth, verdict: Verdict) -> Cost:
    verdicts = [end.verdict for end in growth.ends]
    return proof_rows.cost_of(growth.drawn, verdicts if verdict in verdicts else [*verdicts, verdict])


def _tree(growth: Growth, config: Config, verdict: Verdict) -> Tree:
    problem, first = growth.problem, growth.nodes[0].drawn[0]
    return Tree(
        tree_id="",
        problem_id=problem.problem_id,
        run_id="",
        search=NAME,
        search_version=VERSION,
        tree_index=0,
        domain=problem.domain,
        family=problem.family,
        problem=problem_of(problem),
        config=json.dumps({"search": "best_first", **asdict(config)}),
        nodes=proof_search.rows(growth)[0],
        n_searches=growth.expansions,
        prompt_hash=growth.prompt_hash,
        policy=policy_of(growth.sampler, first),
        verifier=verdict.verifier,
        verifier_version=verdict.version,
        cost=_cost(growth, verdict),
        code_version="",
        created_at=0,
    )
